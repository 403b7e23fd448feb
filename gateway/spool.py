"""A file beside the database for what could not be stored in it: the last place where a press may not get lost."""

import base64
import hashlib
import json
import os
import threading
from collections import OrderedDict
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
        digest = hashlib.sha256(event.device_uid.encode() + b"\0" + event.raw).digest()
        with self._lock:
            if digest in self._kept:
                return
            self._append(_line(event))
            self._kept[digest] = None
            if len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)

    def _append(self, line: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if os.fstat(file).st_size > MAX_BYTES:
                raise OSError("the spool is full")
            os.write(file, line)
            os.fsync(file)
        finally:
            os.close(file)


def _line(event: Press | Cancel) -> bytes:
    kept = {
        "what": type(event).__name__.lower(),
        "uid": event.device_uid,
        "msg_id": event.msg_id,
        "received_at": rfc3339(event.received_at),
        "raw": base64.b64encode(event.raw).decode(),
    }
    return json.dumps(kept).encode() + b"\n"
