"""Whether the alarm can be heard at the desk: asked once a shift, kept with who said so and when."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlmodel import Session

from core.clock import Clock
from core.db import Database
from core.ids import new_id
from duty.models import SoundCheck
from duty.room import SHIFTS, Row
from registry import audit
from registry.audit import Actor, Deed
from registry.models import table_of

SOUND_CHECKS = table_of(SoundCheck)
BEFORE_THE_SHIFT = timedelta(minutes=30)  # Who comes early checks early.
WITHOUT_A_SHIFT = timedelta(hours=12)


def keep(db: Database, clock: Clock, by: Actor, *, was_heard: bool) -> Row:
    """Somebody's answer; each one is a row, and a line in the log."""
    now = clock.now()
    row: Row = {
        "id": new_id(), "user_id": by.id, "checked_by": by.name, "checked_at": now, "was_heard": was_heard,
    }  # fmt: skip
    with db.write() as session:
        session.connection().execute(insert(SOUND_CHECKS).values(row))
        audit.record(session, by, now, Deed("sound.check", "user", by.id, data={"was_heard": was_heard}))
    return row


def is_due(session: Session, user_id: str, now: datetime) -> bool:
    """Whether nobody has answered for this user since their shift began; without a shift, for half a day."""
    wanted = select(SHIFTS.c.starts_at).where(
        SHIFTS.c.user_id == user_id, SHIFTS.c.starts_at <= now, SHIFTS.c.ends_at > now
    )
    begun = session.execute(wanted.order_by(SHIFTS.c.starts_at.desc()).limit(1)).scalar()
    since = begun - BEFORE_THE_SHIFT if begun else now - WITHOUT_A_SHIFT
    return user_id not in latest(session, [user_id], since)


def latest(session: Session, user_ids: Collection[str], since: datetime) -> dict[str, Row]:
    """The newest answer of each of these users since then."""
    wanted = (
        select(SOUND_CHECKS)
        .where(SOUND_CHECKS.c.user_id.in_(user_ids), SOUND_CHECKS.c.checked_at >= since)
        .order_by(SOUND_CHECKS.c.checked_at, SOUND_CHECKS.c.id)
    )
    return {row.user_id: dict(row._mapping) for row in session.execute(wanted)}


def of_shifts(session: Session, shifts: Collection[Row]) -> dict[str, Row | None]:
    """What each of these shifts' people said at their shift's beginning: user id → answer, or None."""
    if not shifts:
        return {}
    since = {one["user_id"]: one["starts_at"] - BEFORE_THE_SHIFT for one in shifts}
    found = latest(session, since, min(since.values()))
    return {
        user_id: found[user_id] if user_id in found and found[user_id]["checked_at"] >= begins else None
        for user_id, begins in since.items()
    }
