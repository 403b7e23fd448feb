"""A place as a device told it, or as the registry has it for a home. Instants are aware UTC, distances metres."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from core.errors import Rejected
from geo.crs import CRS_NAMES, WGS84, to_wgs84
from geo.nearby import distance_m

SOURCES = ("gnss", "wifi", "cell", "manual")

# Assumed error of a fix that does not say its own: the usual order of magnitude, on the cautious side.
TYPICAL_ACCURACY_M = {"gnss": 20.0, "wifi": 100.0, "cell": 1_500.0, "manual": 50.0, "home": 20.0}
UNKNOWN_ACCURACY_M = 1_500.0
# The three datums differ by at most 1.4 km in China: an unknown one leaves a place known to that.
UNKNOWN_DATUM_M = 1_500.0
# Clocks of devices are never exact; further ahead than this, or before the first of these devices, a clock is wrong.
CLOCK_SLACK_S = 120.0
EARLIEST_FIX_AT = datetime(2015, 1, 1, tzinfo=UTC)
# A receiver without a fix reports 0, 0; nothing but the Gulf of Guinea lies within this of it.
NULL_ISLAND_DEG = 0.01


@dataclass(frozen=True, slots=True)
class Fix:
    """A place as it was told. `lat`/`lon` are in `crs`, as given; `wgs84_lat`/`wgs84_lon` are what to compute with.

    Raises Rejected when this is no place: not finite, out of range, 0/0, unknown datum.
    """

    lat: float
    lon: float
    accuracy_m: float | None = None
    fix_at: datetime | None = None
    source: str | None = None
    crs: str = WGS84
    wgs84_lat: float = field(init=False)
    wgs84_lon: float = field(init=False)

    def __post_init__(self) -> None:
        if not is_place(self.lat, self.lon):
            raise Rejected("not a place on earth")
        lat, lon = to_wgs84(self.lat, self.lon, self.crs)
        object.__setattr__(self, "wgs84_lat", lat)
        object.__setattr__(self, "wgs84_lon", lon)

    @property
    def radius_m(self) -> float:
        """The error it admits, or else the usual one of its source."""
        if self.accuracy_m is not None:
            return self.accuracy_m
        return TYPICAL_ACCURACY_M.get(self.source or "", UNKNOWN_ACCURACY_M)

    def age_s(self, now: datetime) -> float | None:
        """None when its time is missing or cannot be true."""
        return age_s(self.fix_at, now)

    def covers(self, other: "Fix") -> bool:
        """Whether `other` lies within this fix's circle of error."""
        return distance_m(self.wgs84_lat, self.wgs84_lon, other.wgs84_lat, other.wgs84_lon) <= self.radius_m

    def as_json(self) -> dict[str, Any]:
        """The member `location` of the device profile; `read_fix` reads it back."""
        return {
            "lat": self.lat,
            "lon": self.lon,
            "accuracy_m": self.accuracy_m,
            "fix_at": instant_text(self.fix_at),
            "source": self.source,
            "crs": self.crs,
        }


def is_place(lat: float, lon: float) -> bool:
    """Finite, in range, and not the 0/0 of a receiver without a fix."""
    if not (isfinite(lat) and isfinite(lon) and -90 <= lat <= 90 and -180 <= lon <= 180):
        return False
    return abs(lat) > NULL_ISLAND_DEG or abs(lon) > NULL_ISLAND_DEG


def read_fix(told: object) -> Fix | None:
    """A device's `location`, read as far as it can be; None when it is not a place.

    Forgiving where nothing is lost: numbers written as text, a bad accuracy or time (dropped), an unknown datum (taken
    for WGS-84, the error widened to what datums differ by).
    """
    if not isinstance(told, Mapping):
        return None
    lat, lon = _number(told.get("lat")), _number(told.get("lon"))
    if lat is None or lon is None or not is_place(lat, lon):
        return None
    source = told.get("source")
    accuracy_m = _number(told.get("accuracy_m"))
    fix = Fix(
        lat,
        lon,
        # Receivers that do not know their error say 0 or -1.
        accuracy_m if accuracy_m is not None and accuracy_m > 0 else None,
        read_instant(told.get("fix_at")),
        source if source in SOURCES else None,
        WGS84 if (crs := told.get("crs") or WGS84) not in CRS_NAMES else crs,
    )
    return fix if crs in CRS_NAMES else _widened(fix, UNKNOWN_DATUM_M)


def read_home(lat: float | None, lon: float | None, given: Mapping[str, Any] | None = None) -> Fix | None:
    """An elder's home from the registry: WGS-84 `lat`/`lon`, and `given` with its own datum where that was kept."""
    if lat is None or lon is None or not is_place(lat, lon):
        return None
    kept = read_fix(given)
    if kept is None:
        return Fix(lat, lon, source="home")
    return Fix(kept.lat, kept.lon, source="home", crs=kept.crs)


def _widened(fix: Fix, by_m: float) -> Fix:
    return Fix(fix.lat, fix.lon, (fix.accuracy_m or 0.0) + by_m, fix.fix_at, fix.source, fix.crs)


def age_s(fix_at: datetime | None, now: datetime) -> float | None:
    if fix_at is None or fix_at < EARLIEST_FIX_AT or fix_at > now + timedelta(seconds=CLOCK_SLACK_S):
        return None
    return max(0.0, (now - fix_at).total_seconds())


def _number(told: object) -> float | None:
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        number = float(told)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def read_instant(told: object) -> datetime | None:
    if isinstance(told, str):
        try:
            told = datetime.fromisoformat(told)
        except ValueError:
            return None
    if not isinstance(told, datetime) or told.tzinfo is None:
        return None
    try:
        return told.astimezone(UTC)
    except OverflowError:
        return None


def instant_text(at: datetime | None) -> str | None:
    """RFC 3339, whole milliseconds at most."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
