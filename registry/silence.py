"""Devices that have fallen silent: a sweep finds them, so that a heartbeat costs nothing, and makes work of each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, literal, select
from sqlalchemy.sql.selectable import FromClause
from sqlmodel import Session

from core.clock import Clock
from core.db import Database
from registry import findings
from registry.device_lists import silent_condition
from registry.device_views import MODELS, PRESENCE
from registry.findings import FINDINGS, Found
from registry.scope import EVERYWHERE, Scope
from registry.store import DEVICES, ELDERS, Row

KIND = "device_silent"
AT_ONCE = 1000  # A press must not wait behind a city that has lost its network.
_OPEN = (FINDINGS.c.kind == KIND) & FINDINGS.c.resolved_at.is_(None)
_KNOWN = FINDINGS.c.subject_key == literal(f"{KIND}:") + DEVICES.c.uid


def _devices() -> FromClause:
    return DEVICES.outerjoin(PRESENCE, PRESENCE.c.uid == DEVICES.c.uid).outerjoin(
        MODELS, MODELS.c.name == DEVICES.c.model
    )


@dataclass
class Silence:
    """The sweep of one process; `listening_since` is when it began, `silent` what the last sweep left open."""

    db: Database
    clock: Clock
    listening_since: datetime
    silent: int = 0

    def sweep(self) -> None:
        """Open work for what has fallen silent, settle it for what is heard again."""
        now = self.clock.now()
        with self.db.read() as session:
            gone = session.execute(self._fallen_silent(now)).all()
            back = [row.subject_key for row in session.execute(self._heard_again(now))]
        if gone or back:
            with self.db.write() as session:
                findings.open_all(session, now, [Found(KIND, "device", row.uid, row.elder_id) for row in gone])
                findings.settle(session, now, back)
        with self.db.read() as session:
            self.silent = count(session)

    def _fallen_silent(self, now: datetime) -> Select[tuple[str, str | None]]:
        known = select(FINDINGS.c.id).where(_KNOWN).exists()
        silent = silent_condition(now, listening_since=self.listening_since)
        return select(DEVICES.c.uid, DEVICES.c.elder_id).select_from(_devices()).where(silent, ~known).limit(AT_ONCE)

    def _heard_again(self, now: datetime) -> Select[tuple[str]]:
        """Keys of open work about devices that are not silent any more, or are not out any more."""
        still = select(DEVICES.c.uid).select_from(_devices()).where(_KNOWN, silent_condition(now)).correlate(FINDINGS)
        return select(FINDINGS.c.subject_key).where(_OPEN, ~still.exists()).limit(AT_ONCE)


def count(session: Session, seen_from: Scope = EVERYWHERE) -> int:
    """How many devices are known to be silent."""
    wanted = select(func.count()).select_from(FINDINGS).where(_OPEN, *seen_from.where(FINDINGS))
    return int(session.scalar(wanted) or 0)


def page(
    session: Session, *, after: str | None, limit: int, seen_from: Scope = EVERYWHERE
) -> tuple[list[Row], str | None]:
    """Silent devices with their elder, in the order they were found; `after` is what the page before gave."""
    wanted = (
        select(
            FINDINGS.c.id, FINDINGS.c.found_at, DEVICES.c.uid, PRESENCE.c.last_seen_at, PRESENCE.c.battery_pct,
            ELDERS.c.id.label("elder_id"), ELDERS.c.name, ELDERS.c.address, ELDERS.c.phone,
        )
        .join(DEVICES, DEVICES.c.uid == FINDINGS.c.subject_id)
        .outerjoin(PRESENCE, PRESENCE.c.uid == DEVICES.c.uid)
        .outerjoin(ELDERS, ELDERS.c.id == DEVICES.c.elder_id)
        .where(_OPEN, *seen_from.where(FINDINGS))
        .order_by(FINDINGS.c.id)
        .limit(limit + 1)
    )  # fmt: skip
    if after is not None:
        wanted = wanted.where(FINDINGS.c.id > after)
    rows = [dict(row._mapping) for row in session.execute(wanted)]
    return rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None
