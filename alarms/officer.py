"""What an officer's click does to a case."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from alarms import handing, sending
from alarms.chain import place
from alarms.closing import Unanswered, answered, asks_afterwards, follow_up_at, missing
from alarms.events import DISPOSITIONS, SATISFACTIONS, OfficerAction
from alarms.ladder import Ladder
from alarms.steps import accepted, arrived, closed, taken
from alarms.supplement import check, marks, supplemented
from alarms.values import Case, Decision, Line, changed
from core.errors import Conflict, Rejected


def officer_action(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    step = STEPS.get(event.action)
    if step is None:
        raise Rejected(f"there is no action {event.action}")
    if case.state == "closed":
        check(case, event, now)
    decision = step(case, event, ladder, now)
    if event.text and event.action not in SAYS_IT_ITSELF:
        decision = decision.then(decision.case, Line("noted", event.user_name, {"text": event.text}))
    return decision


def _held(case: Case, event: OfficerAction) -> None:
    """Raises Conflict when another officer holds the case; leaders may step in."""
    if case.claimed_by not in (None, event.user_id) and not event.may_override:
        raise Conflict("another officer holds this alarm")


def _claim(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    if case.claimed_by == event.user_id:
        return Decision(case)
    if case.offered_to == event.user_id:
        return handing.take_over(case, event, ladder, now)
    if case.claimed_by is not None:
        raise Conflict("another officer holds this alarm")
    return taken(Decision(case), event.user_id, event.user_name, now)


def _release(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    if case.claimed_by is None:
        raise Conflict("nobody holds this alarm")
    _held(case, event)
    case = handing.without_offer(case)
    released = changed(case, claimed_by=None, claimed_at=None, officers_wanted=case.state != "accepted")
    return Decision(released, (Line("released", event.user_name),))


def _note(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    if not event.text:
        raise Rejected("a note needs a text")
    return Decision(case, (Line("noted", event.user_name, {"text": event.text} | marks(case, event)),))


def _call(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    """An officer has somebody called now, beside whatever the chain does."""
    person = ladder.person(event.contact_id)
    if person is None:
        raise Rejected("say whom to call: contact_id is not one of this elder's contacts")
    if any(a.contact_id == person.id and a.is_live and a.is_call and a.state != "due" for a in case.attempts):
        raise Conflict("that phone is already ringing")
    if event.phone and event.phone not in person.phones:
        raise Rejected("phone is none of this contact's numbers")
    return place(Decision(case), person, "asked", ladder, now, with_message=False, phone=event.phone)


def _accept(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    """The officer's word that somebody is going: a contact, help nearby, or whom the officer names in `who`."""
    _held(case, event)
    person = sending.named(event, ladder) or ladder.person(event.contact_id)
    if event.contact_id and person is None:
        raise Rejected("contact_id is not one of this elder's contacts")
    who = {
        "name": person.name if person else event.who or event.user_name,
        "role": person.role if person else "other" if event.who else "officer",
        "contact_id": person.id if person else None,
    }
    if person and case.state == "accepted":
        case = changed(case, state="open")  # Somebody else is going: all times begin anew.
    elif person and case.state != "open":
        case = changed(case, accepted_by=who)
    return accepted(Decision(case), ladder, now, who=who, author=event.user_name, eta_min=event.eta_min)


def _arrived(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    _held(case, event)
    return arrived(Decision(case), event.user_name, now)


def _close(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    """End of the case. What nobody confirmed is answered for, or, where a script closes, at least written down."""
    if case.claimed_by != event.user_id and not event.may_override:
        raise Conflict("claim the alarm first: only the officer who holds it closes it")
    if event.answers is not None and event.disposition is None and not case.is_test:
        raise Unanswered({"disposition": "say what it was"} | _faults(case, event))
    disposition = event.disposition or ("test" if case.is_test else "other")
    if disposition not in DISPOSITIONS:
        raise Rejected(f"disposition must be one of {', '.join(DISPOSITIONS)}")
    if event.satisfaction is not None and event.satisfaction not in SATISFACTIONS:
        raise Rejected(f"satisfaction must be one of {', '.join(SATISFACTIONS)}")
    open_items, lines = missing(case, case.attempts), _left_open(case, event)
    decision = closed(
        Decision(case, lines), event.user_name, now, disposition=disposition, satisfaction=event.satisfaction
    )
    elder = None if case.is_silent else ladder.elder
    is_test = case.is_test or disposition == "test"
    if elder is not None and asks_afterwards(open_items, event.answers, event.satisfaction, is_test=is_test):
        due_at = follow_up_at(now, ladder.timing, ladder.timezone)
        return place(decision, elder, "follow_up_elder", ladder, now, due_at=due_at)
    return decision


def _left_open(case: Case, event: OfficerAction) -> tuple[Line, ...]:
    """What the timeline says of the items that nobody had confirmed. Raises Unanswered."""
    open_items = missing(case, case.attempts)
    if event.answers is not None:
        return tuple(replace(line, author=event.user_name) for line in answered(open_items, event.answers))
    return (Line("closed_without", event.user_name, {"missing": list(open_items)}),) if open_items else ()


def _faults(case: Case, event: OfficerAction) -> dict[str, str]:
    try:
        _left_open(case, event)
    except Unanswered as refused:
        return refused.problems
    return {}


def _link(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    line = Line("linked", event.user_name, {"alarm_id": _other(case, event)} | marks(case, event))
    return Decision(changed(case, linked_to=event.other_alarm_id), (line,))


def _unlink(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    other = _other(case, event)
    line = Line("unlinked", event.user_name, {"alarm_id": other} | marks(case, event))
    return Decision(changed(case, linked_to=None) if case.linked_to == other else case, (line,))


def _other(case: Case, event: OfficerAction) -> str:
    if not event.other_alarm_id or event.other_alarm_id == case.id:
        raise Rejected("say which other alarm belongs to this one")
    return event.other_alarm_id


STEPS: Mapping[str, Callable[[Case, OfficerAction, Ladder, datetime], Decision]] = {
    "claim": _claim, "release": _release, "note": _note, "call": _call, "send": sending.sent, "accept": _accept,
    "arrived": _arrived, "close": _close, "link": _link, "unlink": _unlink, "supplement": supplemented, **handing.STEPS,
}  # fmt: skip
SAYS_IT_ITSELF = frozenset({"note", "supplement", *handing.STEPS})
"""Actions whose own line of the timeline carries the text."""
