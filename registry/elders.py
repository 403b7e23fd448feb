"""Writing elders' files."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from core.errors import Conflict
from registry import store
from registry.desk import Desk
from registry.elder_intake import ElderNew, ElderPatch
from registry.intake import BadMember
from registry.store import CONTACTS, DEVICES, ELDERS, Row


@dataclass(frozen=True, slots=True)
class Elders:
    """One transaction for each call; gives the row as it is afterwards.

    Raises NotFound, Conflict (another version, or still in use) and BadMember (the registry cannot hold that)."""

    desk: Desk

    def add(self, given: ElderNew) -> Row:
        row = self.row(given)
        with self.desk.db.write() as session:
            store.add(session, ELDERS, row)
            return store.get(session, ELDERS, row["id"])

    def row(self, given: ElderNew) -> Row:
        """A new elder's row, ready to be written. Raises BadMember."""
        return self.desk.new(self._elder_values(given.model_dump(), given.model_fields_set))

    def change(self, elder_id: str, patch: ElderPatch, version: int | None = None) -> Row:
        values = self._elder_values(patch.said(), patch.model_fields_set)
        with self.desk.db.write() as session:
            return self.desk.change(session, ELDERS, elder_id, values, version or patch.version)

    def remove(self, elder_id: str, version: int | None = None) -> None:
        """An elder whose device could still be pressed is refused: nobody would be called."""
        with self.desk.db.write() as session:
            store.get(session, ELDERS, elder_id)
            if store.count(session, DEVICES, DEVICES.c.elder_id == elder_id):
                raise Conflict("this elder still has a device: take it back first")
            now = self.desk.clock.now()
            store.bury(session, ELDERS, elder_id, now, version=version)
            for contact in store.hold(session, CONTACTS, CONTACTS.c.elder_id == elder_id):
                store.bury(session, CONTACTS, contact["id"], now)

    def _elder_values(self, values: Row, given: set[str]) -> Row:
        values = self.desk.phoned(values, self.desk.phones.to_e164)
        born: date | None = values.get("birth_date")
        if born is not None and born > self.desk.clock.now().astimezone(ZoneInfo(self.desk.timezone)).date():
            raise BadMember("birth_date", "lies in the future")
        return self.desk.placed(values, given, "home_given")
