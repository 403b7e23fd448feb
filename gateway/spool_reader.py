"""Takes the spool back in, through the same door, as soon as the database answers: nothing in it may wait for a person.

A line is dropped only after its press is stored. What a crash leaves in between is taken in again, and the key of
device and msg_id keeps one of each.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from alarms.events import Cancel, Press
from core.errors import Rejected
from gateway import wire
from gateway.counts import Counts
from gateway.intake import MAY_PASS, Alarms, Settled, Waiting, bare
from gateway.reading import cancel_of, press_of
from gateway.spool import Kept, Spool, read_line

LOOK_EVERY_S = 2.0
LONGEST_PAUSE_S = 60.0  # Where the database answers and still does not take what is left.
LATE = "kept beside the database until it could be stored"
log = logging.getLogger(__name__)


class SpoolReader:
    """One thread beside the intake; `settled` sends the devices their receipts."""

    def __init__(
        self, spool: Spool, alarms: Alarms, settled: Callable[[list[Settled]], None], *, counts: Counts
    ) -> None:
        self._spool, self._alarms, self._settled, self._counts = spool, alarms, settled, counts
        self._is_away = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def take_in(self) -> int:
        """Store what can be stored now; how many lines are left. Raises OSError when the file cannot be used."""
        lines = self._spool.lines()
        stored: set[bytes] = set()
        self._is_away = False
        try:
            for line in dict.fromkeys(lines):
                if not self._stop.is_set() and self._is_stored(line):
                    stored.add(line)
        except MAY_PASS as problem:
            self._is_away = True
            log.debug("the spool waits: %s", type(problem).__name__)
        if stored:
            self._spool.drop(stored)
            self._counts.add("spool_taken_in", len(stored))
            log.warning("%d messages that could not be stored before are stored now", len(stored))
        return sum(line not in stored for line in lines)

    def _is_stored(self, line: bytes) -> bool:
        """Raises what may pass: the database is away, and the rest can wait with this one."""
        kept = read_line(line)
        if kept is None:
            return False
        event = _event(kept)
        for attempt in (event, bare(event)):
            try:
                settled = self._store(attempt)
            except MAY_PASS:
                raise
            except Exception as problem:  # noqa: BLE001 - what one line does to the service must not stop the others
                log.error("a spooled message of %s could not be stored: %s", kept.uid, type(problem).__name__)
            else:
                self._settled([settled])
                return True
        return False

    def _store(self, event: Press | Cancel) -> Settled:
        waiting = Waiting(event, lambda _stored: None)
        if isinstance(event, Press):
            return Settled(waiting, is_stored=True, receipt=self._alarms.presses([event])[0])
        try:
            self._alarms.handle(event)
        except Rejected:
            self._counts.add("cancels_without_alarm")
        return Settled(waiting, is_stored=True)

    def _run(self) -> None:
        pause_s = LOOK_EVERY_S
        while True:
            try:
                left = self.take_in()
            except Exception as problem:  # noqa: BLE001 - the next look is worth more than this one
                log.error("the spool could not be read: %s", type(problem).__name__)
                left = 1
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S) if left and not self._is_away else LOOK_EVERY_S
            if self._stop.wait(pause_s):
                return


def _event(kept: Kept) -> Press | Cancel:
    """The event as it was when it came: its time, and the name that was made up for one without."""
    if kept.what == "cancel":
        return cancel_of(kept.uid, kept.raw, kept.received_at, kept.msg_id)
    press = press_of(kept.uid, kept.raw, kept.received_at, wire.read_alarm(kept.raw), kept.msg_id)
    return replace(press, problems=(*press.problems, LATE))
