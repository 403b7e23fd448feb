"""The sandbox's phones over HTTP: what scripts and the sandbox page rely on."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import pytest

from core.db import Database
from tests.console_site import ConsoleSite, problem_of
from tests.world import DAUGHTER, World, settle_in

PHONES = "/api/v1/sandbox/phones"
LOG = "/api/v1/sandbox/log"
PHONE = f"{PHONES}/{quote(DAUGHTER.phone, safe='')}"
LIVE = {"answer_after_s": None, "then": "manual"}


@dataclass
class Site:
    world: World
    console: ConsoleSite


@pytest.fixture
def site(db: Database) -> Site:
    settle_in(db)
    world = World(db)
    console = ConsoleSite(db, world.clock)
    console.centre.alarms, console.centre.sandbox = world.alarms, world.network
    return Site(world, console)


def test_a_phone_is_set_called_and_logged(site: Site) -> None:
    tester = site.console.as_("tester")
    behaviour = {"answer_after_s": 2, "then": "key:1", "sms_reply": "1"}
    assert tester.put(PHONE, json=behaviour).json() == {
        "number": DAUGHTER.phone, **behaviour, "is_set": True, "doing": "quiet", "call": None, "message": None
    }  # fmt: skip

    site.world.press()
    shown = tester.get(PHONE).json()
    assert (shown["doing"], shown["call"]["state"]) == ("ringing", "ringing")
    site.world.advance(3)

    calls = [entry for entry in tester.get(LOG).json()["items"] if entry["kind"] == "call"]
    assert len(calls) == 1
    entry = calls[0]
    assert (entry["number"], entry["keys"], entry["outcome"]) == (DAUGHTER.phone, "1", "accepted")
    assert "赵桂明" in entry["said"]
    times = [datetime.fromisoformat(entry[name]) for name in ("started_at", "answered_at", "ended_at")]
    assert times == sorted(times)
    assert all(at.tzinfo is not None for at in times)


def test_a_person_answers_and_presses_at_the_page(site: Site) -> None:
    officer = site.console.as_("officer")
    site.world.press()

    answered = officer.post(f"{PHONE}/answer")
    assert answered.json()["key_meanings"]["1"] == "accept"
    pressed = officer.post(f"{PHONE}/press", json={"digits": "1"})
    site.world.settle()

    assert pressed.json()["outcome"] == "accepted"
    assert site.world.alarm.state == "accepted"
    for act in ("answer", "hangup"):
        problem_of(officer.post(f"{PHONE}/{act}"), 409)
    problem_of(officer.post(f"{PHONE}/press", json={"digits": "1"}), 409)


def test_a_person_refuses(site: Site) -> None:
    site.world.press()
    assert site.console.as_("officer").post(f"{PHONE}/hangup").json()["outcome"] == "rejected"
    site.world.settle()

    assert site.world.phone("neighbour").is_ringing


def test_a_person_writes(site: Site) -> None:
    site.world.press()
    site.world.advance(5)

    written = site.console.as_("officer").post(f"{PHONE}/sms", json={"text": "1"})
    site.world.settle()

    assert (written.json()["outcome"], written.json()["keys"]) == ("replied", "1")
    assert site.world.alarm.state == "accepted"


@pytest.mark.parametrize(
    "body",
    [
        {"answer_after_s": 1, "then": "explode"},
        {"answer_after_s": -1, "then": "key:1"},
        {"answer_after_s": "soon", "then": "key:1"},
        {"then": "key:"},
        {"then": "key:12"},
        {"then": None},
        {},
        [],
    ],
)
def test_a_behaviour_there_is_not(site: Site, body: object) -> None:
    problem_of(site.console.as_("tester").put(PHONE, json=body), 422)


@pytest.mark.parametrize(
    ("act", "body"), [("press", {"digits": "one"}), ("press", {}), ("sms", {"text": ""}), ("sms", {})]
)
def test_nonsense_at_a_phone(site: Site, act: str, body: object) -> None:
    problem_of(site.console.as_("tester").post(f"{PHONE}/{act}", json=body), 422)


@pytest.mark.parametrize("written", ["13900000001", "+86 139 0000 0001", "００８６13900000001", "8613900000001"])
def test_however_a_number_is_written_it_is_one_phone(site: Site, written: str) -> None:
    answer = site.console.as_("tester").put(f"{PHONES}/{quote(written, safe='')}", json=LIVE)

    assert answer.status_code == 200
    expected = {DAUGHTER.phone} if not written.startswith("86") else {DAUGHTER.phone, written}
    assert answer.json()["number"] in expected


def test_a_number_that_is_none(site: Site) -> None:
    problem_of(site.console.as_("tester").put(f"{PHONES}/nobody", json=LIVE), 422)
    problem_of(site.console.as_("tester").get(f"{PHONES}/%2B8613999999999"), 404)


def test_who_may(site: Site) -> None:
    for role in ("officer", "supervisor", "tester", "admin"):
        assert site.console.as_(role).put(PHONE, json=LIVE).status_code == 200
    for role in ("registrar", "auditor"):
        assert site.console.as_(role).get(PHONES).status_code == 200
        problem_of(site.console.as_(role).put(PHONE, json=LIVE), 403)
        problem_of(site.console.as_(role).post(f"{PHONE}/answer"), 403)
    for method, path in (("GET", PHONES), ("PUT", PHONE), ("POST", f"{PHONE}/answer"), ("GET", LOG)):
        problem_of(site.console.open().request(method, path), 401)


def test_lists_go_page_by_page(site: Site) -> None:
    tester = site.console.as_("tester")
    numbers = [f"+86139000005{n:02}" for n in range(5)]
    for number in numbers:
        tester.put(f"{PHONES}/{quote(number, safe='')}", json=LIVE)
        tester.post(f"{PHONES}/{quote(number, safe='')}/sms", json={"text": "hello"})

    for path, expected in ((PHONES, numbers), (LOG, numbers[::-1])):
        found, cursor = [], None
        while True:
            page = tester.get(path, params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
            found += [item["number"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert found == expected
    one = tester.get(LOG, params={"number": numbers[2]}).json()["items"]
    assert [item["number"] for item in one] == [numbers[2]]


def test_without_the_sandbox_channel_there_are_no_phones(site: Site) -> None:
    site.console.centre.sandbox = None

    for method, path in (("GET", PHONES), ("GET", LOG), ("POST", f"{PHONE}/answer")):
        problem_of(site.console.as_("tester").request(method, path), 404)
