"""Writing the help that may be near."""

from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session

from core.errors import Conflict, NotFound
from registry import audit, store
from registry.audit import Actor, Deed
from registry.desk import Desk
from registry.resource_intake import ResourceNew, ResourcePatch, kept_hours
from registry.store import RESOURCES, Row


@dataclass(frozen=True, slots=True)
class Resources:
    """One transaction for each call, with its line in the audit log; raises as `registry.elders.Elders` does."""

    desk: Desk

    def add(self, given: ResourceNew, *, by: Actor = Actor()) -> Row:
        row = self.row(given)
        with self.desk.db.write() as session:
            store.add(session, RESOURCES, row)
            self._tell(session, by, "add", row["id"])
            return store.get(session, RESOURCES, row["id"])

    def row(self, given: ResourceNew) -> Row:
        """A new resource's row, ready to be written. Raises BadMember."""
        values = self.desk.phoned(given.model_dump() | {"hours": kept_hours(given.hours)}, self.desk.phones.to_dial)
        return self.desk.new(self.desk.placed(values, {"lat", "lon"}, "given"))

    def change(self, resource_id: str, patch: ResourcePatch, version: int | None = None, *, by: Actor = Actor()) -> Row:
        values = self.desk.phoned(patch.said(), self.desk.phones.to_dial)
        if "hours" in values:
            values["hours"] = kept_hours(patch.hours)
        values = self.desk.placed(values | {"crs": patch.crs}, patch.model_fields_set, "given")
        with self.desk.db.write() as session:
            row = self.desk.change(session, RESOURCES, resource_id, values, version or patch.version)
            if values:
                self._tell(session, by, "change", resource_id, sorted(patch.said()))
            return row

    def remove(self, resource_id: str, version: int | None = None, *, by: Actor = Actor()) -> None:
        with self.desk.db.write() as session:
            store.bury(session, RESOURCES, resource_id, self.desk.clock.now(), version=version)
            self._tell(session, by, "remove", resource_id)

    def restore(self, resource_id: str, *, by: Actor = Actor()) -> Row:
        """Undo a removal."""
        with self.desk.db.write() as session:
            gone = update(RESOURCES).where(RESOURCES.c.id == resource_id, RESOURCES.c.deleted_at.is_not(None))
            if session.connection().execute(gone.values(deleted_at=None)).rowcount != 1:
                if store.find(session, RESOURCES, RESOURCES.c.id == resource_id) is None:
                    raise NotFound("there is no such resource")
                raise Conflict("this resource is not removed")
            self._tell(session, by, "restore", resource_id)
            return store.get(session, RESOURCES, resource_id)

    def _tell(self, session: Session, by: Actor, verb: str, resource_id: str, members: list[str] | None = None) -> None:
        data = {"members": members} if members else {}
        audit.record(session, by, self.desk.clock.now(), Deed(f"resource.{verb}", "resource", resource_id, data=data))
