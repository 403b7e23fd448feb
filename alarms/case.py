"""What happens next to a case: pure rules, free of clocks, SQL and telephones.

`decide` takes the case, one event and the ladder and gives the case as it then is, with the timeline lines, the calls
to hang up and the progress to tell the device. Whatever the event was, `alarms.chain.plan` then makes sure that
somebody is being called, or will be, or that a named officer holds the case.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from alarms.afterwards import added, entered
from alarms.chain import alarm_due, plan
from alarms.engaged import line_engaged
from alarms.events import Afterwards, Cancel, Deadline, Event, LineEngaged, Located, OfficerAction, Press
from alarms.handing import offer_due
from alarms.ladder import Ladder
from alarms.officer import officer_action
from alarms.replies import attempt_event
from alarms.steps import reopened, tell
from alarms.values import Case, Decision, Line, changed
from core.errors import Rejected
from registry.profile import TECHNICAL

PRIORITY = {
    "duress": 90, "smoke": 85, "gas": 85, "sos": 80, "fall": 80, "flood": 60, "inactivity": 60,
    "tamper": 30, "mains_lost": 20, "low_battery": 20,
}  # fmt: skip
PRIORITY_PER_REPEAT = 5


def decide(case: Case | None, event: Event, ladder: Ladder, *, now: datetime) -> Decision:
    """Say what happens next to a case; change nothing.

    Shape: `case` is None only for the press that opens it. Units: now is aware UTC.
    Raises Rejected if the event can never apply, Conflict if somebody was first.
    Source: the contract's rule of the chain; docs/architecture.md tells it in words.
    """
    if case is None:
        if isinstance(event, Afterwards):
            return plan(entered(event, ladder, base_priority(event.kind, False), now), ladder, now)
        if not isinstance(event, Press):
            raise Rejected("only a press opens a case")
        return plan(_opened(event), ladder, now)
    match event:
        case Press():
            decision = _pressed_again(case, event, now)
        case Cancel():
            line = Line("cancelled", "device", {"alarm_msg_id": event.alarm_msg_id})
            decision = Decision(changed(case, cancelled_at=case.cancelled_at or event.received_at), (line,))
        case OfficerAction():
            decision = officer_action(case, event, ladder, now)
        case Located():
            decision = Decision(case)
        case Afterwards():
            return added(case, event, ladder, now)
        case LineEngaged():
            decision = line_engaged(case, case.attempt(event.attempt_id), ladder, now)
        case Deadline(attempt_id=None):
            unanswered = offer_due(case, now)
            due = alarm_due(unanswered.case, ladder, now)
            decision = replace(due, lines=unanswered.lines + due.lines)
        case _:
            decision = attempt_event(case, event, ladder, now)
    return plan(decision, ladder, now)


def base_priority(kind: str, is_test: bool) -> int:
    return 0 if is_test else PRIORITY.get(kind, PRIORITY["sos"])


def _opened(press: Press) -> Decision:
    case = Case(
        device_uid=press.device_uid,
        kind=press.kind,
        received_at=press.received_at,
        is_test=press.is_test,
        is_silent=press.kind == "duress",
        priority=base_priority(press.kind, press.is_test),
        officers_wanted=press.kind in TECHNICAL,
    )
    silent = case.is_silent or case.is_test
    return Decision(case, (_press_line("pressed", press),), progress=() if silent else ("calling",))


def _press_line(what: str, press: Press) -> Line:
    data: dict[str, Any] = {"msg_id": press.msg_id, "kind": press.kind}
    if press.pressed_at is not None:
        data["pressed_at"] = press.pressed_at.isoformat()
    if press.problems:
        data["problems"] = list(press.problems)
    return Line(what, "device", data)


def _pressed_again(case: Case, press: Press, now: datetime) -> Decision:
    """A repeat is news: it counts, it raises the priority, and in a case that was settled it starts again."""
    turns_real = case.is_test and not press.is_test
    base = max(case.priority, base_priority(press.kind, press.is_test and case.is_test))
    is_worse = base_priority(press.kind, press.is_test) > base_priority(case.kind, case.is_test)
    case = changed(
        case,
        press_count=case.press_count + 1,
        is_test=case.is_test and press.is_test,
        is_silent=case.is_silent or press.kind == "duress",
        priority=base if case.is_test and press.is_test else base + PRIORITY_PER_REPEAT,
        kind=press.kind if is_worse else case.kind,
    )  # fmt: skip
    if turns_real:
        case = changed(case, due_at=None, due_for=None)
    decision = Decision(case, (_press_line("pressed_again", press),))
    if case.is_silent:  # From now on a ringing phone would give the person away.
        decision = decision.drop("silent", now, "follow_up_elder")
    if turns_real and case.state == "open":
        return decision.then(decision.case, progress=tell(case, "calling"))
    if case.is_test or press.kind in TECHNICAL:
        return decision
    if case.state in ("arrived", "follow_up") or turns_real:
        return reopened(decision, "pressed_again", now)
    if case.claimed_by is None and case.state == "accepted":
        return decision.then(changed(decision.case, officers_wanted=True))
    return decision
