"""Which alarms an officer with areas sees: their streets', whatever is filed nowhere, and every one that needs anybody.

`officers_wanted` is set when everybody who could be called has failed and any duty officer will do; what an officer
holds, or is offered, stays before their eyes. ADR 0007.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import Session

from alarms.models import Alarm
from registry.models import Elder, table_of
from registry.sessions import SignedIn

_ALARMS, _ELDERS = table_of(Alarm), table_of(Elder)


def in_sight(user: SignedIn | None) -> list[ColumnElement[bool]]:
    """Conditions on the alarms, empty for who sees everything."""
    if user is None or user.scope.is_everywhere:
        return []
    hidden = select(_ELDERS.c.id).where(
        _ELDERS.c.id == _ALARMS.c.elder_id, _ELDERS.c.area_path.is_not(None), ~user.scope.within(_ELDERS.c.area_path)
    )
    theirs = or_(_ALARMS.c.claimed_by == user.id, _ALARMS.c.offered_to == user.id)
    return [or_(_ALARMS.c.officers_wanted, theirs, ~hidden.exists())]


def sees_alarm(session: Session, user: SignedIn, alarm_id: str) -> bool:
    """Whether this alarm may be seen; one that is not there is not hidden."""
    if user.scope.is_everywhere:
        return True
    known = select(_ALARMS.c.id).where(_ALARMS.c.id == alarm_id)
    found = session.connection().execute(known.where(*in_sight(user))).first()
    return found is not None or session.connection().execute(known).first() is None


def sees_brief(user: SignedIn, brief: Mapping[str, Any]) -> bool:
    """The same of an alarm as `alarms.views.alarm_briefs` gives it."""
    path = (brief["elder"] or {}).get("area_path")
    theirs = (brief["claimed_by"] or {}).get("id"), (brief["offer"] or {}).get("to")
    return path is None or bool(brief["officers_wanted"]) or user.id in theirs or user.scope.holds(path)
