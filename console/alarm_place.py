"""Where somebody is: the registered home and the device's fix side by side, and which of them to believe. Pure."""

from collections.abc import Mapping
from typing import Any

FAR_M = 200.0  # Nearer than this the two are one place to whoever goes there.
OLD_S = 3_600.0
COARSE_M = 500.0


def place_of(location: Mapping[str, Any] | None) -> dict[str, Any]:
    """`home` and `fix` as {lat, lon}, the fix with what is known of it; `apart_m` between them, and `hint`, why to
    doubt one of them (old, coarse, out), or None."""
    known = location or {}
    home, is_home = known.get("home"), known.get("how") == "home"
    here = {"lat": known["lat"], "lon": known["lon"]} if known.get("lat") is not None else None
    fix = None if is_home or here is None else here | {name: known.get(name) for name in FIX_MEMBERS}
    at_home = {"lat": home["lat"], "lon": home["lon"]} if home else here if is_home else None
    apart_m = home.get("distance_m") if home and fix else None
    return {"home": at_home, "fix": fix, "apart_m": apart_m, "hint": _hint(fix, apart_m)}


FIX_MEMBERS = ("how", "source", "accuracy_m", "age_s", "fix_at")


def _hint(fix: Mapping[str, Any] | None, apart_m: float | None) -> str | None:
    if fix is None or apart_m is None:
        return None
    accuracy_m = fix["accuracy_m"] or 0.0
    if apart_m <= max(FAR_M, accuracy_m):
        return None
    if fix["age_s"] is None or fix["age_s"] > OLD_S:
        return "old"
    return "coarse" if accuracy_m > COARSE_M else "out"
