"""Where areas are: between the registry's rows and the shapes that geo can ask."""

from typing import NamedTuple

from sqlmodel import Session

from geo.shapes import Shape, kept
from registry import area_shapes, area_store
from registry.area_shapes import Drawn
from registry.store import Row


class Inside(NamedTuple):
    """An area that holds a place."""

    code: str
    name: str
    path: str
    full_name: str


def drawn_of(shape: Shape) -> Drawn:
    """A checked boundary as the registry keeps it."""
    lat_min, lat_max, lon_min, lon_max = shape.box
    lat, lon = shape.middle
    return Drawn(
        shape.geometry(), lat_min, lat_max, lon_min, lon_max, lat, lon, shape.reach_m(lat, lon), shape.area_m2
    )  # fmt: skip


def areas_at(session: Session, lat: float, lon: float) -> list[Row]:
    """Areas whose boundary holds a WGS-84 place, the smallest first."""
    return [row for row in area_shapes.around(session, lat, lon) if kept(row["boundary"]["shape"]).holds(lat, lon)]


def inside(session: Session, lat: float | None, lon: float | None) -> Inside | None:
    """The smallest area whose boundary holds a WGS-84 place."""
    found = areas_at(session, lat, lon) if lat is not None and lon is not None else []
    if not found:
        return None
    row = found[0]
    return Inside(row["code"], row["name"], row["path"], area_store.full_names(session, [row["path"]])[row["path"]])
