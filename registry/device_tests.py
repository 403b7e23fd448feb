"""Which triggers of a device were tested: read from the presses as they were stored, so that no crash loses a test and
no press waits for this.

The table is the alarms'; only the columns named here are relied on, and its unique key begins with `device_uid`.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, String, column, func, select, table, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session

from core.db import Json, UtcDateTime

PRESSES = table(
    "presses",
    column("device_uid", String()),
    column("what", String()),
    column("received_at", UtcDateTime()),
    column("content", Json),
)
_C = PRESSES.c

Heard = dict[str | None, datetime]
"""When a test press of a trigger was last stored; None is the trigger of a press that named none."""


def tests_heard(session: Session, uids: Collection[str]) -> dict[str, Heard]:
    """The last test press of each trigger, by device."""
    found: dict[str, Heard] = defaultdict(dict)
    if not uids:
        return found
    trigger = _C.content["trigger"].as_string()
    wanted = (
        select(_C.device_uid, trigger, func.max(_C.received_at))
        .where(_C.device_uid.in_(uids), _C.what == "alarm", _is_test(session))
        .group_by(_C.device_uid, trigger)
    )
    for uid, name, at in session.connection().execute(wanted):
        found[uid][None if name is None else str(name)] = at
    return found


def _is_test(session: Session) -> ColumnElement[bool]:
    """Whether the content says `"test": true`, and not something that a cast would stumble over."""
    if session.connection().dialect.name == "postgresql":
        fits: ColumnElement[bool] = type_coerce(_C.content, JSONB).contains({"test": True})
        return fits
    return func.json_type(_C.content, "$.test") == "true"
