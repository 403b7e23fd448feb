"""The registry's queries for people at screens: one row, a page of rows, a change. Each takes a session of the caller's
and never commits; rows are plain dicts by column name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, insert, select, update
from sqlmodel import Session

from core.errors import Conflict, NotFound
from registry.intake import account_name
from registry.models import (
    Area,
    Contact,
    Device,
    DeviceModel,
    Elder,
    ElderAddress,
    ElderPhoto,
    Policy,
    Resource,
    User,
    table_of,
)  # fmt: skip

ELDERS, CONTACTS, DEVICES = table_of(Elder), table_of(Contact), table_of(Device)
ADDRESSES, PHOTOS = table_of(ElderAddress), table_of(ElderPhoto)
RESOURCES, AREAS, POLICIES, USERS = table_of(Resource), table_of(Area), table_of(Policy), table_of(User)
DEVICE_MODELS = table_of(DeviceModel)

Row = dict[str, Any]
_NOUNS = {
    "elders": "elder", "contacts": "contact", "devices": "device", "resources": "resource", "areas": "area",
    "policies": "policy", "users": "user", "elder_addresses": "address", "elder_photos": "photo",
    "device_models": "model", "knowledge_cards": "card", "area_shapes": "boundary",
    "codes": "code",
}  # fmt: skip


def page(
    session: Session, table: Table, *, after: str | None, limit: int, where: Sequence[ColumnElement[bool]] = ()
) -> tuple[list[Row], str | None]:
    """Rows in the order they were made, after the one with that id; and the id to go on after, None at the end."""
    wanted = select(table).where(*_alive(table), *where).order_by(table.c.id).limit(limit + 1)
    if after is not None:
        wanted = wanted.where(table.c.id > after)
    rows = [dict(row._mapping) for row in session.connection().execute(wanted)]
    return rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None


def find(session: Session, table: Table, *where: ColumnElement[bool]) -> Row | None:
    """The row that fits, unless it was deleted."""
    row = session.connection().execute(select(table).where(*_alive(table), *where).limit(1)).one_or_none()
    return None if row is None else dict(row._mapping)


def get(session: Session, table: Table, row_id: str) -> Row:
    """The row with that id. Raises NotFound."""
    row = find(session, table, table.c.id == row_id)
    if row is None:
        raise NotFound(f"there is no such {_NOUNS[table.name]}")
    return row


def rows_by_id(session: Session, table: Table, ids: Sequence[str]) -> dict[str, Row]:
    """Those rows that are there, by id."""
    wanted = select(table).where(table.c.id.in_(ids), *_alive(table))
    return {row.id: dict(row._mapping) for row in session.connection().execute(wanted)}


def get_device(session: Session, key: str) -> Row:
    """A device by its uid or its id. Raises NotFound."""
    row = find(session, DEVICES, DEVICES.c.uid == key) or find(session, DEVICES, DEVICES.c.id == key)
    if row is None:
        raise NotFound("there is no such device")
    return row


def add(session: Session, table: Table, values: Row) -> None:
    session.connection().execute(insert(table).values(values))


def change(session: Session, table: Table, row_id: str, values: Row, *, version: int | None = None) -> Row:
    """Change a row and raise its version; the row as it is now.

    Raises NotFound; Conflict when `version` is given and is not the row's, so that nobody overwrites what they have
    not seen.
    """
    fits = [table.c.id == row_id, *_alive(table)]
    if "version" in table.c:
        values = values | {"version": table.c.version + 1}
        if version is not None:
            fits.append(table.c.version == version)
    if session.connection().execute(update(table).where(*fits).values(values)).rowcount != 1:
        now = get(session, table, row_id)
        raise Conflict(f"somebody changed this {_NOUNS[table.name]} meanwhile: it is at version {now['version']}")
    return get(session, table, row_id)


def bury(session: Session, table: Table, row_id: str, now: datetime, *, version: int | None = None) -> None:
    """Take a row out of every list, and keep it for the alarms that name it. Raises as `change` does."""
    get(session, table, row_id)
    fits = [table.c.id == row_id, *_alive(table)]
    if version is not None:
        fits.append(table.c.version == version)
    if session.connection().execute(update(table).where(*fits).values(deleted_at=now)).rowcount != 1:
        raise Conflict(f"somebody changed this {_NOUNS[table.name]} meanwhile")


def erase(session: Session, table: Table, row_id: str) -> None:
    """Delete a row that nothing refers to. Raises NotFound."""
    if session.connection().execute(delete(table).where(table.c.id == row_id)).rowcount != 1:
        raise NotFound(f"there is no such {_NOUNS[table.name]}")


def count(session: Session, table: Table, *where: ColumnElement[bool]) -> int:
    return int(session.connection().execute(select(func.count()).select_from(table).where(*where)).scalar_one())


def hold(session: Session, table: Table, *where: ColumnElement[bool]) -> list[Row]:
    """The rows that fit, kept from being changed by others until the transaction ends."""
    rows = session.connection().execute(select(table).where(*_alive(table), *where).with_for_update())
    return [dict(row._mapping) for row in rows]


def held(session: Session, table: Table, row_id: str) -> Row:
    """The row with that id, kept from being changed by others until the transaction ends. Raises NotFound."""
    rows = hold(session, table, table.c.id == row_id)
    return rows[0] if rows else get(session, table, row_id)


def get_user(session: Session, username: str) -> Row:
    """A user by name. Raises NotFound."""
    row = find(session, USERS, USERS.c.username == account_name(username))
    if row is None:
        raise NotFound("there is no such user")
    return row


def begins_with(column: Any, text: str) -> ColumnElement[bool]:
    """Whether a column begins with the text, in which % and _ mean themselves."""
    fits: ColumnElement[bool] = column.startswith(text, autoescape=True)
    return fits


def _alive(table: Table) -> list[ColumnElement[bool]]:
    return [table.c.deleted_at.is_(None)] if "deleted_at" in table.c else []
