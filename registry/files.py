"""Writing the files: elders, contacts, resources, areas and the escalation policy."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from core.clock import Clock
from core.db import Database
from core.errors import Conflict, NotFound
from core.ids import new_id
from registry import store
from registry.directory import DEFAULT_POLICY, policy_settings
from registry.intake import (
    AreaNew,
    AreaPatch,
    BadMember,
    ContactNew,
    ContactPatch,
    ElderNew,
    ElderPatch,
    PolicyPatch,
    ResourceNew,
    ResourcePatch,
)
from registry.phones import Phones
from registry.store import AREAS, CONTACTS, DEVICES, ELDERS, POLICIES, RESOURCES, Row

ToWgs84 = Callable[[float, float, str], tuple[float, float]]
"""(lat, lon, datum) → (lat, lon) in WGS-84, all in degrees."""

DEEPEST_AREA = 10  # Province, city, district, street, community, and room for what a site adds.


@dataclass(frozen=True, slots=True)
class Files:
    """One transaction for each call; gives the row as it is afterwards.

    Raises NotFound, Conflict (another version, or still in use) and BadMember (the registry cannot hold that).
    """

    db: Database
    clock: Clock
    phones: Phones
    to_wgs84: ToWgs84
    timezone: str

    # -- elders

    def add_elder(self, given: ElderNew) -> Row:
        row = self.elder_row(given)
        with self.db.write() as session:
            store.add(session, ELDERS, row)
            return store.get(session, ELDERS, row["id"])

    def elder_row(self, given: ElderNew) -> Row:
        """A new elder's row, ready to be written. Raises BadMember."""
        return self._new(self._elder_values(given.model_dump(), given.model_fields_set))

    def change_elder(self, elder_id: str, patch: ElderPatch, version: int | None = None) -> Row:
        values = self._elder_values(patch.said(), patch.model_fields_set)
        with self.db.write() as session:
            return self._change(session, ELDERS, elder_id, values, version or patch.version)

    def remove_elder(self, elder_id: str, version: int | None = None) -> None:
        """An elder whose device could still be pressed is refused: nobody would be called."""
        with self.db.write() as session:
            store.get(session, ELDERS, elder_id)
            if store.count(session, DEVICES, DEVICES.c.elder_id == elder_id):
                raise Conflict("this elder still has a device: take it back first")
            now = self.clock.now()
            store.bury(session, ELDERS, elder_id, now, version=version)
            for contact in store.hold(session, CONTACTS, CONTACTS.c.elder_id == elder_id):
                store.bury(session, CONTACTS, contact["id"], now)

    def _elder_values(self, values: Row, given: set[str]) -> Row:
        values = self._phoned(values, self.phones.to_e164)
        born: date | None = values.get("birth_date")
        if born is not None and born > self.clock.now().astimezone(ZoneInfo(self.timezone)).date():
            raise BadMember("birth_date", "lies in the future")
        return self._placed(values, given, "home_given")

    # -- contacts

    def add_contact(self, given: ContactNew) -> Row:
        row = self.contact_row(given)
        with self.db.write() as session:
            if not store.hold(session, ELDERS, ELDERS.c.id == given.elder_id):
                raise BadMember("elder_id", "there is no such elder")
            store.add(session, CONTACTS, row)
            return store.get(session, CONTACTS, row["id"])

    def contact_row(self, given: ContactNew) -> Row:
        """A new contact's row, ready to be written where there is such an elder. Raises BadMember."""
        return self._new(self._phoned(given.model_dump(), self.phones.to_e164))

    def change_contact(self, contact_id: str, patch: ContactPatch, version: int | None = None) -> Row:
        values = self._phoned(patch.said(), self.phones.to_e164)
        with self.db.write() as session:
            return self._change(session, CONTACTS, contact_id, values, version or patch.version)

    def remove_contact(self, contact_id: str, version: int | None = None) -> None:
        with self.db.write() as session:
            store.bury(session, CONTACTS, contact_id, self.clock.now(), version=version)

    # -- resources

    def add_resource(self, given: ResourceNew) -> Row:
        row = self.resource_row(given)
        with self.db.write() as session:
            store.add(session, RESOURCES, row)
            return store.get(session, RESOURCES, row["id"])

    def resource_row(self, given: ResourceNew) -> Row:
        """A new resource's row, ready to be written. Raises BadMember."""
        values = self._phoned(given.model_dump(), self.phones.to_dial)
        return self._new(self._placed(values, {"lat", "lon"}, "given"))

    def change_resource(self, resource_id: str, patch: ResourcePatch, version: int | None = None) -> Row:
        values = self._phoned(patch.said(), self.phones.to_dial)
        values = self._placed(values | {"crs": patch.crs}, patch.model_fields_set, "given")
        with self.db.write() as session:
            return self._change(session, RESOURCES, resource_id, values, version or patch.version)

    def remove_resource(self, resource_id: str, version: int | None = None) -> None:
        with self.db.write() as session:
            store.bury(session, RESOURCES, resource_id, self.clock.now(), version=version)

    # -- areas

    def add_area(self, given: AreaNew) -> Row:
        row = given.model_dump() | {"id": new_id()}
        with self.db.write() as session:
            if store.find(session, AREAS, AREAS.c.code == given.code):
                raise Conflict("there is an area with this code")
            self._refuse_cycle(session, given.code, given.parent_code)
            store.add(session, AREAS, row)
            return store.get(session, AREAS, row["id"])

    def change_area(self, area_id: str, patch: AreaPatch) -> Row:
        with self.db.write() as session:
            area = store.get(session, AREAS, area_id)
            self._refuse_cycle(session, area["code"], patch.parent_code)
            return store.change(session, AREAS, area_id, patch.said()) if patch.said() else area

    def remove_area(self, area_id: str) -> None:
        with self.db.write() as session:
            area = store.get(session, AREAS, area_id)
            if store.count(session, AREAS, AREAS.c.parent_code == area["code"]):
                raise Conflict("other areas lie in this one")
            store.erase(session, AREAS, area_id)

    def _refuse_cycle(self, session: Session, code: str, parent_code: str | None) -> None:
        above = parent_code
        for _ in range(DEEPEST_AREA):
            if above is None:
                return
            parent = store.find(session, AREAS, AREAS.c.code == above)
            if parent is None:
                raise BadMember("parent_code", "there is no such area")
            if above == code:
                break
            above = parent["parent_code"]
        raise BadMember("parent_code", "an area cannot lie in itself")

    # -- the escalation policy

    def set_policy(self, name: str, patch: PolicyPatch, version: int | None = None) -> Row:
        """Change the named members; open alarms keep the policy they started with."""
        if name != DEFAULT_POLICY:
            raise NotFound("there is no such policy")
        now, version = self.clock.now(), version or patch.version
        with self.db.write() as session:
            held = store.hold(session, POLICIES, POLICIES.c.name == name)
            settings = (held[0]["settings"] if held else {}) | patch.said()
            merged = policy_settings(settings)
            if merged.polite_from_hour >= merged.polite_to_hour:
                raise BadMember("polite_from_hour", "must be earlier than polite_to_hour")
            if held:
                values = {"settings": asdict(merged), "updated_at": now}
                return store.change(session, POLICIES, held[0]["id"], values, version=version)
            row = {"id": new_id(), "name": name, "settings": asdict(merged), "version": 1, "updated_at": now}
            store.add(session, POLICIES, row)
            return row

    # -- what they share

    def _new(self, values: Row) -> Row:
        now: datetime = self.clock.now()
        return values | {"id": new_id(), "version": 1, "created_at": now, "updated_at": now}

    def _change(self, session: Session, table: Any, row_id: str, values: Row, version: int | None) -> Row:
        row = store.get(session, table, row_id)
        if not values and version in (None, row["version"]):
            return row
        return store.change(session, table, row_id, values | {"updated_at": self.clock.now()}, version=version)

    @staticmethod
    def _phoned(values: Row, read: Callable[[str], str]) -> Row:
        if values.get("phone") is None:
            return values
        try:
            return values | {"phone": read(values["phone"])}
        except ValueError as fault:
            raise BadMember("phone", str(fault)) from None

    def _placed(self, values: Row, given: set[str], kept_in: str) -> Row:
        """Coordinates in WGS-84, with what was given beside them; lat and lon come together or not at all."""
        crs = values.pop("crs", "wgs84")
        if not given & {"lat", "lon", "crs"}:
            return values
        lat, lon = values.get("lat"), values.get("lon")
        if (lat is None) != (lon is None) or len(given & {"lat", "lon"}) == 1:
            raise BadMember("lat", "lat and lon belong together")
        if lat is None or lon is None:
            return values | {kept_in: None} if "lat" in given else values
        exact_lat, exact_lon = self.to_wgs84(lat, lon, crs)
        return values | {"lat": exact_lat, "lon": exact_lon, kept_in: {"lat": lat, "lon": lon, "crs": crs}}
