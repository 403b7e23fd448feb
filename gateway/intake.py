"""The group commit: what came while the last commit ran shares the next one; one press alone waits for nobody.

Nothing is acknowledged before it is committed, and nothing that cannot be committed is forgotten.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from alarms.events import Cancel, Located, Press
from core.errors import Rejected, TryAgain
from gateway.counts import Counts
from gateway.spool import Spool

MAX_WAITING = 20_000
MAX_BATCH = 100  # More in one commit gains little and lets the first of them wait for the last.
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
SUSPECT_AFTER = 3
DRAIN_S = 10.0  # What is not stored by then was not acknowledged either: its device sends it again.
MAY_PASS = (TryAgain, OperationalError, InterfaceError, PoolTimeout)
log = logging.getLogger(__name__)


class PressReceipt(Protocol):
    """What the alarm service says of a stored press."""

    @property
    def alarm_id(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...


class Alarms(Protocol):
    """The part of the alarm service that the gateway needs."""

    def presses(self, batch: Sequence[Press], /) -> Sequence[PressReceipt]: ...
    def handle(self, event: Cancel | Located, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message and how its sender is told: `ack(True)` once it is stored, `ack(False)` when it must send it again."""

    event: Press | Cancel
    ack: Callable[[bool], None]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a message; `receipt` is of a stored press."""

    waiting: Waiting
    is_stored: bool
    receipt: PressReceipt | None = None


class Intake:
    """One thread that stores what devices say, in the order it came.

    `settled` is called from that thread, once for each commit. `on_death` is called when the thread ends for any other
    reason than `stop`: the process must not live on and be deaf.
    """

    def __init__(
        self,
        alarms: Alarms,
        settled: Callable[[list[Settled]], None],
        spool: Spool,
        *,
        counts: Counts,
        on_death: Callable[[], None],
        max_waiting: int = MAX_WAITING,
        max_batch: int = MAX_BATCH,
    ) -> None:
        self._alarms = alarms
        self._settled = settled
        self._spool = spool
        self._counts = counts
        self._on_death = on_death
        self._max_waiting = max_waiting
        self._max_batch = max_batch
        self._batch = max_batch
        self._commits = 0
        self._suspects: dict[int, tuple[int, int]] = {}  # How often one failed alone, and the commits before that.
        self._pause_s = 0.0
        self._queue: deque[Waiting] = deque()
        self._changed = threading.Condition()
        self._is_stopping = False
        self._give_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, drain_s: float = DRAIN_S) -> None:
        """Store what is waiting, at most for `drain_s`, and end."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(drain_s)
            self._give_up.set()
            self._thread.join(DRAIN_S)

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def put(self, waiting: Waiting) -> bool:
        """Queue a message; False, and `ack(False)`, when there is no room. Never blocks."""
        with self._changed:
            if has_room := len(self._queue) < self._max_waiting and not self._is_stopping:
                self._queue.append(waiting)
                self._changed.notify()
        if not has_room:
            self._counts.add("intake_full")
            self._tell([Settled(waiting, is_stored=False)])
        return has_room

    def _run(self) -> None:
        try:
            while batch := self._take():
                self._store(batch)
        except BaseException as problem:  # noqa: BLE001 - whatever it was, the process must not go on without it
            log.critical("the intake has died of %s", type(problem).__name__)
            self._on_death()
        if self._queue:
            log.warning("stopped with %d messages unstored; none was acknowledged", len(self._queue))

    def _take(self) -> list[Waiting]:
        """The next messages for one commit: presses as they stand in line, or a single cancel; empty at the end."""
        with self._changed:
            while not self._queue and not self._is_stopping:
                self._changed.wait()
            if not self._queue or self._give_up.is_set():
                return []
            batch = [self._queue.popleft()]
            while self._queue and len(batch) < self._batch and _may_share(batch[0], self._queue[0]):
                batch.append(self._queue.popleft())
            return batch

    def _store(self, batch: list[Waiting]) -> None:
        try:
            settled = self._commit(batch)
        except MAY_PASS as problem:
            if len(batch) == 1 and self._is_suspect(batch[0]):
                self._one_by_one(batch)
            else:
                self._put_back(batch, problem)
        except Exception as problem:  # noqa: BLE001 - whatever one message does to the service, the others go on
            log.error("%d messages could not be stored together: %s", len(batch), type(problem).__name__)
            self._one_by_one(batch)
        else:
            self._pause_s = 0.0
            self._batch = min(self._batch * 2, self._max_batch)
            self._commits += 1
            self._suspects.pop(id(batch[0]), None)
            self._counts.add("commits")
            self._tell(settled)

    def _commit(self, batch: list[Waiting]) -> list[Settled]:
        first = batch[0].event
        if isinstance(first, Cancel):
            self._cancel(first)
            return [Settled(batch[0], is_stored=True)]
        receipts = self._alarms.presses([w.event for w in batch if isinstance(w.event, Press)])
        return [Settled(w, is_stored=True, receipt=r) for w, r in zip(batch, receipts, strict=True)]

    def _cancel(self, cancel: Cancel) -> None:
        try:
            self._alarms.handle(cancel)
        except Rejected:
            self._counts.add("cancels_without_alarm")

    def _is_suspect(self, waiting: Waiting) -> bool:
        """Whether it has failed alone so often that it may not be the database's fault."""
        tries, commits = self._suspects.get(id(waiting), (0, self._commits))
        self._suspects[id(waiting)] = (tries + 1, commits)
        return tries + 1 >= SUSPECT_AFTER

    def _put_back(self, batch: list[Waiting], problem: Exception) -> None:
        """Try again later with half as many; one that fails alone goes to the end, so that it stops nobody."""
        log.warning("%d messages wait: %s", len(batch), type(problem).__name__)
        self._counts.add("commits_failed")
        with self._changed:
            if len(batch) == 1:
                self._queue.append(batch[0])
            else:
                self._queue.extendleft(reversed(batch))
        self._batch = max(1, len(batch) // 2)
        self._pause_s = min(max(self._pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        self._give_up.wait(self._pause_s)

    def _one_by_one(self, batch: list[Waiting]) -> None:
        for n, waiting in enumerate(batch):
            try:
                settled = self._alone(waiting)
            except MAY_PASS as problem:
                self._put_back(batch[n:], problem)
                return
            self._suspects.pop(id(waiting), None)
            self._tell([settled])

    def _alone(self, waiting: Waiting) -> Settled:
        """Store one message as it was read, else bare, else in the spool.

        What may pass is waited for, unless this one keeps failing while others are stored.
        """
        tries, commits = self._suspects.get(id(waiting), (0, self._commits))
        for attempt in (waiting, replace(waiting, event=bare(waiting.event))):
            try:
                return replace(self._commit([attempt])[0], waiting=waiting)
            except MAY_PASS:
                if tries < SUSPECT_AFTER or (attempt is not waiting and commits == self._commits):
                    raise
            except Exception as problem:  # noqa: BLE001 - the next attempt is the answer to it
                log.error("a message of %s could not be stored: %s", waiting.event.device_uid, type(problem).__name__)
        self._counts.add("spooled")
        try:
            self._spool.keep(waiting.event)
        except OSError as problem:
            log.critical("a message of %s could not be spooled: %s", waiting.event.device_uid, type(problem).__name__)
        return Settled(waiting, is_stored=False)

    def _tell(self, settled: list[Settled]) -> None:
        try:
            self._settled(settled)
        except Exception as problem:  # noqa: BLE001 - a connection that is gone must not stop the next press
            log.error("could not answer %d messages: %s", len(settled), type(problem).__name__)
            self._counts.add("answers_failed")


def _may_share(first: Waiting, other: Waiting) -> bool:
    return isinstance(first.event, Press) and isinstance(other.event, Press)


def bare(event: Press | Cancel) -> Press | Cancel:
    """The least that is still a press: whose it is, what kind, and the bytes."""
    if isinstance(event, Cancel):
        return replace(event, content={})
    problems = ("could not be stored as it was read",)
    return replace(event, content={}, location=None, pressed_at=None, problems=problems)
