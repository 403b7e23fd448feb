"""What was removed and can be brought back, the newest removal first."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Table, func, select, tuple_
from sqlmodel import Session

from registry.store import CONTACTS, ELDERS, Row


def removed(
    session: Session, table: Table, *, after: str | None, limit: int, where: Sequence[ColumnElement[bool]] = ()
) -> tuple[list[Row], str | None]:
    """Rows of contacts or resources; and the id to go on after, None at the end. Contacts of a removed elder come back
    with the elder, and are not among them."""
    c = table.c
    wanted = select(table).where(*_gone(table), *where).order_by(c.deleted_at.desc(), c.id.desc()).limit(limit + 1)
    if after is not None:
        at = select(c.deleted_at).where(c.id == after).scalar_subquery()
        wanted = wanted.where(tuple_(c.deleted_at, c.id) < tuple_(at, after))
    rows = [dict(row._mapping) for row in session.connection().execute(wanted)]
    return rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None


def count(session: Session, table: Table, where: Sequence[ColumnElement[bool]] = ()) -> int:
    wanted = select(func.count()).select_from(table).where(*_gone(table), *where)
    return int(session.connection().execute(wanted).scalar_one())


def _gone(table: Table) -> list[ColumnElement[bool]]:
    gone: list[ColumnElement[bool]] = [table.c.deleted_at.is_not(None)]
    if table is CONTACTS:
        has_elder = select(ELDERS.c.id).where(ELDERS.c.id == table.c.elder_id, ELDERS.c.deleted_at.is_(None)).exists()
        gone.append(has_elder)
    return gone
