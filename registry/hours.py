"""When something is open: weekdays with a beginning and an end, local; over midnight where the end is the lesser."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

ALL_DAY = ("00:00", "24:00")
WEEKDAYS = (1, 2, 3, 4, 5, 6, 7)  # ISO: Monday is 1.

Hours = Sequence[Mapping[str, Any]]
"""Each {"days": [1…7], "from": "HH:MM", "to": "HH:MM"}; the registry keeps them as such in a JSON column."""


def always() -> list[dict[str, Any]]:
    """Open day and night."""
    return [{"days": list(WEEKDAYS), "from": ALL_DAY[0], "to": ALL_DAY[1]}]


def is_always(hours: Hours | None) -> bool:
    return bool(hours) and any(
        sorted(one["days"]) == list(WEEKDAYS) and (one["from"], one["to"]) == ALL_DAY for one in hours or ()
    )


def open_at(hours: Hours | None, local: datetime) -> bool | None:
    """Whether it is open at this local time; None when nothing is known about its hours."""
    if not hours:
        return None
    return any(_covers(one, local) for one in hours)


def _covers(one: Mapping[str, Any], local: datetime) -> bool:
    at, today = f"{local:%H:%M}", local.isoweekday()
    yesterday = (today - 2) % 7 + 1
    if one["from"] < one["to"]:
        return today in one["days"] and one["from"] <= at < one["to"]
    return (today in one["days"] and at >= one["from"]) or (yesterday in one["days"] and at < one["to"])


def is_away(absences: Sequence[Mapping[str, Any]] | None, on: date) -> bool:
    """Whether a local day lies in one of the absences ({"from": "YYYY-MM-DD", "to": …}, both days included)."""
    day = on.isoformat()
    return any(absence["from"] <= day <= absence["to"] for absence in absences or ())
