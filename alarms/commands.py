"""Commands that people give to devices: a row that waits until its device has it, like everything that is said down."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, or_, select
from sqlmodel import Session

from alarms.models import Alarm, DownMessage
from core.clock import Clock
from core.db import Database
from core.errors import Conflict
from core.wake import Wake
from registry import store
from registry.models import table_of

LIFETIMES = {
    # Nobody waits longer for a talk, a position or a test; settings are as good tomorrow.
    "call": timedelta(minutes=10),
    "locate": timedelta(minutes=10),
    "test": timedelta(minutes=10),
    "config": timedelta(hours=24),
}
SEEN_OR_HEARD = frozenset({"call", "test"})
_ALARMS, _DOWN = table_of(Alarm), table_of(DownMessage)


@dataclass(frozen=True, slots=True)
class Left:
    """A command that now waits for its device."""

    id: int
    command: str
    expires_at: datetime


def leave_command(
    db: Database, clock: Clock, wake: Wake, device: str, command: str, members: dict[str, Any] | None = None
) -> Left:
    """Keep one of LIFETIMES for a device (its uid or id); `members` go beside the word, and have other names.

    Raises NotFound; Conflict when the device is retired, or would show or sound something while a silent alarm is open.
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
        wake.with_commit(session, "down")
    wake.here("down")
    return Left(row_id, command, expires_at)


def _must_be_silent(session: Session, uid: str, elder_id: str | None) -> bool:
    theirs = _ALARMS.c.device_uid == uid
    if elder_id is not None:
        theirs = or_(theirs, _ALARMS.c.elder_id == elder_id)
    wanted = select(_ALARMS.c.id).where(theirs, _ALARMS.c.is_silent, _ALARMS.c.state != "closed").limit(1)
    return session.execute(wanted).first() is not None
