"""Where the elder is, as far as anybody can know: a fix from the press, the device's last fix, or home.

All instants are aware UTC, all distances metres. A value keeps the coordinates it was given, in the datum it was given;
what is computed and shown is WGS-84.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any, Literal, Self

from geo.crs import WGS84
from geo.fix import Fix, age_s, instant_text, read_fix, read_home, read_instant
from geo.nearby import distance_m

__all__ = ["Fix", "How", "Position", "as_json_or_unknown", "choose", "read_fix", "read_home"]

How = Literal["fresh_fix", "last_fix", "home"]

# A press is sent within seconds, but a button without sky reports the fix of the walk that has just ended.
FRESH_S = 600.0
# After an hour somebody on foot may be kilometres away; most of the day an elder is at home, the better guess by then.
RECENT_S = 3_600.0
# A circle this wide holds whole quarters: a helper cannot search it, so a finer place inside it is worth more.
COARSE_M = 500.0
# Less than this is the receiver's own trembling.
MOVED_M = 50.0


@dataclass(frozen=True, slots=True)
class Position:
    """Where to send help, WGS-84, how that is known, and home beside it when that is another place."""

    lat: float
    lon: float
    how: How
    source: str | None
    accuracy_m: float | None
    fix_at: datetime | None
    original_lat: float
    original_lon: float
    original_crs: str
    home_lat: float | None = None
    home_lon: float | None = None

    def age_s(self, now: datetime) -> float | None:
        """Seconds since the fix; None for a home, and for a fix whose time is missing or cannot be true."""
        return age_s(self.fix_at, now)

    @property
    def home_distance_m(self) -> float | None:
        """From here to the elder's home; None when no home is known."""
        if self.home_lat is None or self.home_lon is None:
            return None
        return distance_m(self.lat, self.lon, self.home_lat, self.home_lon)

    def as_json(self, now: datetime, *, measured: bool = True) -> dict[str, Any]:
        """Plain values for a JSON column and for the contract's member `location`; `from_json` reads them back.

        `measured=False` leaves the distance from home out: measuring takes longer than all the rest of a press.
        """
        age, home_m = self.age_s(now), self.home_distance_m if measured else None
        home = {"lat": self.home_lat, "lon": self.home_lon, "distance_m": None if home_m is None else round(home_m, 1)}
        return {
            "lat": self.lat,
            "lon": self.lon,
            "crs": WGS84,
            "how": self.how,
            "source": self.source,
            "accuracy_m": self.accuracy_m,
            "age_s": None if age is None else round(age, 1),
            "fix_at": instant_text(self.fix_at),
            "original": {"lat": self.original_lat, "lon": self.original_lon, "crs": self.original_crs},
            "home": None if self.home_lat is None else home,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | None) -> Self | None:
        """What `as_json` or `as_json_or_unknown` made; None when nothing was known."""
        if kept is None or kept["lat"] is None:
            return None
        original, home = kept["original"], kept["home"] or {}
        return cls(
            kept["lat"],
            kept["lon"],
            kept["how"],
            kept["source"],
            kept["accuracy_m"],
            read_instant(kept["fix_at"]),
            original["lat"],
            original["lon"],
            original["crs"],
            home.get("lat"),
            home.get("lon"),
        )


def as_json_or_unknown(position: Position | None, now: datetime, *, measured: bool = True) -> dict[str, Any]:
    """Like Position.as_json, with the same members and `how` "unknown" when there is no position."""
    if position is not None:
        return position.as_json(now, measured=measured)
    nothing = ("source", "accuracy_m", "age_s", "fix_at", "original", "home")
    return {"lat": None, "lon": None, "crs": WGS84, "how": "unknown"} | dict.fromkeys(nothing)


def is_elsewhere(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> bool:
    """Whether a helper should be told of the new place (both as `as_json` makes them): it is another one, or it is
    known far better."""
    if now["lat"] is None:
        return False
    if before is None or before["lat"] is None:
        return True
    old_m, new_m = before["accuracy_m"] or inf, now["accuracy_m"] or inf
    moved_m = distance_m(before["lat"], before["lon"], now["lat"], now["lon"])
    return moved_m > MOVED_M or (before["how"] != "fresh_fix" and now["how"] != before["how"]) or new_m * 2 < old_m


def choose(
    press_fix: Fix | None,
    last_fix: Fix | None,
    home: Fix | None,
    now: datetime,
    *,
    pressed_at: datetime | None = None,
) -> Position | None:
    """The best guess of where the elder is; None only when nothing at all is known.

    1. The fix in the press, when younger than FRESH_S; without a believable time of its own it is as old as the press.
    2. The newest fix, when younger than RECENT_S.
    3. Home.
    4. The newest fix, however old.

    Whatever fix wins 1 or 2: when it is coarse it yields to a finer place inside its circle, the last fix if that is
    fresh, else home. A fix outside home's surroundings never yields: the elder is out.
    """
    press_fix = press_fix and _dated_by_press(press_fix, pressed_at, now)
    fixes = [fix for fix in (press_fix, last_fix) if fix is not None]
    newest = min(fixes, key=lambda fix: _order(fix, now), default=None)
    if press_fix is not None and _is_younger(press_fix, FRESH_S, now):
        finer = _finer_inside(press_fix, last_fix, home, now)
        return _position(finer or press_fix, home, "fresh_fix" if finer is None else "last_fix")
    if newest is not None and _is_younger(newest, RECENT_S, now):
        return _position(_finer_inside(newest, None, home, now) or newest, home, "last_fix")
    best = home or newest
    return None if best is None else _position(best, home, "last_fix")


def _finer_inside(coarse: Fix, last_fix: Fix | None, home: Fix | None, now: datetime) -> Fix | None:
    if coarse.radius_m < COARSE_M:
        return None
    if last_fix is not None and _is_younger(last_fix, FRESH_S, now) and _is_finer_inside(last_fix, coarse):
        return last_fix
    return home if home is not None and coarse.covers(home) else None


def _is_finer_inside(fine: Fix, coarse: Fix) -> bool:
    return fine.radius_m < COARSE_M and coarse.covers(fine)


def _position(best: Fix, home: Fix | None, how: How) -> Position:
    return Position(
        best.wgs84_lat,
        best.wgs84_lon,
        "home" if best is home else how,
        best.source,
        best.accuracy_m,
        best.fix_at,
        best.lat,
        best.lon,
        best.crs,
        None if home is None else home.wgs84_lat,
        None if home is None else home.wgs84_lon,
    )


def _is_younger(fix: Fix, limit_s: float, now: datetime) -> bool:
    age_s = fix.age_s(now)
    return age_s is not None and age_s <= limit_s


def _order(fix: Fix, now: datetime) -> float:
    """Newest first, those of unknown age last."""
    age_s = fix.age_s(now)
    return float("inf") if age_s is None else age_s


def _dated_by_press(fix: Fix, pressed_at: datetime | None, now: datetime) -> Fix:
    """The fix with a time that can be reckoned with: a device whose clock is wrong still measures durations well."""
    if fix.age_s(now) is not None:
        return fix
    if age_s(pressed_at, now) is not None:
        fix_at = pressed_at
    elif pressed_at is not None and fix.fix_at is not None:
        fix_at = now - min(max(pressed_at - fix.fix_at, timedelta()), timedelta(days=1))
    else:
        fix_at = now
    return Fix(fix.lat, fix.lon, fix.accuracy_m, fix_at, fix.source, fix.crs)
