"""Writing the help that may be near."""

from dataclasses import dataclass

from registry import store
from registry.desk import Desk
from registry.resource_intake import ResourceNew, ResourcePatch
from registry.store import RESOURCES, Row


@dataclass(frozen=True, slots=True)
class Resources:
    """One transaction for each call; raises as `registry.elders.Elders` does."""

    desk: Desk

    def add(self, given: ResourceNew) -> Row:
        row = self.row(given)
        with self.desk.db.write() as session:
            store.add(session, RESOURCES, row)
            return store.get(session, RESOURCES, row["id"])

    def row(self, given: ResourceNew) -> Row:
        """A new resource's row, ready to be written. Raises BadMember."""
        values = self.desk.phoned(given.model_dump(), self.desk.phones.to_dial)
        return self.desk.new(self.desk.placed(values, {"lat", "lon"}, "given"))

    def change(self, resource_id: str, patch: ResourcePatch, version: int | None = None) -> Row:
        values = self.desk.phoned(patch.said(), self.desk.phones.to_dial)
        values = self.desk.placed(values | {"crs": patch.crs}, patch.model_fields_set, "given")
        with self.desk.db.write() as session:
            return self.desk.change(session, RESOURCES, resource_id, values, version or patch.version)

    def remove(self, resource_id: str, version: int | None = None) -> None:
        with self.desk.db.write() as session:
            store.bury(session, RESOURCES, resource_id, self.desk.clock.now(), version=version)
