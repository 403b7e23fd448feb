"""补录: what was done while the system was down, entered by an officer with its real times. Pure.

What is over rings nobody: its calls are written down as they went. What is not over becomes an ordinary alarm, held by
who enters it; from there the chain, the arrival and the follow-up go on from now.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from alarms.events import CALL_OUTCOMES, DISPOSITIONS, SATISFACTIONS, Afterwards, CallMade
from alarms.ladder import Ladder, Person
from alarms.values import Attempt, Case, Decision, Line, changed
from core.errors import Conflict, Rejected

BY_HAND = "by-hand"
"""Stands for the device of an elder who has none, and for the channel of a call that an officer dialled."""

STILL_OPEN = timedelta(hours=12)
OLDEST = timedelta(days=366)
CLOCKS_DIFFER = timedelta(minutes=1)
ANSWERED = frozenset({"accepted", "declined", "no_key"})


class BadEntry(Rejected):
    """One member cannot be so; `what` is for the person who typed it."""

    def __init__(self, member: str, what: str) -> None:
        super().__init__(f"{member}: {what}")
        self.member, self.what = member, what


class LooksDouble(Conflict):
    """An alarm that may be the same case is there already: ask whether it is. `why` is is_open or same_minute."""

    def __init__(self, why: str, alarm_id: str, number: int) -> None:
        told = "is open" if why == "is_open" else "came in the same minute"
        super().__init__(
            f"alarm #{number} of this elder {told}: send add_to {alarm_id} to add this to it, or is_certain if it is "
            "another case that is closed"
        )
        self.why, self.alarm_id, self.number = why, alarm_id, number


def check(event: Afterwards, now: datetime) -> None:
    """Raises BadEntry for a time that has not come, an order that cannot be, and an end without its outcome."""
    for member, at in _times(event):
        if at > now + CLOCKS_DIFFER:
            raise BadEntry(member, "lies in the future")
        if at < event.pressed_at:
            raise BadEntry(member, "lies before the call for help")
    if now - event.pressed_at > OLDEST:
        raise BadEntry("pressed_at", "is more than a year ago")
    _in_order(event)
    if event.closed_at is None:
        if event.add_to is None and now - event.pressed_at > STILL_OPEN:
            raise BadEntry("closed_at", "is needed for what began more than 12 hours ago: say how it ended")
        return
    if event.disposition not in DISPOSITIONS:
        raise BadEntry("disposition", "is needed where the case is closed")
    if event.satisfaction not in SATISFACTIONS:
        raise BadEntry("satisfaction", "is needed where the case is closed")


def _times(event: Afterwards) -> Iterator[tuple[str, datetime]]:
    yield "pressed_at", event.pressed_at
    for n, call in enumerate(event.calls):
        if call.outcome not in CALL_OUTCOMES:
            raise BadEntry(f"calls.{n}.outcome", "is no outcome of a call")
        yield f"calls.{n}.at", call.at
    for member in ("accepted_at", "arrived_at", "closed_at"):
        at = getattr(event, member)
        if at is not None:
            yield member, at


def _in_order(event: Afterwards) -> None:
    if event.arrived_at and event.accepted_at and event.arrived_at < event.accepted_at:
        raise BadEntry("arrived_at", "lies before somebody was on the way")
    last = max(filter(None, (event.accepted_at, event.arrived_at, *(call.at for call in event.calls))), default=None)
    if event.closed_at and last and event.closed_at < last:
        raise BadEntry("closed_at", "lies before something that was done")
    if event.accepted_at and not event.helper_name and event.helper_id is None:
        raise BadEntry("helper_name", "say who went")


def entered(event: Afterwards, ladder: Ladder, priority: int, now: datetime) -> Decision:
    """The case that was, at its real times. Raises BadEntry."""
    check(event, now)
    case = Case(
        device_uid=event.device_uid or BY_HAND, kind=event.kind, received_at=event.pressed_at, elder_id=event.elder_id,
        priority=priority, claimed_by=event.user_id, claimed_at=now, entered_at=now, is_silent=event.kind == "duress",
    )  # fmt: skip
    decision = _written_down(Decision(case), event, ladder)
    helper = _helper(event, ladder)
    if event.accepted_at or event.arrived_at:
        accepted_at = event.accepted_at or event.arrived_at
        late_s = ladder.timing.arrival_within_s
        case = changed(
            decision.case, state="accepted", accepted_at=accepted_at, accepted_by=helper,
            due_at=now + timedelta(seconds=late_s), due_for="arrival",
        )  # fmt: skip
        decision = decision.then(case)
    if event.arrived_at:
        case = changed(decision.case, state="arrived", arrived_at=event.arrived_at, due_at=None, due_for=None)
        decision = decision.then(case)
    if event.closed_at:
        case = changed(
            decision.case, state="closed", closed_at=event.closed_at, disposition=event.disposition,
            satisfaction=event.satisfaction, due_at=None, due_for=None,
        )  # fmt: skip
        decision = decision.then(case)
    return decision


def added(case: Case, event: Afterwards, ladder: Ladder, now: datetime) -> Decision:
    """What was done stands in an alarm that is there already, which stays in the state it has."""
    check(event, now)
    if case.elder_id != event.elder_id:
        raise BadEntry("add_to", "is another elder's alarm")
    return _written_down(Decision(case), event, ladder)


def _written_down(decision: Decision, event: Afterwards, ladder: Ladder) -> Decision:
    """A line for everything that was done, each with when it happened, and an attempt for every call."""
    lines = [_line("entered_afterwards", event, event.pressed_at, kind=event.kind)]
    case = decision.case
    for call in sorted(event.calls, key=lambda one: one.at):
        attempt = _attempt(case, call, ladder)
        case = changed(
            case, attempts=(*case.attempts, attempt), attempt_count=attempt.seq,
            first_call_at=min(filter(None, (case.first_call_at, call.at))),
        )  # fmt: skip
        lines.append(
            _line("called_by_hand", event, call.at, name=attempt.name, role=attempt.role, outcome=call.outcome)
        )
    helper = _helper(event, ladder)
    if event.accepted_at:
        lines.append(_line("accepted", event, event.accepted_at, name=helper["name"], role=helper["role"]))
    if event.arrived_at:
        lines.append(_line("arrived", event, event.arrived_at))
    if event.closed_at:
        ended = {"disposition": event.disposition, "satisfaction": event.satisfaction}
        lines.append(_line("closed", event, event.closed_at, **ended))
    if event.text:
        lines.append(Line("noted", event.user_name, {"text": event.text}))
    return decision.then(case, *lines)


def _line(what: str, event: Afterwards, at: datetime, **data: Any) -> Line:
    return Line(what, event.user_name, data | {"happened_at": at.isoformat()})


def _attempt(case: Case, call: CallMade, ladder: Ladder) -> Attempt:
    person = ladder.person(call.contact_id) or Person("", call.name or "?", call.role, call.phone or "")
    return Attempt(
        seq=case.attempt_count + 1, purpose="asked", medium="voice", role=person.role, name=person.name,
        phone=call.phone or person.good_phone, due_at=call.at, contact_id=person.id or None, language=person.language,
        round=case.round, state=call.outcome, outcome=call.outcome, started_at=call.at,
        answered_at=call.at if call.outcome in ANSWERED else None, ended_at=call.at, channel=BY_HAND,
    )  # fmt: skip


def _helper(event: Afterwards, ladder: Ladder) -> dict[str, Any]:
    person = ladder.person(event.helper_id)
    if person is not None:
        return {"name": person.name, "role": person.role, "contact_id": person.id}
    return {"name": event.helper_name or event.user_name, "role": "other" if event.helper_name else "officer",
            "contact_id": None}  # fmt: skip
