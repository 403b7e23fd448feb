"""Mass events: the open alarms by area, and one word for many, each decided by itself."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from alarms.groups import by_area
from alarms.models import Alarm
from core.ids import new_id
from registry.models import Elder, table_of
from registry.store import AREAS, add
from tests.console_site import ConsoleSite, problem_of
from tests.integration.test_board import row
from tests.integration.test_rights_scope import of_area
from tests.world import START, World

STREET, ONE, OTHER = "/6104/610402001", "/6104/610402001/610402001001", "/6104/610402001/610402001002"
NEXT_STREET = "/6104/610402002"
MANY = "/api/v1/alarms/many"
PLACES = {"elder-1": ONE, "elder-2": ONE, "elder-3": OTHER, "elder-4": NEXT_STREET, "elder-5": None}


@pytest.fixture
def site(world: World) -> ConsoleSite:
    """Alarms 1 to 5 of one elder each: two in one community, one in the next, one in the next street, one unfiled."""
    made = ConsoleSite(world.db, world.clock)
    made.centre.alarms, made.centre.sandbox = world.alarms, world.network
    born = {"created_at": START, "updated_at": START, "language": "zh-CN", "version": 1}
    levels = {STREET: "street", NEXT_STREET: "street", ONE: "community", OTHER: "community"}
    with world.db.write() as session:
        for path, level in levels.items():
            code = path.rpartition("/")[2]
            add(session, AREAS, {"id": new_id(), "code": code, "name": f"区{code}", "level": level, "path": path})
        session.execute(
            insert(table_of(Elder)), [{"id": e, "name": e, "area_path": path} | born for e, path in PLACES.items()]
        )
        pressed = world.clock.now()
        session.execute(
            insert(table_of(Alarm)),
            [row(n, elder_id=f"elder-{n}", received_at=pressed - timedelta(seconds=60 - n)) for n in range(1, 6)],
        )
    return made


def many(site: ConsoleSite, *numbers: int, role: str = "officer", **body: Any) -> dict[str, Any]:
    answer = site.as_(role).post(MANY, json={"ids": [f"alarm-{n}" for n in numbers]} | body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def shown(site: ConsoleSite, number: int) -> dict[str, Any]:
    return dict(site.as_("officer").get(f"/api/v1/alarms/alarm-{number}").json())


def notes(site: ConsoleSite, number: int) -> list[str]:
    return [line["data"]["text"] for line in shown(site, number)["timeline"] if line["what"] == "noted"]


def test_the_groups_count_what_is_open_and_what_nobody_has(site: ConsoleSite, world: World) -> None:
    many(site, 1, action="claim")

    with world.db.read() as session:
        communities = by_area(session, world.clock.now(), None)
        streets = by_area(session, world.clock.now(), None, "street")

    assert [(g.key, g.open, g.unclaimed) for g in communities] == [
        (ONE, 2, 1), (OTHER, 1, 1), (NEXT_STREET, 1, 1), ("-", 1, 1),
    ]  # fmt: skip
    assert [(g.key, g.open, g.unclaimed) for g in streets] == [(STREET, 3, 2), (NEXT_STREET, 1, 1), ("-", 1, 1)]
    assert communities[0].name == "区610402001001"
    assert communities[0].within == "区610402001"


def test_what_one_cannot_have_does_not_hold_up_the_others(site: ConsoleSite) -> None:
    many(site, 2, role="supervisor", action="claim")

    told = many(site, 1, 2, 3, 77, action="claim")

    assert [one["number"] for one in told["done"]] == [1, 3]
    assert {one["id"]: (one["number"], one["status"]) for one in told["refused"]} == {
        "alarm-2": (2, 409), "alarm-77": (None, 404),
    }  # fmt: skip
    assert shown(site, 1)["claimed_by"]["username"] == "some-officer"


def test_what_is_ones_own_already_is_no_news(site: ConsoleSite) -> None:
    many(site, 1, action="claim")

    told = many(site, 1, 3, action="claim")

    assert {one["number"]: one["is_news"] for one in told["done"]} == {1: False, 3: True}


def test_one_arrangement_for_all_names_who_is_going(site: ConsoleSite) -> None:
    told = many(site, 1, 2, action="accept", who="消防队到楼", eta_min=10)

    assert [one["state"] for one in told["done"]] == ["accepted", "accepted"]
    alarm = shown(site, 2)
    assert (alarm["accepted_by"]["name"], alarm["eta_min"], alarm["state"]) == ("消防队到楼", 10, "accepted")


def test_one_note_stands_in_every_timeline(site: ConsoleSite) -> None:
    many(site, 1, 3, action="note", text="整栋楼断电")

    for number in (1, 3):
        assert notes(site, number) == ["整栋楼断电"]


def test_given_back_they_wait_again(site: ConsoleSite) -> None:
    many(site, 1, 2, action="claim")
    many(site, 1, 2, action="release")

    assert shown(site, 1)["claimed_by"] is None
    assert shown(site, 1)["officers_wanted"] is True


@pytest.mark.parametrize(
    "body",
    [
        {"ids": [], "action": "claim"},
        {"ids": ["alarm-1"] * 501, "action": "claim"},
        {"ids": ["alarm-1"], "action": "close"},
        {"ids": ["no such id!"], "action": "claim"},
        {"ids": ["alarm-1"], "action": "accept", "eta_min": -1},
    ],
)
def test_what_cannot_be_meant_changes_nothing(site: ConsoleSite, body: dict[str, Any]) -> None:
    problem_of(site.as_("officer").post(MANY, json=body), 422)

    assert shown(site, 1)["version"] == 1


def test_a_streets_officer_answers_their_street_only(site: ConsoleSite) -> None:
    theirs = of_area(site, "officer", "610402002")

    told = theirs.post(MANY, json={"ids": ["alarm-1", "alarm-4"], "action": "claim"}).json()
    page = theirs.get("/desk/areas").text

    assert [one["number"] for one in told["done"]] == [4]
    assert [(one["number"], one["status"]) for one in told["refused"]] == [(None, 404)]
    assert shown(site, 1)["claimed_by"] is None
    assert "区610402001001" not in page
    assert "区610402002" in page


def test_the_opened_area_has_its_lines_and_all_of_it_is_taken(site: ConsoleSite) -> None:
    officer = site.as_("officer")
    page = officer.get("/desk/areas", params={"area": ONE}).text
    upto = re.search(r'name="upto" value="(\d+)"', page)
    assert upto is not None
    assert re.findall(r'data-id="(alarm-\d)"', page) == ["alarm-1", "alarm-2"]

    told = officer.post("/desk/many", data={"action": "claim", "area": ONE, "upto": upto[1]}).text

    assert 'data-ids="alarm-1 alarm-2"' in told
    assert shown(site, 3)["claimed_by"] is None


def test_what_was_pressed_after_the_look_is_left_alone(site: ConsoleSite) -> None:
    site.as_("officer").post("/desk/many", data={"action": "claim", "area": ONE, "upto": "1"})

    assert shown(site, 1)["claimed_by"] is not None
    assert shown(site, 2)["claimed_by"] is None


def test_only_the_ticked_where_some_are(site: ConsoleSite) -> None:
    told = {"action": "note", "note": "在路上", "area": ONE, "upto": "9", "id": ["alarm-2"]}
    site.as_("officer").post("/desk/many", data=told)

    assert (notes(site, 1), notes(site, 2)) == ([], ["在路上"])


@pytest.mark.parametrize("said", [{"action": "claim"}, {"action": "note", "area": ONE, "upto": "9"}])
def test_a_button_that_says_too_little_is_refused(site: ConsoleSite, said: dict[str, str]) -> None:
    assert site.as_("officer").post("/desk/many", data=said).status_code == 422


def test_who_may_not_act_cannot_answer_many(site: ConsoleSite) -> None:
    body = {"ids": ["alarm-1"], "action": "claim"}

    problem_of(site.as_("auditor").post(MANY, json=body), 403)
