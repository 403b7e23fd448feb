"""Earlier alarms beside a new one: the pattern in words, and the last 30 days as a strip. Pure."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alarms.views import COUNTED_DAYS

DAY_S = 86_400
STRIP_DAYS = max(COUNTED_DAYS)
WIDTH, EDGE = 640, 14  # Of the picture, in its own units.
SHAPES = {
    "helped": "dot", "medical": "cross", "false_alarm": "ring", "test": "tick", "device_fault": "square",
    "other": "rhomb",
}  # fmt: skip


def earlier_of(alarm: Mapping[str, Any]) -> dict[str, Any]:
    """`nth` is which one this is in how many `days` (None where it is the only one), `most` what most of them were as
    (code, how many), `marks` the strip's marks with their `x`, oldest first."""
    same = [one for one in alarm["history"] if one["is_same"]]
    counts = alarm["history_counts"]
    days = next((days for days in COUNTED_DAYS if counts[f"days_{days}"] > 1), None)
    at = datetime.fromisoformat(alarm["received_at"])
    ages = [(one, (at - datetime.fromisoformat(one["received_at"])).total_seconds() / DAY_S) for one in same]
    recent = [(one, age) for one, age in reversed(ages) if 0 <= age <= STRIP_DAYS]
    return {
        "days": days, "nth": counts[f"days_{days}"] if days else None, "most": _most(recent),
        "all": same, "marks": [_mark(one, age) for one, age in recent], "here": _x(0.0), "week": _x(7.0),
    }  # fmt: skip


def ordinal(number: int) -> str:
    """2nd, 3rd, 11th: for English."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _most(recent: list[tuple[Mapping[str, Any], float]]) -> tuple[str, int] | None:
    said = Counter(one["disposition"] for one, _ in recent if one["disposition"] and not one["is_test"])
    if not said:
        return None
    code, times = said.most_common(1)[0]
    return (code, times) if times > 1 else None


def _mark(one: Mapping[str, Any], age_days: float) -> dict[str, Any]:
    return {"x": _x(age_days), "shape": SHAPES.get(one["disposition"] or "", "open"), "number": one["number"]}


def _x(age_days: float) -> float:
    return round(EDGE + (WIDTH - 2 * EDGE) * (1 - age_days / STRIP_DAYS), 1)
