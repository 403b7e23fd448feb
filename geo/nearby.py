"""How far, and what is nearest: exact distances on the WGS-84 ellipsoid. All coordinates are WGS-84 degrees.

The cheap bound that makes exactness affordable: measured on the ellipsoid, a step is never shorter than the same step
(same degrees) on a sphere of the ellipsoid's smallest radius of curvature. So the great-circle distance on that sphere
never exceeds the true one, and falls short of it by about one percent at most.
"""

from bisect import insort
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from math import asin, ceil, cos, degrees, inf, pi, radians, sin, sqrt
from operator import itemgetter

WGS84_A_M = 6_378_137.0
WGS84_F = 1 / 298.257223563
SMALLEST_RADIUS_M = WGS84_A_M * (1 - WGS84_F) ** 2  # of curvature: along the meridian, at the equator
LARGEST_RADIUS_M = WGS84_A_M / (1 - WGS84_F)  # of curvature: at the poles
FARTHEST_M = ceil(pi * LARGEST_RADIUS_M)  # No two places are farther apart.
ROUNDING = 1 - 1e-9  # Keeps the bound a bound in floating point.


@dataclass(frozen=True, slots=True)
class Resource:
    """Help that may be near, as the registry keeps it; `kind` is one of the contract's resource kinds."""

    id: str
    kind: str
    name: str
    phone: str | None
    address: str | None
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Nearby(Resource):
    """A resource and its distance from the place that was asked about."""

    distance_m: float


@dataclass(frozen=True, slots=True)
class Box:
    """Every place within a distance lies inside; `lon_ranges` are one or two, so that none crosses the antimeridian."""

    lat_min: float
    lat_max: float
    lon_ranges: tuple[tuple[float, float], ...]

    def contains(self, lat: float, lon: float) -> bool:
        return self.lat_min <= lat <= self.lat_max and any(low <= lon <= high for low, high in self.lon_ranges)


def distance_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Length of the shortest way over the ellipsoid (Karney's method, nanometre-exact)."""
    # geopy brings every geocoder and an HTTP client along: short commands, which measure nothing, start without it.
    from geopy.distance import geodesic

    return float(geodesic((lat_a, lon_a), (lat_b, lon_b)).meters)


def at_least_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Never more than distance_m, at most about one percent less, and a hundred times cheaper."""
    half_lat, half_lon = radians(lat_b - lat_a) / 2, radians(lon_b - lon_a) / 2
    chord = sin(half_lat) ** 2 + cos(radians(lat_a)) * cos(radians(lat_b)) * sin(half_lon) ** 2
    return 2 * SMALLEST_RADIUS_M * asin(min(1.0, sqrt(chord))) * ROUNDING


def box_around(lat: float, lon: float, within_m: float) -> Box:
    """The smallest box of latitudes and longitudes that surely holds everything within `within_m`."""
    angle = min(pi, within_m / SMALLEST_RADIUS_M / ROUNDING)
    lat_min, lat_max = lat - degrees(angle), lat + degrees(angle)
    if lat_min <= -90 or lat_max >= 90:  # A pole is inside: every longitude is.
        return Box(max(lat_min, -90.0), min(lat_max, 90.0), ((-180.0, 180.0),))
    half_width = degrees(asin(min(1.0, sin(angle) / cos(radians(lat))))) / ROUNDING
    return Box(lat_min, lat_max, _lon_ranges(lon - half_width, lon + half_width))


def _lon_ranges(west: float, east: float) -> tuple[tuple[float, float], ...]:
    if east - west >= 360:
        return ((-180.0, 180.0),)
    if west < -180:
        return ((-180.0, east), (west + 360, 180.0))
    if east > 180:
        return ((west, 180.0), (-180.0, east - 360))
    # A place on the antimeridian may be written 180 or -180.
    if west == -180:
        return ((west, east), (180.0, 180.0))
    return ((west, east), (-180.0, -180.0)) if east == 180 else ((west, east),)


def nearest(
    places: Iterable[Resource],
    lat: float,
    lon: float,
    *,
    limit: int,
    kinds: Collection[str] | None = None,
    within_m: float | None = None,
) -> list[Nearby]:
    """The `limit` nearest, nearest first, equal distances in order of id; exact, whatever the order of `places`."""
    if limit <= 0:
        return []
    wanted = (place for place in places if kinds is None or place.kind in kinds)
    bounded = sorted(((at_least_m(lat, lon, place.lat, place.lon), place) for place in wanted), key=itemgetter(0))
    farthest_m = inf if within_m is None else within_m
    found: list[Nearby] = []
    for bound_m, place in bounded:
        if bound_m > farthest_m:
            break  # Neither this one nor any after it can be nearer than what we have.
        exact_m = distance_m(lat, lon, place.lat, place.lon)
        if exact_m <= farthest_m:
            insort(found, _with_distance(place, exact_m), key=_order)
            del found[limit:]
        if len(found) == limit:
            farthest_m = found[-1].distance_m
    return found


def _order(place: Nearby) -> tuple[float, str]:
    return place.distance_m, place.id


def _with_distance(place: Resource, exact_m: float) -> Nearby:
    return Nearby(place.id, place.kind, place.name, place.phone, place.address, place.lat, place.lon, exact_m)
