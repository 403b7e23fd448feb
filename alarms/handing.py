"""Officers among themselves: an alarm is offered to a colleague, assigned by a leader, or asked about. Pure.

Whoever gives an alarm away holds it until the other has said yes.

`Case.offer` is `{by, by_name, to_name, at, text, urged, is_unanswered}`; `Case.question` is `{by, by_name, at, text,
answer, answered_by, answered_at}`, the last three None until a leader has spoken. Instants are RFC 3339 in UTC.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from alarms.chain import place
from alarms.events import OfficerAction
from alarms.ladder import Ladder
from alarms.values import Case, Decision, Line, changed
from core.errors import Conflict, Rejected

ANSWER_WITHIN_S = 30  # Longer than walking to the colleague's desk: who has not answered by then is not there.
LEADER_ASKED = "asked for a word"  # An attempt's detail: this officer is rung by a colleague who needs them.


def without_offer(case: Case) -> Case:
    return changed(case, offered_to=None, offer=None, offer_due_at=None)


def offer_due(case: Case, now: datetime) -> Decision:
    """The colleague has said nothing in time: the giver is told, and goes on holding the alarm."""
    if case.offer_due_at is None or now < case.offer_due_at or case.offer is None:
        return Decision(case)
    line = Line("offer_unanswered", "system", {"name": case.offer["to_name"]})
    return Decision(changed(case, offer_due_at=None, offer=case.offer | {"is_unanswered": True}), (line,))


def offer(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    if case.claimed_by is None:
        raise Conflict("nobody holds this alarm")
    if case.claimed_by != event.user_id and not event.may_override:
        raise Conflict("another officer holds this alarm")
    _named(case, event)
    offered = {
        "by": event.user_id, "by_name": event.user_name, "to_name": event.to_user_name, "at": _instant(now),
        "text": event.text, "urged": 0, "is_unanswered": False,
    }  # fmt: skip
    case = changed(case, offered_to=event.to_user_id, offer=offered, offer_due_at=_until(now))
    return Decision(case, (_said("offered", event, event.to_user_name),))


def assign(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    """A leader says who has it, whoever held it before."""
    if not event.may_override:
        raise Conflict("only a leader assigns an alarm")
    _named(case, event)
    held = _held_by(case, str(event.to_user_id), now)
    return Decision(held, (_said("assigned", event, event.to_user_name),)).drop("claimed", now, "officer")


def urge(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    offered = _offer_of(case)
    if event.user_id not in (offered["by"], case.claimed_by) and not event.may_override:
        raise Conflict("another officer holds this alarm")
    again = offered | {"urged": offered["urged"] + 1, "is_unanswered": False}
    case = changed(case, offer=again, offer_due_at=_until(now))
    return Decision(case, (_said("offer_urged", event, offered["to_name"]),))


def take_over(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    """The colleague says yes; a leader may take any alarm."""
    if case.claimed_by == event.user_id:
        return Decision(case)
    if case.offered_to != event.user_id and not event.may_override:
        raise Conflict("nobody offers you this alarm")
    giver = (case.offer or {}).get("by_name", "") if case.offered_to == event.user_id else ""
    case = _held_by(case, event.user_id, now)
    if event.may_override:
        case = changed(case, question=None, asked_at=None)
    what = "taken_over" if giver else "leader_took"
    return Decision(case, (_said(what, event, giver),)).drop("claimed", now, "officer")


def decline_offer(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    """The colleague says no, or the giver keeps it after all."""
    offered = _offer_of(case)
    if event.user_id == case.offered_to:
        line = _said("offer_declined", event, offered["by_name"])
    elif event.user_id in (offered["by"], case.claimed_by) or event.may_override:
        line = _said("offer_withdrawn", event, offered["to_name"])
    else:
        raise Conflict("nobody offers you this alarm")
    return Decision(without_offer(case), (line,))


def ask(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    question = {
        "by": event.user_id, "by_name": event.user_name, "at": _instant(now), "text": event.text,
        "answer": None, "answered_by": None, "answered_at": None,
    }  # fmt: skip
    return Decision(changed(case, question=question, asked_at=now), (_said("asked_leader", event),))


def answer(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    if not event.may_override:
        raise Conflict("only a leader answers")
    if case.question is None or case.asked_at is None:
        raise Conflict("nobody has asked about this alarm")
    if not event.text:
        raise Rejected("an answer needs a text")
    told = {"answer": event.text, "answered_by": event.user_name, "answered_at": _instant(now)}
    line = _said("leader_answered", event, case.question["by_name"])
    return Decision(changed(case, question=case.question | told, asked_at=None), (line,))


def ring_leader(case: Case, event: OfficerAction, ladder: Ladder, now: datetime) -> Decision:
    """Ring a colleague's own phone about this alarm; who presses 1 there has it."""
    person = next((each for each in ladder.officers if each.id == event.to_user_id), None)
    if person is None:
        raise Rejected("this colleague has no phone that can be rung")
    if any(a.contact_id == person.id and a.is_live and a.is_call for a in case.attempts):
        raise Conflict("that phone is already ringing")
    return place(Decision(case), person, "officer", ladder, now, detail=LEADER_ASKED)


def _named(case: Case, event: OfficerAction) -> None:
    if not event.to_user_id:
        raise Rejected("say which colleague: user_id is missing")
    if event.to_user_id == case.claimed_by:
        raise Conflict("this colleague holds the alarm already")


def _offer_of(case: Case) -> dict[str, Any]:
    if case.offer is None:
        raise Conflict("this alarm is not offered to anybody")
    return case.offer


def _held_by(case: Case, user_id: str, now: datetime) -> Case:
    """When it was first taken stays: the service level asks how long nobody had it."""
    claimed_at = case.claimed_at if case.claimed_by is not None else now
    return changed(without_offer(case), claimed_by=user_id, claimed_at=claimed_at or now, officers_wanted=False)


def _said(what: str, event: OfficerAction, name: object = "") -> Line:
    told = {"name": name} if name else {}
    return Line(what, event.user_name, told | ({"text": event.text} if event.text else {}))


def _until(now: datetime) -> datetime:
    return now + timedelta(seconds=ANSWER_WITHIN_S)


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


STEPS: Mapping[str, Callable[[Case, OfficerAction, Ladder, datetime], Decision]] = {
    "offer": offer, "assign": assign, "urge": urge, "take_over": take_over, "decline_offer": decline_offer,
    "ask": ask, "answer": answer, "ring_leader": ring_leader,
}  # fmt: skip
