"""The alarms' one door in: every press, report, click and deadline becomes a decision and one commit.

Events that arrive together share a transaction; each is decided on the case as the one before left it.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, InternalError, OperationalError
from sqlmodel import Session

from alarms import call_backs, claims, learnt, links, store, supplement
from alarms.afterwards import LooksDouble
from alarms.case import decide
from alarms.check_calls import CheckCalls
from alarms.claims import Claimed
from alarms.events import (
    Afterwards,
    CallReport,
    Cancel,
    Deadline,
    Event,
    LineEngaged,
    Located,
    OfficerAction,
    Press,
    RelativeAnswer,
)
from alarms.ladder import Ladder
from alarms.ladders import Ladders, last_fix
from alarms.progress import progress_payload
from alarms.prompts import MakeLink, prompt_of
from alarms.store import Pages, Stored
from alarms.values import Attempt, Case, Decision, Line, changed
from core.clock import Clock
from core.db import Database
from core.errors import CarebellError, NotFound, Rejected, TryAgain
from core.ids import new_id
from core.wake import Wake
from geo.position import as_json_or_unknown, choose, is_elsewhere, read_fix, read_home
from notifier.channel import Report
from notifier.script import Prompt
from registry import audit, findings, numbers
from registry.access import DOUBTFUL_AFTER_DAYS
from registry.audit import Actor, Deed
from registry.findings import Found
from registry.phone_checks import is_check
from registry.policy_book import PolicyBook
from registry.profile import Profile
from registry.rungs import kept

SEND_LEASE_S = 12.0  # A sender has its own limit of 5 s for each provider; after this nobody is working on it any more.
SOON_S = 0.9  # The engine looks every second by itself.
UNREACHABLE = (OperationalError, InterfaceError, InternalError)  # The last: a server that became read-only.
DEADLOCK = "40P01"
SAME_MINUTE = timedelta(seconds=60)
CONFLICT_RETRIES = 5  # Two gateways opening one elder's alarm at once: the loser decides again.
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PressReceipt:
    """The press is safely stored. `is_new` is false for a repetition of the same msg_id."""

    msg_id: str
    alarm_id: str
    received_at: datetime
    is_new: bool
    device_uid: str


@dataclass(frozen=True, slots=True)
class Handled:
    """What an event led to; `alarm_id` is None when there was nothing that it could belong to."""

    alarm_id: str | None
    state: str | None = None
    attempt_state: str | None = None


class Dispatcher(Protocol):
    """Takes calls that begin in this very process without a second look at the database."""

    def room(self) -> int:
        """How many calls could begin at once."""
        ...

    def take(self, claimed: Sequence[Claimed]) -> None:
        """Begin these calls; called after the commit."""
        ...

    def hang_up(self, attempts: Sequence[Attempt]) -> None:
        """End these calls; called after the commit."""
        ...


class AlarmService:
    """`presses` and `handle` are the door; they may be called from any thread."""

    def __init__(
        self, db: Database, clock: Clock, wake: Wake, *, timezone: str = "Asia/Shanghai",
        make_id: Callable[[], str] = new_id, make_link: MakeLink | None = None,
        access_doubtful_days: int = DOUBTFUL_AFTER_DAYS, records_calls: bool = False,
    ) -> None:  # fmt: skip
        self._db, self._clock, self._wake, self._new_id = db, clock, wake, make_id
        self._timezone, self._make_link, self._book = timezone, make_link, PolicyBook()
        self._access_doubtful_days, self.records_calls = access_doubtful_days, records_calls
        self.dispatcher: Dispatcher | None = None
        self.check_calls: CheckCalls | None = None

    def presses(self, batch: Sequence[Press]) -> list[PressReceipt]:
        """Store presses in one transaction; the receipts are in the order of the batch.

        Raises TryAgain when the database cannot be reached, Rejected when it cannot hold one of the values (a NUL in a
        text); nothing is stored then.
        """
        work = self._run(batch)
        receipts = []
        for press in batch:
            alarm_id, received_at, is_new = work.receipts[press.device_uid, press.msg_id]
            first = is_new and work.first_of(press)
            receipts.append(PressReceipt(press.msg_id, alarm_id, received_at, first, press.device_uid))
        return receipts

    def handle(self, event: Event) -> Handled:
        """Decide one event and commit.

        Raises NotFound, Conflict, Rejected: nothing was changed; TryAgain: the database cannot be reached.
        """
        outcome = self.handle_all([event])[0]
        if isinstance(outcome, CarebellError):
            raise outcome
        return outcome

    def handle_all(self, events: Sequence[Event]) -> list[Handled | CarebellError]:
        """Decide events that came together, in one transaction; an event that is refused changes nothing."""
        try:
            return self._run(events).outcomes
        except Rejected as refused:
            if len(events) == 1:
                return [refused]
        return [self.handle_all([event])[0] for event in events]  # One of them cannot be stored; the others can.

    def report(self, report: Report) -> None:
        """A channel's word on an attempt; it is stored when this returns.

        A report that can never apply (its attempt is gone) is noise. Raises TryAgain when it could not be stored.
        """
        if self.check_calls is not None and is_check(report.attempt_id):
            self.check_calls.report(report)
            return
        event = CallReport(
            report.attempt_id, report.status, report.at, report.digits, report.channel, report.provider_ref,
            report.detail,
        )  # fmt: skip
        try:
            self.handle(event)
        except Rejected as refused:
            log.info("a report was refused: %s", type(refused).__name__)

    def prompt(self, attempt_id: str) -> Prompt | None:
        """What there is to say on this attempt, or test call, now; None when there is no such one."""
        if self.check_calls is not None and is_check(attempt_id):
            return self.check_calls.prompt(attempt_id)
        with self._db.read() as session:
            return prompt_of(
                session, attempt_id, self._clock.now(), self._timezone, self._make_link, self._access_doubtful_days,
                is_recorded=self.records_calls,
            )  # fmt: skip

    def attempt_by_phone(self, phone: str) -> str | None:
        """The message that a text from this number answers: the newest one of an alarm that is not closed."""
        with self._db.read() as session:
            return store.attempt_by_phone(session, phone)

    def _run(self, events: Sequence[Event]) -> "_Work":
        for attempt in range(CONFLICT_RETRIES):
            try:
                with self._db.write() as session:
                    work = _Work(self, session, self._clock.now(), is_sure=attempt > 0)
                    work.do(events)
                    self._wake.with_commit(session, *work.topics())
            except IntegrityError:
                continue  # A repetition, or another process was first: look at what is stored, and decide again.
            except DataError as problem:
                raise Rejected("the database cannot hold what was said") from problem
            except UNREACHABLE as problem:
                if getattr(problem.orig, "sqlstate", None) == DEADLOCK:
                    continue
                raise TryAgain(f"the database did not take it: {type(problem).__name__}") from problem
            self._after(work)
            return work
        raise TryAgain("other processes kept changing the same alarms")

    def _after(self, work: "_Work") -> None:
        if self.dispatcher is not None:
            if work.claimed:
                self.dispatcher.take(work.claimed)
            if work.hang_up:
                self.dispatcher.hang_up(work.hang_up)
        self._wake.here(*work.topics())


class _Work:
    """One transaction: what it read, what was decided, what it writes."""

    def __init__(self, service: AlarmService, session: Session, now: datetime, *, is_sure: bool) -> None:
        self._service, self._session, self._now, self._is_sure = service, session, now, is_sure
        self._pages = Pages()
        self._ladders = Ladders(session, service._timezone, service._book, now)
        self._cases: dict[str, Stored] = {}
        self._open: dict[str, str] = {}
        self._alarm_of: dict[str, str] = {}
        self._profiles: dict[str, Profile] = {}
        self._first: dict[tuple[str, str], Event] = {}
        self.receipts: dict[tuple[str, str], tuple[str, datetime, bool]] = {}
        self.outcomes: list[Handled | CarebellError] = []
        self.claimed: list[Claimed] = []
        self.hang_up: list[Attempt] = []
        self._deeds: list[tuple[Actor, Deed]] = []

    def first_of(self, press: Press) -> bool:
        """Whether this very event, not an equal one before it, stored the press."""
        return self._first.get((press.device_uid, press.msg_id)) is press

    def topics(self) -> tuple[str, ...]:
        """Who has something new to see; the engine only where something is due before it looks anyway."""
        found: tuple[str, ...] = ("live",) if self._pages.lines else ()
        if self._pages.down:
            found += ("down",)
        return (*found, "engine") if self._pages.is_urgent(self._now + timedelta(seconds=SOON_S)) else found

    def do(self, events: Sequence[Event]) -> None:
        self._read(events)
        for event in events:
            try:
                self.outcomes.append(self._one(event))
            except CarebellError as refused:
                self.outcomes.append(refused)
        if self._service.dispatcher is not None:
            self._claim_at_once(self._service.dispatcher.room())
        self._pages.write(self._session)
        for by, deed in self._deeds:
            audit.record(self._session, by, self._now, deed)

    def _read(self, events: Sequence[Event]) -> None:
        """Everything the events could need, in a fixed number of queries."""
        session = self._session
        signals = [e for e in events if isinstance(e, Press | Cancel)]
        # Hardly any press is a repetition: the unique key tells which, and then `is_sure` looks first.
        pairs = {(e.device_uid, e.msg_id) for e in signals if isinstance(e, Press) and self._is_sure}
        cancels = [e for e in signals if isinstance(e, Cancel)]
        pairs |= {(e.device_uid, f"cancel:{e.msg_id}") for e in cancels}
        pairs |= {(e.device_uid, e.alarm_msg_id) for e in cancels if e.alarm_msg_id}
        for pair, (alarm_id, at) in store.known_presses(session, pairs).items():
            self.receipts[pair] = (alarm_id, at, False)
        news = [e for e in signals if (e.device_uid, e.msg_id) not in self.receipts]
        uids = {e.device_uid for e in news} | {e.device_uid for e in events if isinstance(e, Located)}
        self._profiles = self._ladders.profiles(uids)
        self._open = store.open_alarms(session, {self._key(uid) for uid in uids})
        attempt_ids = {e.attempt_id for e in events if isinstance(e, CallReport | RelativeAnswer | LineEngaged)}
        attempt_ids |= {e.attempt_id for e in events if isinstance(e, Deadline) and e.attempt_id}
        self._alarm_of = store.alarms_of_attempts(session, attempt_ids)
        alarm_ids = set(self._open.values()) | set(self._alarm_of.values())
        alarm_ids |= {e.alarm_id for e in events if isinstance(e, OfficerAction | Deadline)}
        alarm_ids |= {e.add_to for e in events if isinstance(e, Afterwards) and e.add_to}
        alarm_ids |= {self.receipts[e.device_uid, e.alarm_msg_id][0] for e in cancels
                      if e.alarm_msg_id and (e.device_uid, e.alarm_msg_id) in self.receipts}  # fmt: skip
        self._cases = store.load(session, alarm_ids, attempt_ids)
        self._open = {s.open_key: s.case.id for s in self._cases.values() if s.open_key}
        self._ladders.read({s.case.elder_id for s in self._cases.values()})

    def _key(self, uid: str) -> str:
        profile = self._profiles.get(uid)
        return profile.elder.id if profile and profile.elder else f"device:{uid}"

    def _one(self, event: Event) -> Handled:
        match event:
            case Press():
                return self._press(event)
            case Cancel():
                return self._cancel(event)
            case Located():
                alarm_id = self._open.get(self._key(event.device_uid), "")
                if alarm_id not in self._cases:
                    return Handled(None)
            case OfficerAction() | Deadline():
                alarm_id = event.alarm_id
            case Afterwards():
                if event.add_to is None:
                    return self._enter(event)
                alarm_id = event.add_to
            case _:
                alarm_id = self._alarm_of.get(event.attempt_id, "")
        stored = self._cases.get(alarm_id)
        if stored is None:
            raise NotFound("there is no such alarm")
        if isinstance(event, OfficerAction):
            return self._click(stored, event)
        after = self._decide(stored, event)
        attempt = next((a for a in after.attempts if a.id == getattr(event, "attempt_id", None) and a.id), None)
        if isinstance(event, CallReport) and attempt is not None:
            self._learn(after, attempt, event)
        return Handled(after.id, after.state, attempt.state if attempt else None)

    def _click(self, stored: Stored, event: OfficerAction) -> Handled:
        other_id = event.other_alarm_id if event.action in ("link", "unlink") else None
        if other_id and other_id != event.alarm_id:
            self._must_exist(other_id)
            if not links.is_news(self._session, event):
                return Handled(stored.case.id, stored.case.state)
        after = self._decide(stored, event)
        if after.state == "closed" and supplement.is_late(after, self._now):
            self._deeds.append((Actor(event.user_id, event.user_name), Deed(
                "alarm.supplement", "alarm", after.id, reason=event.reason, data={"action": event.action}
            )))  # fmt: skip
        if other_id:
            links.apply(self._session, event, self._now)
            line = Line(f"{event.action}ed", event.user_name, {"alarm_id": after.id})
            self._pages.line(other_id, self._now, line)
        return Handled(after.id, after.state)

    def _learn(self, case: Case, attempt: Attempt, report: CallReport) -> None:
        """What a report says about the number is kept with the person, for this alarm and for all others."""
        what = learnt.of_report(attempt, report)
        if what is None:
            return
        if numbers.learn(self._session, self._now, what, attempt.phone, attempt.contact_id):
            line = Line(what, "system", {"name": attempt.name, "role": attempt.role})
            self._pages.line(case.id, self._now, line)
        if attempt.role == "elder" and what == "wrong_number" and case.elder_id is not None:
            findings.open_all(self._session, self._now, [Found(what, "elder", case.elder_id, case.elder_id)])

    def _must_exist(self, alarm_id: str) -> None:
        if alarm_id not in self._cases and not store.load(self._session, [alarm_id]):
            raise Rejected("the other alarm does not exist")

    def _press(self, press: Press) -> Handled:
        pair = (press.device_uid, press.msg_id)
        if pair in self.receipts:
            return Handled(self.receipts[pair][0])
        key = self._key(press.device_uid)
        stored = self._cases.get(self._open.get(key, ""))
        case = self._decide(stored, press) if stored else self._open_case(press, key)
        problems = {"problems": list(press.problems)} if press.problems else {}
        self._keep(press, case.id, "alarm", press.content | problems)
        self.receipts[pair] = (case.id, press.received_at, True)
        self._first[pair] = press
        return Handled(case.id, case.state)

    def _open_case(self, press: Press, key: str) -> Case:
        profile = self._profiles.get(press.device_uid)
        elder = profile.elder if profile else None
        in_force = self._ladders.policy_for(profile, press.kind)
        ladder = self._ladders.of_profile(profile, in_force.settings)
        decision = decide(None, press, ladder, now=self._now)
        case = changed(
            decision.case, id=self._service._new_id(), elder_id=elder.id if elder else None,
            location=self._locate(press, profile),
        )  # fmt: skip
        policy = kept(in_force)
        self._open[key] = case.id
        self._pages.new_case(case, key, policy)
        return self._save(Stored(changed(case, attempts=()), key, policy), replace(decision, case=case))

    def _enter(self, event: Afterwards) -> Handled:
        """A case that a person enters afterwards; where one like it is there, or one is open, it is asked first."""
        elder = self._ladders.home_of(event.elder_id)
        if elder is None:
            raise NotFound("there is no such elder")
        still_open = store.open_alarms(self._session, {elder.id}).get(elder.id)
        if still_open is not None and (event.closed_at is None or not event.is_certain):
            raise LooksDouble("is_open", still_open, store.number_of(self._session, still_open))
        alike = None if event.is_certain else store.like_it(self._session, elder.id, event.pressed_at, SAME_MINUTE)
        if alike is not None:
            raise LooksDouble("same_minute", *alike)
        in_force = self._ladders.policy_of_elder(elder, event.kind)
        decision = decide(None, event, self._ladders.of_elder(elder.id, in_force.settings), now=self._now)
        home = read_home(elder.lat, elder.lon, elder.home_given)
        where = as_json_or_unknown(choose(None, None, home, self._now, pressed_at=None), self._now, measured=False)
        case = changed(decision.case, id=self._service._new_id(), location=where)
        key, policy = None if case.state == "closed" else elder.id, kept(in_force)
        self._pages.new_case(case, key, policy)
        case = self._save(Stored(changed(case, attempts=()), key, policy), replace(decision, case=case))
        deed = Deed("alarm.enter", "alarm", case.id, data={"pressed_at": event.pressed_at.isoformat()})
        self._deeds.append((Actor(event.user_id, event.user_name), deed))
        return Handled(case.id, case.state)

    def _locate(self, press: Press | Located, profile: Profile | None) -> dict[str, Any]:
        elder = profile.elder if profile else None
        home = read_home(elder.lat, elder.lon, elder.home_given) if elder else None
        last = None if press.location else last_fix(profile)
        fix = read_fix(press.location)
        return as_json_or_unknown(
            choose(fix, last, home, self._now, pressed_at=press.pressed_at), self._now, measured=False
        )

    def _cancel(self, cancel: Cancel) -> Handled:
        pair = (cancel.device_uid, f"cancel:{cancel.msg_id}")
        if pair in self.receipts:
            return Handled(self.receipts[pair][0])
        named = self.receipts.get((cancel.device_uid, cancel.alarm_msg_id or ""))
        alarm_id = named[0] if named else self._open.get(self._key(cancel.device_uid))
        stored = self._cases.get(alarm_id or "")
        if stored is None:
            return Handled(None)
        case = self._decide(stored, cancel)
        self._keep(cancel, case.id, "cancel", cancel.content)
        self.receipts[pair] = (case.id, cancel.received_at, True)
        return Handled(case.id, case.state)

    def _keep(self, event: Press | Cancel, alarm_id: str, what: str, content: dict[str, Any]) -> None:
        self._pages.presses.append(store.press_row(self._service._new_id(), alarm_id, what, event, content))

    def _decide(self, stored: Stored, event: Event) -> Case:
        ladder: Ladder = self._ladders.of_case(stored)
        if isinstance(event, OfficerAction) and event.resource_id:
            ladder = replace(ladder, resource=self._ladders.resource(event.resource_id))
        decision = decide(stored.case, event, ladder, now=self._now)
        if isinstance(event, Press | Located) and event.location:
            location = self._locate(event, self._profiles.get(event.device_uid))
            is_news = isinstance(event, Located) and is_elsewhere(stored.case.location, location)
            lines = (Line("located", "device", {"accuracy_m": location["accuracy_m"]}),) if is_news else ()
            decision = decision.then(changed(decision.case, location=location), *lines)
        after = self._save(stored, decision)
        call_backs.note(self._session, stored.case, after, self._now)
        return after

    def _save(self, stored: Stored, decision: Decision) -> Case:
        before, case = stored.case, decision.case
        known = {a.seq: a for a in before.attempts}
        attempts = []
        for attempt in case.attempts:
            old = known.get(attempt.seq)
            if old is None and attempt.id is None:
                attempt = changed(attempt, id=self._service._new_id())
            if old != attempt:
                self._pages.attempt(case.id, attempt, is_new=old is None)
            attempts.append(attempt)
        case = changed(case, attempts=tuple(attempts))
        open_key = self._open_key(stored, case)
        if case != before and before.id:
            self._pages.case(case, open_key)
        for line in () if case.is_probe else decision.lines:
            self._pages.line(case.id, self._now, line)
        for stage in decision.progress:
            language = self._ladders.of_case(stored).language
            self._pages.progress(case.device_uid, progress_payload(case.id, stage, language), self._now)
        self.hang_up += [a for a in decision.hang_up if a.provider_ref]
        self._cases[case.id] = Stored(case, open_key, stored.policy)
        return case

    def _open_key(self, stored: Stored, case: Case) -> str | None:
        if case.state == "closed":
            if stored.open_key:
                self._open.pop(stored.open_key, None)
                self._inherit(stored.open_key)
            return None
        if stored.open_key:
            return stored.open_key
        key = case.elder_id or f"device:{case.device_uid}"  # A closed alarm is open again.
        free = key not in self._open and store.key_is_free(self._session, key)
        return key if free else f"{key}#{case.id[-12:]}"

    def _inherit(self, key: str) -> None:
        """An alarm that opened again beside the one now closed is the one that the next press joins."""
        heir = store.opened_again(self._session, key)
        if heir is None:
            return
        self._pages.heirs.append({"key": heir, "inherited": key})
        if heir in self._cases:
            self._cases[heir] = replace(self._cases[heir], open_key=key)

    def _claim_at_once(self, room: int) -> None:
        """Begin fresh calls in this very transaction, so that no second commit stands before the first ring."""
        fresh = [
            (alarm_id, attempt)
            for alarm_id, stored in self._cases.items()
            for attempt in stored.case.attempts
            if attempt.id in self._pages.new_attempts and attempt.is_call and attempt.state == "due"
            and attempt.due_at <= self._now
        ][:room]  # fmt: skip
        if not fresh:
            return
        taken = claims.busy_numbers(self._session, {a.phone for _, a in fresh})
        for alarm_id, attempt in fresh:
            if attempt.phone in taken:
                continue
            taken.add(attempt.phone)
            self._begin(alarm_id, attempt)

    def _begin(self, alarm_id: str, attempt: Attempt) -> None:
        now = self._now
        begun = changed(attempt, state="sending", started_at=now, lease_until=now + timedelta(seconds=SEND_LEASE_S))
        stored = self._cases[alarm_id]
        case = changed(stored.case.with_attempt(begun), first_call_at=stored.case.first_call_at or now)
        self._cases[alarm_id] = replace(stored, case=case)
        self._pages.attempt(alarm_id, begun, is_new=False)
        self._pages.case(case, stored.open_key)
        claimed = Claimed(
            str(begun.id), alarm_id, "voice", begun.purpose, begun.phone, begun.ring_s, begun.name, begun.role, now
        )
        self._pages.lines.append(claims.call_started(claimed, now))
        self.claimed.append(claimed)
