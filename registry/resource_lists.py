"""What help can do: the condition that a database asks, and the hours beside what was found."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, column, func, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session

from registry.store import RESOURCES


def can_do(session: Session, column_: ColumnElement[Any], capabilities: Sequence[str]) -> list[ColumnElement[bool]]:
    """That a JSON column of words holds all of these."""
    if session.connection().dialect.name == "postgresql":
        return [type_coerce(column_, JSONB).contains([word]) for word in capabilities]
    found: list[ColumnElement[bool]] = []
    for word in capabilities:
        each = func.json_each(column_).table_valued(column("value", String()))
        found.append(select(each.c.value).where(each.c.value == word).exists())
    return found


def beside(session: Session, ids: Collection[str]) -> dict[str, tuple[Any, Any]]:
    """(hours, capabilities) by id."""
    if not ids:
        return {}
    c = RESOURCES.c
    rows = session.connection().execute(select(c.id, c.hours, c.capabilities).where(c.id.in_(ids)))
    return {row.id: (row.hours, row.capabilities) for row in rows}
