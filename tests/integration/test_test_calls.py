"""A test call to a contact's number, over the sandbox and over Twilio: verified by a key and by nothing else."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn

from alarms.check_calls import CheckCalls
from core.db import Database
from core.settings import load_settings
from notifier.twilio_channel import TwilioChannel
from tests.console_site import ConsoleSite, problem_of
from tests.twilio_stand_in import ACCOUNT_SID, AUTH_TOKEN, FROM, TwilioStandIn
from tests.world import DAUGHTER, NEIGHBOUR, World, settle_in

PATH = f"/api/v1/contacts/{DAUGHTER.id}"
PUBLIC = "https://centre.example"


@dataclass
class Site:
    world: World
    console: ConsoleSite

    def ring(self, **body: str) -> Any:
        answer = self.console.as_("registrar").post(f"{PATH}/test-call", json=body)
        self.world.settle()
        return answer

    @property
    def last(self) -> dict[str, Any]:
        return dict(self.console.as_("registrar").get(f"{PATH}/test-calls").json()["items"][0])

    @property
    def contact(self) -> dict[str, Any]:
        return dict(self.console.as_("registrar").get(PATH).json())

    @property
    def findings(self) -> list[str]:
        return [one["kind"] for one in self.console.as_("registrar").get("/api/v1/findings").json()["items"]]


def made(world: World, console: ConsoleSite, channels: list[Any]) -> Site:
    console.centre.alarms, console.centre.sandbox = world.alarms, world.network
    world.alarms.check_calls = CheckCalls(world.db, world.clock, console.registry.phone_checks, channels)
    return Site(world, console)


@pytest.fixture
def site(db: Database) -> Site:
    settle_in(db)
    world = World(db)
    return made(world, ConsoleSite(db, world.clock), [world.network])


def test_key_one_verifies_and_no_alarm_comes_of_it(site: Site) -> None:
    assert site.ring().status_code == 202
    assert site.last["state"] == "ringing"
    said = site.world.phone("daughter").answer()
    site.world.phone("daughter").press("1")

    assert "测试" in str(said or site.world.calls("daughter")[0].said)
    assert "赵桂明" not in site.world.calls("daughter")[0].said
    assert (site.last["state"], site.last["channel"]) == ("accepted", "sandbox")
    assert site.contact["verified_at"] is not None
    assert site.world.all_alarms() == []


def test_key_two_is_a_wrong_number_and_work(site: Site) -> None:
    site.ring()
    site.world.phone("daughter").says("2")

    assert site.last["state"] == "declined"
    assert site.contact["wrong_number_at"] is not None
    assert site.findings == ["wrong_number"]


@pytest.mark.parametrize(
    ("then", "state"),
    [("busy", "busy"), ("reject", "rejected"), ("voicemail", "voicemail"), ("silence", "no_key"),
     ("unreachable", "failed")],
)  # fmt: skip
def test_only_a_key_verifies(site: Site, then: str, state: str) -> None:
    site.world.phone("daughter").behaves(then)
    site.ring()
    site.world.advance(60)

    assert site.last["state"] == state
    assert site.contact["verified_at"] is None
    assert site.findings == []


def test_nobody_picks_up(site: Site) -> None:
    site.ring()
    site.world.advance(30)

    assert site.last["state"] == "no_answer"


def test_second_number_is_rung_when_it_is_asked_for(site: Site) -> None:
    registrar = site.console.as_("registrar")
    registrar.patch(PATH, json={"more_phones": [{"phone": NEIGHBOUR.phone}]})
    assert site.ring(phone=NEIGHBOUR.phone).status_code == 202
    site.world.phone("neighbour").says("1")

    assert site.contact["more_phones"][0]["verified_at"] is not None
    assert site.contact["verified_at"] is None
    problem_of(site.ring(phone="13912345678"), 422)


def test_one_at_a_time_and_never_across_an_alarm(site: Site) -> None:
    site.ring()
    problem_of(site.ring(), 409)
    site.world.phone("daughter").says("1")

    site.world.press()
    assert site.world.phone("daughter").is_ringing
    problem_of(site.ring(), 409)
    assert site.world.phone("daughter").is_ringing


def test_alarm_during_a_test_call_calls_the_next_at_once(site: Site) -> None:
    site.ring()
    site.world.press()

    assert site.world.phone("neighbour").is_ringing


def test_officers_make_no_test_calls(site: Site) -> None:
    problem_of(site.console.as_("officer").post(f"{PATH}/test-call", json={}), 403)


@contextmanager
def twilio_site(db: Database) -> Iterator[tuple[Site, TwilioStandIn]]:
    """A world whose phones are Twilio's, and the console that hears Twilio's callbacks."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    environment = {"CAREBELL_NOTIFIER": "twilio", "CAREBELL_PUBLIC_URL": PUBLIC}
    for name, value in {"ACCOUNT_SID": ACCOUNT_SID, "AUTH_TOKEN": AUTH_TOKEN, "FROM": FROM}.items():
        environment[f"CAREBELL_TWILIO_{name}"] = value
    settle_in(db)
    with TwilioStandIn(through=url) as twilio:
        settings = load_settings(environment).model_copy(update={"twilio_api_url": twilio.url})
        world = World(db, channels=lambda network: [TwilioChannel.from_settings(settings)])
        twilio.now = world.clock.now
        console = ConsoleSite(db, world.clock, settings)
        site = made(world, console, [TwilioChannel.from_settings(settings)])
        server = uvicorn.Server(uvicorn.Config(console.app, log_config=None, access_log=False, lifespan="off"))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        serving.start()
        yield site, twilio
        server.should_exit = True
        serving.join(20)
    listening.close()


def test_over_twilio_the_key_comes_by_its_hook(db: Database) -> None:
    with twilio_site(db) as (site, twilio):
        site.ring()
        call = twilio.call_to(DAUGHTER.phone)
        for status in ("initiated", "ringing"):
            assert twilio.tell(call, status).status_code == 204
        said = twilio.pick_up(call)
        reply = twilio.press(call, "1")
        twilio.tell(call, "completed")

        assert "测试电话" in said
        assert "谢谢" in reply
        assert (site.last["state"], site.last["channel"]) == ("accepted", "twilio")
        assert site.contact["verified_at"] is not None
        assert site.world.all_alarms() == []


def test_over_twilio_a_call_without_a_key_verifies_nothing(db: Database) -> None:
    with twilio_site(db) as (site, twilio):
        site.ring()
        call = twilio.call_to(DAUGHTER.phone)
        twilio.pick_up(call)
        twilio.tell(call, "completed")

        assert site.last["state"] == "no_key"
        assert site.contact["verified_at"] is None
