"""From a press to an acceptance over Twilio: the real client, the real hooks behind a proxy, both databases."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn
from twilio.request_validator import RequestValidator

from alarms import recording_store
from alarms.recordings import Recordings
from core.db import Database
from core.settings import load_settings
from notifier.twilio_channel import TwilioChannel
from notifier.twilio_recording import TwilioRecordings
from tests.console_site import ConsoleSite
from tests.twilio_stand_in import ACCOUNT_SID, AUTH_TOKEN, FROM, TwilioStandIn
from tests.world import DAUGHTER, DOCTOR, NEIGHBOUR, World, settle_in

PUBLIC = "https://centre.example"
STATUS = f"{PUBLIC}/hooks/twilio/status"


@dataclass
class Site:
    """A world whose phones are Twilio's, and the console that hears Twilio's callbacks."""

    world: World
    twilio: TwilioStandIn
    console: ConsoleSite
    url: str

    def attempt(self, number: str, purpose: str = "help") -> dict[str, Any]:
        found = [a for a in self.world.attempts if a["contact"]["phone"] == number and a["purpose"] == purpose]
        return dict(found[-1])

    def calls_to(self, number: str) -> int:
        return len([call for call in self.twilio.calls if call.form["To"] == number])


@pytest.fixture
def site(db: Database) -> Iterator[Site]:
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    twilio_settings = {"ACCOUNT_SID": ACCOUNT_SID, "AUTH_TOKEN": AUTH_TOKEN, "FROM": FROM}
    environment = {f"CAREBELL_TWILIO_{name}": value for name, value in twilio_settings.items()}
    settings = load_settings(environment | {"CAREBELL_NOTIFIER": "twilio", "CAREBELL_PUBLIC_URL": PUBLIC})
    settle_in(db)
    with TwilioStandIn(through=url) as twilio:
        settings = settings.model_copy(update={"twilio_api_url": twilio.url, "record_calls": True})
        world = World(db, channels=lambda network: [TwilioChannel.from_settings(settings)])
        twilio.now = world.clock.now
        console = ConsoleSite(db, world.clock, settings)
        console.centre.alarms, console.centre.sandbox = world.alarms, world.network
        server = uvicorn.Server(uvicorn.Config(console.app, log_config=None, access_log=False, lifespan="off"))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        serving.start()
        yield Site(world, twilio, console, url)
        server.should_exit = True
        serving.join(20)
    listening.close()


def test_key_one_accepts(site: Site) -> None:
    site.world.press()
    call = site.twilio.call_to(DAUGHTER.phone)
    assert site.attempt(DAUGHTER.phone)["state"] == "ringing"
    for status in ("initiated", "ringing"):
        assert site.twilio.tell(call, status).status_code == 204

    said = site.twilio.pick_up(call)
    assert site.attempt(DAUGHTER.phone)["state"] == "answered"
    reply = site.twilio.press(call, "1")
    site.twilio.tell(call, "completed", CallDuration="21")

    assert "赵桂明" in said
    assert "心脏病" not in said
    assert "请马上出发" in reply
    assert site.world.alarm.state == "accepted"
    assert site.attempt(DAUGHTER.phone)["outcome"] == "accepted"
    assert site.attempt(DAUGHTER.phone)["provider_ref"] == call.sid


def test_a_call_that_completes_without_a_key_reached_nobody(site: Site) -> None:
    site.world.press()
    call = site.twilio.call_to(DAUGHTER.phone)
    site.twilio.pick_up(call)
    site.twilio.tell(call, "completed")
    site.world.settle()

    assert site.world.alarm.state == "open"
    assert site.attempt(DAUGHTER.phone)["outcome"] == "no_key"
    assert site.twilio.call_to(NEIGHBOUR.phone)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("busy", "busy"), ("failed", "failed"), ("no-answer", "no_answer"), ("canceled", "cancelled")],
)
def test_a_call_that_reaches_nobody_moves_on_at_once(site: Site, status: str, outcome: str) -> None:
    site.world.press()
    site.twilio.tell(site.twilio.call_to(DAUGHTER.phone), status)
    site.world.settle()

    assert site.attempt(DAUGHTER.phone)["outcome"] == outcome
    assert site.twilio.call_to(NEIGHBOUR.phone)


def test_a_machine_is_no_help(site: Site) -> None:
    site.world.press()
    call = site.twilio.call_to(DAUGHTER.phone)
    site.twilio.pick_up(call)
    site.twilio.detect(call, "machine_start")
    site.world.settle()

    assert site.attempt(DAUGHTER.phone)["outcome"] == "voicemail"
    assert site.world.alarm.state == "open"
    assert site.twilio.call_to(NEIGHBOUR.phone)


def test_callbacks_twice_late_and_out_of_order_change_nothing(site: Site) -> None:
    site.world.press()
    call = site.twilio.call_to(DAUGHTER.phone)
    site.twilio.pick_up(call)
    site.twilio.press(call, "1")
    before = site.world.story

    for status in ("completed", "ringing", "completed", "initiated", "in-progress", "no-answer", "busy", "completed"):
        assert site.twilio.tell(call, status).status_code == 204
    site.world.settle()

    assert site.world.alarm.state == "accepted"
    assert site.attempt(DAUGHTER.phone)["outcome"] == "accepted"
    assert site.world.story == before


def test_a_forged_callback_changes_nothing(site: Site) -> None:
    site.world.press()
    call = site.twilio.call_to(DAUGHTER.phone)
    form = {"CallSid": call.sid, "CallStatus": "busy", "AccountSid": ACCOUNT_SID}
    urls = [f"{PUBLIC}/hooks/twilio/{hook}?attempt={site.attempt(DAUGHTER.phone)['id']}" for hook in
            ("voice", "status", "sms", "recording")]  # fmt: skip

    for url in urls:
        for signature in ("", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "é"):
            assert site.twilio.post(url, form | {"Digits": "1"}, signature=signature).status_code == 403
        plain = requests.post(site.url + url.removeprefix(PUBLIC), data=form, timeout=10)
        assert plain.status_code == 403
        assert plain.headers["content-type"] == "application/problem+json"

    assert site.attempt(DAUGHTER.phone)["state"] == "ringing"


def test_a_recording_is_taken_down_once_and_a_forged_one_never(site: Site, tmp_path: Path) -> None:
    world, sources = site.world, {"twilio": TwilioRecordings(ACCOUNT_SID, AUTH_TOKEN, site.twilio.url)}
    recordings = Recordings(world.db, world.clock, tmp_path, world.wake, sources, records_calls=True)
    site.console.centre.recordings = recordings
    world.press()
    call, ref = site.twilio.call_to(DAUGHTER.phone), site.twilio.record(b"sound")
    url = call.form["RecordingStatusCallback"]
    form = {"RecordingSid": ref, "RecordingStatus": "completed", "RecordingDuration": "21"}

    assert site.twilio.post(url, form, signature="forged").status_code == 403
    assert site.twilio.post(url.replace("attempt=", "attempt=x"), form).status_code == 204
    assert site.twilio.tell_of_recording(call, "RE-of-nobody").status_code == 204
    assert recordings.step() == 0
    assert site.twilio.tell_of_recording(call, ref).status_code == 204
    assert site.twilio.tell_of_recording(call, ref).status_code == 204
    assert recordings.step() == 1
    with world.db.read() as session:
        (one,) = recording_store.of_alarms(session, [world.alarm.id])
    assert (one["state"], one["duration_s"], one["size_bytes"]) == ("kept", 21, 5)


def test_a_signature_does_not_fit_another_address_or_value(site: Site) -> None:
    site.world.press()
    call = site.twilio.call_to(DAUGHTER.phone)
    attempt = site.attempt(DAUGHTER.phone)["id"]
    signed: list[requests.PreparedRequest] = []
    site.twilio._session.hooks["response"].append(lambda answer, **_: signed.append(answer.request))
    site.twilio.tell(call, "ringing")
    genuine = signed[0]

    names = ("X-Twilio-Signature", "Content-Type")
    headers = {name: genuine.headers[name] for name in names}
    body = str(genuine.body).replace("CallStatus=ringing", "CallStatus=busy")
    other = requests.post(str(genuine.url), data=body, headers=headers, timeout=10)
    voice = f"{site.url}/hooks/twilio/voice?attempt={attempt}"
    elsewhere = requests.post(voice, data=genuine.body, headers=headers, timeout=10)

    assert (other.status_code, elsewhere.status_code) == (403, 403)
    assert site.attempt(DAUGHTER.phone)["state"] == "ringing"


def test_who_signs_the_address_with_its_fragment_is_heard_too(site: Site) -> None:
    site.world.press()
    call = site.twilio.call_to(DAUGHTER.phone)
    url, form = call.form["StatusCallback"], {"CallSid": call.sid, "CallStatus": "busy"}
    assert "#" in url

    signature = RequestValidator(AUTH_TOKEN).compute_signature(url, form)

    assert site.twilio.post(url, form, signature=signature).status_code == 204
    assert site.attempt(DAUGHTER.phone)["outcome"] == "busy"


def test_a_lost_response_is_bound_by_the_first_callback(site: Site) -> None:
    site.twilio.fail_next("lost")
    site.world.press()
    call = site.twilio.call_to(DAUGHTER.phone)

    site.twilio.tell(call, "ringing")
    site.twilio.pick_up(call)
    site.twilio.press(call, "1")

    assert site.world.alarm.state == "accepted"
    assert site.attempt(DAUGHTER.phone)["provider_ref"] == call.sid
    assert site.calls_to(DAUGHTER.phone) == 1


def test_a_lost_response_is_looked_up_and_nobody_is_rung_twice(site: Site) -> None:
    site.twilio.fail_next("lost")
    site.world.press()
    site.world.advance(20)

    assert site.attempt(DAUGHTER.phone)["provider_ref"] == site.twilio.call_to(DAUGHTER.phone).sid
    assert site.calls_to(DAUGHTER.phone) == 1


def test_a_number_that_cannot_be_called_moves_on_at_once(site: Site) -> None:
    site.twilio.fail_next("400:21211")
    site.world.press()

    assert site.attempt(DAUGHTER.phone)["outcome"] == "failed"
    assert site.twilio.call_to(NEIGHBOUR.phone)


def test_a_message_s_states_and_its_answer(site: Site) -> None:
    site.world.press()
    site.world.advance(5)
    message = site.twilio.message_to(DAUGHTER.phone)
    assert "/r/" not in message.form["Body"] or PUBLIC in message.form["Body"]
    for status in ("queued", "sent", "delivered", "sent"):
        assert site.twilio.tell(message, status, RawDlrDoneDate="").status_code == 204
    assert site.attempt(DAUGHTER.phone, "message")["state"] == "delivered"

    answer = site.twilio.write(DAUGHTER.phone, " １ ", f"{PUBLIC}/hooks/twilio/sms")

    assert answer.status_code == 200
    assert site.world.alarm.state == "accepted"
    assert site.attempt(DAUGHTER.phone, "message")["outcome"] == "replied"


@pytest.mark.parametrize("number", ["+8613999999999", "10690000", "", "nobody"])
def test_a_message_from_somebody_unknown_is_taken_and_changes_nothing(site: Site, number: str) -> None:
    site.world.press()

    assert site.twilio.write(number, "1", f"{PUBLIC}/hooks/twilio/sms").status_code == 200
    assert site.world.alarm.state == "open"


def test_callbacks_about_nothing_we_know_are_taken_and_change_nothing(site: Site) -> None:
    site.world.press()
    before = site.world.story
    form = {"CallSid": "CA" + "0" * 32, "CallStatus": "completed"}

    for attempt in ("", "?attempt=", "?attempt=nobody", "?attempt=" + "x" * 400):
        assert site.twilio.post(STATUS + attempt, form).status_code == 204
        heard = site.twilio.post(f"{PUBLIC}/hooks/twilio/voice{attempt}", form | {"Digits": "1"})
        assert heard.status_code == 200
        assert "<Gather" not in heard.text

    assert site.world.story == before


def test_the_doctor_hears_the_illness(site: Site) -> None:
    site.world.press()
    for person in (DAUGHTER, NEIGHBOUR):
        site.twilio.tell(site.twilio.call_to(person.phone), "busy")
        site.world.settle()

    assert "心脏病" in site.twilio.pick_up(site.twilio.call_to(DOCTOR.phone))


def test_a_cancel_is_spoken_to_whoever_answers_after_it(site: Site) -> None:
    site.world.press()
    site.world.cancel()

    assert "误按" in site.twilio.pick_up(site.twilio.call_to(DAUGHTER.phone))
