"""Where areas are: between the registry's rows and the shapes that geo can ask."""

from sqlmodel import Session

from geo.shapes import Shape, kept
from registry import area_shapes
from registry.area_shapes import Drawn
from registry.store import Row


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
