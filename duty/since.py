"""What has changed between two hand-over sheets. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]
MEMBERS = ("state", "held_by", "eta_min")


def changes(before: Row, after: Row) -> list[dict[str, Any]]:
    """What the oncoming leader would not read in the sheet that was signed.

    Shape: `{what, alarm}`, what one of opened, ended, changed (then with `was`, the row of before), or `{what, todo}`,
    parked or done; alarms first, each kind in its sheet's order. A sheet that was cut off says nothing of what ended.
    """
    return [*_alarms(before, after), *_todos(before, after)]


def _alarms(before: Row, after: Row) -> Iterator[dict[str, Any]]:
    then, now = _by_id(before["alarms"]), _by_id(after["alarms"])
    for key, alarm in now.items():
        was = then.get(key)
        if was is None:
            yield {"what": "opened", "alarm": alarm}
        elif any(was[name] != alarm[name] for name in MEMBERS):
            yield {"what": "changed", "alarm": alarm, "was": was}
    if not after.get("has_more"):
        yield from ({"what": "ended", "alarm": was} for key, was in then.items() if key not in now)


def _todos(before: Row, after: Row) -> Iterator[dict[str, Any]]:
    then, now = _by_id(before["todos"]), _by_id(after["todos"])
    yield from ({"what": "parked", "todo": todo} for key, todo in now.items() if key not in then)
    yield from ({"what": "done", "todo": was} for key, was in then.items() if key not in now)


def _by_id(rows: list[Row]) -> dict[str, Row]:
    return {str(row["id"]): row for row in rows}
