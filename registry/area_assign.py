"""Files whose area is a text only, filed in the area that it means; and paths that a move has overtaken, mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, update
from sqlmodel import Session

from core.db import Database
from registry import audit
from registry.area_load import Say
from registry.area_store import Resolver
from registry.audit import Actor, Deed
from registry.desk import Desk
from registry.store import AREAS, ELDERS

AT_ONCE = 500  # Files in one transaction; presses go in between.


@dataclass(frozen=True, slots=True)
class Assigned:
    """How many files had only a text, how many of them are filed now, and how many paths were mended."""

    looked_at: int = 0
    filed: int = 0
    mended: int = 0


def assign(desk: Desk, say: Say, by: Actor = Actor()) -> Assigned:
    """Walk through the elders' files once; what names no area, or several, stays as it is."""
    looked_at = filed = 0
    after = ""
    while True:
        with desk.db.read() as session:
            rows = _unfiled(session, after)
            look = Resolver(session)
            places = {row.area: look(row.area) for row in rows}
        found = [(row.id, row.area, place) for row in rows if (place := places[row.area]) is not None]
        if found:
            with desk.db.write() as session:
                for elder_id, text, place in found:
                    # Only where nobody has filed it, or said something else, meanwhile.
                    same = ELDERS.c.id == elder_id, ELDERS.c.area == text, ELDERS.c.area_code.is_(None)
                    values = {"area_code": place.code, "area_path": place.path, "version": ELDERS.c.version + 1}
                    done = session.connection().execute(update(ELDERS).where(*same).values(values))
                    filed += done.rowcount
        looked_at += len(rows)
        if rows:
            say("looked at", looked_at, looked_at)
        if len(rows) < AT_ONCE:
            break
        after = rows[-1].id
    mended = _mend(desk.db)
    if filed or mended:
        with desk.db.write() as session:
            counts = {"filed": filed, "mended": mended}
            audit.record(session, by, desk.clock.now(), Deed("area.assign", "area", "many", data=counts))
    return Assigned(looked_at, filed, mended)


def _unfiled(session: Session, after: str) -> Sequence[Row[Any, Any]]:
    wanted = (
        select(ELDERS.c.id, ELDERS.c.area)
        .where(
            ELDERS.c.id > after, ELDERS.c.area_code.is_(None), ELDERS.c.area.is_not(None), ELDERS.c.deleted_at.is_(None)
        )
        .order_by(ELDERS.c.id)
        .limit(AT_ONCE)
    )
    return session.connection().execute(wanted).all()


def _mend(db: Database) -> int:
    """An area may have moved while a file was being written into it."""
    wrong = (
        select(ELDERS.c.id, AREAS.c.path)
        .join(AREAS, AREAS.c.code == ELDERS.c.area_code)
        .where(ELDERS.c.area_path.is_distinct_from(AREAS.c.path))
        .limit(AT_ONCE)
    )
    mended = 0
    while True:
        with db.write() as session:
            rows = session.connection().execute(wrong).all()
            for row in rows:
                session.connection().execute(update(ELDERS).where(ELDERS.c.id == row.id).values(area_path=row.path))
        mended += len(rows)
        if len(rows) < AT_ONCE:
            return mended
