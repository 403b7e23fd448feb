"""The recordings' SQL, and nothing else. Every function takes a session and never commits."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from alarms.models import Attempt, TimelineRow
from alarms.recording_models import Recording
from core.errors import NotFound
from notifier.models import SandboxCall
from registry.models import table_of

RECORDINGS, ATTEMPTS, TIMELINE = table_of(Recording), table_of(Attempt), table_of(TimelineRow)
CALLS = table_of(SandboxCall)
LOOK_BACK = timedelta(hours=1)  # For calls of the sandbox that ended while nobody looked.
Row = dict[str, Any]


def call_of(session: Session, attempt_id: str) -> Row | None:
    """The attempt that a recording belongs to; None for one that there is not, or whose people were let go of."""
    columns = (ATTEMPTS.c.id, ATTEMPTS.c.alarm_id, ATTEMPTS.c.name, ATTEMPTS.c.role)
    wanted = select(*columns).where(ATTEMPTS.c.id == attempt_id, ATTEMPTS.c.phone != "")
    row = session.connection().execute(wanted).one_or_none()
    return None if row is None else dict(row._mapping)


def add(session: Session, values: Row) -> None:
    """A new recording; one that is known already is left as it is."""
    connection = session.connection()
    upsert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(upsert(RECORDINGS).values(values).on_conflict_do_nothing())


def due(session: Session, now: datetime, limit: int) -> list[Row]:
    """What is to be fetched, taken from the provider, or removed."""
    wanted = (
        select(RECORDINGS)
        .where(
            RECORDINGS.c.state.in_(("due", "kept", "gone")),
            RECORDINGS.c.due_at <= now,
            or_(RECORDINGS.c.lease_until.is_(None), RECORDINGS.c.lease_until < now),
        )
        .order_by(RECORDINGS.c.due_at)
        .limit(limit)
    )
    return [dict(row._mapping) for row in session.connection().execute(wanted)]


def claim(session: Session, row: Row, now: datetime, until: datetime) -> bool:
    """True for exactly one caller, until the lease is over."""
    free = or_(RECORDINGS.c.lease_until.is_(None), RECORDINGS.c.lease_until < now)
    fits = (RECORDINGS.c.id == row["id"], RECORDINGS.c.state == row["state"], free)
    return session.connection().execute(update(RECORDINGS).where(*fits).values(lease_until=until)).rowcount == 1


def change(session: Session, recording_id: str, was: str, **values: Any) -> bool:
    """Change a recording that is in the state it was, and give its lease back; False when it is not any more."""
    fits = (RECORDINGS.c.id == recording_id, RECORDINGS.c.state == was)
    done = session.connection().execute(update(RECORDINGS).where(*fits).values(values | {"lease_until": None}))
    return done.rowcount == 1


def forget(session: Session, recording_id: str) -> None:
    session.connection().execute(delete(RECORDINGS).where(RECORDINGS.c.id == recording_id))


def of_alarms(session: Session, alarm_ids: Collection[str]) -> list[Row]:
    """The alarms' recordings in the order they were made, with whom each call was to; no keys."""
    columns = [column for column in RECORDINGS.c if column.name != "file_key"]
    wanted = (
        select(*columns, ATTEMPTS.c.name, ATTEMPTS.c.role, ATTEMPTS.c.outcome)
        .join(ATTEMPTS, ATTEMPTS.c.id == RECORDINGS.c.attempt_id)
        .where(RECORDINGS.c.alarm_id.in_(alarm_ids), RECORDINGS.c.state != "gone")
        .order_by(RECORDINGS.c.made_at, RECORDINGS.c.id)
    )
    return [dict(row._mapping) for row in session.connection().execute(wanted)]


def kept(session: Session, alarm_id: str, recording_id: str) -> Row:
    """A recording of that alarm that can be heard. Raises NotFound."""
    fits = (RECORDINGS.c.id == recording_id, RECORDINGS.c.alarm_id == alarm_id, RECORDINGS.c.state == "kept")
    row = session.connection().execute(select(RECORDINGS).where(*fits)).one_or_none()
    if row is None:
        raise NotFound("there is no such recording of this alarm")
    return dict(row._mapping)


def new_sandbox_calls(session: Session, now: datetime, limit: int) -> list[Row]:
    """Calls of the sandbox about alarms that somebody answered, that are over and not recorded yet."""
    known = select(RECORDINGS.c.id).where(RECORDINGS.c.channel == "sandbox", RECORDINGS.c.provider_ref == CALLS.c.id)
    columns = (CALLS.c.id, CALLS.c.attempt_id, CALLS.c.answered_at, CALLS.c.ended_at)
    wanted = (
        select(*columns)
        .join(ATTEMPTS, ATTEMPTS.c.id == CALLS.c.attempt_id)
        .where(
            CALLS.c.id >= _first_id(now - LOOK_BACK),
            CALLS.c.kind == "call",
            CALLS.c.state == "ended",
            CALLS.c.answered_at.is_not(None),
            ATTEMPTS.c.phone != "",
            ~known.exists(),
        )
        .order_by(CALLS.c.id)
        .limit(limit)
    )
    return [dict(row._mapping) for row in session.connection().execute(wanted)]


def tell(session: Session, alarm_id: str, at: datetime, data: Row) -> None:
    """A line of the timeline, so that an open page shows what there is to hear."""
    line = {"alarm_id": alarm_id, "at": at, "what": "recorded", "author": "system", "data": data}
    session.connection().execute(insert(TIMELINE).values(line))


def let_go(session: Session, *where: Any) -> int:
    """Destroy recordings: without its key a file cannot be opened, and is then removed. How many."""
    nothing = dict.fromkeys(("file_key", "transcript", "detail", "lease_until"))
    values = nothing | {"state": "gone", "due_at": RECORDINGS.c.made_at, "tries": 0}
    done = session.connection().execute(update(RECORDINGS).where(RECORDINGS.c.state != "gone", *where).values(values))
    return int(done.rowcount)


def _first_id(at: datetime) -> str:
    """The smallest id that was made then or later (`core.ids`)."""
    digits = f"{int(at.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:12]}"
