"""The alarms over HTTP: what officers, machines and the hostile may do."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2 as httpx
import pytest

from alarms.events import ALARM_KINDS, DISPOSITIONS, SATISFACTIONS, STATES
from tests.console_site import ConsoleSite, problem_of
from tests.world import DAUGHTER, World

API = "/api/v1/alarms"


@pytest.fixture
def site(world: World) -> ConsoleSite:
    """A console on the small world, with its alarms and its telephones."""
    made = ConsoleSite(world.db, world.clock)
    made.centre.alarms, made.centre.sandbox = world.alarms, world.network
    return made


def do(site: ConsoleSite, alarm_id: str, action: str, role: str = "officer", **body: Any) -> httpx.Response:
    answer: httpx.Response = site.as_(role).post(f"{API}/{alarm_id}/{action}", json=body)
    return answer


def test_an_alarm_shows_what_the_contract_names(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id

    alarm = site.as_("officer").get(f"{API}/{alarm_id}").json()

    assert {
        "id", "number", "state", "kind", "priority", "press_count", "is_test", "elder", "device", "location",
        "claimed_by", "received_at", "first_call_at", "accepted_at", "arrived_at", "closed_at", "attempts",
        "next_action_at", "timeline", "disposition", "satisfaction",
    } <= set(alarm)  # fmt: skip
    assert alarm["elder"]["name"] == "赵桂明"
    assert alarm["received_at"].endswith("Z")
    assert alarm["timeline"][0]["what"] == "pressed"
    assert alarm["attempts"][0]["contact"]["id"] == DAUGHTER.id


def test_an_officer_takes_an_alarm_through_to_its_end(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id

    assert do(site, alarm_id, "claim").json()["claimed_by"]["username"] == "some-officer"
    assert do(site, alarm_id, "claim").status_code == 200  # One's own is no conflict.
    do(site, alarm_id, "note", text="她说话了")
    accepted = do(site, alarm_id, "accept", contact_id=DAUGHTER.id, eta_min=8).json()
    assert (accepted["state"], accepted["accepted_by"]["name"], accepted["eta_min"]) == ("accepted", "赵丽", 8)
    assert do(site, alarm_id, "arrived").json()["state"] == "arrived"
    closed = do(site, alarm_id, "close", disposition="helped", satisfaction="satisfied", text="平安").json()

    assert (closed["state"], closed["disposition"], closed["satisfaction"]) == ("closed", "helped", "satisfied")
    assert closed["next_action_at"] is None
    assert [line["what"] for line in closed["timeline"]].count("noted") == 2


def test_only_the_first_of_many_claims_wins(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id
    officers = [site.as_(role) for role in ("officer", "supervisor", "admin")]

    with ThreadPoolExecutor(len(officers)) as pool:
        answers = list(pool.map(lambda client: client.post(f"{API}/{alarm_id}/claim").status_code, officers))

    assert sorted(answers) == [200, 409, 409]


def test_the_loser_is_told_why(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id
    do(site, alarm_id, "claim")

    assert "another officer" in problem_of(do(site, alarm_id, "claim", "supervisor"), 409)["detail"]


@pytest.mark.parametrize("action", ["claim", "release", "note", "call", "accept", "arrived", "close", "link"])
@pytest.mark.parametrize("alarm_id", ["01a20176-fb20-7f2c-a76b-64680fddb375", "999999999", "9" * 300, "赵", "a b"])
def test_what_is_not_there_cannot_be_acted_on(site: ConsoleSite, alarm_id: str, action: str) -> None:
    problem_of(do(site, alarm_id, action, text="x"), 404)


def test_what_is_not_there_cannot_be_read(site: ConsoleSite) -> None:
    problem_of(site.as_("officer").get(f"{API}/{'9' * 300}"), 404)


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("close", {"disposition": "ecstatic"}),
        ("close", {"satisfaction": "ecstatic"}),
        ("accept", {"eta_min": -1}),
        ("accept", {"eta_min": "soon"}),
        ("accept", {"contact_id": "nobody"}),
        ("call", {}),
        ("call", {"contact_id": 5}),
        ("note", {}),
        ("note", {"text": "x" * 5_000}),
        ("link", {"other_alarm_id": "no such alarm"}),
    ],
)
def test_what_cannot_be_right_changes_nothing(
    site: ConsoleSite, world: World, action: str, body: dict[str, Any]
) -> None:
    alarm_id = world.press().alarm_id
    do(site, alarm_id, "claim")
    before = site.as_("officer").get(f"{API}/{alarm_id}").json()

    problem_of(do(site, alarm_id, action, **body), 422)

    assert site.as_("officer").get(f"{API}/{alarm_id}").json()["timeline"] == before["timeline"]


def test_a_body_may_be_missing_or_hold_more_than_we_know(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id

    assert site.as_("officer").post(f"{API}/{alarm_id}/claim").status_code == 200
    assert do(site, alarm_id, "release", text="shift ends", mood="calm").json()["claimed_by"] is None


def test_an_officer_has_somebody_called(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id
    world.advance(seconds=1)

    problem_of(do(site, alarm_id, "call", contact_id=DAUGHTER.id), 409)
    called = do(site, alarm_id, "call", contact_id="contact-guard").json()

    assert [a["contact"]["name"] for a in called["attempts"] if a["purpose"] == "asked"] == ["老刘"]


def test_two_alarms_can_belong_together(site: ConsoleSite, world: World) -> None:
    one, other = world.press().alarm_id, world.press("dev-stock").alarm_id

    assert do(site, one, "link", other_alarm_id=other).json()["linked_to"] == other


def test_health_is_for_those_who_may_see_it(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id

    assert site.as_("officer").get(f"{API}/{alarm_id}").json()["elder"]["health"] == {"conditions": ["心脏病"]}
    assert "心脏病" not in site.as_("tester").get(f"{API}/{alarm_id}").text


def test_who_may_not_act_is_refused(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id

    problem_of(do(site, alarm_id, "claim", "tester"), 403)
    problem_of(site.as_("registrar").get(API), 403)
    problem_of(site.open().get(API), 401)


def test_the_list_goes_page_by_page_newest_first(site: ConsoleSite, world: World) -> None:
    for number in range(5):
        world.press(f"dev-{number}0")
    officer, found, cursor = site.as_("officer"), [], None
    while True:
        page = officer.get(API, params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        found += [alarm["number"] for alarm in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert found == [5, 4, 3, 2, 1]


def test_the_list_can_be_narrowed_to_states(site: ConsoleSite, world: World) -> None:
    first, second = world.press().alarm_id, world.press("dev-stock").alarm_id
    do(site, first, "claim")
    do(site, first, "close", satisfaction="satisfied")
    officer = site.as_("officer")

    assert [a["id"] for a in officer.get(API, params={"state": "closed"}).json()["items"]] == [first]
    assert [a["id"] for a in officer.get(API, params={"state": ["open", "accepted"]}).json()["items"]] == [second]
    problem_of(officer.get(API, params={"state": "sleeping"}), 422)
    problem_of(officer.get(API, params={"cursor": "';--"}), 422)


def test_the_description_names_every_word(site: ConsoleSite) -> None:
    schemas = site.open().get("/openapi.json").json()["components"]["schemas"]

    body = schemas["ActionBody"]["properties"]
    assert body["disposition"]["anyOf"][0]["enum"] == list(DISPOSITIONS)
    assert body["satisfaction"]["anyOf"][0]["enum"] == list(SATISFACTIONS)
    assert schemas["AlarmBrief"]["properties"]["state"]["enum"] == list(STATES)
    assert schemas["AlarmBrief"]["properties"]["kind"]["enum"] == list(ALARM_KINDS)
