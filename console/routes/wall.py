"""The leader's wall: the whole room on a screen without a mouse."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from alarms import figures
from alarms.board import counts, neediest
from console.centre import Centre
from console.deps import CentreDep, allowed
from console.pages import page
from console.states import dressed
from registry.sessions import SignedIn

router = APIRouter(include_in_schema=False)
Leader = Annotated[SignedIn, Depends(allowed("alarms.read"))]
WAITING_SHOWN = 8
MOST_LOOKS = 50
FRESH_FOR = timedelta(seconds=4)  # Many walls and one look at the day.
LEAST_CELL_DEG = 0.003  # About 300 m.
HEAT_CELLS = 24  # Across; the height follows the map's shape.


@dataclass(frozen=True, slots=True)
class Cell:
    """A square of the heat map, in cells from the left and the top; `heat` is 0 to 1."""

    x: int
    y: int
    heat: float
    count: int


class Wall:
    """The day's figures, looked at once for all walls; whoever sees only some areas has a look of their own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looks: dict[str, tuple[datetime, dict[str, Any]]] = {}

    def members(self, centre: Centre, user: SignedIn) -> dict[str, Any]:
        now, key = centre.clock.now(), "" if user.scope.is_everywhere else user.id
        with self._lock:
            at, members = self._looks.get(key, (None, {}))
            if at is None or now - at > FRESH_FOR:
                members = _look(centre, user, now)
                if len(self._looks) >= MOST_LOOKS:
                    self._looks.clear()
                self._looks[key] = (now, members)
            return members


@router.get("/wall", name="wall")
def wall(request: Request, centre: CentreDep, user: Leader) -> HTMLResponse:
    """The page, or the part of it that changes, for a page that asks again."""
    shown: Wall = request.app.state.wall
    template = "_wall.html" if "hx-request" in request.headers else "wall.html"
    return page(request, template, user, **shown.members(centre, user))


def _look(centre: Centre, user: SignedIn, now: datetime) -> dict[str, Any]:
    midnight = datetime.combine(now.astimezone(zone := ZoneInfo(centre.settings.timezone)).date(), time(), zone)
    with centre.db.read() as session:
        found, _ = neediest(session, now, seen_by=user, limit=WAITING_SHOWN)
        counted = counts(session, now, user)
        day = figures.day_of(session, midnight, now, user.scope)
        loads = figures.loads(session, midnight, now)
        silent = figures.silent_by_area(session, now, user.scope)
    return {
        "lines": [dressed(one, now) for one in found], "more": counted.open - len(found), "counts": counted,
        "day": day, "loads": loads, "silent": silent, "hour": now.astimezone(zone).hour,
        "busiest": max(day.by_hour) or 1, "heat": heat_of(day.places), "heat_cells": HEAT_CELLS,
    }  # fmt: skip


def heat_of(places: Sequence[tuple[float, float]]) -> list[Cell]:
    """Where today's alarms were, as squares; the places that fall far out are drawn at the edge."""
    if not places:
        return []
    lats, lons = sorted(p[0] for p in places), sorted(p[1] for p in places)
    cut = len(places) // 50
    south, north, west, east = lats[cut], lats[-1 - cut], lons[cut], lons[-1 - cut]
    size = max((east - west) / (HEAT_CELLS - 1), (north - south) / (HEAT_CELLS - 1), LEAST_CELL_DEG)
    spare = HEAT_CELLS * size  # A few places in one street stand in the middle, not in a corner.
    west -= (spare - (east - west)) / 2
    north += (spare - (north - south)) / 2
    counts: dict[tuple[int, int], int] = {}
    for lat, lon in places:
        x = min(HEAT_CELLS - 1, max(0, int((lon - west) / size)))
        y = min(HEAT_CELLS - 1, max(0, int((north - lat) / size)))
        counts[x, y] = counts.get((x, y), 0) + 1
    most = max(counts.values())
    return [Cell(x, y, count / most, count) for (x, y), count in sorted(counts.items())]
