"""What became of a call or a message, and what a person said on it.

Reports may be late, repeated and out of order: a terminal outcome never goes back, but a person's word is never lost.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alarms.events import CALL_OUTCOMES, CallReport, Deadline, Event, RelativeAnswer
from alarms.handing import LEADER_ASKED
from alarms.ladder import Ladder
from alarms.steps import accepted, arrived, closed, reopened, taken
from alarms.values import Attempt, Case, Decision, Line, changed, ended
from core.errors import Conflict, Rejected

RING_GRACE_S = 2  # A provider's own "no answer" may arrive this late before silence counts without it.
ANSWERED_LIMIT_S = 60  # The prompt twice and time to press; afterwards nobody confirmed.
REDIAL_LIMIT_S = 45  # A call that senders could not begin within this has failed; time without a process is not theirs.

DETAIL_CHARS, REF_CHARS = 200, 80
MESSAGE_RANK = {"due": 0, "sending": 1, "sent": 2, "undelivered": 3, "delivered": 3, "failed": 3, "cancelled": 3,
                "replied": 4}  # fmt: skip


def attempt_event(case: Case, event: Event, ladder: Ladder, now: datetime) -> Decision:
    """A report, a relative's button or a passed deadline of one attempt."""
    match event:
        case CallReport():
            attempt = case.attempt(event.attempt_id)
            event = _fitting(event)
            if event.provider_ref and attempt.provider_ref is None:
                attempt = changed(attempt, provider_ref=event.provider_ref, channel=event.channel or attempt.channel)
                case = case.with_attempt(attempt)
            if not attempt.is_call:
                return _message(case, attempt, event, ladder, now)
            return _call(case, attempt, event, ladder, now)
        case RelativeAnswer():
            return _relative(case, event, ladder, now)
        case Deadline():
            return _overdue(case, case.attempt(event.attempt_id), now)
        case _:
            raise Rejected(f"{type(event).__name__} is not about an attempt")


def _fitting(report: CallReport) -> CallReport:
    """A provider's own texts in the lengths that are kept; a reference that is longer is none of theirs."""
    if len(report.detail or "") <= DETAIL_CHARS and len(report.provider_ref or "") <= REF_CHARS:
        return report
    ref = report.provider_ref if len(report.provider_ref or "") <= REF_CHARS else None
    return replace(report, detail=(report.detail or "")[:DETAIL_CHARS] or None, provider_ref=ref)


def _call(case: Case, attempt: Attempt, event: CallReport, ladder: Ladder, now: datetime) -> Decision:
    if not attempt.is_live:
        return _late(case, attempt, event, ladder, now)
    if event.digits is not None:
        return _keyed(Decision(case), attempt, event.digits, ladder, now)
    if event.status == "ringing":
        if attempt.state in ("due", "sending"):
            case = case.with_attempt(ringing(attempt, now))
        return Decision(case)
    if event.status == "answered":
        if attempt.state == "answered":
            return Decision(case)
        picked_up = changed(
            attempt, state="answered", answered_at=event.at, lease_until=None, started_at=attempt.started_at or now,
            ends_by=now + timedelta(seconds=ANSWERED_LIMIT_S),
        )  # fmt: skip
        return Decision(case.with_attempt(picked_up), (_line("call_answered", attempt),))
    outcome = event.status
    if outcome == "completed":
        outcome = "no_key" if attempt.state == "answered" else "no_answer"
    if outcome not in CALL_OUTCOMES:
        raise Rejected(f"{event.status} is not a state of a call")
    if outcome == "accepted":
        raise Rejected("only a key accepts")
    return _over(Decision(case), attempt, outcome, now, event.detail)


def ringing(attempt: Attempt, now: datetime) -> Attempt:
    """The attempt once the provider rings the phone."""
    until = ends_by(now, attempt.ring_s)  # Not from `started_at`: after a crash this may be the second try.
    return changed(attempt, state="ringing", started_at=attempt.started_at or now, lease_until=None, ends_by=until)


def ends_by(started_at: datetime, ring_s: int) -> datetime:
    """When silence counts as an answer, whether the provider says so or not."""
    return started_at + timedelta(seconds=ring_s + RING_GRACE_S)


def _line(what: str, attempt: Attempt, **more: Any) -> Line:
    author = attempt.name if what in ("call_answered", "declined") else "system"
    return Line(what, author, {"name": attempt.name, "role": attempt.role, "purpose": attempt.purpose} | more)


def _over(decision: Decision, attempt: Attempt, outcome: str, now: datetime, detail: str | None = None) -> Decision:
    case = decision.case.with_attempt(ended(attempt, outcome, now, detail=detail))
    return decision.then(case, _line("call_ended", attempt, outcome=outcome))


def _keyed(decision: Decision, attempt: Attempt, digits: str, ladder: Ladder, now: datetime) -> Decision:
    """A key on a call that is under way; a key that was not asked for confirms nothing."""
    key = _key(attempt, digits)
    if key is None:
        return _over(decision, attempt, "no_key", now)
    outcome = "declined" if key == "2" else "accepted"
    case = decision.case.with_attempt(ended(attempt, outcome, now))
    return _meant(decision.then(case), attempt, key, ladder, now)


def _key(attempt: Attempt, digits: str | None) -> str | None:
    """The first key, if it is one that was asked for and means yes or no."""
    asked = "123" if attempt.purpose == "follow_up_elder" else "12"
    key = (digits or "").strip()[:1]
    return key if key and key in asked else None


def _meant(decision: Decision, attempt: Attempt, key: str, ladder: Ladder, now: datetime) -> Decision:
    case, yes = decision.case, key != "2"
    match attempt.purpose:
        case "officer":
            if not yes:
                return decision.then(case, _line("declined", attempt))
            if case.state == "closed" or (case.claimed_by is not None and attempt.detail != LEADER_ASKED):
                return decision
            return taken(decision, attempt.contact_id or "", attempt.name, now)
        case "follow_up_helper":
            answered = decision.then(case, Line("follow_up_answered", attempt.name, {"helped": yes}))
            return arrived(answered, attempt.name, now) if yes else reopened(answered, "helper_not_there", now)
        case "follow_up_elder":
            return _elder_said(decision, attempt, key, now)
        case _:
            if not yes:
                return _cannot(decision, attempt, now)
            return accepted(decision, ladder, now, who=_who(attempt), author=attempt.name, eta_min=None)


def _elder_said(decision: Decision, attempt: Attempt, key: str, now: datetime) -> Decision:
    """1: help came, satisfied; 3: it came, not satisfied; 2: it did not come."""
    if key == "2":
        line = Line("follow_up_answered", attempt.name, {"helped": False})
        return reopened(decision.then(decision.case, line), "not_helped", now)
    satisfaction = "satisfied" if key == "1" else "dissatisfied"
    line = Line("follow_up_answered", attempt.name, {"helped": True, "satisfaction": satisfaction})
    decision = decision.then(changed(decision.case, satisfaction=satisfaction), line)
    if decision.case.state == "closed":
        return decision
    decision = arrived(decision, attempt.name, now)
    return closed(decision, attempt.name, now, disposition="helped", satisfaction=satisfaction)


def _cannot(decision: Decision, attempt: Attempt, now: datetime) -> Decision:
    """Somebody will not go; whoever had said otherwise before leaves the case without help."""
    case = decision.case
    decision = decision.then(case, _line("declined", attempt))
    helper = (case.accepted_by or {}).get("contact_id")
    if case.state == "accepted" and helper is not None and helper == attempt.contact_id:
        return reopened(decision, "helper_cannot", now, in_next_round=False)
    return decision


def _who(attempt: Attempt) -> dict[str, Any]:
    return {"name": attempt.name, "role": attempt.role, "contact_id": attempt.contact_id}


def _late(case: Case, attempt: Attempt, event: CallReport, ladder: Ladder, now: datetime) -> Decision:
    """A key that arrives after the call was given up still is somebody's word; the outcome stays as it is."""
    key = _key(attempt, event.digits)
    if key is None or attempt.outcome in ("accepted", "declined") or case.state == "closed":
        return _stop_ringing(case, attempt, event)
    if attempt.purpose.startswith("follow_up") and (attempt.round != case.round or case.state == "open"):
        return Decision(case)
    word = f"key {key} came late"
    if attempt.detail == word:  # The same report once more.
        return Decision(case)
    return _meant(Decision(case.with_attempt(changed(attempt, detail=word))), attempt, key, ladder, now)


def _stop_ringing(case: Case, attempt: Attempt, event: CallReport) -> Decision:
    """A call that was given up while the provider was still being asked has nobody to hang it up but this report."""
    is_unwanted = attempt.outcome in ("cancelled", "accepted", "declined") and attempt.answered_at is None
    return Decision(case, hang_up=(attempt,) if is_unwanted and event.status == "ringing" else ())


def _message(case: Case, attempt: Attempt, event: CallReport, ladder: Ladder, now: datetime) -> Decision:
    """A message's states only move forward; its reply counts like a key."""
    if event.status not in MESSAGE_RANK or event.status == "due":
        raise Rejected(f"{event.status} is not a state of a message")
    news = MESSAGE_RANK[event.status] > MESSAGE_RANK.get(attempt.state, 0)
    if news:
        attempt = changed(
            attempt, state=event.status, outcome=event.status, lease_until=None, ended_at=now,
            started_at=attempt.started_at or now, detail=event.detail or attempt.detail,
        )  # fmt: skip
        case = case.with_attempt(attempt)
    what = "message_sent" if event.status == "sent" else "message_ended"
    decision = Decision(case, (_line(what, attempt, outcome=event.status),) if news else ())
    key = _key(attempt, event.digits)
    if event.status != "replied" or key is None or case.state == "closed":
        return decision
    return _meant(decision, attempt, key, ladder, now)


def _relative(case: Case, event: RelativeAnswer, ladder: Ladder, now: datetime) -> Decision:
    attempt = case.attempt(event.attempt_id)
    if case.state == "closed":
        raise Conflict("the alarm is closed")
    decision = Decision(case)
    outcome = "accepted" if event.is_going else "declined"
    for call in case.live("help", "asked"):
        if call.contact_id == attempt.contact_id:
            hang_up = () if call.state == "due" else (call,)
            case = decision.case.with_attempt(ended(call, outcome, now, detail="by the page"))
            decision = Decision(case, decision.lines, decision.hang_up + hang_up)
    if not event.is_going:
        return _cannot(decision, attempt, now)
    who = _who(attempt)
    return accepted(decision, ladder, now, who=who, author=attempt.name, eta_min=event.eta_min)


def _overdue(case: Case, attempt: Attempt, now: datetime) -> Decision:
    """Silence is over, or nobody knows what became of the request: move on, or dial again."""
    if attempt.state == "sending" and attempt.lease_until is not None and attempt.lease_until <= now:
        begun = attempt.started_at or attempt.due_at
        if (attempt.lease_until - begun).total_seconds() > REDIAL_LIMIT_S:
            if not attempt.is_call:
                return Decision(case.with_attempt(ended(attempt, "failed", now, detail="could not be sent")))
            return _over(Decision(case), attempt, "failed", now, "could not be begun")
        return Decision(case.with_attempt(changed(attempt, state="due", lease_until=None, ends_by=None)))
    if attempt.state in ("ringing", "answered") and attempt.ends_by is not None and attempt.ends_by <= now:
        outcome = "no_answer" if attempt.state == "ringing" else "no_key"
        decision = _over(Decision(case), attempt, outcome, now)
        return replace(decision, hang_up=(attempt,))
    return Decision(case)
