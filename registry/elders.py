"""Writing elders' files."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session

from core.errors import Conflict, NotFound
from registry import addresses, audit, code_tables, store
from registry.area_store import Place, Resolver
from registry.audit import Actor, Deed
from registry.contacts import refuse_the_elder
from registry.desk import Desk
from registry.elder_intake import NO_SUCH_KIND, ElderNew, ElderPatch
from registry.identity import identified, refuse_twin
from registry.intake import BadMember
from registry.store import CONTACTS, DEVICES, ELDERS, Row

KEPT_TO_ITSELF = frozenset({"id_number_key", "home_given", "area_path", "updated_at", "access_confirmed_on"})
"""Members that follow from others and are not told of in a history."""
MOST_AHEAD = timedelta(days=366)  # A service may be agreed on long before it starts; later is a mistyped year.
NAMELESS = "–"
"""What an erased person is called."""
RemovalCheck = Callable[[Session, str], None]
"""Raises Conflict for an elder (by id) whose file is in use by what the registry does not know: an open alarm."""


def in_use_by_nobody(_session: Session, _elder_id: str) -> None:
    """Where there are no alarms."""


@dataclass(frozen=True, slots=True)
class Elders:
    """One transaction for each call, in which it is logged who did it; gives the row as it is afterwards.

    Raises NotFound, Conflict (another version, or still in use) and BadMember (the registry cannot hold that)."""

    desk: Desk
    check_removal: RemovalCheck = in_use_by_nobody

    def add(self, given: ElderNew, by: Actor = Actor()) -> Row:
        row = self.row(given)
        with self.desk.db.write() as session:
            refuse_twin(session, self.desk.db.vault, row, row["id"])
            refuse_unknown_kinds(session, row["kinds"])
            row |= in_area(Resolver(session), row, {})
            by.scope.check_area(row.get("area_path"))
            store.add(session, ELDERS, row)
            self._log(session, by, "elder.add", row["id"])
            return store.get(session, ELDERS, row["id"])

    def row(self, given: ElderNew) -> Row:
        """A new elder's row, ready to be written where its area and ID number are right. Raises BadMember."""
        return self.desk.new(self._values(given.model_dump(), given.model_fields_set, {}))

    def change(
        self,
        elder_id: str,
        patch: ElderPatch,
        version: int | None = None,
        by: Actor = Actor(),
        *,
        reason: str | None = None,
    ) -> Row:
        """`reason` is kept in the log."""
        said = patch.model_dump(exclude_unset=True, exclude={"version"})
        with self.desk.db.write() as session:
            before = store.held(session, ELDERS, elder_id)
            values = self._values(said, set(said), before)
            refuse_twin(session, self.desk.db.vault, values, elder_id)
            refuse_unknown_kinds(session, values.get("kinds"), before["kinds"])
            if values.keys() & {"name", "phone"}:
                for contact in store.hold(session, CONTACTS, CONTACTS.c.elder_id == elder_id):
                    refuse_the_elder(contact, before | values, "phone" if "phone" in values else "name")
            values |= in_area(Resolver(session), values, before)
            by.scope.check_area(values.get("area_path", before["area_path"]))
            news = {name: value for name, value in values.items() if value != before[name]}
            row = self.desk.change(session, ELDERS, elder_id, news, version or patch.version)
            addresses.keep_current(session, elder_id, news, self.desk.clock.now())
            changed = sorted(news.keys() - KEPT_TO_ITSELF)
            if changed:
                self._log(session, by, "elder.change", elder_id, reason, members=changed)
            return row

    def confirm_access(self, elder_id: str, by: Actor = Actor()) -> Row:
        """Somebody has asked: what is known of the way in is still true today."""
        with self.desk.db.write() as session:
            before = store.held(session, ELDERS, elder_id)
            if before["access"] is None and before["access_notes"] is None:
                raise Conflict("there are no access notes that could be confirmed")
            values: Row = {"access_confirmed_on": self.desk.today}
            row = self.desk.change(session, ELDERS, elder_id, values, None)
            addresses.keep_current(session, elder_id, values, self.desk.clock.now())
            self._log(session, by, "elder.access_confirm", elder_id)
            return row

    def remove(self, elder_id: str, version: int | None = None, by: Actor = Actor()) -> None:
        """An elder whose device could still be pressed, or whose alarm is open, is refused: nobody would be called."""
        with self.desk.db.write() as session:
            store.held(session, ELDERS, elder_id)
            if store.count(session, DEVICES, DEVICES.c.elder_id == elder_id):
                raise Conflict("this elder still has a device: take it back first")
            self.check_removal(session, elder_id)
            now = self.desk.clock.now()
            store.bury(session, ELDERS, elder_id, now, version=version)
            # The number may be needed for a new file of the same person.
            _set(session, elder_id, id_number_key=None)
            for contact in store.hold(session, CONTACTS, CONTACTS.c.elder_id == elder_id):
                store.bury(session, CONTACTS, contact["id"], now)
            self._log(session, by, "elder.remove", elder_id)

    def restore(self, elder_id: str, by: Actor = Actor()) -> Row:
        """Bring back a removed file and the contacts that were removed with it."""
        with self.desk.db.write() as session:
            wanted = select(ELDERS).where(ELDERS.c.id == elder_id).with_for_update()
            found = session.connection().execute(wanted).one_or_none()
            if found is None:
                raise NotFound("there is no such elder")
            row: Row = dict(found._mapping)
            if row["deleted_at"] is None:
                return row
            if row["name"] == NAMELESS:
                raise Conflict("this person was erased: there is nothing to bring back")
            refuse_twin(session, self.desk.db.vault, row, elder_id)
            number = {"id_number": row["id_number"], "birth_date": row["birth_date"], "sex": row["sex"]}
            key = identified(number, {}, self.desk.db.vault).get("id_number_key")
            _set(session, elder_id, id_number_key=key, deleted_at=None, updated_at=self.desk.clock.now())
            together = (CONTACTS.c.elder_id == elder_id) & (CONTACTS.c.deleted_at == row["deleted_at"])
            session.connection().execute(update(CONTACTS).where(together).values(deleted_at=None))
            self._log(session, by, "elder.restore", elder_id)
            return store.get(session, ELDERS, elder_id)

    def view(self, elder_id: str, by: Actor = Actor(), *parts: str, reason: str | None = None) -> Row:
        """The file, or parts of it, for somebody to read, which is logged."""
        with self.desk.db.write() as session:
            row = store.get(session, ELDERS, elder_id)
            seen: Row = {"members": list(parts)} if parts else {}
            audit.record(session, by, self.desk.clock.now(), Deed("elder.view", "elder", elder_id, reason, data=seen))
            return row

    def open(self, elder_id: str, reason: str, by: Actor = Actor()) -> None:
        """Log why somebody is shown the sensitive part of a file; a removed one may belong to an open alarm."""
        with self.desk.db.write() as session:
            audit.record(session, by, self.desk.clock.now(), Deed("elder.open", "elder", elder_id, reason))

    def _log(
        self, session: Session, by: Actor, action: str, elder_id: str, reason: str | None = None, **data: Any
    ) -> None:
        audit.record(session, by, self.desk.clock.now(), Deed(action, "elder", elder_id, reason, data=data))

    def _values(self, values: Row, given: set[str], before: Row) -> Row:
        values = self.desk.phoned(values, self.desk.phones.to_e164)
        values = identified(values, before, self.desk.db.vault)
        born = values.get("birth_date")
        if born is not None and born > self.desk.today:
            raise BadMember("birth_date", "lies in the future")
        for name in ("joined_on", "service_from"):
            if (on := values.get(name)) is not None and on > self.desk.today + MOST_AHEAD:
                raise BadMember(name, "lies more than a year ahead")
        if given & {"access", "access_notes"}:
            values["access"] = _said(values["access"]) if "access" in values else before.get("access")
            told = values["access"], values.get("access_notes", before.get("access_notes"))
            if told != (before.get("access"), before.get("access_notes")):
                values["access_confirmed_on"] = self.desk.today if any(told) else None
        return self.desk.housed(values, given, "home_given")


def in_area(look: Callable[[str], Place | None], values: Row, before: Row) -> Row:
    """The area as a place of the administration, by the code that was given, or else by the name where it is one's.

    A name that means no one place is kept as it was written. Raises BadMember for a code that nobody knows.
    """
    code, name = values.get("area_code"), values.get("area")
    if code is not None:
        place = look(code)
        if place is None:
            raise BadMember("area_code", "there is no such area")
        return {"area_code": place.code, "area_path": place.path, "area": name or place.full_name}
    if name and name != before.get("area"):
        found = look(name)
        return {"area_code": found.code, "area_path": found.path} if found else {"area_code": None, "area_path": None}
    if "area_code" in values or ("area" in values and name is None):
        return {"area_code": None, "area_path": None}
    return {}


def refuse_unknown_kinds(
    session: Session, kinds: Collection[str] | None, before: Collection[str] | None = None
) -> None:
    """Raises BadMember for a code that is in no table, unless the file has it already."""
    if code_tables.unknown(session, "elder_kind", set(kinds or ()) - set(before or ()), hold=True):
        raise BadMember("kinds", NO_SUCH_KIND)


def _said(access: Row | None) -> Row | None:
    return {name: value for name, value in (access or {}).items() if value is not None} or None


def _set(session: Session, elder_id: str, **values: Any) -> None:
    session.connection().execute(update(ELDERS).where(ELDERS.c.id == elder_id).values(values))
