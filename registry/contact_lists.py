"""Contacts found by a whole number or by how their name begins."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import Session

from registry.phones import Phones
from registry.store import CONTACTS, Row, begins_with

_LAST = "\U0010ffff"  # Behind everything that a name can go on with.


def found_by(
    session: Session, q: str, phones: Phones, limit: int, where: Sequence[ColumnElement[bool]] = ()
) -> list[Row]:
    """By number, where the words are one, else by name."""
    c = CONTACTS.c
    fits: ColumnElement[bool]
    try:
        fits = c.phone == phones.to_dial(q)
    except ValueError:
        if session.get_bind().dialect.name == "postgresql":
            fits = begins_with(c.name, q)
        else:
            fits = or_(c.name == q, and_(c.name >= q, c.name < q + _LAST))
    wanted = select(CONTACTS).where(fits, c.deleted_at.is_(None), *where).order_by(c.name, c.id).limit(limit)
    return [dict(row._mapping) for row in session.connection().execute(wanted)]
