"""What the alarm page says of colleagues: to whom an alarm can be handed, and what is asked of whom."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request

from alarms.views import alarm_briefs
from console.centre import Centre
from console.i18n import N_, language_of, words
from core.errors import CarebellError, Conflict, Rejected
from duty.colleagues import Colleague, colleagues, leaders
from registry.sessions import SignedIn

NAMES_A_COLLEAGUE = frozenset({"offer", "assign", "ring_leader"})
FASTER = N_("Another officer holds this alarm: %(name)s was faster, %(n)s s ago")
JUST_NOW_S = 120
TOGETHER_TEXTS = (
    N_("nobody offers you this alarm"),
    N_("this alarm is not offered to anybody"),
    N_("this colleague holds the alarm already"),
    N_("this colleague is not on duty now"),
    N_("this colleague has no phone that can be rung"),
    N_("there is no such colleague"),
    N_("say which colleague: user_id is missing"),
    N_("only a leader assigns an alarm"),
    N_("only a leader answers"),
    N_("nobody has asked about this alarm"),
    N_("an answer needs a text"),
)
"""What the rules of handing over refuse, in words that are translated."""

Json = dict[str, Any]


def named_colleague(centre: Centre, action: str, user_id: str | None) -> Colleague | None:
    """Whom an action names. Raises Rejected for somebody who is not of the duty room, Conflict for who is not there."""
    if action not in NAMES_A_COLLEAGUE or not user_id:
        return None
    with centre.db.read() as session:
        found = next((one for one in colleagues(session, centre.clock.now()) if one.id == user_id), None)
    if found is None:
        raise Rejected("there is no such colleague")
    if action == "offer" and not found.is_on_duty:
        raise Conflict("this colleague is not on duty now")
    return found


def together_of(centre: Centre, user: SignedIn, alarm: Mapping[str, Any]) -> Json:
    """What the panel's part about colleagues needs."""
    offer, question = alarm["offer"], alarm["question"]
    is_open = alarm["state"] != "closed"
    if not is_open or not user.may("alarms.act"):
        return {"is_shown": False}
    with centre.db.read() as session:
        room = colleagues(session, centre.clock.now())
    leading = leaders(room)
    holder = (alarm["claimed_by"] or {}).get("id")
    leads = user.may("alarms.supervise")
    is_asking = question is not None and question["answered_at"] is None
    return {
        "is_shown": True,
        "leads": leads,
        "is_mine": holder == user.id,
        "may_offer": holder == user.id and offer is None,
        "is_offered_to_me": offer is not None and offer["to"] == user.id,
        "is_my_offer": offer is not None and user.id in (offer["by"], holder),
        "colleagues": [one for one in room if one.id not in (user.id, holder) and (leads or one.is_on_duty)],
        "is_asking": is_asking,
        "may_ask": not is_asking and not leads,
        "may_answer": is_asking and leads,
        "leader_is_here": any(one.is_present and one.may_answer for one in leading if one.id != user.id),
        "leader_to_ring": next((one for one in leading if one.phone and one.id != user.id), None),
    }


def refusal(request: Request, centre: Centre, alarm_id: str, action: str, refused: CarebellError) -> str:
    """Why a button did nothing; of two claims at once, who was first and when."""
    if action in ("claim", "take_over") and isinstance(refused, Conflict):
        with centre.db.read() as session:
            found, _ = alarm_briefs(session, now := centre.clock.now(), ids=[alarm_id], limit=1)
        holder = found[0]["claimed_by"] if found else None
        if holder and found[0]["claimed_at"]:
            ago_s = max(0, round((now - datetime.fromisoformat(found[0]["claimed_at"])).total_seconds()))
            if ago_s > JUST_NOW_S:
                return str(refused)
            speech = words(language_of(request, centre.settings.locale))
            return speech.say(FASTER) % {"name": holder.get("name") or "", "n": ago_s}
    return str(refused)
