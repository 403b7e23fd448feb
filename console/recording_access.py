"""Who may hear an alarm's recordings now: whoever holds it, and for an hour who said why."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from alarms import recording_store
from alarms.models import Alarm
from console.centre import Centre
from registry.audit import AUDIT
from registry.models import table_of
from registry.sessions import SignedIn

LASTS = timedelta(hours=1)
_ALARMS = table_of(Alarm)


def hears(session: Session, centre: Centre, user: SignedIn, alarm_id: str) -> bool:
    """Whether this user holds the alarm, or opened its recordings with a reason a short while ago."""
    holder = session.connection().execute(select(_ALARMS.c.claimed_by).where(_ALARMS.c.id == alarm_id)).scalar()
    if holder == user.id:
        return True
    said_why = select(AUDIT.c.seq).where(
        AUDIT.c.subject_kind == "alarm", AUDIT.c.subject_id == alarm_id, AUDIT.c.action == "recording.open",
        AUDIT.c.actor_id == user.id, AUDIT.c.at > centre.clock.now() - LASTS,
    )  # fmt: skip
    return session.connection().execute(said_why.limit(1)).first() is not None


def shown(centre: Centre, user: SignedIn, alarm_id: str) -> dict[str, Any]:
    """What the alarm's page shows of its recordings, to who may hear any."""
    if not user.may("recordings.listen"):
        return {"recordings": [], "hears_recordings": False}
    with centre.db.read() as session:
        rows = recording_store.of_alarms(session, [alarm_id])
        may_hear = bool(rows) and hears(session, centre, user, alarm_id)
    return {"recordings": [row | {"length": _length(row["duration_s"])} for row in rows], "hears_recordings": may_hear}


def _length(seconds: int | None) -> str:
    return "" if seconds is None else f"{seconds // 60}:{seconds % 60:02d}"
