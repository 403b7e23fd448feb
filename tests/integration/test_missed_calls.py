"""Who calls the centre is never dropped in silence: put through, or on somebody's list."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
from sqlalchemy import update
from twilio.request_validator import RequestValidator

from console.calls_in import missed_of
from core.db import Database
from core.settings import Settings
from duty.intake import ShiftNew
from duty.room import Room
from registry.audit import Actor
from registry.store import USERS
from tests.console_site import ConsoleSite
from tests.integration.test_together import browser, id_of
from tests.world import DAUGHTER, ELDER, OFFICER, World

STRANGER = "+8613912345678"
TOKEN = "a" * 32


@pytest.fixture
def site(db: Database, world: World) -> ConsoleSite:
    settings = Settings(
        notifier=("sandbox",), twilio_account_sid="AC" + "0" * 32, twilio_auth_token=TOKEN, twilio_from="+15005550006",
        public_url="https://centre.example",
    )  # fmt: skip
    made = ConsoleSite(db, world.clock, settings)
    made.centre.alarms, made.centre.sandbox = world.alarms, world.network
    for name in ("limin", "zhouyang"):
        made.add_user(name, "officer")
    return made


def dial(site: ConsoleSite, number: str) -> None:
    assert site.as_("tester").post(f"/api/v1/sandbox/phones/{number}/dial").status_code == 200


def twilio(site: ConsoleSite, path: str, **form: str) -> httpx.Response:
    signature = RequestValidator(TOKEN).compute_signature(f"https://centre.example{path}", form)
    return site.open().post(path, data=form, headers={"x-twilio-signature": signature})


def calls(site: ConsoleSite) -> list[dict[str, Any]]:
    return [one for one in todos(site) if one["kind"] == "missed_call"]


def todos(site: ConsoleSite) -> list[dict[str, Any]]:
    return list(site.as_("auditor").get("/api/v1/todos").json()["items"])


def on_shift(site: ConsoleSite, world: World, name: str, hours: float = 8) -> None:
    now = world.clock.now()
    given = ShiftNew(
        user_id=id_of(site, name), starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=hours)
    )
    Room(site.db, world.clock).add_shift(given, Actor())


def test_an_elder_s_call_is_on_somebody_s_list_with_who_it_is(site: ConsoleSite, world: World) -> None:
    limin = browser(site, "limin")
    alarm_id = world.press().alarm_id

    dial(site, ELDER.phone)

    one = calls(site)[0]
    assert (one["elder_id"], one["alarm_id"], one["owner_id"]) == (ELDER.id, alarm_id, id_of(site, "limin"))
    seen = limin.get("/desk/for-me").text
    assert "赵桂明" in seen
    assert f"/alarms/{alarm_id}/call" in seen
    assert "data-loud" in seen
    assert '"1"' in limin.get("/room/due").text


def test_a_stranger_s_call_still_gets_its_line(site: ConsoleSite, world: World) -> None:
    dial(site, STRANGER)

    one = calls(site)[0]
    assert (one["phone"], one["elder_id"], one["owner_id"]) == (STRANGER, None, None)
    page = browser(site, "limin").get("/room").text
    assert "unregistered number" in page
    assert f"tel:{STRANGER}" in page


def test_calling_again_is_one_line_that_counts(site: ConsoleSite, world: World) -> None:
    for _ in range(3):
        dial(site, DAUGHTER.phone)

    assert [(one["calls"], one["contact_id"], one["elder_id"]) for one in calls(site)] == [(3, DAUGHTER.id, ELDER.id)]


def test_calls_are_handed_out_in_turn(site: ConsoleSite, world: World) -> None:
    for name in ("limin", "zhouyang"):
        on_shift(site, world, name)

    for n in range(6):
        dial(site, f"+861391234567{n}")
        world.clock.advance(1)

    owners = [one["owner_id"] for one in calls(site)]
    assert sorted(owners) == sorted([id_of(site, "limin"), id_of(site, "zhouyang")] * 3)
    assert owners[0] != owners[1]


def test_when_the_shift_ends_another_has_it(site: ConsoleSite, world: World) -> None:
    on_shift(site, world, "limin", hours=1)
    dial(site, STRANGER)
    assert calls(site)[0]["owner_id"] == id_of(site, "limin")
    missed = missed_of(site.centre)

    world.clock.advance(1800)
    assert missed.hand_on() == 0
    world.clock.advance(1801)
    assert missed.hand_on() == 0  # There is nobody else yet: it stays on a list that somebody knows.
    on_shift(site, world, "zhouyang")

    assert missed.hand_on() == 1
    assert calls(site)[0]["owner_id"] == id_of(site, "zhouyang")


def test_what_nobody_had_is_given_to_the_first_who_comes(site: ConsoleSite, world: World) -> None:
    dial(site, STRANGER)
    missed_of(site.centre).hand_on()
    assert calls(site)[0]["owner_id"] is None

    on_shift(site, world, "zhouyang")
    missed_of(site.centre).hand_on()

    assert calls(site)[0]["owner_id"] == id_of(site, "zhouyang")


def test_a_message_out_of_the_blue_is_read_by_somebody(site: ConsoleSite, world: World) -> None:
    site.as_("tester").post(f"/api/v1/sandbox/phones/{STRANGER}/sms", json={"text": "老人昨天出院了"})
    assert twilio(site, "/hooks/twilio/sms", From=DAUGHTER.phone, Body="我妈搬家了").status_code == 200
    assert twilio(site, "/hooks/twilio/sms", From=DAUGHTER.phone, Body="STOP").status_code == 200

    assert [(one["text"], one["contact_id"]) for one in calls(site)] == [
        ("老人昨天出院了", None),
        ("我妈搬家了", DAUGHTER.id),
    ]


def test_a_reply_that_was_asked_for_is_no_missed_call(site: ConsoleSite, world: World) -> None:
    world.press()
    world.advance(3)

    assert twilio(site, "/hooks/twilio/sms", From=DAUGHTER.phone, Body="1").status_code == 200

    assert calls(site) == []


# -- through Twilio


def give_phone(site: ConsoleSite, name: str, phone: str) -> None:
    with site.db.write() as session:
        session.connection().execute(update(USERS).where(USERS.c.username == name).values(phone=phone))


def test_a_caller_is_put_through_and_the_officer_hears_who_it_is(site: ConsoleSite, world: World) -> None:
    give_phone(site, "limin", "+8613900000020")
    on_shift(site, world, "limin")

    answer = twilio(site, "/hooks/twilio/voice", CallSid="CA1", Direction="inbound", From=ELDER.phone).text

    assert "+8613900000020" in answer
    assert OFFICER.phone not in answer  # Neither on the roster nor at a console.
    assert ELDER.name not in answer
    screen = next(url for url in re.findall(r'url="([^"]+)"', answer)).replace("&amp;", "&")
    path = screen.removeprefix("https://centre.example")
    asked = twilio(site, path, CallSid="CA2").text
    assert ELDER.name in asked
    assert "<Gather" in asked

    assert "<Hangup" not in twilio(site, path, CallSid="CA2", Digits="1").text
    assert calls(site) == []  # Taken: nothing is left to do.
    over = _action(answer)
    assert "<Say" not in twilio(site, over, DialCallStatus="completed").text


def test_a_voicemail_takes_no_call_and_the_caller_is_told(site: ConsoleSite, world: World) -> None:
    give_phone(site, "limin", "+8613900000020")
    on_shift(site, world, "limin")
    answer = twilio(site, "/hooks/twilio/voice", CallSid="CA1", Direction="inbound", From=ELDER.phone).text
    assert calls(site)[0]["due_at"] > calls(site)[0]["created_at"]

    said = twilio(site, _action(answer), DialCallStatus="completed").text

    assert "回电" in said
    assert calls(site)[0]["due_at"] == calls(site)[0]["created_at"]


def test_with_nobody_on_duty_the_caller_is_told_and_noted(site: ConsoleSite, world: World) -> None:
    answer = twilio(site, "/hooks/twilio/voice", CallSid="CA1", Direction="inbound", From="anonymous").text

    assert "<Dial" not in answer
    assert "回电" in answer
    assert calls(site)[0]["phone"] == "anonymous"


def _action(answer: str) -> str:
    found = re.search(r'<Dial[^>]*action="([^"]+)"', answer)
    assert found is not None
    parts = urlsplit(found[1].replace("&amp;", "&"))
    return f"{parts.path}?{parts.query}"


# -- an officer's own call


def test_an_officer_s_call_that_nobody_answers_comes_back(site: ConsoleSite, world: World) -> None:
    world.press()
    world.click("claim")
    world.phone("doctor").behaves("busy")
    world.click("call", to="doctor")

    assert [(one["kind"], one["contact_id"], one["owner_id"]) for one in todos(site)] == [
        ("call_back", "contact-doctor", OFFICER.id)
    ]
    world.click("close", disposition="helped")
    assert todos(site) == []
