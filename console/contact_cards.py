"""Contacts as a file shows them: whom, on which numbers, when, and what is doubtful about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session

from geo.nearby import distance_m
from registry.hours import is_away, open_at
from registry.numbers import numbers_of
from registry.profile import CALL_ORDER
from registry.store import CONTACTS, ELDERS, Row


@dataclass(frozen=True, slots=True)
class Number:
    """One of a contact's numbers; `is_shared` is the elder's own."""

    phone: str
    label: str | None
    is_verified: bool
    is_wrong: bool
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A contact; `why_later` is why they would be called behind the others now, `elders` for how many they are."""

    row: Mapping[str, Any]
    numbers: tuple[Number, ...]
    why_later: str | None
    away_now: Mapping[str, Any] | None
    distance_m: float | None
    elders: int


def cards_of(session: Session, elder: Row, now: datetime, timezone: str) -> dict[str, list[Card]]:
    """An elder's contacts by group (`family`, `community`, `doctor`, `rest`), each in dialling order."""
    c = CONTACTS.c
    wanted = select(CONTACTS).where(c.elder_id == elder["id"], c.deleted_at.is_(None)).order_by(c.rank, c.id)
    rows = [dict(row._mapping) for row in session.connection().execute(wanted)]
    groups: dict[str, list[Card]] = {name: [] for name in (*CALL_ORDER, "rest")}
    elders = _elders_of_each(session, rows)
    for row in rows:
        group = row["role"] if row["role"] in CALL_ORDER else "rest"
        groups[group].append(card(row, elder, now.astimezone(ZoneInfo(timezone)), elders.get(row["person_id"], 1)))
    return groups


def card(row: Row, elder: Row, local: datetime, elders: int = 1) -> Card:
    numbers = _numbers(row, elder["phone"])
    away = next((one for one in row["away"] or () if is_away([one], local.date())), None)
    why = None
    if all(number.is_wrong for number in numbers):
        why = "wrong_number"
    elif away is not None:
        why = "away"
    elif open_at(row["hours"], local) is False:
        why = "outside_hours"
    far = None
    if row["lat"] is not None and elder["lat"] is not None:
        far = distance_m(row["lat"], row["lon"], elder["lat"], elder["lon"])
    return Card(row, numbers, why, away, far, elders)


def _numbers(row: Row, own: str | None) -> tuple[Number, ...]:
    first = {"verified_at": row["verified_at"], "wrong_at": row["wrong_number_at"]}
    known = {one["phone"]: one for one in row["more_phones"] or ()} | {row["phone"]: first}
    return tuple(
        Number(
            phone, known[phone].get("label"), bool(known[phone].get("verified_at")), bool(known[phone].get("wrong_at")),
            phone == own,
        )
        for phone in numbers_of(row)
    )  # fmt: skip


def _elders_of_each(session: Session, rows: Sequence[Row]) -> dict[str | None, int]:
    """For how many elders each person is called."""
    people = {row["person_id"] for row in rows if row["person_id"] is not None}
    if not people:
        return {}
    c = CONTACTS.c
    wanted = select(c.person_id, func.count()).where(c.person_id.in_(people), c.deleted_at.is_(None))
    return {row[0]: row[1] for row in session.connection().execute(wanted.group_by(c.person_id))}


def elders_by_id(session: Session, ids: set[str]) -> dict[str, Row]:
    """Names and homes of the elders, for links."""
    if not ids:
        return {}
    c = ELDERS.c
    columns = (c.id, c.name, c.phone, c.address, c.area, c.area_path, c.lat, c.lon, c.deleted_at)
    rows = session.connection().execute(select(*columns).where(c.id.in_(ids)))
    return {row.id: dict(row._mapping) for row in rows}
