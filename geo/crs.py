"""The three datums a Chinese coordinate may be in, and the ways between them.

WGS-84 is what satellites give. GCJ-02 is WGS-84 shifted by 300 to 1,400 m by a formula that leaked long ago; every map
sold in China uses it. BD-09 is GCJ-02 shifted once more by Baidu. Inside the centre everything is WGS-84.

All functions take and give degrees as (lat, lon).
"""

from collections.abc import Callable
from math import atan2, cos, hypot, pi, radians, sin, sqrt

from core.errors import Rejected

WGS84, GCJ02, BD09 = "wgs84", "gcj02", "bd09"
CRS_NAMES = (WGS84, GCJ02, BD09)

LatLon = tuple[float, float]

# The ellipsoid of the GCJ-02 formula: Krasovsky 1940, semi-major axis in metres and first eccentricity squared.
KRASOVSKY_A_M = 6_378_245.0
KRASOVSKY_EE = 0.00669342162296594323

# The formula's box "China"; outside it GCJ-02 and BD-09 are WGS-84. It is generous: it covers parts of the neighbours.
CHINA_LAT = (0.8293, 55.8271)
CHINA_LON = (72.004, 137.8347)

# The formula is centred here, and its shift is written in metres.
CENTRE_LAT, CENTRE_LON = 35.0, 105.0

# Baidu's fixed part of the shift, degrees, and the frequency of its wobble (sin and cos of 3,000 times the degrees).
BD_LAT, BD_LON = 0.0060, 0.0065
BD_WOBBLE = 3000.0 * pi / 180.0

SETTLED_DEG = 1e-11  # A micrometre; each step of the inverse gains two digits or more, so six or seven steps do it.
MOST_STEPS = 20


def is_in_china(lat: float, lon: float) -> bool:
    """Whether the shift applies, by the formula's own box."""
    return CHINA_LAT[0] <= lat <= CHINA_LAT[1] and CHINA_LON[0] <= lon <= CHINA_LON[1]


def to_wgs84(lat: float, lon: float, crs: str) -> LatLon:
    """Exact inverse of the shift, by iteration. Raises Rejected for a datum that is not one of CRS_NAMES."""
    if _is_plain(lat, lon, crs):
        return lat, lon
    if crs == BD09:
        lat, lon = _undo(_gcj02_to_bd09, lat, lon)
    return _undo(_wgs84_to_gcj02, lat, lon)


def from_wgs84(lat: float, lon: float, crs: str) -> LatLon:
    """The same place as a map in `crs` has it. Raises Rejected for a datum that is not one of CRS_NAMES."""
    if _is_plain(lat, lon, crs):
        return lat, lon
    lat, lon = _wgs84_to_gcj02(lat, lon)
    return _gcj02_to_bd09(lat, lon) if crs == BD09 else (lat, lon)


def _is_plain(lat: float, lon: float, crs: str) -> bool:
    if crs not in CRS_NAMES:
        raise Rejected(f"no such datum: {crs!r:.40}; one of {', '.join(CRS_NAMES)}")
    return crs == WGS84 or not is_in_china(lat, lon)


def _undo(shift: Callable[[float, float], LatLon], lat: float, lon: float) -> LatLon:
    """Where `shift` leads to (lat, lon) from: a fixed-point iteration, since the shift changes slowly with place."""
    guess_lat, guess_lon = lat, lon
    for _ in range(MOST_STEPS):
        seen_lat, seen_lon = shift(guess_lat, guess_lon)
        off_lat, off_lon = seen_lat - lat, seen_lon - lon
        guess_lat, guess_lon = guess_lat - off_lat, guess_lon - off_lon
        if max(abs(off_lat), abs(off_lon)) < SETTLED_DEG:
            break
    return guess_lat, guess_lon


def _wgs84_to_gcj02(lat: float, lon: float) -> LatLon:
    """The published formula; north_m and east_m are its shift in metres."""
    x, y = lon - CENTRE_LON, lat - CENTRE_LAT
    common = (20 * sin(6 * pi * x) + 20 * sin(2 * pi * x)) * 2 / 3
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + common
    north_m += (20 * sin(pi * y) + 40 * sin(pi * y / 3)) * 2 / 3
    north_m += (160 * sin(pi * y / 12) + 320 * sin(pi * y / 30)) * 2 / 3
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + common
    east_m += (20 * sin(pi * x) + 40 * sin(pi * x / 3)) * 2 / 3
    east_m += (150 * sin(pi * x / 12) + 300 * sin(pi * x / 30)) * 2 / 3

    curve = 1 - KRASOVSKY_EE * sin(radians(lat)) ** 2
    metres_per_lat = radians(KRASOVSKY_A_M * (1 - KRASOVSKY_EE) / curve**1.5)
    metres_per_lon = radians(KRASOVSKY_A_M * cos(radians(lat)) / sqrt(curve))
    return lat + north_m / metres_per_lat, lon + east_m / metres_per_lon


def _gcj02_to_bd09(lat: float, lon: float) -> LatLon:
    radius = hypot(lon, lat) + 0.00002 * sin(lat * BD_WOBBLE)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * BD_WOBBLE)
    return radius * sin(angle) + BD_LAT, radius * cos(angle) + BD_LON
