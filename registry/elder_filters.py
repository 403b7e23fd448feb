"""Which elders a list shows: area, kind of person, age, marks, and how well they are protected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Text, and_, cast, exists

from registry import area_store, store
from registry.store import CONTACTS, DEVICES, ELDERS

DEVICE_FILTERS = ("with", "without", "stock", "issued", "installed", "in_service", "faulty")
CHAIN_ROLES = ("family", "community", "doctor")


@dataclass(frozen=True, slots=True)
class Filters:
    """Every member narrows the list; None does not. `device` is `with`, `without` or a device's state.

    `without_contacts`: nobody whom the chain could call; `unprotected`: no device in service, or no such contact.
    """

    area_path: str | None = None
    area: str | None = None
    kind: str | None = None
    mark: str | None = None
    age_from: int | None = None
    age_to: int | None = None
    device: str | None = None
    without_contacts: bool = False
    unprotected: bool = False

    def where(self, today: date) -> list[ColumnElement[bool]]:
        c = ELDERS.c
        found: list[ColumnElement[bool]] = []
        if self.area_path:
            found.append(area_store.within(c.area_path, self.area_path))
        if self.area:
            found.append(c.area == self.area)
        if self.kind:
            found.append(_holds("kinds", self.kind))
        if self.mark:
            found.append(_holds("marks", self.mark))
        if self.age_from is not None:
            found.append(c.birth_date <= years_before(today, self.age_from))
        if self.age_to is not None:
            found.append(c.birth_date > years_before(today, self.age_to + 1))
        if self.device:
            found.append(_by_device(self.device))
        if self.without_contacts:
            found.append(~_can_be_called())
        if self.unprotected:
            found.append(~and_(_by_device("in_service"), _can_be_called()))
        return found


def years_before(day: date, years: int) -> date:
    """The same day so many years ago, 1 March for 29 February; the first day there is, before that."""
    year = max(1, day.year - years)
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def begins(text: str) -> Sequence[ColumnElement[bool]]:
    """Name or phone begin with the text."""
    return store.begins_with(ELDERS.c.name, text), store.begins_with(ELDERS.c.phone, text)


def _holds(column: str, word: str) -> ColumnElement[bool]:
    # The words are plain letters and stand in quotes in either database's text form of the list.
    return cast(ELDERS.c[column], Text).contains(f'"{word}"', autoescape=True)


def _by_device(which: str) -> ColumnElement[bool]:
    linked = DEVICES.c.elder_id == ELDERS.c.id
    if which in ("with", "without"):
        has = exists().where(linked, DEVICES.c.state != "retired")
        return has if which == "with" else ~has
    return exists().where(linked, DEVICES.c.state == which)


def _can_be_called() -> ColumnElement[bool]:
    c = CONTACTS.c
    return exists().where(c.elder_id == ELDERS.c.id, c.deleted_at.is_(None), c.role.in_(CHAIN_ROLES))
