"""Commands that people give to devices: a row that waits until its device has it, like everything that is said down."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, insert, or_, select
from sqlmodel import Session

from alarms.models import Alarm, DownMessage, TimelineRow
from core.clock import Clock
from core.db import Database
from core.errors import Conflict
from core.wake import Wake
from registry import audit, store
from registry.audit import Actor, Deed
from registry.models import table_of

LIFETIMES = {
    # Nobody waits longer for a talk, a position or a test; settings are as good tomorrow.
    "call": timedelta(minutes=10),
    "locate": timedelta(minutes=10),
    "test": timedelta(minutes=10),
    "config": timedelta(hours=24),
}
SEEN_OR_HEARD = frozenset({"call", "test"})
_ALARMS, _DOWN, _TIMELINE = table_of(Alarm), table_of(DownMessage), table_of(TimelineRow)


@dataclass(frozen=True, slots=True)
class Left:
    """A command that now waits for its device."""

    id: int
    command: str
    expires_at: datetime


def leave_command(
    db: Database, clock: Clock, wake: Wake, device: str, command: str, members: dict[str, Any] | None = None,
    *, by: Actor = Actor(),
) -> Left:  # fmt: skip
    """Keep one of LIFETIMES for a device (its uid or id); `members` go beside the word, and have other names.

    Who gave it is in the log, and in the timeline of the alarms that are open there. Raises NotFound; Conflict when the
    device is retired, or would show or sound something while a silent alarm is open.
    """
    now = clock.now()
    expires_at = now + LIFETIMES[command]
    with db.write() as session:
        row = store.get_device(session, device)
        if row["state"] == "retired":
            raise Conflict("this device is retired")
        if command in SEEN_OR_HEARD and _must_be_silent(session, row["uid"], row["elder_id"]):
            raise Conflict("a silent alarm is open: this command would give the person away")
        values = {
            "uid": row["uid"], "topic": "command", "payload": {"command": command} | (members or {}),
            "created_at": now, "expires_at": expires_at,
        }  # fmt: skip
        row_id = session.execute(insert(_DOWN).values(values).returning(_DOWN.c.id)).scalar_one()
        topics = ("down", "live") if _tell_alarms(session, row, command, by, now) else ("down",)
        wake.with_commit(session, *topics)
        told = {"command": command, "members": sorted(members or {})}
        audit.record(session, by, now, Deed("device.command", "device", row["uid"], data=told))
    wake.here(*topics)
    return Left(row_id, command, expires_at)


def _tell_alarms(session: Session, device: dict[str, Any], command: str, by: Actor, now: datetime) -> bool:
    """A line in the timeline of every alarm that is open there; whether there was one."""
    wanted = select(_ALARMS.c.id).where(_theirs(device["uid"], device["elder_id"]), _ALARMS.c.state != "closed")
    lines = [
        {"alarm_id": alarm_id, "at": now, "what": "device_told", "author": by.name, "data": {"command": command}}
        for alarm_id in session.scalars(wanted)
    ]
    if lines:
        session.connection().execute(insert(_TIMELINE), lines)
    return bool(lines)


def _theirs(uid: str, elder_id: str | None) -> ColumnElement[bool]:
    theirs = _ALARMS.c.device_uid == uid
    return theirs if elder_id is None else or_(theirs, _ALARMS.c.elder_id == elder_id)


def _must_be_silent(session: Session, uid: str, elder_id: str | None) -> bool:
    wanted = select(_ALARMS.c.id).where(_theirs(uid, elder_id), _ALARMS.c.is_silent, _ALARMS.c.state != "closed")
    return session.execute(wanted.limit(1)).first() is not None
