"""Help nearby that an officer sends: its phone is rung beside the chain, and who presses 1 there is going."""

from datetime import datetime

from alarms.chain import place
from alarms.events import OfficerAction
from alarms.ladder import Ladder, Person
from alarms.values import Case, Decision, Line
from core.errors import Conflict, Rejected


def sent(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    """Ring a resource. Raises Conflict when another officer holds the case or the phone rings already."""
    if case.claimed_by != event.user_id and not event.may_override:
        raise Conflict("claim the alarm first: only the officer who holds it sends help")
    if case.is_test:
        raise Conflict("this is a test: nobody is sent out")
    who = named(event, ladder)
    if who is None:
        raise Rejected("say whom to send: resource_id")
    if not who.phone:
        raise Rejected("no number is registered there: reach them another way, and record it")
    if not is_rung(who.phone):
        raise Rejected("the system never dials this number: phone it yourself, and record it")
    if any(a.is_call and a.is_live and a.state != "due" and who.phone == a.phone for a in case.attempts):
        raise Conflict("that phone is already ringing")
    line = Line("help_sent_for", event.user_name, {"name": who.name, "role": who.role})
    return place(Decision(case, (line,)), who, "sent", ladder, now)


def named(event: OfficerAction, ladder: Ladder) -> Person | None:
    """The help nearby that a click is about. Raises Rejected when it names none."""
    if event.resource_id and ladder.resource is None:
        raise Rejected("resource_id is none of the help nearby")
    return ladder.resource if event.resource_id else None


def is_rung(phone: str) -> bool:
    """Whether the system may dial it: 110, 119, 120 and other short numbers are for people."""
    return phone.startswith("+")
