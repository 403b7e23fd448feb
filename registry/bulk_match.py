"""Which rows of an import are in the registry already, by what people call the same."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlmodel import Session

from core.vault import Vault
from registry.bulk_store import Key, chunks, elder_key, key_of, resource_key
from registry.identity import WHAT
from registry.store import CONTACTS, DEVICES, ELDERS, RESOURCES, Row


@dataclass(frozen=True, slots=True)
class Match:
    """A file that is there already: its id, and the member by which it is the same one."""

    id: str
    member: str


class TwoFiles(Exception):
    """What a row says belongs to two files; `member` is the one that leads to the second."""

    def __init__(self, member: str) -> None:
        super().__init__(member)
        self.member = member


KEY_MEMBER = {"elders": "name", "contacts": "phone", "devices": "uid", "resources": "name"}


@dataclass(slots=True)
class Register:
    """What the registry holds near some rows, fetched at once.

    Elders are the same by their ID number, else by the service card, else by phone and name (without a phone: name,
    birth date and address); contacts by elder and phone; devices by uid; resources by kind, name and place.
    """

    kind: str
    vault: Vault
    _by_key: dict[Key, str] = field(default_factory=dict)
    _by_number: dict[str, str] = field(default_factory=dict)
    _by_card: dict[str, str] = field(default_factory=dict)

    @classmethod
    def near(cls, session: Session, kind: str, rows: Sequence[Row], vault: Vault) -> "Register":
        found = cls(kind, vault, _keys_near(session, kind, rows))
        if kind == "elders":
            c, alive = ELDERS.c, ELDERS.c.deleted_at.is_(None)
            blinds = {key for row in rows if row.get("id_number") for key in vault.blinds(WHAT, row["id_number"])}
            cards = {row["service_card"] for row in rows if row.get("service_card")}
            found._by_number = _pairs(session, c.id_number_key, blinds, alive)
            found._by_card = _pairs(session, c.service_card, cards, alive)
        return found

    def match(self, row: Row) -> Match | None:
        """The file that this row is about. Raises TwoFiles."""
        ways = list(self._ways(row))
        for way in ways[1:]:
            if way.id != ways[0].id:
                raise TwoFiles(ways[0].member)
        return ways[0] if ways else None

    def _ways(self, row: Row) -> Iterator[Match]:
        number = row.get("id_number") if self.kind == "elders" else None
        if number:
            keys = self.vault.blinds(WHAT, number)
            yield from (Match(self._by_number[key], "id_number") for key in keys if key in self._by_number)
        card = row.get("service_card") if self.kind == "elders" else None
        if card in self._by_card:
            yield Match(self._by_card[card], "service_card")
        same = self._by_key.get(key_of(self.kind, row))
        if same is not None:
            yield Match(same, KEY_MEMBER[self.kind])


def keys_held(session: Session, kind: str, rows: Sequence[Row]) -> set[Key]:
    """Which of these rows' keys the registry holds already."""
    return _keys_near(session, kind, rows).keys() & {key_of(kind, row) for row in rows}


def keys_in_file(kind: str, row: Row) -> Iterator[tuple[str, Key]]:
    """(member, key) of all by which two rows of one file would be the same."""
    if kind == "elders":
        if row.get("id_number_key"):
            yield "id_number", ("id_number", row["id_number_key"])
        if row.get("service_card"):
            yield "service_card", ("service_card", row["service_card"])
    yield KEY_MEMBER[kind], key_of(kind, row)


def _keys_near(session: Session, kind: str, rows: Sequence[Row]) -> dict[Key, str]:
    """The keys of everything that shares the indexed column with one of the rows, with the ids."""
    if kind == "elders":
        c, alive = ELDERS.c, ELDERS.c.deleted_at.is_(None)
        columns = [c.name, c.phone, c.birth_date, c.address]
        phones = {row["phone"] for row in rows if row["phone"] is not None}
        names = {row["name"] for row in rows if row["phone"] is None}
        return _keys(session, c.id, columns, c.phone, phones, elder_key, alive) | _keys(
            session, c.id, columns, c.name, names, elder_key, alive, c.phone.is_(None)
        )
    if kind == "contacts":
        pair = [CONTACTS.c.elder_id, CONTACTS.c.phone]
        elders = {row["elder_id"] for row in rows}
        return _keys(session, CONTACTS.c.id, pair, pair[0], elders, _as_is, CONTACTS.c.deleted_at.is_(None))
    if kind == "devices":
        uid = DEVICES.c.uid
        return _keys(session, DEVICES.c.id, [uid], uid, {row["uid"] for row in rows}, _as_is)
    columns = [RESOURCES.c.kind, RESOURCES.c.name, RESOURCES.c.lat, RESOURCES.c.lon]
    names = {row["name"] for row in rows}
    alive = RESOURCES.c.deleted_at.is_(None)
    return _keys(session, RESOURCES.c.id, columns, RESOURCES.c.name, names, resource_key, alive)


def _as_is(*values: Any) -> Key:
    return values


def _keys(
    session: Session,
    row_id: ColumnElement[Any],
    columns: Sequence[ColumnElement[Any]],
    by: ColumnElement[Any],
    values: Collection[str],
    key: Callable[..., Key],
    *where: ColumnElement[bool],
) -> dict[Key, str]:
    found: dict[Key, str] = {}
    for chunk in chunks(values):
        rows = session.connection().execute(select(row_id, *columns).where(by.in_(chunk), *where).order_by(row_id))
        for first, *rest in rows:
            found.setdefault(key(*rest), first)
    return found


def _pairs(
    session: Session, column: ColumnElement[Any], values: Iterable[str], alive: ColumnElement[bool]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in chunks(set(values)):
        rows = session.connection().execute(select(column, ELDERS.c.id).where(column.in_(chunk), alive))
        found |= {row[0]: row[1] for row in rows}
    return found
