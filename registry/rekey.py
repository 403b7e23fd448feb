"""Changing the data key: everything an older key sealed is sealed anew, a chunk at a time, while the centre runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, Text, Update, bindparam, case, func, select, tuple_, type_coerce, update
from sqlmodel import Session, SQLModel

from core.db import Database
from core.vault import Locked, SealedJson, SealedText, Vault

CHUNK = 500
FOUND_BY = {("elders", "id_number"): ("id_number_key", "id_number")}
"""Sealed columns that are looked for: the column of the keyed hash, and the name that the hash is made with."""

Say = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many rows were looked at, sealed anew, and could not be opened by any key at hand."""

    looked_at: int = 0
    resealed: int = 0
    locked: int = 0

    def __add__(self, other: "Resealed") -> "Resealed":
        return Resealed(self.looked_at + other.looked_at, self.resealed + other.resealed, self.locked + other.locked)


def sealed_columns() -> dict[str, list[str]]:
    """Table name → its sealed columns, for every table that there is."""
    found: dict[str, list[str]] = {}
    for name, table in sorted(SQLModel.metadata.tables.items()):
        columns = [c.name for c in table.columns if isinstance(c.type, SealedText | SealedJson)]
        if columns:
            found[name] = columns
    return found


def key_fits(db: Database) -> bool:
    """Whether the keys at hand open what was sealed last; true where nothing is sealed yet."""
    vault = db.vault
    with db.read() as session:
        for name, columns in sealed_columns().items():
            for column in columns:
                plain = _plain(SQLModel.metadata.tables[name].c[column])
                sealed = session.execute(select(plain).where(plain.is_not(None)).limit(1)).scalar()
                if sealed is not None:
                    return _opens(vault, str(sealed))
    return True


def rekey(db: Database, say: Say) -> Resealed:
    """Seal with the newest key what an older one sealed. May be stopped and run again; rows nobody can open stay."""
    total = Resealed()
    for name, columns in sealed_columns().items():
        table = SQLModel.metadata.tables[name]
        with db.read() as session:
            count = session.execute(select(func.count()).select_from(table)).scalar_one()
        after: tuple[Any, ...] | None = None
        done = 0
        while True:
            with db.write() as session:
                found, after = _chunk(session, db.vault, table, columns, after)
            total, done = total + found, done + found.looked_at
            say(name, done, max(count, done))
            if after is None:
                break
    return total


def _chunk(
    session: Session, vault: Vault, table: Table, columns: list[str], after: tuple[Any, ...] | None
) -> tuple[Resealed, tuple[Any, ...] | None]:
    keys = list(table.primary_key.columns)
    plain = [_plain(table.c[name]) for name in columns]
    wanted = select(*keys, *plain).order_by(*keys).limit(CHUNK).with_for_update()
    if after is not None:
        wanted = wanted.where(tuple_(*keys) > tuple_(*after))
    rows = session.connection().execute(wanted).all()
    changes, locked = [], 0
    for row in rows:
        sealed = dict(zip(columns, row[len(keys) :], strict=True))
        try:
            new = _renewed(vault, table.name, sealed)
        except Locked:
            locked += 1
            continue
        if new:
            changes.append({f"key_{k.name}": v for k, v in zip(keys, row, strict=False)} | {"row": sealed | new})
    _write(session, table, keys, changes)
    last = tuple(rows[-1][: len(keys)]) if len(rows) == CHUNK else None
    return Resealed(len(rows), len(changes), locked), last


def _renewed(vault: Vault, table: str, sealed: dict[str, str | None]) -> dict[str, str]:
    """The row's columns sealed anew, with the hashes they are found by; empty where the newest key holds already."""
    old = {name: token for name, token in sealed.items() if token is not None}
    if all(vault.is_current(token) for token in old.values()):
        return {}
    opened = {name: vault.open(token) for name, token in old.items()}
    hashes = {
        FOUND_BY[table, name][0]: vault.blind(FOUND_BY[table, name][1], text)
        for name, text in opened.items()
        if (table, name) in FOUND_BY
    }
    return {name: vault.seal(text) for name, text in opened.items()} | hashes


def _write(session: Session, table: Table, keys: list[Column[Any]], changes: list[dict[str, Any]]) -> None:
    by_members: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for change in changes:
        row = change.pop("row")
        by_members.setdefault(tuple(sorted(row)), []).append(change | {f"new_{k}": v for k, v in row.items()})
    for members, rows in by_members.items():
        session.connection().execute(_change(table, keys, members), rows)


def _change(table: Table, keys: list[Column[Any]], members: tuple[str, ...]) -> Update:
    values: dict[str, Any] = {name: type_coerce(bindparam(f"new_{name}", type_=Text()), Text()) for name in members}
    for name in {key for (of, _), (key, _) in FOUND_BY.items() if of == table.name} & values.keys():
        # What is not to be found, such as the number of a removed file, is not to be found afterwards either.
        values[name] = case((table.c[name].is_not(None), values[name]))
    return update(table).where(*(key == bindparam(f"key_{key.name}") for key in keys)).values(values)


def _plain(column: Any) -> Any:
    """The column as it lies in the database, sealed."""
    return type_coerce(column, Text())


def _opens(vault: Vault, sealed: str) -> bool:
    try:
        vault.open(sealed)
    except Locked:
        return False
    return True
