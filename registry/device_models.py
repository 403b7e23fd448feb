"""The makes of phones: what each can be pressed by, how often it reports, and what it should run."""

from dataclasses import dataclass

from sqlmodel import Session

from core.errors import Conflict
from registry import audit, store
from registry.audit import Actor, Deed
from registry.desk import Desk
from registry.device_intake import ModelNew, ModelPatch
from registry.store import DEVICE_MODELS, Row


@dataclass(frozen=True, slots=True)
class DeviceModels:
    """One transaction for each call, with its line in the audit log."""

    desk: Desk

    def add(self, given: ModelNew, *, by: Actor = Actor()) -> Row:
        """Raises Conflict for a name that is taken."""
        row = self.desk.new(given.model_dump())
        with self.desk.db.write() as session:
            _check_name(session, given.name, row["id"])
            store.add(session, DEVICE_MODELS, row)
            audit.record(session, by, row["created_at"], Deed("device_model.add", "device_model", row["id"]))
            return store.get(session, DEVICE_MODELS, row["id"])

    def change(self, model_id: str, patch: ModelPatch, version: int | None = None, *, by: Actor = Actor()) -> Row:
        """Devices in service stay so when their model gets another trigger: their list shows what is untested."""
        values = patch.said()
        with self.desk.db.write() as session:
            if "name" in values:
                _check_name(session, values["name"], model_id)
            row = self.desk.change(session, DEVICE_MODELS, model_id, values, version or patch.version)
            deed = Deed("device_model.change", "device_model", model_id, data={"members": sorted(values)})
            audit.record(session, by, self.desk.clock.now(), deed)
            return row

    def remove(self, model_id: str, *, by: Actor = Actor()) -> None:
        """Its devices keep its name and go by the usual trigger."""
        with self.desk.db.write() as session:
            store.erase(session, DEVICE_MODELS, model_id)
            deed = Deed("device_model.remove", "device_model", model_id)
            audit.record(session, by, self.desk.clock.now(), deed)


def _check_name(session: Session, name: str, model_id: str) -> None:
    if store.find(session, DEVICE_MODELS, DEVICE_MODELS.c.name == name, DEVICE_MODELS.c.id != model_id):
        raise Conflict("there is a model with this name")
