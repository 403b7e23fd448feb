"""补录 through the door: rows and rings as they should be, what looks double is asked, the form says what is wrong."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alarms.figures import day_of
from alarms.views import instant
from core.db import Database
from tests.console_site import ConsoleSite, problem_of
from tests.world import DAUGHTER, ELDER, World

HTML = {"accept": "text/html"}
ZONE = ZoneInfo("Asia/Shanghai")
PATH = "/api/v1/alarms/afterwards"


@pytest.fixture
def site(db: Database, world: World) -> ConsoleSite:
    made = ConsoleSite(db, world.clock)
    made.centre.alarms = world.alarms
    return made


def ago(world: World, **time: float) -> datetime:
    return world.clock.now() - timedelta(**time)


def over(world: World, **more: Any) -> dict[str, Any]:
    return {
        "elder_id": ELDER.id, "pressed_at": instant(ago(world, hours=3)),
        "calls": [{"at": instant(ago(world, minutes=175)), "outcome": "accepted", "contact_id": DAUGHTER.id}],
        "helper_id": DAUGHTER.id, "accepted_at": instant(ago(world, minutes=175)),
        "arrived_at": instant(ago(world, minutes=160)), "closed_at": instant(ago(world, minutes=120)),
        "disposition": "helped", "satisfaction": "satisfied", "text": "停电时手工处理",
    } | more  # fmt: skip


def entered(site: ConsoleSite, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answer = site.as_("officer").post(PATH, json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def test_a_case_that_is_over_is_closed_with_its_true_times(site: ConsoleSite, world: World) -> None:
    alarm = entered(site, over(world))
    world.advance(3 * 3600)

    assert (alarm["state"], alarm["satisfaction"], alarm["next_action_at"]) == ("closed", "satisfied", None)
    assert alarm["received_at"] == over(world)["pressed_at"] or alarm["entered_at"]
    assert alarm["accepted_by"]["name"] == DAUGHTER.name
    assert alarm["device"]["uid"] == "dev-7"
    assert alarm["location"]["how"] in ("home", "unknown")
    assert world.calls() == []
    assert world.told() == []
    [entry] = site.as_("auditor").get("/api/v1/log?action=alarm.enter").json()["items"]
    assert entry["subject_id"] == alarm["id"]


def test_a_case_that_is_not_over_is_followed_up(site: ConsoleSite, world: World) -> None:
    still: dict[str, Any] = {
        "closed_at": None, "disposition": None, "satisfaction": None, "pressed_at": instant(ago(world, minutes=30)),
        "calls": [], "accepted_at": instant(ago(world, minutes=20)), "arrived_at": None,
    }  # fmt: skip
    alarm = entered(site, over(world, **still))
    assert alarm["state"] == "accepted"
    assert alarm["claimed_by"] is not None
    assert alarm["next_action_at"] is not None

    world.press()  # The next press joins it.
    assert len(world.all_alarms()) == 1
    assert world.alarm.press_count == 2


def test_what_still_needs_help_rings_the_family_now(site: ConsoleSite, world: World) -> None:
    nothing = dict.fromkeys(("accepted_at", "arrived_at", "closed_at", "disposition", "satisfaction", "helper_id"))
    entered(site, over(world, calls=[], pressed_at=instant(ago(world, minutes=10)), **nothing))
    world.settle()

    assert world.phone("daughter").is_ringing


def test_the_same_case_twice_is_asked_about(site: ConsoleSite, world: World) -> None:
    first = entered(site, over(world))
    again = over(world, pressed_at=instant(ago(world, hours=3) + timedelta(seconds=30)))

    told = problem_of(site.as_("officer").post(PATH, json=again), 409)
    assert f"#{first['number']}" in told["detail"]

    assert entered(site, again | {"is_certain": True})["number"] != first["number"]


def test_beside_an_open_alarm_it_is_added_or_closed(site: ConsoleSite, world: World) -> None:
    world.press()
    open_alarm = world.alarm
    told = problem_of(site.as_("officer").post(PATH, json=over(world)), 409)
    assert open_alarm.id in told["detail"]

    added = entered(site, over(world, add_to=open_alarm.id))
    assert (added["id"], added["state"]) == (open_alarm.id, "open")
    assert "called_by_hand" in [line["what"] for line in added["timeline"]]

    beside = entered(site, over(world, is_certain=True))
    assert beside["state"] == "closed"
    still_open = over(world, is_certain=True, closed_at=None, disposition=None, satisfaction=None)
    problem_of(site.as_("officer").post(PATH, json=still_open), 409)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"closed_at": "2031-01-01T00:00:00Z"}, "closed_at"),
        ({"satisfaction": None}, "satisfaction"),
        ({"elder_id": "nobody"}, None),
        ({"pressed_at": "2026-11-21T08:00:00"}, "pressed_at"),
        ({"add_to": "nobody"}, None),
    ],
)
def test_what_cannot_be_is_refused(site: ConsoleSite, world: World, wrong: dict[str, Any], where: str | None) -> None:
    told = problem_of(site.as_("officer").post(PATH, json=over(world, **wrong)), 422 if where else 404)

    assert where is None or where in str(told)


def test_figures_count_it_at_its_hour_and_in_no_service_level(site: ConsoleSite, world: World) -> None:
    entered(site, over(world))
    now = world.clock.now()
    with site.db.read() as session:
        day = day_of(session, now.astimezone(ZONE) - timedelta(hours=12), now)

    assert (day.received, day.entered) == (1, 1)
    assert sum(day.by_hour) == 1
    assert all(level.of == 0 for level in day.levels)


# -- the form


def fields(world: World, **more: str) -> dict[str, str]:
    at = ago(world, hours=3).astimezone(ZONE)

    def clock(minutes: int) -> str:
        return f"{at + timedelta(minutes=minutes):%H:%M}"

    return {
        "day": f"{at:%Y-%m-%d}", "pressed_at": clock(0), "kind": "fall", f"call.{DAUGHTER.id}.at": clock(5),
        f"call.{DAUGHTER.id}.outcome": "accepted", "helper_id": DAUGHTER.id, "accepted_at": clock(5),
        "arrived_at": clock(25), "closed_at": clock(60), "disposition": "helped", "satisfaction": "satisfied",
    } | more  # fmt: skip


def sent(site: ConsoleSite, form: dict[str, str]) -> Any:
    officer = site.as_("officer")
    officer.cookies.set("carebell_lang", "en")
    return officer.post(f"/room/afterwards/{ELDER.id}", data=form, headers=HTML, follow_redirects=False)


def test_the_form_enters_a_case_and_asks_for_the_next(site: ConsoleSite, world: World) -> None:
    answer = sent(site, fields(world))

    assert (answer.status_code, answer.headers["location"]) == (303, "/room/afterwards")
    assert (world.alarm.state, world.alarm.kind) == ("closed", "fall")
    listed = site.as_("officer").get("/room/afterwards", headers=HTML).text
    assert f"#{world.alarm.number}" in listed
    shown = site.as_("officer").get(f"/alarms/{world.alarm.id}", headers=HTML).text
    assert "entered afterwards; it was at" in shown


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"day": "2026-02-30"}, "day-error"),
        ({"pressed_at": ""}, "pressed_at-error"),
        ({"satisfaction": ""}, "satisfaction-error"),
        ({"accepted_at": ""}, "accepted_at-error"),
        ({"closed_at": ""}, "closed_at-error"),
        ({f"call.{DAUGHTER.id}.outcome": ""}, "say what became of the call"),
    ],
)
def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(
    site: ConsoleSite, world: World, wrong: dict[str, str], told: str
) -> None:
    answer = sent(site, fields(world, text="她说头晕") | wrong)

    assert answer.status_code == 422
    assert told in answer.text
    assert "她说头晕" in answer.text
    assert world.all_alarms() == []


def test_the_form_asks_about_a_double_and_takes_the_answer(site: ConsoleSite, world: World) -> None:
    assert sent(site, fields(world)).status_code == 303
    asked = sent(site, fields(world))
    assert asked.status_code == 409
    assert "came in the same minute" in asked.text

    assert sent(site, fields(world, is_certain="1")).status_code == 303
    assert sent(site, fields(world, add_to=world.alarm.id)).status_code == 303
    assert len(world.all_alarms()) == 2


def test_a_time_after_midnight_is_the_next_day_s(site: ConsoleSite, world: World) -> None:
    form = fields(
        world, day="2026-11-19", pressed_at="23:50", accepted_at="23:58", arrived_at="00:10", closed_at="00:40"
    )
    form[f"call.{DAUGHTER.id}.at"] = "23:55"
    assert sent(site, form).status_code == 303

    arrived = datetime.fromisoformat(str(world.alarm.arrived_at)).astimezone(ZONE)
    assert f"{arrived:%m-%d %H:%M}" == "11-20 00:10"


def test_the_only_one_found_is_opened(site: ConsoleSite) -> None:
    site.make("elders", name="欧阳独一")
    found = site.as_("officer").post(
        "/room/afterwards/find", data={"q": "欧阳独一"}, headers=HTML, follow_redirects=False
    )

    assert found.status_code == 303
    assert found.headers["location"].startswith("/room/afterwards/")
    none = site.as_("officer").post("/room/afterwards/find", data={"q": "无此人也"}, headers=HTML)
    assert none.status_code == 200
