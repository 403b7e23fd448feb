"""The boundaries of areas: kept as checked GeoJSON in WGS-84, versioned, and written by who may write that area."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, insert, select
from sqlmodel import Session

from core.errors import Conflict, Forbidden, NotFound
from registry import audit, store
from registry.audit import Actor, Deed
from registry.desk import Desk
from registry.models import AreaShape, table_of
from registry.store import AREAS, Row

AREA_SHAPES = table_of(AreaShape)
_NONE = "this area has no boundary"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A boundary that was checked: its geometry, the box around it, a place inside, how far its corners are from that
    place, and its size. Degrees are WGS-84."""

    shape: dict[str, Any]
    lat_min: float
    lat_max: float
    lon_min: float
    lon_max: float
    lat: float
    lon: float
    reach_m: float
    area_m2: float


@dataclass(frozen=True, slots=True)
class AreaShapes:
    """One transaction for each call, with its line in the audit log. Raises NotFound, Forbidden, Conflict."""

    desk: Desk

    def put(self, area_id: str, drawn: Drawn, version: int | None = None, *, by: Actor = Actor()) -> Row:
        return self.put_all([(area_id, drawn, version)], by=by)[0]

    def put_all(self, given: Sequence[tuple[str, Drawn, int | None]], *, by: Actor = Actor()) -> list[Row]:
        """All of them or none."""
        with self.desk.db.write() as session:
            rows, deeds = [], []
            for area_id, drawn, version in given:
                area = _mine(session, area_id, by)
                rows.append(area | {"boundary": self._write(session, area_id, drawn, version, by)})
                deeds.append(Deed("area.shape", "area", area["code"]))
            audit.record(session, by, self.desk.clock.now(), *deeds)
            return rows

    def remove(self, area_id: str, version: int | None = None, *, by: Actor = Actor()) -> None:
        with self.desk.db.write() as session:
            area = _mine(session, area_id, by)
            before = store.find(session, AREA_SHAPES, AREA_SHAPES.c.id == area_id)
            if before is None:
                raise NotFound(_NONE)
            if version not in (None, before["version"]):
                raise Conflict(f"somebody changed this boundary meanwhile: it is at version {before['version']}")
            store.erase(session, AREA_SHAPES, area_id)
            audit.record(session, by, self.desk.clock.now(), Deed("area.shape_remove", "area", area["code"]))

    def _write(self, session: Session, area_id: str, drawn: Drawn, version: int | None, by: Actor) -> Row:
        values: Row = {name: getattr(drawn, name) for name in Drawn.__slots__}
        values |= {"updated_at": self.desk.clock.now(), "updated_by": by.name}
        if store.find(session, AREA_SHAPES, AREA_SHAPES.c.id == area_id) is not None:
            return store.change(session, AREA_SHAPES, area_id, values, version=version)
        if version:
            raise Conflict("somebody removed this boundary meanwhile")
        session.connection().execute(insert(AREA_SHAPES).values(values | {"id": area_id, "version": 1}))
        return store.get(session, AREA_SHAPES, area_id)


def shape_of(session: Session, area_id: str) -> Row:
    """The area with its boundary beside it as `boundary`. Raises NotFound."""
    area = store.get(session, AREAS, area_id)
    boundary = store.find(session, AREA_SHAPES, AREA_SHAPES.c.id == area_id)
    if boundary is None:
        raise NotFound(_NONE)
    return area | {"boundary": boundary}


def of_areas(session: Session, area_ids: Sequence[str]) -> dict[str, Row]:
    """The boundaries of these areas, by area."""
    wanted = select(AREA_SHAPES).where(AREA_SHAPES.c.id.in_(area_ids))
    return {row.id: dict(row._mapping) for row in session.connection().execute(wanted)}


def around(session: Session, lat: float, lon: float) -> list[Row]:
    """Areas whose box holds a place, the smallest first; whether the boundary does is for `geo.shapes` to say."""
    c = AREA_SHAPES.c
    holds = c.lat_min <= lat, c.lat_max >= lat, c.lon_min <= lon, c.lon_max >= lon
    return _rows(session, _joined().where(*holds).order_by(c.area_m2, c.id))


def in_box(session: Session, box: Sequence[float] | None, limit: int) -> list[Row]:
    """Areas whose box meets (lon_min, lat_min, lon_max, lat_max), the largest first: smaller ones lie on top."""
    c = AREA_SHAPES.c
    wanted = _joined().order_by(c.area_m2.desc(), c.id).limit(limit)
    if box is not None:
        west, south, east, north = box
        wanted = wanted.where(c.lon_min <= east, c.lon_max >= west, c.lat_min <= north, c.lat_max >= south)
    return _rows(session, wanted)


def _joined() -> Select[Any]:
    own = [column.label(f"shape_{column.name}") for column in AREA_SHAPES.c]
    return select(AREAS, *own).join(AREA_SHAPES, AREA_SHAPES.c.id == AREAS.c.id)


def _rows(session: Session, wanted: Select[Any]) -> list[Row]:
    found = []
    for row in session.connection().execute(wanted):
        told = row._mapping
        area = {column.name: told[column.name] for column in AREAS.c}
        found.append(area | {"boundary": {column.name: told[f"shape_{column.name}"] for column in AREA_SHAPES.c}})
    return found


def _mine(session: Session, area_id: str, by: Actor) -> Row:
    area = store.held(session, AREAS, area_id)
    if not by.scope.holds(area["path"]):
        raise Forbidden("this area does not lie in one of yours")
    return area
