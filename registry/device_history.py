"""The lines of a device's history: what happened to it, when, by whom and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session

from core.ids import new_id
from registry.audit import Actor
from registry.models import DeviceEvent, table_of
from registry.store import Row

EVENTS = table_of(DeviceEvent)
WHATS = ("registered", "moved", "paired", "unpaired", "replaced", "replaces", "changed", "secret", "tested")


def line(device_id: str, at: datetime, what: str, by: Actor, **data: Any) -> Row:
    """One line, ready for `append`; members that are None are left out. `data` never holds a person's values, only
    ids and names of members."""
    said = {name: value for name, value in data.items() if value is not None}
    return {"device_id": device_id, "at": at, "what": what, "author": by.name, "data": said}


def append(session: Session, lines: Sequence[Row]) -> None:
    """Write the lines so that they are read in this order: ids of one millisecond have no order of their own."""
    if lines:
        ids = sorted(new_id() for _ in lines)
        rows = [each | {"id": line_id} for each, line_id in zip(lines, ids, strict=True)]
        session.connection().execute(insert(EVENTS), rows)


def of_device(
    session: Session, device_id: str, *, after: str | None = None, limit: int = 50
) -> tuple[list[Row], str | None]:
    """The lines, newest first, and the id to go on after."""
    wanted = select(EVENTS).where(EVENTS.c.device_id == device_id).order_by(EVENTS.c.id.desc()).limit(limit + 1)
    if after is not None:
        wanted = wanted.where(EVENTS.c.id < after)
    rows = [dict(row._mapping) for row in session.connection().execute(wanted)]
    return rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None
