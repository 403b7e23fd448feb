"""Writing the places of the administration."""

from dataclasses import dataclass

from sqlmodel import Session

from core.errors import Conflict
from core.ids import new_id
from registry import store
from registry.area_intake import AreaNew, AreaPatch
from registry.desk import Desk
from registry.intake import BadMember
from registry.store import AREAS, Row

DEEPEST_AREA = 10  # Province, city, district, street, community, and room for what a site adds.


@dataclass(frozen=True, slots=True)
class Areas:
    """One transaction for each call; raises as `registry.elders.Elders` does."""

    desk: Desk

    def add(self, given: AreaNew) -> Row:
        row = given.model_dump() | {"id": new_id()}
        with self.desk.db.write() as session:
            if store.find(session, AREAS, AREAS.c.code == given.code):
                raise Conflict("there is an area with this code")
            self._refuse_cycle(session, given.code, given.parent_code)
            store.add(session, AREAS, row)
            return store.get(session, AREAS, row["id"])

    def change(self, area_id: str, patch: AreaPatch) -> Row:
        with self.desk.db.write() as session:
            area = store.get(session, AREAS, area_id)
            self._refuse_cycle(session, area["code"], patch.parent_code)
            return store.change(session, AREAS, area_id, patch.said()) if patch.said() else area

    def remove(self, area_id: str) -> None:
        with self.desk.db.write() as session:
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
