"""The sandbox telephone network: real calls and messages between the centre and phones that exist only here.

Everything is a row, so that a call survives the process it rings in. A worker does what falls due and tells it; what
was committed but perhaps not told is told again after a few seconds: at least once, never not at all.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from core.clock import Clock
from core.db import Database
from core.errors import CarebellError, Conflict, Rejected
from core.ids import new_id
from core.wake import Wake
from notifier import sandbox_call, sandbox_store
from notifier.channel import CallOrder, Relay, Report, TextOrder, Unknown
from notifier.grouped import Grouped
from notifier.sandbox_call import CHANNEL, Behaviour, Call, Change
from notifier.sandbox_phones import Phone, shown
from notifier.sandbox_store import Stored
from notifier.script import Prompt

TELL_AGAIN_S = 3.0  # Longer than telling a whole batch takes.
FORGET_TOLD_S = 0.5  # How long "was told" may wait to share a commit; well below TELL_AGAIN_S.
LOOK_EVERY_S = 1.0  # In case a wake-up is lost, and for what another process left.
AT_ONCE = 500
TRIES = 5
log = logging.getLogger(__name__)

Order = CallOrder | TextOrder
Step = Callable[[Call], Change]


class SandboxNetwork:
    """A `Channel`, the phones' keys for the sandbox page, and the worker behind both.

    `prompt_of` gives what is to be said at the moment when somebody answers (None: nothing any more); without it, what
    was given with the order is said. `relay` is called from the worker's thread only, in each call's order.
    """

    name = CHANNEL

    def __init__(
        self,
        db: Database,
        clock: Clock,
        relay: Relay,
        wake: Wake,
        new_id: Callable[[], str] = new_id,
        *,
        prompt_of: Callable[[str], Prompt | None] | None = None,
        on_death: Callable[[], None] = lambda: None,
    ) -> None:
        self._db, self._clock, self._relay, self._wake, self._new_id = db, clock, relay, wake, new_id
        self._prompt_of, self._on_death = prompt_of, on_death
        self._orders: Grouped[Order, str] = Grouped(self._place)
        self._mutex = threading.Lock()
        self._to_tell: list[Stored] = []
        self._told: dict[str, int] = {}
        self._told_since: datetime | None = None
        self._woken = wake.event("sandbox")
        self._sleeps_until: datetime | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    # The channel

    def call(self, order: CallOrder) -> str:
        return self._orders.put(order)

    def text(self, order: TextOrder) -> str:
        return self._orders.put(order)

    def hang_up(self, provider_ref: str) -> None:
        with self._db.read() as session:
            stored = sandbox_store.by_id(session, provider_ref)
        if stored is not None and stored.call.is_live:
            self._change(provider_ref, lambda call: sandbox_call.cancelled(call, self._clock.now()))

    def find(self, attempt_id: str, phone: str, since: datetime, medium: str = "voice") -> Report | None:
        with self._db.read() as session:
            stored = sandbox_store.newest_of_attempt(session, attempt_id)
        return sandbox_call.report_of(stored.call, self._clock.now()) if stored else None

    def check(self) -> str | None:
        return None if self._thread is None or self._thread.is_alive() else "the sandbox network has stopped"

    # The phones, as a person at the sandbox page uses them

    def phones(self, *, after: str = "", limit: int = 50) -> tuple[list[Phone], str | None]:
        """Every number that was ever called or set, by number, and where the next page begins."""
        with self._db.read() as session:
            rows = sandbox_store.phones(session, after, limit + 1)
            page = rows[:limit]
            found = shown(session, page)
        return found, page[-1].number if len(rows) > limit else None

    def phone(self, number: str) -> Phone | None:
        with self._db.read() as session:
            row = sandbox_store.phone(session, number)
            return shown(session, [row])[0] if row is not None else None

    def set_phone(self, number: str, behaviour: Behaviour) -> Phone:
        """How a phone behaves from its next call on. Raises Rejected for a behaviour there is not."""
        if not sandbox_call.THEN.fullmatch(behaviour.then):
            raise Rejected("`then` is key:N, silence, voicemail, busy, reject, unreachable, no_number or manual")
        with self._db.write() as session:
            sandbox_store.set_phone(session, number, behaviour, self._clock.now())
            row = sandbox_store.phone(session, number)
            assert row is not None  # noqa: S101  (set in this transaction)
            return shown(session, [row])[0]

    def answer(self, number: str) -> Call:
        """Raises Conflict when the phone does not ring."""
        call = self._live(number)
        prompt = self._prompt(call)
        return self._change(call.id, lambda call: sandbox_call.answered(call, self._clock.now(), prompt))

    def press(self, number: str, digits: str) -> Call:
        """Raises Conflict when nobody is on the line."""
        return self._change(
            self._live(number).id, lambda call: sandbox_call.pressed(call, digits, self._clock.now())
        )  # fmt: skip

    def hang_up_phone(self, number: str) -> Call:
        """Raises Conflict when the phone is quiet."""
        return self._change(self._live(number).id, lambda call: sandbox_call.hung_up(call, self._clock.now()))

    def text_from(self, number: str, text: str) -> Call:
        """A person writes: a reply to the newest message, or a message out of the blue that is only kept."""
        with self._db.read() as session:
            message = sandbox_store.newest(session, [number], "sms").get(number)
        if message is not None:
            return self._change(message.call.id, lambda call: sandbox_call.replied(call, text, self._clock.now()))
        now = self._clock.now()
        call = Call(
            id=self._new_id(), number=number, kind="sms", state="received", outcome="received", started_at=now,
            ended_at=now, said="", keys=text[:200], is_inbound=True,
        )  # fmt: skip
        with self._db.write() as session:
            sandbox_store.add_phones(session, [number], now)
            sandbox_store.add(session, [(call, ())], now)
        return call

    def called(self, number: str, said: str) -> Call:
        """A person calls the centre and hears this; the call is over then."""
        now = self._clock.now()
        call = Call(
            id=self._new_id(), number=number, kind="call", state="ended", outcome="received", started_at=now,
            answered_at=now, ended_at=now, said=said, is_inbound=True,
        )  # fmt: skip
        with self._db.write() as session:
            sandbox_store.add_phones(session, [number], now)
            sandbox_store.add(session, [(call, ())], now)
        return call

    def log(
        self, *, before: str | None = None, limit: int = 50, number: str | None = None, attempt_id: str | None = None
    ) -> tuple[list[Call], str | None]:
        """Calls and messages, newest first, and where the next page begins."""
        with self._db.read() as session:
            found = sandbox_store.log(session, before, limit + 1, number, attempt_id)
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    def _live(self, number: str) -> Call:
        with self._db.read() as session:
            stored = sandbox_store.live_calls(session, [number]).get(number)
        if stored is None:
            raise Conflict("this phone is neither ringing nor in a call")
        return stored.call

    # Placing and changing calls

    def _place(self, orders: Sequence[Order]) -> list[str]:
        now = self._clock.now()
        numbers = {order.phone for order in orders}
        try:
            with self._db.write() as session:
                known = sandbox_store.behaviours(session, numbers)
                sandbox_store.add_phones(session, numbers - known.keys(), now)
                engaged = sandbox_store.engaged(session, numbers)
                made = [self._made(order, known.get(order.phone, Behaviour()), engaged, now) for order in orders]
                sandbox_store.add(session, made, self._tell_at())
                self._knock(session)
        except SQLAlchemyError as problem:
            raise Unknown("the sandbox network's database does not answer") from problem
        self._changed([Stored(call, 1, reports, None) for call, reports in made])
        return [call.id for call, _ in made]

    def _made(self, order: Order, behaviour: Behaviour, engaged: set[str], now: datetime) -> Change:
        if isinstance(order, TextOrder):
            return sandbox_call.sent(order, behaviour, self._new_id(), now)
        change = sandbox_call.placed(
            order, behaviour, self._new_id(), now, is_engaged=order.phone in engaged
        )  # fmt: skip
        if change[0].is_live:
            engaged.add(order.phone)
        return change

    def _change(self, call_id: str, step: Step) -> Call:
        """Take one step with a call, whoever else is at it."""
        for _ in range(TRIES):
            with self._db.read() as session:
                stored = sandbox_store.by_id(session, call_id)
            if stored is None:
                raise Conflict("this call is gone")
            change = step(stored.call)
            with self._db.write() as session:
                changed = self._put(session, stored, change, self._tell_at())
                self._knock(session)
            if changed is not None:
                self._changed([changed])
                return changed.call
        raise Conflict("this phone changes too quickly")

    def _put(self, session: Session, stored: Stored, change: Change, tell_at: datetime) -> Stored | None:
        """Store a step; earlier reports that are not known to be told are told once more, before the new ones."""
        call, reports = change
        was_told = self._told.get(call.id) == stored.version
        untold = (*(() if was_told else stored.untold), *reports)
        return sandbox_store.change(session, stored, call, untold, tell_at)

    def _tell_at(self) -> datetime:
        """When others tell it if we have not: at once where this process has no worker."""
        return self._clock.now() + timedelta(seconds=TELL_AGAIN_S if self._thread else 0)

    def _knock(self, session: Session) -> None:
        """Wake the worker of another process with this transaction, where this process has none."""
        if self._thread is None:
            self._wake.with_commit(session, "sandbox")

    def _changed(self, changed: Sequence[Stored]) -> None:
        if self._thread is None:
            return
        with self._mutex:
            self._to_tell += [stored for stored in changed if stored.untold]
            until = self._sleeps_until
        soonest = min((stored.call.due_at for stored in changed if stored.call.due_at), default=None)
        if until is None or any(s.untold for s in changed) or (soonest is not None and soonest < until):
            self._woken.set()

    # The worker

    def step(self) -> datetime | None:
        """Tell what is to be told and do everything that is due; when the next row will be, None when nothing waits."""
        self._sleeps_until = None
        self._tell_all()
        now = self._clock.now()
        with self._db.read() as session:
            due = sandbox_store.due(session, now, AT_ONCE)
        due = [stored for stored in due if not self._is_told_already(stored, now)]
        if due or self._forget_is_due(now):
            steps = [(stored, self._advanced(stored.call, now)) for stored in due]
            told, tell_at = dict(self._told), now + timedelta(seconds=TELL_AGAIN_S)
            with self._db.write() as session:
                sandbox_store.forget_told(session, told.items() - {(s.call.id, s.version) for s in due})
                changed = [self._put(session, stored, change, tell_at) for stored, change in steps]
            self._told = {call_id: version for call_id, version in self._told.items() if call_id not in told}
            self._told_since = None
            self._to_tell += [stored for stored in changed if stored is not None]
            self._tell_all()
        return self._next_at()

    def _advanced(self, call: Call, now: datetime) -> Change:
        prompt = self._prompt(call) if sandbox_call.will_answer(call, now) else None
        return sandbox_call.advance(call, now, prompt)

    def _prompt(self, call: Call) -> Prompt | None:
        if self._prompt_of is None or call.attempt_id is None:
            return call.prompt
        return self._prompt_of(call.attempt_id)

    def _is_told_already(self, stored: Stored, now: datetime) -> bool:
        is_only_to_be_told = stored.call.due_at is None or stored.call.due_at > now
        return is_only_to_be_told and self._told.get(stored.call.id) == stored.version

    def _tell_all(self) -> None:
        with self._mutex:
            to_tell, self._to_tell = self._to_tell, []
        for stored in to_tell:
            try:
                for report in stored.untold:
                    self._tell(report)
            except (CarebellError, SQLAlchemyError) as problem:
                # It stands in the row and is told again when `tell_at` comes.
                log.warning("a report of the sandbox could not be passed on: %s", type(problem).__name__)
            else:
                self._told[stored.call.id] = stored.version
                self._told_since = self._told_since or self._clock.now()

    def _tell(self, report: Report) -> None:
        if not report.attempt_id:
            return
        try:
            self._relay(report)
        except Rejected as refused:
            log.warning("a report of the sandbox was refused: %s", type(refused).__name__)

    def _forget_is_due(self, now: datetime) -> bool:
        return self._told_since is not None and now >= self._told_since + timedelta(seconds=FORGET_TOLD_S)

    def _next_at(self) -> datetime | None:
        with self._db.read() as session:
            soonest = [sandbox_store.next_at(session)]
        if self._told_since is not None:
            soonest.append(self._told_since + timedelta(seconds=FORGET_TOLD_S))
        return min(filter(None, soonest), default=None)

    def start(self) -> None:
        """Run the worker on a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join(10)

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._woken.clear()
                self._woken.wait(self._pause())
        except BaseException:
            log.exception("the sandbox network ended")
            self._on_death()
            raise

    def _pause(self) -> float:
        """One step, and for how many seconds there is nothing to do."""
        try:
            next_at = self.step()
        except (CarebellError, SQLAlchemyError) as problem:
            log.warning("the sandbox network's step failed (%s); trying again", type(problem).__name__)
            return LOOK_EVERY_S
        now = self._clock.now()
        pause_s = LOOK_EVERY_S if next_at is None else max(0.0, min(LOOK_EVERY_S, (next_at - now).total_seconds()))
        self._sleeps_until = now + timedelta(seconds=pause_s)
        return pause_s
