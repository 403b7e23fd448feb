"""Recordings of the sandbox's calls, for demos, tests and training.

Nobody speaks on a sandbox call, so its recording is honest about that: as long as the call was, a soft tone for every
line that was said, and the keys as the tones that a telephone makes. The words stand beside it as the transcript.
"""

import io
import math
import struct
import wave
from collections.abc import Iterator, Sequence
from functools import lru_cache

from core.db import Database
from core.errors import Rejected
from notifier import sandbox_store
from notifier.recording import Audio
from notifier.sandbox_call import CHANNEL, Call

RATE = 8000  # Samples a second, as on a telephone.
LONGEST_S = 180
LINE_S, KEY_S, PAUSE_S = 0.25, 0.2, 0.15
LINE_HZ = (440,)
KEY_HZ = {
    key: (low, high)
    for low, keys in ((697, "123"), (770, "456"), (852, "789"), (941, "*0#"))
    for high, key in zip((1209, 1336, 1477), keys, strict=True)
}  # ITU-T Q.23.
_CHUNK = 64 * 1024


class SandboxRecordings:
    """A `Source`; a recording's name is that of its call."""

    name = CHANNEL

    def __init__(self, db: Database) -> None:
        self._db = db

    def fetch(self, ref: str) -> Audio:
        with self._db.read() as session:
            stored = sandbox_store.by_id(session, ref)
        if stored is None or stored.call.answered_at is None:
            raise Rejected("there is no such call, or nobody answered it")
        sound = sound_of(stored.call)
        chunks = (sound[at : at + _CHUNK] for at in range(0, len(sound), _CHUNK))
        return Audio("audio/wav", chunks, transcript_of(stored.call))

    def forget(self, ref: str) -> None:
        """The call itself is the phone's own log, which has a period of its own."""


def transcript_of(call: Call) -> str:
    return "\n".join([call.said, *(f"[{key}]" for key in call.keys)])


def talked_s(call: Call) -> float:
    if call.answered_at is None or call.ended_at is None:
        return 0.0
    return min(LONGEST_S, max(0.0, (call.ended_at - call.answered_at).total_seconds()))


def sound_of(call: Call) -> bytes:
    """A WAV file: 8 kHz, 16 bits, one channel."""
    tones = [(LINE_HZ, LINE_S)] * len(call.said.splitlines()) + [
        (KEY_HZ[key], KEY_S) for key in call.keys if key in KEY_HZ
    ]
    samples = b"".join(_tones(tones))
    wanted = max(len(samples), int(talked_s(call) * RATE) * 2)
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.ljust(wanted, b"\0"))
    return written.getvalue()


def _tones(tones: Sequence[tuple[tuple[int, ...], float]]) -> Iterator[bytes]:
    for frequencies, length_s in tones:
        yield _tone(frequencies, length_s)
        yield b"\0\0" * int(PAUSE_S * RATE)


@lru_cache(maxsize=16)
def _tone(frequencies: tuple[int, ...], length_s: float) -> bytes:
    samples = (
        int(6000 * sum(math.sin(2 * math.pi * hz * at / RATE) for hz in frequencies) / len(frequencies))
        for at in range(int(length_s * RATE))
    )
    return b"".join(struct.pack("<h", sample) for sample in samples)
