"""Where an elder lives over the year. A press reads the elder's own row only, so that row carries what is in force."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session

from core.errors import Conflict
from core.ids import new_id
from registry import audit, store
from registry.audit import Actor, Deed
from registry.desk import Desk
from registry.elder_intake import AddressNew, AddressPatch
from registry.intake import BadMember
from registry.store import ADDRESSES, ELDERS, Row

CARRIED = {
    "address": "address", "lat": "lat", "lon": "lon", "home_given": "given", "access": "access",
    "access_notes": "access_notes", "access_confirmed_on": "access_confirmed_on",
}  # fmt: skip
"""Members of an elder, and the members of the address in force that they are copies of."""
HOME = "home"
MOST = 12
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Addresses:
    """One transaction for each call; raises as `registry.elders.Elders` does."""

    desk: Desk

    def of(self, session: Session, elder_id: str) -> list[Row]:
        """The addresses of an elder, the one without days first, then through the year."""
        return sorted(_rows(session, elder_id), key=lambda row: (row["from_day"] or "", row["id"]))

    def add(self, elder_id: str, given: AddressNew, by: Actor = Actor()) -> Row:
        """With the first one, the address that the elder has had becomes the one for the rest of the year."""
        values = self._values(given.model_dump(), given.model_fields_set)
        with self.desk.db.write() as session:
            elder = store.held(session, ELDERS, elder_id)
            others = _rows(session, elder_id)
            if not others and elder["address"] is not None:
                if given.from_day is None:
                    raise BadMember("from_day", "the elder has an address for the rest of the year already")
                others = [self._home_of(session, elder)]
            if len(others) >= MOST:
                raise Conflict(f"{MOST} addresses are the most an elder can have")
            row = self.desk.new(values | {"elder_id": elder_id, "is_current": False})
            _refuse_overlap(row, others)
            store.add(session, ADDRESSES, row)
            self._settle(session, elder_id)
            self._log(session, by, elder_id, "add")
            return store.get(session, ADDRESSES, row["id"])

    def change(
        self, elder_id: str, address_id: str, patch: AddressPatch, version: int | None = None, by: Actor = Actor()
    ) -> Row:
        said = patch.model_dump(exclude_unset=True, exclude={"version"})
        with self.desk.db.write() as session:
            store.held(session, ELDERS, elder_id)
            before = _one(session, elder_id, address_id)
            values = self._values(said, set(said), before)
            after = before | values
            if (after["from_day"] is None) != (after["to_day"] is None):
                raise BadMember("to_day", "from_day and to_day belong together")
            _refuse_overlap(after, _rows(session, elder_id))
            row = self.desk.change(session, ADDRESSES, address_id, values, version or patch.version)
            self._settle(session, elder_id, is_changed=before["is_current"])
            self._log(session, by, elder_id, "change")
            return row

    def remove(self, elder_id: str, address_id: str, by: Actor = Actor()) -> None:
        with self.desk.db.write() as session:
            store.held(session, ELDERS, elder_id)
            row = _one(session, elder_id, address_id)
            others = [other for other in _rows(session, elder_id) if other["id"] != address_id]
            if row["from_day"] is None and others:
                raise Conflict(
                    "this is where the elder lives for the rest of the year: remove the other addresses first"
                )
            store.erase(session, ADDRESSES, address_id)
            self._settle(session, elder_id)
            self._log(session, by, elder_id, "remove")

    def settle_all(self) -> int:
        """Move everybody to the address of today; how many were to. For the calendar, every night and at start, in as
        many processes as there are: the second one finds nothing left to do."""
        today = year_day(self.desk.today)
        with self.desk.db.read() as session:
            late = _who_moves(session, today)
        for start in range(0, len(late), _AT_ONCE):
            with self.desk.db.write() as session:
                moved = [
                    one
                    for one in late[start : start + _AT_ONCE]
                    if store.hold(session, ELDERS, ELDERS.c.id == one) and self._settle(session, one)
                ]
                deeds = [Deed("elder.move", "elder", one) for one in moved]
                audit.record(session, Actor(), self.desk.clock.now(), *deeds)
        return len(late)

    def _home_of(self, session: Session, elder: Row) -> Row:
        copied = {theirs: elder[own] for own, theirs in CARRIED.items()}
        home = {"label": HOME, "elder_id": elder["id"], "from_day": None, "to_day": None, "is_current": True}
        row = self.desk.new(copied | home)
        store.add(session, ADDRESSES, row)
        return row

    def _settle(self, session: Session, elder_id: str, *, is_changed: bool = False) -> bool:
        """Let the elder's row carry the address of today; whether it is another one now."""
        rows = _rows(session, elder_id)
        current = in_force(rows, year_day(self.desk.today))
        if current is None or (current["is_current"] and not is_changed):
            return False
        now = self.desk.clock.now()
        mine = update(ADDRESSES).where(ADDRESSES.c.elder_id == elder_id)
        session.connection().execute(mine.values(is_current=ADDRESSES.c.id == current["id"]))
        values = {own: current[theirs] for own, theirs in CARRIED.items()}
        store.change(session, ELDERS, elder_id, values | {"updated_at": now})
        return True

    def _values(self, values: Row, given: set[str], before: Row | None = None) -> Row:
        before = before or {}
        if given & {"access", "access_notes"}:
            told = values["access"] if "access" in values else before.get("access")
            values["access"] = {name: value for name, value in (told or {}).items() if value is not None} or None
            ways = values["access"], values.get("access_notes", before.get("access_notes"))
            if ways != (before.get("access"), before.get("access_notes")):
                values["access_confirmed_on"] = self.desk.today if any(ways) else None
        return self.desk.housed(values, given, "given")

    def _log(self, session: Session, by: Actor, elder_id: str, what: str) -> None:
        deed = Deed("elder.change", "elder", elder_id, data={"members": ["addresses"], "what": what})
        audit.record(session, by, self.desk.clock.now(), deed)


def in_force(rows: Collection[Row], day: str) -> Row | None:
    """The address whose days hold MM-DD, else the one without days."""
    for row in rows:
        if row["from_day"] is not None and is_within(day, row["from_day"], row["to_day"]):
            return row
    return next((row for row in rows if row["from_day"] is None), None)


def is_within(day: str, first: str, last: str) -> bool:
    """Whether MM-DD lies in a part of the year that may go over New Year."""
    return first <= day <= last if first <= last else day >= first or day <= last


def year_day(day: date) -> str:
    return f"{day:%m-%d}"


def keep_current(session: Session, elder_id: str, values: Row, now: datetime) -> None:
    """What was just written to the elder's row is told to the address it is a copy of."""
    copied: dict[str, Any] = {theirs: values[own] for own, theirs in CARRIED.items() if own in values}
    if copied.get("address", "") is None:
        del copied["address"]
    if copied:
        mine = (ADDRESSES.c.elder_id == elder_id) & ADDRESSES.c.is_current
        changed = copied | {"updated_at": now, "version": ADDRESSES.c.version + 1}
        session.connection().execute(update(ADDRESSES).where(mine).values(changed))


def _refuse_overlap(row: Row, others: Sequence[Row]) -> None:
    for other in others:
        if other["id"] == row["id"]:
            continue
        if row["from_day"] is None:
            if other["from_day"] is None:
                raise BadMember("from_day", "there is an address for the rest of the year already")
            continue
        if other["from_day"] is not None and _overlap(row, other):
            raise BadMember("from_day", "these days belong to another address already")


def _overlap(one: Row, other: Row) -> bool:
    return (
        is_within(one["from_day"], other["from_day"], other["to_day"])
        or is_within(one["to_day"], other["from_day"], other["to_day"])
        or is_within(other["from_day"], one["from_day"], one["to_day"])
    )


def _rows(session: Session, elder_id: str) -> list[Row]:
    wanted = select(ADDRESSES).where(ADDRESSES.c.elder_id == elder_id).order_by(ADDRESSES.c.id)
    return [dict(row._mapping) for row in session.connection().execute(wanted)]


def _one(session: Session, elder_id: str, address_id: str) -> Row:
    row = store.get(session, ADDRESSES, address_id)
    if row["elder_id"] != elder_id:
        return store.get(session, ADDRESSES, new_id())  # Raises NotFound: another elder's is none of this one's.
    return row


def _who_moves(session: Session, day: str) -> list[str]:
    """Elders whose row carries another address than that of the day."""
    columns = (ADDRESSES.c.elder_id, ADDRESSES.c.from_day, ADDRESSES.c.to_day, ADDRESSES.c.is_current)
    alive = ELDERS.c.deleted_at.is_(None)
    wanted = select(*columns).join(ELDERS, ELDERS.c.id == ADDRESSES.c.elder_id).where(alive)
    homes: dict[str, list[Row]] = {}
    for row in session.connection().execute(wanted):
        homes.setdefault(row.elder_id, []).append(dict(row._mapping))
    return [elder_id for elder_id, rows in homes.items() if (now := in_force(rows, day)) and not now["is_current"]]
