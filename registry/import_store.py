"""Imports over HTTP, as rows: who started which with what file, how far it is, and what became of it."""

import base64
import json
import zlib
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session

from registry.models import ImportJob, ImportPart, table_of
from registry.store import Row

JOBS, PARTS = table_of(ImportJob), table_of(ImportPart)
PART_BYTES = 2**20
SECRETS = "secrets"
SECRETS_IN_A_PART = 5000
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


def add_secrets(session: Session, job_id: str, secrets: Sequence[tuple[str, str]]) -> None:
    """Keep (uid, secret) of devices that this transaction makes."""
    last = select(func.max(PARTS.c.n)).where(PARTS.c.job_id == job_id, PARTS.c.what == SECRETS)
    n = session.connection().execute(last).scalar_one_or_none()
    first = 0 if n is None else n + 1  # Not their number: somebody may have fetched the earlier ones meanwhile.
    for at, start in enumerate(range(0, len(secrets), SECRETS_IN_A_PART), first):
        content = json.dumps(secrets[start : start + SECRETS_IN_A_PART])
        add_part(session, {"job_id": job_id, "what": SECRETS, "n": at, "content": content})


def has_secrets(session: Session, job_id: str) -> bool:
    wanted = select(PARTS.c.n).where(PARTS.c.job_id == job_id, PARTS.c.what == SECRETS).limit(1)
    return session.connection().execute(wanted).first() is not None


def take_secrets(session: Session, job_id: str) -> list[tuple[str, str]]:
    """What `add_secrets` kept, for one caller and once; nothing when another one has it."""
    own = (PARTS.c.job_id == job_id, PARTS.c.what == SECRETS)
    parts = session.connection().execute(select(PARTS.c.content).where(*own).order_by(PARTS.c.n)).scalars().all()
    gone = session.connection().execute(delete(PARTS).where(*own)).rowcount
    return [(uid, secret) for part in parts for uid, secret in json.loads(part)] if gone == len(parts) else []


def hand_secrets_on(session: Session, job_id: str, to_job_id: str) -> None:
    """To the job that goes on where this one was interrupted."""
    own = (PARTS.c.job_id == job_id, PARTS.c.what == SECRETS)
    session.connection().execute(update(PARTS).where(*own).values(job_id=to_job_id))


def content(session: Session, job_id: str, what: str) -> bytes | None:
    """What `packed` was given; None when there is nothing, or not any more."""
    wanted = select(PARTS.c.content).where(PARTS.c.job_id == job_id, PARTS.c.what == what).order_by(PARTS.c.n)
    found = session.connection().execute(wanted).scalars().all()
    return zlib.decompress(b"".join(map(base64.b64decode, found))) if found else None
