"""What the system does by itself: begins calls and messages that are due, and notices when a time is over.

The work is rows; wake-ups make it prompt and a look every second makes it certain. A call is committed as *sending*
before a provider is asked; after a crash the provider is asked what became of it before anybody is dialled again.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from alarms import claims
from alarms.claims import Claimed, Overdue, Placed
from alarms.events import Deadline, Event, LineEngaged
from alarms.hangups import end_call
from alarms.ledger import Ledger
from alarms.sender import Sender
from alarms.service import SEND_LEASE_S, AlarmService
from alarms.values import Attempt
from core.clock import Clock
from core.db import Database
from core.errors import CarebellError, Rejected
from core.wake import Wake
from notifier.channel import Channel

SENDERS = 16  # Threads that wait for providers; each request has its own limit of some seconds.
QUEUE_PER_SENDER = 32  # Claimed but not begun; in a surge a handing-over saves a second transaction.
SEND_LIMIT_S = 5.0  # What a sender may take once it has begun.
LOOK_EVERY_S = 1.0  # In case a wake-up is lost.
BACKLOG_PAUSE_S = 0.005  # So that rows another process is at work on do not make this one spin.
ASKERS = 16  # Threads that ask providers what became of a request.
ASKING_PAUSE_S = 0.05  # What they are asked about stays overdue until they know.
OVERDUE_AT_ONCE = 500
log = logging.getLogger(__name__)


class Engine:
    """`start()` runs it on threads; `step()` is one look, for tests and rehearsals with a clock of their own."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        wake: Wake,
        service: AlarmService,
        channels: Sequence[Channel],
        *,
        senders: int = SENDERS,
        on_death: Callable[[], None] = lambda: None,
    ) -> None:
        self._db, self._clock, self._service = db, clock, service
        self._channels = {channel.name: channel for channel in channels}
        self._ledger = Ledger(db, service, self._unwanted)
        self._sender = Sender(db, clock, service, channels, self._ledger)
        self._pool = ThreadPoolExecutor(senders, thread_name_prefix="sender") if senders else None
        self._askers = ThreadPoolExecutor(ASKERS, thread_name_prefix="asker") if senders else None
        self._asking: set[str] = set()
        self._limit = max(1, senders) * QUEUE_PER_SENDER
        self._begun = 0
        self._is_full = False
        self._counting = threading.Lock()
        self._woken = wake.event("engine")
        self._stop = threading.Event()
        self._on_death = on_death
        self._thread: threading.Thread | None = None
        self.counts = {"calls_begun_total": 0, "deadlines_total": 0}

    # The dispatcher's part: calls handed over by the transaction that made them.

    def room(self) -> int:
        return 0 if self._stop.is_set() else max(0, self._limit - self._begun)

    def take(self, claimed: Sequence[Claimed]) -> None:
        with self._counting:
            self._begun += len(claimed)
            self.counts["calls_begun_total"] += len(claimed)
        for each in claimed:
            if self._pool is None:
                self._begin(each)
            else:
                self._submit(self._pool, self._begin, each)

    def hang_up(self, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            self._end_call(attempt.channel, attempt.provider_ref)

    def _unwanted(self, placed: Placed) -> None:
        self._end_call(placed.channel, placed.provider_ref)

    def _end_call(self, channel_name: str | None, provider_ref: str | None) -> None:
        channel = self._channels.get(channel_name or "")
        if channel is None or not provider_ref:
            return
        if self._pool is None:
            end_call(channel, provider_ref)
        else:
            self._submit(self._pool, end_call, channel, provider_ref)

    def _submit(self, pool: ThreadPoolExecutor, work: Callable[..., None], *args: Any) -> None:
        try:
            pool.submit(work, *args)
        except RuntimeError:
            log.info("the engine has stopped; what was claimed falls due again")  # Its lease runs out.

    def _begin(self, claimed: Claimed) -> None:
        try:
            # What waited too long in the queue is left to its lease: by its end the row falls due again.
            if self._clock.now() < claimed.started_at + timedelta(seconds=SEND_LEASE_S - SEND_LIMIT_S):
                self._sender.send(claimed)
        finally:
            with self._counting:
                self._begun -= 1
                has_room_again = self._is_full and self._begun <= self._limit // 2
                self._is_full = self._is_full and not has_room_again
            if has_room_again:
                self._woken.set()

    def step(self) -> datetime | None:
        """Do everything that is due; when the next row will be, or None when nothing waits."""
        now = self._clock.now()
        with self._db.read() as session:
            wake_at = claims.next_wake(session, now)
        if wake_at is None or wake_at > now:
            return wake_at
        self._deadlines(now)
        self._claim(now)
        with self._db.read() as session:
            return claims.next_wake(session, now)

    def _deadlines(self, now: datetime) -> None:
        with self._db.read() as session:
            attempts = claims.overdue_attempts(session, now, OVERDUE_AT_ONCE)
            alarms = claims.overdue_alarms(session, now, OVERDUE_AT_ONCE)
        events: list[Event] = [Deadline(alarm_id, now) for alarm_id in alarms]
        events += [Deadline(each.alarm_id, now, each.id) for each in attempts if each.state != "sending"]
        if events:
            self.counts["deadlines_total"] += len(events)
            self._service.handle_all(events)
        for each in attempts:
            if each.state == "sending":
                self._ask_after(each)

    def _ask_after(self, lost: Overdue) -> None:
        """Find out beside the engine what became of a request: a provider may take its time, other deadlines do not."""
        with self._counting:
            if lost.id in self._asking or len(self._asking) >= ASKERS:
                return
            self._asking.add(lost.id)
        if self._askers is None:
            self._ask(lost)
        else:
            self._submit(self._askers, self._ask, lost)

    def _ask(self, lost: Overdue) -> None:
        try:
            now = self._clock.now()
            self.counts["deadlines_total"] += 1
            if isinstance(self._service.handle_all([self._sender.became_of(lost, now)])[0], Rejected):
                # What a channel found makes no sense; the attempt's time is over all the same.
                self._service.handle_all([Deadline(lost.alarm_id, now, lost.id)])
        except Exception:
            log.exception("what became of an attempt could not be found out; it is asked again")
        finally:
            with self._counting:
                self._asking.discard(lost.id)
            self._woken.set()

    def _claim(self, now: datetime) -> None:
        room = self.room()
        if not room:
            self._is_full = True
            return
        with self._db.write() as session:
            claimed, engaged = claims.claim_due(session, now, now + timedelta(seconds=SEND_LEASE_S), room)
        self._is_full = len(claimed) == room
        self.take(claimed)
        if engaged:
            self._service.handle_all([LineEngaged(attempt_id, now) for attempt_id in engaged])

    # Running by itself.

    def start(self, *, is_only_one: bool) -> None:
        """Begin; `is_only_one` says that no other engine can be at work on this database (SQLite)."""
        if is_only_one:
            with self._db.write() as session:
                claims.let_go(session, self._clock.now())
        self._ledger.start()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after what is under way; what has not begun stays due."""
        self._stop.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join(10)
        for pool in (self._pool, self._askers):
            if pool is not None:
                pool.shutdown(wait=True, cancel_futures=True)
        self._ledger.stop()

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive() and self._ledger.is_alive

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._woken.wait(self._pause())
                self._woken.clear()
        except BaseException:
            log.exception("the engine ended")
            self._on_death()
            raise

    def _pause(self) -> float:
        """One step, and how many seconds there is nothing to do."""
        try:
            wake_at = self.step()
        except (CarebellError, SQLAlchemyError) as problem:
            log.warning("the engine's step failed (%s); trying again", type(problem).__name__)
            return LOOK_EVERY_S
        if wake_at is None:
            return LOOK_EVERY_S
        if self.room() == 0:
            return LOOK_EVERY_S
        pause_s = (wake_at - self._clock.now()).total_seconds()
        return max(ASKING_PAUSE_S if self._asking else BACKLOG_PAUSE_S, min(LOOK_EVERY_S, pause_s))
