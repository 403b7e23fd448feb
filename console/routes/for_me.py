"""What others want of whoever sits at this console: offers to them, questions to the leader, offers nobody answers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import and_, or_, select
from sqlmodel import Session
from starlette.responses import HTMLResponse

from alarms.models import Alarm
from alarms.views import alarm_briefs
from console.deps import CentreDep
from console.i18n import N_
from console.pages import page
from console.routes.alarms import Reader
from duty.missed import KIND, RING_S
from duty.room import open_todos
from registry.models import table_of
from registry.sessions import SignedIn

_ALARMS = table_of(Alarm)
MOST, LOOKED_AT = 8, 100
COMING = timedelta(seconds=RING_S)
ANSWERS = {
    "offered": (("take_over", N_("I take it over")), ("decline_offer", N_("I cannot take it"))),
    "asked": (("take_over", N_("Take it myself")),),
    "unanswered": (("urge", N_("Urge")), ("decline_offer", N_("Keep it after all"))),
}

router = APIRouter(include_in_schema=False)


@router.get("/desk/for-me")
def for_me(request: Request, centre: CentreDep, user: Reader) -> HTMLResponse:
    now, c = centre.clock.now(), _ALARMS.c
    mine = [c.offered_to == user.id, and_(c.claimed_by == user.id, c.offered_to.is_not(None))]
    if user.may("alarms.supervise"):
        mine.append(c.asked_at.is_not(None))
    with centre.db.read() as session:
        wanted = select(c.id).where(c.state != "closed", or_(*mine)).order_by(c.number).limit(MOST)
        ids = list(session.scalars(wanted)) if user.may("alarms.act") else []
        found, _ = alarm_briefs(session, now, ids=ids, limit=MOST, seen_by=user) if ids else ([], None)
        calls = missed_for(session, user, now) if user.may("alarms.act") else []
    rows = [row for alarm in reversed(found) if (row := _row(alarm, user)) is not None]
    return page(request, "_for_me.html", user, rows=rows, calls=calls)


def missed_for(session: Session, user: SignedIn, now: datetime) -> list[dict[str, Any]]:
    """Calls to the centre that are this officer's, or nobody's yet: ringing now, or missed. A registered caller's is
    loud."""
    found = open_todos(session, until=now + COMING, owner_id=user.id, limit=LOOKED_AT, scope=user.scope)
    calls = [one for one in found if one["kind"] == KIND][:MOST]
    return [one | {"is_loud": one["elder_id"] is not None} for one in calls]


def _row(alarm: Mapping[str, Any], user: SignedIn) -> dict[str, Any] | None:
    offer, question = alarm["offer"], alarm["question"]
    if offer and offer["to"] == user.id:
        what, told = "offered", offer
    elif question and question["answered_at"] is None and user.may("alarms.supervise"):
        what, told = "asked", question
    elif offer and offer["is_unanswered"]:
        what, told = "unanswered", offer
    else:
        return None
    turn = told.get("urged", 0)
    return {
        "key": f"{what}-{alarm['id']}-{told['at']}-{turn}", "what": what, "alarm": alarm, "offer": offer,
        "question": question, "text": told["text"] if what != "unanswered" else None, "at": told["at"],
        "is_loud": what != "unanswered", "deeds": ANSWERS[what],
    }  # fmt: skip
