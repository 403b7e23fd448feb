"""Recordings of calls over Twilio's stand-in and over the sandbox: fetched, sealed, heard, logged, let go of."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from alarms import personal, retention
from alarms.recording_store import RECORDINGS
from alarms.recordings import MOST_TRIES, Recordings
from core.settings import load_settings
from notifier.channel import CallOrder
from notifier.recording import Told
from notifier.sandbox_recording import SandboxRecordings
from notifier.script import Prompt
from notifier.twilio_channel import TwilioChannel
from notifier.twilio_recording import TwilioRecordings
from registry import audit
from registry.elders import NAMELESS
from registry.store import DEVICES, ELDERS
from tests.console_site import ConsoleSite, problem_of
from tests.twilio_stand_in import ACCOUNT_SID, AUTH_TOKEN, FROM, TwilioStandIn
from tests.world import DAUGHTER, ELDER, World

SOUND = bytes(range(256)) * 1000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


@pytest.fixture
def twilio() -> Iterator[TwilioStandIn]:
    with TwilioStandIn() as stand_in:
        yield stand_in


def sandboxed(world: World, folder: Path) -> Recordings:
    """A world whose calls are recorded, and what keeps the recordings."""
    world.alarms.records_calls = True
    sources = {"sandbox": SandboxRecordings(world.db)}
    return Recordings(world.db, world.clock, folder, world.wake, sources, records_calls=True)


def over_twilio(world: World, folder: Path, twilio: TwilioStandIn) -> Recordings:
    sources = {"twilio": TwilioRecordings(ACCOUNT_SID, AUTH_TOKEN, twilio.url)}
    return Recordings(world.db, world.clock, folder, world.wake, sources, records_calls=True)


def rows(world: World) -> list[Any]:
    with world.db.read() as session:
        return list(session.execute(select(RECORDINGS).order_by(RECORDINGS.c.made_at)))


def told(world: World, recordings: Recordings, ref: str, status: str = "completed", **change: Any) -> bool:
    attempt = next(one for one in world.attempts if one["contact"]["phone"] == DAUGHTER.phone)
    members = {"attempt_id": attempt["id"], "channel": "twilio", "ref": ref, "status": status, "duration_s": 21}
    return recordings.told(Told(**members | {"made_at": world.clock.now()} | change))


def deeds(world: World, prefix: str = "recording.") -> list[tuple[str, str, str | None]]:
    with world.db.read() as session:
        found = session.execute(select(audit.AUDIT).order_by(audit.AUDIT.c.seq))
        return [(row.action, row.actor, row.reason) for row in found if row.action.startswith(prefix)]


def test_a_call_of_the_sandbox_is_recorded_and_heard(world: World, folder: Path) -> None:
    recordings = sandboxed(world, folder)
    world.press()
    said = world.phone("daughter").answer()
    world.advance(7)
    world.phone("daughter").press("1")
    world.settle()
    assert "本次通话将被录音" in said

    assert recordings.step() == 1
    assert (recordings.step(), recordings.step()) == (1, 0)  # Nothing is left with the provider.
    (row,) = rows(world)
    assert (row.state, row.duration_s, row.media_type) == ("kept", 7, "audio/wav")
    assert "[1]" in row.transcript
    assert "recorded" in [line["what"] for line in world.alarm.timeline]
    sealed = (folder / f"{row.id}.sealed").read_bytes()
    assert b"RIFF" not in sealed
    plain = b"".join(recordings.read(dict(row._mapping)))
    assert plain.startswith(b"RIFF")
    assert (len(plain), hashlib.sha256(plain).hexdigest()) == (row.size_bytes, row.sha256)


def test_nothing_is_recorded_and_nothing_said_of_it_unless_the_site_wants_it(world: World, folder: Path) -> None:
    sources = {"sandbox": SandboxRecordings(world.db)}
    recordings = Recordings(world.db, world.clock, folder, world.wake, sources, records_calls=False)
    world.press()
    said = world.phone("daughter").answer()
    world.phone("daughter").press("1")
    world.settle()

    assert "录音" not in said
    assert recordings.step() == 0
    assert rows(world) == []


def test_twilio_is_asked_to_record_only_where_the_site_wants_it(world: World, twilio: TwilioStandIn) -> None:
    given = {"ACCOUNT_SID": ACCOUNT_SID, "AUTH_TOKEN": AUTH_TOKEN, "FROM": FROM, "API_URL": twilio.url}
    environment = {f"CAREBELL_TWILIO_{name}": value for name, value in given.items()}
    quiet = load_settings(environment | {"CAREBELL_NOTIFIER": "twilio", "CAREBELL_PUBLIC_URL": "https://c.example"})
    loud = quiet.model_copy(update={"record_calls": True})

    def dialled(settings: Any, purpose: str) -> dict[str, str]:
        order = CallOrder("a-1", DAUGHTER.phone, 20, Prompt(attempt_id="a-1", purpose=purpose), datetime.now(UTC))
        TwilioChannel.from_settings(settings).call(order)
        return twilio.calls[-1].form

    assert "Record" not in dialled(quiet, "help")
    assert "Record" not in dialled(loud, "verify")
    asked = dialled(loud, "help")
    assert asked["Record"] == "true"
    assert asked["RecordingStatusCallback"] == "https://c.example/hooks/twilio/recording?attempt=a-1#rc=3&rp=all"


def test_twilio_s_recording_is_fetched_from_the_account_s_own_address_and_taken_from_there(
    world: World, folder: Path, twilio: TwilioStandIn
) -> None:
    recordings = over_twilio(world, folder, twilio)
    world.press()
    ref = twilio.record(SOUND)

    assert told(world, recordings, ref)
    assert told(world, recordings, ref)  # A repeat.
    assert told(world, recordings, ref, attempt_id="nobody")
    assert recordings.step() == 1
    (row,) = rows(world)
    assert (row.state, row.size_bytes, row.sha256) == ("kept", len(SOUND), hashlib.sha256(SOUND).hexdigest())
    assert b"".join(recordings.read(dict(row._mapping), 1000, 70_000)) == SOUND[1000:70_000]
    assert recordings.step() == 1
    assert twilio.recordings == {}
    assert recordings.step() == 0


def test_a_recording_that_cannot_be_had_yet_is_fetched_later_and_one_that_never_can_is_given_up(
    world: World, folder: Path, twilio: TwilioStandIn
) -> None:
    recordings = over_twilio(world, folder, twilio)
    world.press()
    late, never = "RE" + "a" * 32, "RE" + "b" * 32
    told(world, recordings, late)
    assert recordings.step() == 1
    assert recordings.step() == 0  # Not before its time.
    (row,) = rows(world)
    assert (row.state, row.tries, row.detail) == ("due", 1, "Twilio answered 404")
    twilio.record(SOUND, late)
    world.clock.advance(16)
    assert recordings.step() == 1
    assert rows(world)[0].state == "kept"

    told(world, recordings, never)
    for _ in range(MOST_TRIES):
        world.clock.advance(6 * 3600 + 1)
        recordings.step()
    states = {row.provider_ref: row.state for row in rows(world)}
    assert states == {late: "kept", never: "failed"}
    assert not list(folder.glob("*.part"))


@pytest.mark.parametrize("fault", ["redirect", "page", "500", "401"])
def test_no_other_address_and_nothing_but_sound_is_taken(
    world: World, folder: Path, twilio: TwilioStandIn, fault: str
) -> None:
    recordings = over_twilio(world, folder, twilio)
    world.press()
    told(world, recordings, twilio.record(SOUND))
    twilio.recording_fault = fault

    recordings.step()

    (row,) = rows(world)
    assert row.state == ("failed" if fault == "redirect" else "due")
    assert not list(folder.glob("*"))


def test_what_was_not_recorded_is_said(world: World, folder: Path, twilio: TwilioStandIn) -> None:
    recordings = over_twilio(world, folder, twilio)
    world.press()
    told(world, recordings, "RE" + "c" * 32, "absent")

    assert recordings.step() == 0
    assert [row.state for row in rows(world)] == ["absent"]


@pytest.fixture
def heard(world: World, folder: Path) -> tuple[World, ConsoleSite, Recordings, str]:
    """A world with one recording of the daughter's call; the path of its API."""
    recordings = sandboxed(world, folder)
    world.press()
    world.phone("daughter").answer()
    world.advance(3)
    world.phone("daughter").press("1")
    world.settle()
    recordings.step()
    recordings.step()
    site = ConsoleSite(world.db, world.clock)
    site.centre.alarms, site.centre.recordings = world.alarms, recordings
    return world, site, recordings, f"/api/v1/alarms/{world.alarm.id}/recordings"


def signed_in(site: ConsoleSite, name: str, role: str) -> TestClient:
    site.add_user(name, role)
    return site.open(authorization=f"Bearer {site.token(name)}")


def test_who_holds_the_alarm_listens_and_everybody_else_says_why(
    heard: tuple[World, ConsoleSite, Recordings, str],
) -> None:
    world, site, _, path = heard
    officer, other, leader = (
        signed_in(site, n, r) for n, r in (("li", "officer"), ("bo", "officer"), ("wei", "supervisor"))
    )
    (shown,) = other.get(path).json()["items"]
    url = f"{path}/{shown['id']}"
    assert (shown["state"], shown["transcript"]) == ("kept", None)
    problem_of(other.get(url), 403)
    problem_of(leader.get(f"{url}/file"), 403)
    problem_of(site.as_("auditor").get(url), 403)
    assert deeds(world) == []

    officer.post(f"/api/v1/alarms/{world.alarm.id}/claim")
    whole = officer.get(url)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    assert whole.headers["accept-ranges"] == "bytes"
    part = officer.get(url, headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, whole.content[4:8])
    assert part.headers["content-range"] == f"bytes 4-7/{len(whole.content)}"
    assert officer.get(url, headers={"range": "bytes=-4"}).content == whole.content[-4:]
    assert officer.get(url, headers={"range": "bytes=0-"}).status_code == 206
    assert officer.get(url, headers={"range": "bytes=99999999-"}).status_code == 416
    problem_of(officer.get(f"{url}/file"), 403)  # Taking it along is a right of its own.
    assert deeds(world) == [("recording.listen", "li", None)]  # One hearing, however often the player asks.

    assert leader.post(f"{path}/open", json={"reason": "投诉"}).status_code == 204
    taken = leader.get(f"{url}/file")
    assert taken.content == whole.content
    assert taken.headers["content-disposition"] == f'attachment; filename="{shown["id"]}.wav"'
    assert deeds(world)[1:] == [("recording.open", "wei", "投诉"), ("recording.download", "wei", None)]
    world.clock.advance(3601)
    problem_of(leader.get(url), 403)
    problem_of(officer.get(f"{path}/nothing"), 404)


def test_another_alarm_s_address_opens_no_recording(heard: tuple[World, ConsoleSite, Recordings, str]) -> None:
    world, site, _, _path = heard
    first, (row,) = world.alarm.id, rows(world)
    officer = signed_in(site, "li", "officer")
    world.click("claim")
    world.click("close", disposition="helped", text="ok")
    world.press()
    second = world.alarm.id
    assert second != first
    officer.post(f"/api/v1/alarms/{second}/claim")

    problem_of(officer.get(f"/api/v1/alarms/{second}/recordings/{row.id}"), 404)
    problem_of(officer.post(f"/api/v1/alarms/{second}/recordings/open", json={"reason": "核对"}), 404)


def test_the_alarm_s_page_has_the_player_only_for_who_may_hear(
    heard: tuple[World, ConsoleSite, Recordings, str],
) -> None:
    world, site, _, _ = heard
    page = f"/alarms/{world.alarm.id}"
    officer = signed_in(site, "li", "officer")
    folded = officer.get(page).text
    assert "data-play" not in folded
    assert "未接警也要收听" in folded
    assert "紧急求助！" not in folded

    answer = officer.post(f"{page}/recordings/open", data={"text": "核对"}, follow_redirects=False)
    assert answer.headers["location"] == page
    opened = officer.get(page).text
    assert "data-play" in opened
    assert "/file" not in opened
    assert "recordings" not in signed_in(site, "au", "auditor").get(page).text.partition("<main")[2]


def test_where_the_file_is_not_here_that_is_said(
    heard: tuple[World, ConsoleSite, Recordings, str], folder: Path
) -> None:
    world, site, _, path = heard
    officer = signed_in(site, "li", "officer")
    officer.post(f"/api/v1/alarms/{world.alarm.id}/claim")
    (row,) = rows(world)
    for file in folder.iterdir():
        file.unlink()

    problem_of(officer.get(f"{path}/{row.id}"), 404)


def test_after_its_time_a_recording_is_destroyed(
    heard: tuple[World, ConsoleSite, Recordings, str], folder: Path
) -> None:
    world, _, recordings, _ = heard
    world.clock.advance(179 * 86_400)
    assert retention.let_go(world.db, world.clock)["recordings"] == 0
    world.clock.advance(2 * 86_400)
    assert retention.let_go(world.db, world.clock)["recordings"] == 1
    (row,) = rows(world)
    assert (row.state, row.file_key, row.transcript) == ("gone", None, None)  # Nobody can open the file from now on.

    assert recordings.step() == 1
    assert list(folder.iterdir()) == []
    assert rows(world) == []


def test_a_person_s_recordings_are_told_and_go_with_the_person(
    heard: tuple[World, ConsoleSite, Recordings, str], folder: Path
) -> None:
    world, _, recordings, _ = heard
    with world.db.read() as session:
        (one,) = personal.told(session, ELDER.id)["recordings"]
    assert (one["duration_s"], "file_key" in one) == (3, False)

    world.click("claim")
    world.click("close", disposition="helped", text="ok")
    with world.db.write() as session:
        session.execute(update(DEVICES).values(elder_id=None))
        personal.make_nameless(session, ELDER.id, world.clock.now())
        assert session.execute(select(ELDERS.c.name)).scalar() == NAMELESS
    while recordings.step():
        pass
    assert rows(world) == []
    assert list(folder.iterdir()) == []
