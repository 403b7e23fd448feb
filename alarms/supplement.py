"""What may still be written to an alarm that is closed, by whom, and until when."""

from datetime import datetime, timedelta

from alarms.events import DISPOSITIONS, SATISFACTIONS, OfficerAction
from alarms.ladder import Ladder
from alarms.values import Case, Decision, Line, changed
from core.errors import Conflict, Forbidden, Rejected

OPEN_FOR = timedelta(days=7)  # by any officer; later by a supervisor, with a reason.
ACTIONS = frozenset({"note", "link", "unlink", "supplement"})


def open_until(closed_at: datetime) -> datetime:
    """Until when any officer may supplement an alarm."""
    return closed_at + OPEN_FOR


def is_late(case: Case, now: datetime) -> bool:
    """Whether only a supervisor may add to it now."""
    return case.closed_at is not None and now > open_until(case.closed_at)


def check(case: Case, event: OfficerAction, now: datetime) -> None:
    """Raises Conflict for what a closed alarm does not take, Forbidden and Rejected for a supplement that is late."""
    if event.action not in ACTIONS:
        raise Conflict("the alarm is closed")
    if not is_late(case, now):
        return
    if not event.may_override:
        raise Forbidden("closed more than 7 days ago: ask a supervisor to supplement it")
    if not event.reason:
        raise Rejected("closed more than 7 days ago: say why it is supplemented now")


def marks(case: Case, event: OfficerAction) -> dict[str, object]:
    """What sets a line apart that is written after the closing."""
    if case.state != "closed":
        return {}
    return {"supplement": True} | ({"late_reason": event.reason} if event.reason else {})


def supplemented(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    """Correct what the alarm was closed as; what was said before stays in the timeline."""
    if case.state != "closed":
        raise Conflict("the alarm is not closed: say it when you close it")
    if event.disposition is not None and event.disposition not in DISPOSITIONS:
        raise Rejected(f"disposition must be one of {', '.join(DISPOSITIONS)}")
    if event.satisfaction is not None and event.satisfaction not in SATISFACTIONS:
        raise Rejected(f"satisfaction must be one of {', '.join(SATISFACTIONS)}")
    told: dict[str, object] = {}
    for name, new, old in (
        ("disposition", event.disposition, case.disposition),
        ("satisfaction", event.satisfaction, case.satisfaction),
    ):
        if new is not None and new != old:
            told |= {name: new, f"{name}_before": old}
    if not told and not event.text:
        raise Rejected("say what is to be corrected, or write what is to be added")
    if event.text:
        told["text"] = event.text
    after = changed(
        case, disposition=event.disposition or case.disposition, satisfaction=event.satisfaction or case.satisfaction
    )
    decision = Decision(after, (Line("supplemented", event.user_name, told | marks(case, event)),))
    is_known = after.satisfaction in ("satisfied", "dissatisfied") or after.disposition == "test"
    return decision.drop("supplemented", now, "follow_up_elder") if is_known else decision
