"""How long personal data is kept, kind by kind, and the job that lets go of what is older.

Alarms are walked in the order in which they came, a chunk in a transaction; where one is not closed yet the walk waits,
and goes on another day. The log of who did what is never shortened.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session

from alarms import personal, recording_store
from alarms.models import Alarm
from alarms.recording_store import RECORDINGS
from core.clock import Clock
from core.db import Database
from core.errors import Conflict, NotFound, Rejected
from notifier.models import SandboxCall
from registry import audit, import_store
from registry.audit import Actor, Deed
from registry.elders import NAMELESS
from registry.models import DeviceEvent, Finding, Retention, table_of
from registry.store import ELDERS

ALARMS, RETENTION, CALLS = table_of(Alarm), table_of(Retention), table_of(SandboxCall)
EVENTS, FINDINGS = table_of(DeviceEvent), table_of(Finding)
CHUNK = 200
MOST_IMPORTS = 5  # Each may have a file of many megabytes.
LEAST_DAYS, MOST_DAYS = 7, 36_500

Step = Callable[[Session, datetime, datetime | None, datetime], tuple[int, datetime | None, bool]]
"""(session, before, done until, now) → (how many, done until, whether more may be left)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of data; `default_days` None keeps it until the site says otherwise."""

    kind: str
    default_days: int | None
    step: Step


def _alarms(forget: Callable[[Session, Collection[str]], None]) -> Step:
    def step(
        session: Session, before: datetime, done_until: datetime | None, _now: datetime
    ) -> tuple[int, datetime | None, bool]:
        wanted = select(ALARMS.c.id, ALARMS.c.received_at, ALARMS.c.closed_at).where(ALARMS.c.received_at < before)
        if done_until is not None:
            wanted = wanted.where(ALARMS.c.received_at > done_until)
        rows = session.connection().execute(wanted.order_by(ALARMS.c.received_at, ALARMS.c.number).limit(CHUNK)).all()
        ready = []
        for row in rows:
            if row.closed_at is None or row.closed_at >= before:
                break
            ready.append(row)
        if not ready:
            return 0, done_until, False
        forget(session, [row.id for row in ready])
        return len(ready), ready[-1].received_at, len(ready) == CHUNK

    return step


def _removed_files(
    session: Session, before: datetime, _done: datetime | None, now: datetime
) -> tuple[int, datetime | None, bool]:
    old = (ELDERS.c.deleted_at < before, ELDERS.c.name != NAMELESS)
    ids = list(session.connection().execute(select(ELDERS.c.id).where(*old).limit(CHUNK)).scalars())
    done = 0
    for elder_id in ids:
        try:
            personal.make_nameless(session, elder_id, now)
            done += 1
        except Conflict:
            continue
    return done, None, len(ids) == CHUNK and done > 0


def _rows_of(table: Any, at: Any) -> Step:
    def step(
        session: Session, before: datetime, _done: datetime | None, _now: datetime
    ) -> tuple[int, datetime | None, bool]:
        ids = list(session.connection().execute(select(table.c.id).where(at < before).limit(CHUNK)).scalars())
        session.connection().execute(delete(table).where(table.c.id.in_(ids)))
        return len(ids), None, len(ids) == CHUNK

    return step


def _imports(
    session: Session, before: datetime, _done: datetime | None, _now: datetime
) -> tuple[int, datetime | None, bool]:
    jobs = import_store.JOBS.c
    wanted = select(jobs.id).where(jobs.started_at < before).limit(MOST_IMPORTS)
    ids = list(session.connection().execute(wanted).scalars())
    import_store.forget(session, ids)
    return len(ids), None, len(ids) == MOST_IMPORTS


def _recordings(
    session: Session, before: datetime, _done: datetime | None, _now: datetime
) -> tuple[int, datetime | None, bool]:
    return recording_store.let_go(session, RECORDINGS.c.made_at < before), None, False


RULES = (
    Rule("presses", 180, _alarms(personal.forget_presses)),
    Rule("places", 365, _alarms(personal.forget_places)),
    Rule("people_in_alarms", 1095, _alarms(personal.forget_people)),
    Rule("recordings", 180, _recordings),
    Rule("removed_files", 365, _removed_files),
    Rule("device_history", 1825, _rows_of(EVENTS, EVENTS.c.at)),
    Rule("findings", 365, _rows_of(FINDINGS, FINDINGS.c.resolved_at)),
    Rule("sandbox_calls", 30, _rows_of(CALLS, CALLS.c.ended_at)),
    Rule("imports", 7, _imports),
)
"""What is kept how long. Source of the days: raw messages help to mend devices for half a year, and who complains of a
call does so within that time; three years is the time within which somebody may claim damages; a removed file can be
brought back for a year."""
_BY_KIND = {rule.kind: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Kept:
    """How long one kind is kept; None means for good."""

    kind: str
    keep_days: int | None
    default_days: int | None


def periods(session: Session) -> list[Kept]:
    """Every kind with the period that holds."""
    said = {row.kind: row.keep_days for row in session.execute(select(RETENTION).where(RETENTION.c.is_set))}
    return [Kept(r.kind, said.get(r.kind, r.default_days), r.default_days) for r in RULES]


def set_period(db: Database, clock: Clock, kind: str, keep_days: int | None, by: Actor) -> None:
    """Raises NotFound, and Rejected for a period that nobody can mean."""
    if kind not in _BY_KIND:
        raise NotFound("there is no such kind of data")
    if keep_days is not None and not LEAST_DAYS <= keep_days <= MOST_DAYS:
        raise Rejected(f"a period is {LEAST_DAYS} to {MOST_DAYS} days, or for good")
    with db.write() as session:
        _keep(session, kind, keep_days=keep_days, is_set=True)
        audit.record(
            session, by, clock.now(), Deed("retention.change", "retention", kind, data={"keep_days": keep_days})
        )


def let_go(db: Database, clock: Clock) -> dict[str, int]:
    """Let go of everything that has been kept long enough; how many of each kind. May be stopped at any moment."""
    done: dict[str, int] = {}
    with db.read() as session:
        wanted = periods(session)
    for kept in wanted:
        if kept.keep_days is None:
            continue
        more = True
        while more:
            with db.write() as session:
                count, more = _step(session, kept, clock.now())
                done[kept.kind] = done.get(kept.kind, 0) + count
                if count:
                    deed = Deed("retention.let_go", "retention", kept.kind, data={"count": count})
                    audit.record(session, Actor(), clock.now(), deed)
    return done


def _step(session: Session, kept: Kept, now: datetime) -> tuple[int, bool]:
    row = session.execute(select(RETENTION).where(RETENTION.c.kind == kept.kind).with_for_update()).one_or_none()
    before = now - timedelta(days=kept.keep_days or 0)
    done_until = row.done_until if row else None
    count, until, more = _BY_KIND[kept.kind].step(session, before, done_until, now)
    if until != done_until:
        _keep(session, kept.kind, done_until=until)
    return count, more


def _keep(session: Session, kind: str, **values: Any) -> None:
    changed = session.connection().execute(update(RETENTION).where(RETENTION.c.kind == kind).values(values))
    if changed.rowcount == 0:
        session.connection().execute(insert(RETENTION).values({"kind": kind, "is_set": False} | values))
