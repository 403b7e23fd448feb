"""Look-ups and inserts for thousands of rows at a time, in a number of statements that hardly grows with them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Table, insert, select
from sqlmodel import Session

from registry.store import ELDERS, Row

CHUNK = 2000  # Values in one IN list; SQLite takes 32,766, and the planners stay with the index.
INSERT_CHUNK = 1000
SAME_PLACE_DIGITS = 6  # Of a degree: a tenth of a metre.

Key = tuple[Any, ...]
"""What makes a row the same as another one, by kind; see `key_of`."""


class Named(Protocol):
    """How somebody names an elder; the phone is E.164."""

    elder_id: str | None
    elder_phone: str | None
    elder_name: str | None
    elder_birth_date: date | None


def key_of(kind: str, row: Row) -> Key:
    """Elders: phone and name, and without a phone name, birth date and address. Contacts: elder and phone. Devices:
    uid. Resources: kind, name and place."""
    if kind == "elders":
        return elder_key(row["name"], row["phone"], row["birth_date"], row["address"])
    if kind == "contacts":
        return row["elder_id"], row["phone"]
    if kind == "devices":
        return (row["uid"],)
    return resource_key(row["kind"], row["name"], row["lat"], row["lon"])


def elder_key(name: str, phone: str | None, birth_date: date | None, address: str | None) -> Key:
    return (name, phone) if phone is not None else (name, None, birth_date, address)


def resource_key(kind: str, name: str, lat: float, lon: float) -> Key:
    return kind, name, round(lat, SAME_PLACE_DIGITS), round(lon, SAME_PLACE_DIGITS)


class Elders:
    """The elders whom these may mean, fetched at once."""

    def __init__(self, session: Session, named: Collection[Named]) -> None:
        c = ELDERS.c
        self._by_id: dict[str, list[Row]] = defaultdict(list)
        self._by_phone: dict[str, list[Row]] = defaultdict(list)
        self._by_name: dict[tuple[str, date], list[Row]] = defaultdict(list)
        ids = {one.elder_id for one in named if one.elder_id is not None}
        phones = {one.elder_phone for one in named if one.elder_id is None and one.elder_phone is not None}
        names: dict[str, set[date]] = defaultdict(set)
        for one in named:
            if one.elder_id is None and one.elder_phone is None and one.elder_name and one.elder_birth_date:
                names[one.elder_name].add(one.elder_birth_date)
        for row in _elders(session, c.id, ids):
            self._by_id[row["id"]].append(row)
        for row in _elders(session, c.phone, phones):
            self._by_phone[row["phone"]].append(row)
        for chunk in chunks(names):
            days = sorted({day for name in chunk for day in names[name]})
            for row in _elders(session, c.name, chunk, c.birth_date.in_(days)):
                self._by_name[row["name"], row["birth_date"]].append(row)

    def who_fit(self, one: Named) -> list[Row]:
        """The elders of whom everything is true that was said."""
        if one.elder_id is not None:
            found = self._by_id.get(one.elder_id, [])
        elif one.elder_phone is not None:
            found = self._by_phone.get(one.elder_phone, [])
        elif one.elder_name is not None and one.elder_birth_date is not None:
            found = self._by_name.get((one.elder_name, one.elder_birth_date), [])
        else:
            found = []
        said = {"phone": one.elder_phone, "name": one.elder_name, "birth_date": one.elder_birth_date}
        return [row for row in found if all(v is None or row[k] == v for k, v in said.items())]


def elders_by_id(session: Session, ids: Collection[str]) -> dict[str, Row]:
    """Name and phone of the elders by id."""
    return {row["id"]: row for row in _elders(session, ELDERS.c.id, ids)}


def _elders(
    session: Session, by: ColumnElement[Any], values: Collection[str], *where: ColumnElement[bool]
) -> Iterator[Row]:
    c = ELDERS.c
    for chunk in chunks(values):
        wanted = select(c.id, c.name, c.phone, c.birth_date, c.area_path).where(
            by.in_(chunk), c.deleted_at.is_(None), *where
        )
        for row in session.connection().execute(wanted):
            yield dict(row._mapping)


def hold_elders(session: Session, ids: Collection[str]) -> bool:
    """Keep these elders from being changed until the transaction ends; whether all of them are there."""
    held = 0
    for chunk in chunks(ids):
        wanted = select(ELDERS.c.id).where(ELDERS.c.id.in_(chunk), ELDERS.c.deleted_at.is_(None)).order_by(ELDERS.c.id)
        held += len(session.connection().execute(wanted.with_for_update()).all())
    return held == len(ids)


def add_all(session: Session, table: Table, rows: Sequence[Row], say: Callable[[str, int, int], None]) -> None:
    """Insert the rows; those with the same members go together, so that what is left out stays NULL."""
    alike: dict[frozenset[str], list[Row]] = defaultdict(list)
    for row in rows:
        alike[frozenset(row)].append(row)
    done = 0
    for group in alike.values():
        for start in range(0, len(group), INSERT_CHUNK):
            chunk = group[start : start + INSERT_CHUNK]
            session.connection().execute(insert(table), chunk)
            done += len(chunk)
            say("written", done, len(rows))


def chunks(values: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
