"""Writing who is called for an elder."""

from dataclasses import dataclass

from registry import store
from registry.contact_intake import ContactNew, ContactPatch
from registry.desk import Desk
from registry.intake import BadMember
from registry.store import CONTACTS, ELDERS, Row


@dataclass(frozen=True, slots=True)
class Contacts:
    """One transaction for each call; raises as `registry.elders.Elders` does."""

    desk: Desk

    def add(self, given: ContactNew) -> Row:
        row = self.row(given)
        with self.desk.db.write() as session:
            if not store.hold(session, ELDERS, ELDERS.c.id == given.elder_id):
                raise BadMember("elder_id", "there is no such elder")
            store.add(session, CONTACTS, row)
            return store.get(session, CONTACTS, row["id"])

    def row(self, given: ContactNew) -> Row:
        """A new contact's row, ready to be written where there is such an elder. Raises BadMember."""
        return self.desk.new(self.desk.phoned(given.model_dump(), self.desk.phones.to_e164))

    def change(self, contact_id: str, patch: ContactPatch, version: int | None = None) -> Row:
        values = self.desk.phoned(patch.said(), self.desk.phones.to_e164)
        with self.desk.db.write() as session:
            return self.desk.change(session, CONTACTS, contact_id, values, version or patch.version)

    def remove(self, contact_id: str, version: int | None = None) -> None:
        with self.desk.db.write() as session:
            store.bury(session, CONTACTS, contact_id, self.desk.clock.now(), version=version)
