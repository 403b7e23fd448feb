"""Imports over HTTP, as rows: who started which with what file, how far it is, and what became of it."""

import base64
import zlib
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session

from registry.models import ImportJob, ImportPart, table_of
from registry.store import Row

JOBS, PARTS = table_of(ImportJob), table_of(ImportPart)
PART_BYTES = 2**20
IS_OVER = ("done", "failed")


def add(session: Session, row: Row) -> None:
    session.connection().execute(insert(JOBS), row)


def tell(session: Session, job_id: str, **news: Any) -> None:
    session.connection().execute(update(JOBS).where(JOBS.c.id == job_id).values(**news))


def find(session: Session, job_id: str, user_id: str) -> Row | None:
    """One of a user's own."""
    row = session.connection().execute(select(JOBS).where(JOBS.c.id == job_id, JOBS.c.user_id == user_id)).one_or_none()
    return None if row is None else dict(row._mapping)


def of(session: Session, user_id: str, limit: int) -> list[Row]:
    """A user's own, the newest first."""
    wanted = select(JOBS).where(JOBS.c.user_id == user_id).order_by(JOBS.c.started_at.desc(), JOBS.c.id.desc())
    return [dict(row._mapping) for row in session.connection().execute(wanted.limit(limit))]


def old(session: Session, user_id: str, keep: int, before: datetime) -> list[str]:
    """What need not be kept any more: of this user all that is over but the newest, of everybody what is older."""
    mine = [row["id"] for row in of(session, user_id, 10_000) if row["state"] in IS_OVER][keep:]
    older = session.connection().execute(select(JOBS.c.id).where(JOBS.c.started_at < before)).scalars()
    return sorted({*mine, *older})


def forget(session: Session, ids: Collection[str]) -> None:
    session.connection().execute(delete(PARTS).where(PARTS.c.job_id.in_(ids)))
    session.connection().execute(delete(JOBS).where(JOBS.c.id.in_(ids)))


def packed(job_id: str, what: str, data: bytes) -> Iterator[Row]:
    """The rows that hold these bytes, one to a transaction so that nothing else waits for long."""
    small = zlib.compress(data, 6)
    for n, start in enumerate(range(0, max(1, len(small)), PART_BYTES)):
        content = base64.b64encode(small[start : start + PART_BYTES]).decode()
        yield {"job_id": job_id, "what": what, "n": n, "content": content}


def add_part(session: Session, row: Row) -> None:
    session.connection().execute(insert(PARTS), row)


def content(session: Session, job_id: str, what: str) -> bytes | None:
    """What `packed` was given; None when there is nothing, or not any more."""
    wanted = select(PARTS.c.content).where(PARTS.c.job_id == job_id, PARTS.c.what == what).order_by(PARTS.c.n)
    found = session.connection().execute(wanted).scalars().all()
    return zlib.decompress(b"".join(map(base64.b64decode, found))) if found else None
