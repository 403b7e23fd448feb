"""Boundaries that people draw: GeoJSON polygons in, checked to be what they claim, and the question what lies inside.

All degrees are WGS-84 (or whatever datum is given to `read_shape` to bring them there). Pure: no database, no files.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import Rejected
from geo.crs import WGS84, LatLon, to_wgs84
from geo.nearby import distance_m
from geo.outlines import Ring

MOST_POINTS = 2_000  # A hand draws a hundred; a county line with more says nothing more at a desk's zoom.
MOST_PARTS = 50
LEAST_M2 = 100.0
MOST_M2 = 2e12  # A little more than the largest province has.
_UNIT = 10**7  # Places are kept to a centimetre, as whole numbers, so that crossings are found exactly.

Point = tuple[int, int]
"""(lon, lat) in units of 1e-7 degrees."""
Holds = Callable[[float, float], bool]


class BadShape(Rejected):
    """No boundary: `what` says why, `at` is the place (lat, lon, WGS-84) where it is wrong, None for the whole."""

    def __init__(self, what: str, at: LatLon | None = None) -> None:
        super().__init__(f"geometry: {what}")
        self.what, self.at = what, at


@dataclass(frozen=True, slots=True)
class Shape:
    """One or more closed lines that do not cross, each without its first point repeated, counter-clockwise."""

    rings: tuple[Ring, ...]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """lat_min, lat_max, lon_min, lon_max."""
        lats = [lat for ring in self.rings for lat in ring.lats]
        lons = [lon for ring in self.rings for lon in ring.lons]
        return min(lats), max(lats), min(lons), max(lons)

    def holds(self, lat: float, lon: float) -> bool:
        """Whether a place lies inside."""
        return any(ring.surrounds(lat, lon) for ring in self.rings)

    @property
    def area_m2(self) -> float:
        """On the ellipsoid."""
        return sum(_area_m2(ring) for ring in self.rings)

    @property
    def middle(self) -> LatLon:
        """A place that is surely inside: the largest part's centre of gravity, or else the middle of its widest stretch
        at that height."""
        ring = max(self.rings, key=_area_m2)
        _, lat, lon = ring.centre
        if ring.surrounds(lat, lon):
            return lat, lon
        return _widest(ring, lat)

    def reach_m(self, lat: float, lon: float) -> float:
        """From a place to the farthest corner."""
        return max(distance_m(lat, lon, *point) for ring in self.rings for point in ring.points)

    def geometry(self) -> dict[str, Any]:
        """As GeoJSON has it: longitude first, the first point repeated at the end."""
        parts = [[[[lon, lat] for lat, lon in [*ring.points, ring.points[0]]]] for ring in self.rings]
        if len(parts) == 1:
            return {"type": "Polygon", "coordinates": parts[0]}
        return {"type": "MultiPolygon", "coordinates": parts}


def kept(geometry: Mapping[str, Any]) -> Shape:
    """What `Shape.geometry` gave, which was checked then."""
    told = geometry["coordinates"]
    parts = [told] if geometry["type"] == "Polygon" else told
    return Shape(tuple(Ring([p[1] for p in part[0][:-1]], [p[0] for p in part[0][:-1]]) for part in parts))


def read_shape(told: Any, crs: str = WGS84, is_on_land: Holds = lambda _lat, _lon: True) -> Shape:
    """A boundary from a GeoJSON geometry, Feature, or FeatureCollection of one. Raises BadShape."""
    geometry = _geometry(told)
    parts = _parts(geometry)
    if not parts or len(parts) > MOST_PARTS:
        raise BadShape(f"a boundary has 1 to {MOST_PARTS} parts")
    lines = [_line(part, crs) for part in parts]
    if sum(map(len, lines)) > MOST_POINTS:
        raise BadShape(f"a boundary has at most {MOST_POINTS} points: simplify it first")
    _refuse_crossings(lines)
    for line in lines:
        for lon, lat in line:
            if not is_on_land(lat / _UNIT, lon / _UNIT):
                raise BadShape("this point lies outside the country", (lat / _UNIT, lon / _UNIT))
    shape = Shape(tuple(_ring(line) for line in lines))
    if not LEAST_M2 <= shape.area_m2 <= MOST_M2:
        raise BadShape("this is smaller than 100 m²" if shape.area_m2 < LEAST_M2 else "this is larger than a province")
    return shape


def _geometry(told: Any) -> Mapping[str, Any]:
    for _ in range(2):
        if isinstance(told, Mapping) and told.get("type") == "FeatureCollection":
            features = told.get("features")
            if not isinstance(features, list) or len(features) != 1:
                raise BadShape("the collection must hold one feature")
            told = features[0]
        if isinstance(told, Mapping) and told.get("type") == "Feature":
            told = told.get("geometry")
    if not isinstance(told, Mapping) or told.get("type") not in ("Polygon", "MultiPolygon"):
        raise BadShape("must be a GeoJSON Polygon or MultiPolygon, or a Feature that holds one")
    return told


def _parts(geometry: Mapping[str, Any]) -> list[Any]:
    told = geometry.get("coordinates")
    polygons = [told] if geometry["type"] == "Polygon" else told
    if not isinstance(polygons, list) or not all(isinstance(one, list) and one for one in polygons):
        raise BadShape("coordinates are missing")
    if any(len(one) > 1 for one in polygons):
        raise BadShape("holes are not kept: draw the outer line alone")
    return [one[0] for one in polygons]


def _line(told: Any, crs: str) -> list[Point]:
    """The corners once each, neighbours different."""
    if not isinstance(told, list):
        raise BadShape("coordinates are missing")
    if len(told) > MOST_POINTS + 1:
        raise BadShape(f"a boundary has at most {MOST_POINTS} points: simplify it first")
    line: list[Point] = []
    for pair in told:
        point = _point(pair, crs)
        if not line or line[-1] != point:
            line.append(point)
    if len(line) > 1 and line[0] == line[-1]:
        line.pop()
    if len(line) < 3:
        raise BadShape("a boundary needs at least three corners")
    return line


def _point(pair: Any, crs: str) -> Point:
    is_pair = isinstance(pair, list) and len(pair) in (2, 3)
    if not is_pair or not all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in pair):
        raise BadShape("each point must be [longitude, latitude]")
    lon, lat = pair[0], pair[1]
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        hint = ": longitude comes first" if abs(lat) <= 180 and abs(lon) <= 90 else ""
        raise BadShape(f"a point lies outside the world{hint}")
    lat, lon = to_wgs84(float(lat), float(lon), crs)
    return round(lon * _UNIT), round(lat * _UNIT)


def _ring(line: list[Point]) -> Ring:
    twice = sum(a[0] * b[1] - b[0] * a[1] for a, b in _pairs(line))
    ordered = line if twice > 0 else line[::-1]
    return Ring([lat / _UNIT for _, lat in ordered], [lon / _UNIT for lon, _ in ordered])


def _pairs(line: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    return zip(line, [*line[1:], line[0]], strict=True)


def _area_m2(ring: Ring) -> float:
    from geographiclib.geodesic import Geodesic  # geopy brings it; short commands start without either

    polygon = Geodesic.WGS84.Polygon()
    for lat, lon in ring.points:
        polygon.AddPoint(lat, lon)
    return abs(float(polygon.Compute()[2]))


def _widest(ring: Ring, lat: float) -> LatLon:
    """The middle of the longest stretch inside the line, at the first height near `lat` that meets no corner."""
    low, high = min(ring.lats), max(ring.lats)
    heights = [lat, *(low + (high - low) * n / 17 for n in range(1, 17))]
    best = (0.0, lat, ring.centre[2])
    for height in heights:
        meets = sorted(
            lon_a + (height - lat_a) / (lat_b - lat_a) * (lon_b - lon_a)
            for (lat_a, lon_a), (lat_b, lon_b) in zip(ring.points, [*ring.points[1:], ring.points[0]], strict=True)
            if (lat_a > height) != (lat_b > height)
        )
        for west, east in zip(meets[::2], meets[1::2], strict=True):
            best = max(best, (east - west, height, (west + east) / 2))
    return best[1], best[2]


# Crossings. A sweep from west to east: only sides that overlap in longitude are compared, and of them only those that
# overlap in latitude.

Side = tuple[Point, Point, int, int]
"""Both ends, which line it is of, and its number there."""


def _refuse_crossings(lines: Sequence[list[Point]]) -> None:
    counts = [len(line) for line in lines]
    sides: list[Side] = [(a, b, n, i) for n, line in enumerate(lines) for i, (a, b) in enumerate(_pairs(line))]
    sides.sort(key=lambda side: min(side[0][0], side[1][0]))
    active: list[Side] = []
    for side in sides:
        west = min(side[0][0], side[1][0])
        active = [other for other in active if max(other[0][0], other[1][0]) >= west]
        for other in active:
            _refuse_crossing(side, other, counts)
        active.append(side)
    for n, inner in enumerate(lines):
        for m, outer in enumerate(lines):
            if n != m and _ring(outer).surrounds(inner[0][1] / _UNIT, inner[0][0] / _UNIT):
                raise BadShape("one part lies inside another", _at(inner[0]))


def _refuse_crossing(one: Side, other: Side, counts: Sequence[int]) -> None:
    a, b, c, d = one[0], one[1], other[0], other[1]
    if max(a[1], b[1]) < min(c[1], d[1]) or max(c[1], d[1]) < min(a[1], b[1]):
        return
    if one[2] == other[2] and (one[3] - other[3]) % counts[one[2]] in (1, counts[one[2]] - 1):
        return  # Neighbours share a corner; where they run back over each other, the next side touches one of them.
    if _meet(a, b, c, d):
        raise BadShape("the line crosses or touches itself here", _crossing(a, b, c, d))


def _turn(a: Point, b: Point, c: Point) -> int:
    cross = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (cross > 0) - (cross < 0)


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    turns = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    ends = ((turns[0], a, b, c), (turns[1], a, b, d), (turns[2], c, d, a), (turns[3], c, d, b))
    return any(turn == 0 and _is_between(p, q, r) for turn, p, q, r in ends)


def _is_between(p: Point, q: Point, r: Point) -> bool:
    return min(p[0], q[0]) <= r[0] <= max(p[0], q[0]) and min(p[1], q[1]) <= r[1] <= max(p[1], q[1])


def _crossing(a: Point, b: Point, c: Point, d: Point) -> LatLon:
    """Where two sides meet; for sides on one line, an end that lies on the other."""
    bottom = (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0])
    if bottom == 0:
        return _at(next(r for p, q, r in ((a, b, c), (a, b, d), (c, d, a), (c, d, b)) if _is_between(p, q, r)))
    part = ((c[0] - a[0]) * (d[1] - c[1]) - (c[1] - a[1]) * (d[0] - c[0])) / bottom
    return (a[1] + part * (b[1] - a[1])) / _UNIT, (a[0] + part * (b[0] - a[0])) / _UNIT


def _at(point: Point) -> LatLon:
    return point[1] / _UNIT, point[0] / _UNIT
