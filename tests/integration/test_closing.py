"""Closing, supplementing and linking, by the desk's form and by the API, on both databases."""

from typing import Any

import httpx2 as httpx
import pytest

from tests.console_site import ConsoleSite, problem_of
from tests.world import World

WEEK_S = 7 * 86_400
SAFE = {
    "contact": "waive",
    "contact_why": "spoke_with_elder",
    "safe": "yes",
    "steps": "waive",
    "steps_why": "not_needed",
}


@pytest.fixture
def site(world: World) -> ConsoleSite:
    made = ConsoleSite(world.db, world.clock)
    made.centre.alarms, made.centre.sandbox = world.alarms, world.network
    return made


def api(site: ConsoleSite, alarm_id: str, action: str, role: str = "officer", **body: Any) -> httpx.Response:
    answer: httpx.Response = site.as_(role).post(f"/api/v1/alarms/{alarm_id}/{action}", json=body)
    return answer


def form(site: ConsoleSite, alarm_id: str, action: str, role: str = "officer", **fields: str) -> httpx.Response:
    client = site.as_(role)
    answer: httpx.Response = client.post(f"/alarms/{alarm_id}/{action}", data=fields, headers={"Accept": "text/html"})
    return answer


def held(site: ConsoleSite, world: World) -> str:
    alarm_id = world.press().alarm_id
    api(site, alarm_id, "claim")
    return alarm_id


def a_week_passes(site: ConsoleSite, world: World) -> None:
    """And everybody signs in again."""
    world.clock.advance(WEEK_S + 1)
    for role in ("officer", "supervisor"):
        client = site.as_(role)
        client.headers["authorization"] = f"Bearer {site.token(f'some-{role}')}"


def test_the_form_is_strict_and_forgets_nothing(site: ConsoleSite, world: World) -> None:
    alarm_id = held(site, world)

    refused = form(site, alarm_id, "close", disposition="helped", safe="yes", text="Spoke with her")

    assert refused.status_code == 422
    for wanted in ('id="fault-contact"', 'id="fault-steps"', "Spoke with her", 'value="yes" checked', "act-close"):
        assert wanted in refused.text
    assert 'id="fault-safe"' not in refused.text
    assert world.alarm.state == "open"
    answered = form(site, alarm_id, "close", disposition="helped", text="Spoke with her", **SAFE)
    assert (answered.status_code, world.alarm.state) == (200, "closed")
    assert {"closing_confirmed", "closing_waived", "closed"} <= set(world.story)


def test_the_api_is_told_what_is_missing(site: ConsoleSite, world: World) -> None:
    alarm_id = held(site, world)
    assert site.as_("officer").get(f"/api/v1/alarms/{alarm_id}").json()["closing_missing"] == [
        "contact",
        "safe",
        "steps",
    ]

    refused = problem_of(api(site, alarm_id, "close", disposition="helped", confirmed=["contact"]), 422)

    assert {error["where"] for error in refused["errors"]} == {"body.safe", "body.steps"}
    waivers = {"safe": {"reason": "in_care"}, "steps": {"reason": "other", "text": "ambulance took her"}}
    done = api(site, alarm_id, "close", disposition="medical", confirmed=["contact"], waivers=waivers).json()
    assert (done["state"], done["disposition"]) == ("closed", "medical")


def test_a_script_closes_as_before_and_the_elder_is_still_asked(site: ConsoleSite, world: World) -> None:
    alarm_id = held(site, world)

    done = api(site, alarm_id, "close", disposition="helped").json()

    assert done["state"] == "closed"
    assert [one["data"] for one in done["timeline"] if one["what"] == "closed_without"] == [
        {"missing": ["contact", "safe", "steps"]}
    ]
    assert done["next_action"]["purpose"] == "follow_up_elder"


def test_the_page_says_when_the_follow_up_will_be(site: ConsoleSite, world: World) -> None:
    world.change_policy(follow_up_at_night=False)
    world.clock.advance(12 * 3600)  # 22:00 in Xianyang.
    alarm_id = held(site, world)
    sheet = site.as_("officer").get(f"/alarms/{alarm_id}", headers={"Accept": "text/html"})
    assert "08:00 致电 赵桂明" in sheet.text

    api(site, alarm_id, "close", disposition="helped")

    closed = site.as_("officer").get(f"/alarms/{alarm_id}", headers={"Accept": "text/html"})
    assert "08:00 致电 赵桂明" in closed.text


def test_supplements_for_a_week_then_by_a_supervisor_with_a_reason(site: ConsoleSite, world: World) -> None:
    alarm_id = held(site, world)
    site.as_("supervisor")
    closed = api(site, alarm_id, "close", disposition="false_alarm", satisfaction="satisfied").json()
    assert closed["supplement_until"] == "2026-11-28T02:00:00Z"

    right = api(site, alarm_id, "supplement", disposition="medical", text="taken to hospital").json()
    assert (right["state"], right["disposition"]) == ("closed", "medical")
    assert right["timeline"][-1]["data"]["disposition_before"] == "false_alarm"
    a_week_passes(site, world)
    for action in ("note", "supplement", "link"):
        late = problem_of(api(site, alarm_id, action, text="more", other_alarm_id=alarm_id), 403)
        assert "supervisor" in late["detail"]
    problem_of(api(site, alarm_id, "supplement", "supervisor", satisfaction="dissatisfied"), 422)
    done = api(site, alarm_id, "supplement", "supervisor", satisfaction="dissatisfied", reason="a letter came").json()
    assert done["satisfaction"] == "dissatisfied"
    assert done["timeline"][-1]["data"]["late_reason"] == "a letter came"
    logged = site.as_("auditor").get("/api/v1/log", params={"action": "alarm.supplement"}).json()["items"]
    assert [(entry["subject_id"], entry["reason"]) for entry in logged] == [(alarm_id, "a letter came")]


def test_links_are_seen_on_both_sides_and_undone(site: ConsoleSite, world: World) -> None:
    one, other, third = (world.press(uid).alarm_id for uid in ("dev-7", "dev-stock", "dev-new"))

    api(site, one, "link", other_alarm_id=other)
    both = api(site, one, "link", other_alarm_id=third).json()
    again = api(site, other, "link", other_alarm_id=one).json()

    assert both["links"] == [other, third]
    assert again["links"] == [one]
    assert [line["what"] for line in again["timeline"]].count("linked") == 1
    parted = api(site, other, "unlink", other_alarm_id=one).json()
    assert parted["links"] == []
    assert site.as_("officer").get(f"/api/v1/alarms/{one}").json()["links"] == [third]
    problem_of(api(site, other, "unlink", other_alarm_id=one), 409)
    problem_of(api(site, one, "link", other_alarm_id="nothing"), 422)


def test_a_link_that_is_refused_leaves_nothing_behind(site: ConsoleSite, world: World) -> None:
    alarm_id = held(site, world)
    api(site, alarm_id, "close", disposition="false_alarm", satisfaction="satisfied")
    a_week_passes(site, world)
    other = world.press("dev-stock").alarm_id

    problem_of(api(site, alarm_id, "link", other_alarm_id=other), 403)

    assert site.as_("officer").get(f"/api/v1/alarms/{alarm_id}").json()["links"] == []
