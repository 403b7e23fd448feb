"""What an officer needs of each elder when the system is down: one plain object an elder, in the order of the areas.

Read a few hundred elders at a time, in a fixed number of queries; the contacts stand in the order in which an alarm
would call them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session

from alarms.ladder import Person
from alarms.ladders import Ladders
from alarms.views import age_on
from core.db import Database
from duty.offline_help import GROUPS, HelpNear
from geo.nearby import Resource
from registry import directory
from registry.access import access_sentence
from registry.contact_text import absence_lines, hours_lines
from registry.models import Resource as ResourceRow
from registry.models import table_of
from registry.policy_book import PolicyBook
from registry.profile import ContactProfile
from registry.search_names import readings
from registry.store import ELDERS

CHUNK = 500
KIND = "sos"  # The kind whose dialling order is written down.
HEALTH_TOLD = ("conditions", "allergies", "medication", "implants", "mobility", "hearing", "speech", "dialect", "notes")
RESOURCES = table_of(ResourceRow)

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Read:
    """Where the elders are read from, and how their texts are worded."""

    db: Database
    timezone: str
    language: str
    now: datetime

    def count(self, where: Sequence[ColumnElement[bool]]) -> int:
        with self.db.read() as session:
            wanted = select(func.count()).select_from(ELDERS).where(ELDERS.c.deleted_at.is_(None), *where)
            return int(session.execute(wanted).scalar_one())

    def chunks(self, where: Sequence[ColumnElement[bool]]) -> Iterator[list[Entry]]:
        """The elders by area, then by name; each piece in a transaction of its own."""
        with self.db.read() as session:
            near = HelpNear.of(_resources(session))
        book = PolicyBook()
        path = func.coalesce(ELDERS.c.area_path, "")
        after: tuple[str, str, str] | None = None
        while True:
            with self.db.read() as session:
                wanted = select(ELDERS).where(ELDERS.c.deleted_at.is_(None), *where)
                if after is not None:
                    wanted = wanted.where(_behind((path, ELDERS.c.name, ELDERS.c.id), after))
                wanted = wanted.order_by(path, ELDERS.c.name, ELDERS.c.id).limit(CHUNK)
                rows = session.connection().execute(wanted).all()
                if rows:
                    yield self._entries(session, rows, near, book)
            if len(rows) < CHUNK:
                return
            after = (rows[-1].area_path or "", rows[-1].name, rows[-1].id)

    def _entries(self, session: Session, rows: Sequence[Any], near: HelpNear, book: PolicyBook) -> list[Entry]:
        ids = [row.id for row in rows]
        homes = directory.households(session, ids)
        ladders = Ladders(session, self.timezone, book, self.now)
        ladders.read(ids)
        default = directory.default_policy(session)
        found = []
        for row in rows:
            policy = book.choose(session, default, elder_id=row.id, area_path=row.area_path, kind=KIND)
            ladder = ladders.of_elder(row.id, policy.settings)
            contacts = {one.id: one for one in homes[row.id].contacts}
            entry = self._entry(row)
            entry["contacts"] = [self._contact(one, contacts[one.id]) for one in (*ladder.rungs, *ladder.others)]
            if row.lat is not None and row.lon is not None:
                entry["help"] = [_help(one, metres) for one, metres in near.nearest(row.lat, row.lon)]
            found.append({name: value for name, value in entry.items() if value not in (None, "", [], {})})
        return found

    def _entry(self, row: Any) -> Entry:
        health = row.health or {}
        return {
            "name": row.name, "called": row.addressed_as, "letters": _letters(row.name, row.name_reading),
            "sex": row.sex, "age": age_on(row.birth_date, self.now),
            "born": row.birth_date.isoformat() if row.birth_date else None,
            "phone": row.phone, "address": row.address, "area": row.area, "language": row.language,
            "health": {name: health[name] for name in HEALTH_TOLD if health.get(name) not in (None, "", [])},
            "way_in": access_sentence(row.access, row.access_notes, self.language),
            "way_in_on": row.access_confirmed_on.isoformat() if row.access_confirmed_on else None,
        }  # fmt: skip

    def _contact(self, person: Person, contact: ContactProfile) -> Entry:
        """`wrong` are numbers that are said to be wrong; they stay on the list, at its end."""
        told: Entry = {
            "name": person.name, "role": person.role, "relation": contact.relation,
            "phones": [one for one in person.phones if one not in person.wrong_phones],
            "wrong": [one for one in person.phones if one in person.wrong_phones],
            "has_key": contact.is_key_holder, "hours": hours_lines(contact.hours, self.language),
            "away": absence_lines(contact.away),
        }  # fmt: skip
        return {name: value for name, value in told.items() if value}


def _behind(columns: Sequence[Any], after: Sequence[str]) -> ColumnElement[bool]:
    """Behind this place in the order of the columns."""
    steps = []
    for n, column in enumerate(columns):
        same = [columns[m] == after[m] for m in range(n)]
        steps.append(column > after[n] if not same else _all(*same, column > after[n]))
    return or_(*steps)


def _all(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    first, *others = conditions
    for one in others:
        first = first & one
    return first


def _letters(name: str, own: str | None) -> str:
    """What finds the name when it is typed in Latin letters: whole and by its initials."""
    found = [text for syllables in readings(name, own) for text in ("".join(syllables), _initials(syllables))]
    return " ".join(dict.fromkeys(found))


def _initials(syllables: Sequence[str]) -> str:
    return "".join(one[:1] for one in syllables)


def _resources(session: Session) -> list[Resource]:
    """Those that can be telephoned."""
    c = RESOURCES.c
    kinds = [kind for group in GROUPS for kind in group]
    wanted = select(c.id, c.kind, c.name, c.phone, c.address, c.lat, c.lon)
    wanted = wanted.where(c.deleted_at.is_(None), c.phone.is_not(None), c.phone != "", c.kind.in_(kinds))
    return [Resource(*row) for row in session.execute(wanted) if row.lat is not None and row.lon is not None]


def _help(one: Resource, metres: int) -> Entry:
    return {"kind": one.kind, "name": one.name, "phone": one.phone, "metres": metres}
