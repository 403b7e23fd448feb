"""What became of a file, from the log: who changed which of its members, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session

from registry.audit import AUDIT

LOOKS = ("elder.view", "elder.open", "elder.view_sensitive")
OPEN_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Entry:
    """One deed; `members` are the names of what was changed."""

    seq: int
    at: datetime
    actor: str
    action: str
    reason: str | None
    members: tuple[str, ...]


def history_of(
    session: Session, kind: str, subject_id: str, *, with_looks: bool, limit: int, before: int | None = None
) -> tuple[list[Entry], int | None]:
    """The newest deeds first, and the number to go on before; `with_looks` also tells who only looked."""
    wanted = select(AUDIT).where(AUDIT.c.subject_kind == kind, AUDIT.c.subject_id == subject_id)
    if not with_looks:
        wanted = wanted.where(AUDIT.c.action.not_in(LOOKS))
    if before is not None:
        wanted = wanted.where(AUDIT.c.seq < before)
    rows = session.connection().execute(wanted.order_by(AUDIT.c.seq.desc()).limit(limit + 1)).all()
    found = [
        Entry(row.seq, row.at, row.actor, row.action, row.reason, tuple(row.data.get("members") or ()))
        for row in rows[:limit]
    ]
    return found, found[-1].seq if len(rows) > limit else None


def opened_at(session: Session, elder_id: str, actor_id: str, now: datetime) -> datetime | None:
    """When this user last gave a reason to see the sensitive part of a file; None once that is too long ago."""
    wanted = (
        select(AUDIT.c.at)
        .where(
            AUDIT.c.subject_kind == "elder", AUDIT.c.subject_id == elder_id, AUDIT.c.actor_id == actor_id,
            AUDIT.c.action == "elder.open", AUDIT.c.at > now - OPEN_FOR,
        )
        .order_by(AUDIT.c.seq.desc())
        .limit(1)
    )  # fmt: skip
    found: datetime | None = session.scalar(wanted)
    return found
