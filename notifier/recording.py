"""What a recording of a call is, wherever it comes from."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

TWILIO_RECORDING = re.compile(r"RE[0-9a-f]{32}")
MEDIA_TYPES = {"audio/mpeg": "mp3", "audio/wav": "wav", "audio/x-wav": "wav"}
"""What is kept, with the ending of a file that is downloaded."""


@dataclass(frozen=True, slots=True)
class Told:
    """A channel says that a recording is ready (`completed`), or that there is none (`absent`, `failed`)."""

    attempt_id: str
    channel: str
    ref: str
    status: str
    duration_s: int | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Audio:
    """`chunks` are read once; `transcript` is there where the words are known."""

    media_type: str
    chunks: Iterator[bytes]
    transcript: str | None = None


class Source(Protocol):
    """Where a channel keeps its recordings."""

    name: str

    def fetch(self, ref: str) -> Audio:
        """Raises TryAgain, also while the chunks are read; Rejected when there will never be one."""
        ...

    def forget(self, ref: str) -> None:
        """Take it from the provider's machines; nothing where it is gone. Raises TryAgain."""
        ...


def told_by_twilio(form: Mapping[str, str], attempt_id: str, now: datetime) -> Told | None:
    """A recording callback; None when it tells of no recording that is over."""
    ref, status = form.get("RecordingSid", ""), form.get("RecordingStatus", "")
    if not attempt_id or not TWILIO_RECORDING.fullmatch(ref) or status not in ("completed", "absent", "failed"):
        return None
    seconds = form.get("RecordingDuration", "")
    duration_s = int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 7 else None
    return Told(attempt_id, "twilio", ref, status, duration_s, _began_at(form, now))


def _began_at(form: Mapping[str, str], now: datetime) -> datetime:
    try:
        at = parsedate_to_datetime(form.get("RecordingStartTime", ""))
        return min(now, (at.replace(tzinfo=UTC) if at.tzinfo is None else at).astimezone(UTC))
    except (ValueError, TypeError, OverflowError):
        return now
