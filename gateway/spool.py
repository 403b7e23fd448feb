"""A file beside the database for what could not be stored in it: the last place where a press may not get lost."""

import base64
import fcntl
import hashlib
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alarms.events import Cancel, Press
from gateway.wire import rfc3339

REMEMBERED = 10_000  # A device re-sends what is not acknowledged; each of its messages is written once.
MAX_BYTES = 256 * 1024 * 1024


class Spool:
    """`presses.jsonl` in a folder: one line for each message, its bytes in base64, on the disk when `keep` returns."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "presses.jsonl"
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, None] = OrderedDict()

    def keep(self, event: Press | Cancel) -> None:
        """Raises OSError when the disk refuses, or is given more than MAX_BYTES."""
        digest = _digest(event.device_uid, event.raw)
        with self._alone():
            if digest in self._kept:
                return
            self._append(_line(event))
            self._remember(digest)

    def lines(self) -> list[bytes]:
        """What is kept, oldest first, without the ends of lines. Raises OSError."""
        if not self.path.exists():
            return []
        with self._alone():
            return self._read()

    def drop(self, stored: Collection[bytes]) -> None:
        """Forget lines that are stored now; whatever was kept meanwhile stays. Raises OSError."""
        with self._alone():
            left = [line for line in self._read() if line not in stored]
            if not left:
                self.path.unlink(missing_ok=True)
                return
            anew = self.path.with_suffix(".new")
            self._write(anew, b"".join(line + b"\n" for line in left), os.O_TRUNC)
            anew.replace(self.path)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else is at the file: no thread of this process, and no other gateway with the same data folder."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock, self.path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read(self) -> list[bytes]:
        return self.path.read_bytes().splitlines() if self.path.exists() else []

    def _remember(self, digest: bytes) -> None:
        self._kept[digest] = None
        if len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)

    def _append(self, line: bytes) -> None:
        if self.path.exists() and self.path.stat().st_size > MAX_BYTES:
            raise OSError("the spool is full")
        # The line before may have been cut by a crash: it must not take this one with it.
        self._write(self.path, (b"\n" if self._is_cut() else b"") + line, os.O_APPEND)

    def _is_cut(self) -> bool:
        if not self.path.exists() or not self.path.stat().st_size:
            return False
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() != b"\n"

    @staticmethod
    def _write(path: Path, text: bytes, how: int) -> None:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600)
        try:
            while text:
                text = text[os.write(file, text) :]
            os.fsync(file)
        finally:
            os.close(file)


@dataclass(frozen=True, slots=True)
class Kept:
    """A line of the spool, read."""

    what: str
    uid: str
    msg_id: str
    received_at: datetime
    raw: bytes


def read_line(line: bytes) -> Kept | None:
    """None for a line that was cut, or is none of ours."""
    try:
        kept = json.loads(line)
        received_at = datetime.fromisoformat(kept["received_at"])
        raw = base64.b64decode(kept["raw"], validate=True)
        read = Kept(str(kept["what"]), str(kept["uid"]), str(kept["msg_id"]), received_at, raw)
    except (ValueError, KeyError, TypeError):
        return None
    return read if read.what in ("press", "cancel") and received_at.tzinfo is not None else None


def _digest(uid: str, raw: bytes) -> bytes:
    return hashlib.sha256(uid.encode() + b"\0" + raw).digest()


def _line(event: Press | Cancel) -> bytes:
    kept = {
        "what": type(event).__name__.lower(),
        "uid": event.device_uid,
        "msg_id": event.msg_id,
        "received_at": rfc3339(event.received_at),
        "raw": base64.b64encode(event.raw).decode(),
    }
    return json.dumps(kept).encode() + b"\n"
