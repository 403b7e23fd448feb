"""What a recording callback tells, and what a sandbox call sounds like."""

import io
import wave
from datetime import UTC, datetime, timedelta

import pytest

from notifier.recording import told_by_twilio
from notifier.sandbox_call import Call
from notifier.sandbox_recording import RATE, sound_of, transcript_of

NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
REF = "RE" + "0" * 32
FORM = {"RecordingSid": REF, "RecordingStatus": "completed", "RecordingDuration": "21"}


def test_a_callback_tells_of_a_recording() -> None:
    told = told_by_twilio(FORM | {"RecordingStartTime": "Sat, 28 Nov 2026 01:59:00 +0000"}, "attempt-1", NOW)

    assert told is not None
    assert (told.ref, told.duration_s, told.made_at) == (REF, 21, NOW - timedelta(minutes=1))


@pytest.mark.parametrize("began", ["", "yesterday", "Sat, 28 Nov 2099 01:59:00 +0000"])
def test_a_time_that_cannot_be_is_now(began: str) -> None:
    told = told_by_twilio(FORM | {"RecordingStartTime": began}, "attempt-1", NOW)

    assert told is not None
    assert told.made_at == NOW


@pytest.mark.parametrize(
    "change",
    [{"RecordingSid": "../../x"}, {"RecordingSid": ""}, {"RecordingStatus": "in-progress"}, {"RecordingStatus": ""}],
)
def test_what_is_no_news_is_left_aside(change: dict[str, str]) -> None:
    assert told_by_twilio(FORM | change, "attempt-1", NOW) is None
    assert told_by_twilio(FORM, "", NOW) is None


def test_a_sandbox_call_is_as_long_as_it_was_and_has_its_keys() -> None:
    call = Call(
        id="call-1", number="+8613900000001", kind="call", state="ended", started_at=NOW, answered_at=NOW,
        ended_at=NOW + timedelta(seconds=12), said="紧急求助！\n能去请按 1。", keys="1",
    )  # fmt: skip
    with wave.open(io.BytesIO(sound_of(call))) as file:
        frames = file.readframes(file.getnframes())

    assert len(frames) == 12 * RATE * 2
    assert transcript_of(call) == "紧急求助！\n能去请按 1。\n[1]"
    assert any(frames[: 2 * RATE])
    assert not any(frames[4 * RATE :])
