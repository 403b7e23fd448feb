"""The registry's resources, nearest first, asked of the database.

The table is the registry's; only the columns named here are relied on. Wanted indexes: (lat, lon) and (kind, lat).
"""

from collections.abc import Collection, Sequence
from math import cos, radians
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, String, and_, between, case, column, func, or_, select, table
from sqlalchemy.orm import Session

from core.db import Json
from geo.nearby import FARTHEST_M, Box, Nearby, Resource, box_around, nearest

FIRST_RING_M = 1_000.0  # In a town the nearest help is mostly nearer than this.
RING_GROWTH = 2  # More would overshoot from the countryside into a whole city.

RESOURCES = table(
    "resources",
    *(column(name, String()) for name in ("id", "kind", "name", "phone", "address")),
    column("lat", Float()),
    column("lon", Float()),
    column("capabilities", Json),
    column("deleted_at"),
)
_C = RESOURCES.c


def nearest_resources(
    session: Session,
    lat: float,
    lon: float,
    *,
    kinds: Collection[str] | None = None,
    limit: int,
    within_m: float | None = None,
    where: Sequence[ColumnElement[bool]] = (),
) -> list[Nearby]:
    """The `limit` nearest resources that are not deleted, nearest first; exact, and fast with a million rows. `where`
    are further conditions on RESOURCES.

    Boxes of growing size are asked for a first guess. The farthest of a full guess bounds the answer: everything that
    could be nearer lies in the box of that size, and that box alone is measured exactly.
    """
    farthest_m = FARTHEST_M if within_m is None else min(max(within_m, 0.0), FARTHEST_M)
    if limit <= 0 or (kinds is not None and not kinds):
        return []
    ring_m = min(FIRST_RING_M, farthest_m)
    while True:
        guess = _read(session, _roughly_nearest(box_around(lat, lon, ring_m), lat, lon, kinds, limit, where))
        if len(guess) == limit or ring_m >= farthest_m:
            break
        ring_m = min(ring_m * RING_GROWTH, farthest_m)
    if len(guess) < limit:  # The largest box has been read whole.
        return nearest(guess, lat, lon, limit=limit, within_m=within_m)
    bound_m = nearest(guess, lat, lon, limit=limit)[-1].distance_m
    rows = _read(session, _in_box(box_around(lat, lon, min(bound_m, farthest_m)), kinds, where))
    return nearest(rows, lat, lon, limit=limit, within_m=within_m)


def _read(session: Session, wanted: Select[Any]) -> list[Resource]:
    return [Resource(*row) for row in session.connection().execute(wanted)]


def _in_box(box: Box, kinds: Collection[str] | None, where: Sequence[ColumnElement[bool]]) -> Select[Any]:
    columns = (_C.id, _C.kind, _C.name, _C.phone, _C.address, _C.lat, _C.lon)
    longitudes = or_(*(between(_C.lon, low, high) for low, high in box.lon_ranges))
    wanted = select(*columns).where(
        _C.deleted_at.is_(None), between(_C.lat, box.lat_min, box.lat_max), longitudes, *where
    )
    return wanted if kinds is None else wanted.where(_C.kind.in_(sorted(kinds)))


def _roughly_nearest(
    box: Box, lat: float, lon: float, kinds: Collection[str] | None, limit: int, where: Sequence[ColumnElement[bool]]
) -> Select[Any]:
    """As if the earth were flat: good enough to guess, and arithmetic that every database has."""
    north, east = _C.lat - lat, _shorter_way(_C.lon - lon) * cos(radians(lat))
    return _in_box(box, kinds, where).order_by(north * north + east * east).limit(limit)


def _shorter_way(turn: ColumnElement[Any]) -> ColumnElement[Any]:
    """A difference of longitudes, the way round that is below 180 degrees."""
    return case((and_(turn <= 180, turn >= -180), turn), else_=360 - func.abs(turn))
