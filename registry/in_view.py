"""What a map shows of the registry: homes, devices and help within a view, one by one where they are few, and gathered
in cells where they are many.

A city has a million homes: a view that holds more than MOST_GATHERED is not counted to the end, and says so.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, not_, null, or_, select, union_all
from sqlmodel import Session

from registry.device_lists import LOW_BATTERY_PCT, silent_condition
from registry.device_views import MODELS, PRESENCE
from registry.models import DeviceFix, table_of
from registry.scope import Scope
from registry.store import DEVICES, ELDERS, RESOURCES

MOST_HOMES, MOST_DEVICES, MOST_HELP = 1_500, 6_000, 600
MOST_GATHERED = 60_000
OUT_OF_SERVICE = ("stock", "issued", "faulty")
DEVICE_LOOKS = ("online", "silent", "low", "off")
"""How a device is drawn: heard; not heard; heard with little battery; not in service, faulty ones among them."""
_FIXES = table_of(DeviceFix)


@dataclass(frozen=True, slots=True)
class View:
    """A part of the map, degrees WGS-84; things are gathered in cells of `cell_deg`, which lie still when the view
    moves, up to `most_gathered`."""

    south: float
    west: float
    north: float
    east: float
    cell_deg: float = 0.01
    most_gathered: int = MOST_GATHERED

    def holds(self, lat: Any, lon: Any) -> ColumnElement[bool]:
        return and_(lat.between(self.south, self.north), lon.between(self.west, self.east))


@dataclass(frozen=True, slots=True)
class InView:
    """`items` are [id, lat, lon, look…]; where they were too many, `cells` are [lat, lon, {look: count}], each at the
    middle of what it holds. With `is_too_many` neither: the view holds more than is counted."""

    items: list[list[Any]] = field(default_factory=list)
    cells: list[list[Any]] = field(default_factory=list)
    is_too_many: bool = False


def homes(session: Session, view: View, scope: Scope, *, most: int = MOST_HOMES) -> InView:
    """Homes of elders who are served."""
    wanted = select(ELDERS.c.id, ELDERS.c.lat, ELDERS.c.lon, literal("home").label("look")).where(
        view.holds(ELDERS.c.lat, ELDERS.c.lon), ELDERS.c.deleted_at.is_(None), *scope.where(ELDERS)
    )
    return _in_view(session, wanted, view, most)


def devices(session: Session, view: View, scope: Scope, now: datetime, looks: Collection[str]) -> InView:
    """Devices where they last said they are, or at their elder's home; of `looks` only."""
    look = _look(now).label("look")
    beside = (
        DEVICES.outerjoin(PRESENCE, PRESENCE.c.uid == DEVICES.c.uid)
        .outerjoin(MODELS, MODELS.c.name == DEVICES.c.model)
        .outerjoin(_FIXES, _FIXES.c.uid == DEVICES.c.uid)
    )
    usual = (DEVICES.c.state != "retired", *scope.where(DEVICES))
    seen = select(DEVICES.c.uid.label("id"), _FIXES.c.lat, _FIXES.c.lon, look)
    seen = seen.select_from(beside).where(view.holds(_FIXES.c.lat, _FIXES.c.lon), *usual)
    at_home = select(DEVICES.c.uid.label("id"), ELDERS.c.lat, ELDERS.c.lon, look)
    at_home = at_home.select_from(beside.join(ELDERS, ELDERS.c.id == DEVICES.c.elder_id)).where(
        view.holds(ELDERS.c.lat, ELDERS.c.lon), _FIXES.c.uid.is_(None), ELDERS.c.deleted_at.is_(None), *usual
    )
    every = union_all(seen, at_home).subquery()
    wanted = select(every)
    if not set(looks) >= set(DEVICE_LOOKS):
        wanted = wanted.where(every.c.look.in_(sorted(looks)))
    return _in_view(session, wanted, view, MOST_DEVICES)


def help_of(session: Session, view: View, kinds: Collection[str]) -> InView:
    """Help of some kinds; an item's look is its kind, and its name follows."""
    wanted = select(
        RESOURCES.c.id, RESOURCES.c.lat, RESOURCES.c.lon, RESOURCES.c.kind.label("look"), RESOURCES.c.name
    ).where(
        view.holds(RESOURCES.c.lat, RESOURCES.c.lon), RESOURCES.c.deleted_at.is_(None),
        RESOURCES.c.kind.in_(sorted(kinds)),
    )  # fmt: skip
    return _in_view(session, wanted, view, MOST_HELP)


def device_look(session: Session, uid: str, now: datetime) -> str:
    """One device's look, as the map has it."""
    beside = DEVICES.outerjoin(PRESENCE, PRESENCE.c.uid == DEVICES.c.uid)
    beside = beside.outerjoin(MODELS, MODELS.c.name == DEVICES.c.model)
    wanted = select(_look(now)).select_from(beside).where(DEVICES.c.uid == uid)
    return str(session.scalar(wanted) or "off")


def _look(now: datetime) -> ColumnElement[str]:
    is_silent = or_(and_(PRESENCE.c.is_online.is_not(null()), not_(PRESENCE.c.is_online)), silent_condition(now))
    return case(
        (DEVICES.c.state.in_(OUT_OF_SERVICE), "off"),
        (is_silent, "silent"),
        (PRESENCE.c.battery_pct <= LOW_BATTERY_PCT, "low"),
        else_="online",
    )


def _in_view(session: Session, wanted: Select[Any], view: View, most: int) -> InView:
    connection = session.connection()
    rows = connection.execute(wanted.limit(most + 1)).all()
    if len(rows) <= most:
        return InView(items=[[row[0], round(row[1], 6), round(row[2], 6), *row[3:]] for row in rows])
    some = wanted.limit(view.most_gathered + 1).subquery()
    placed = select(
        some.c.lat, some.c.lon, some.c.look,
        _cell(some.c.lat, view.cell_deg).label("row"), _cell(some.c.lon, view.cell_deg).label("column"),
    ).subquery()  # fmt: skip
    place = (placed.c.row, placed.c.column)
    gathered = select(
        *place, placed.c.look, func.sum(placed.c.lat).label("lat"), func.sum(placed.c.lon).label("lon"),
        func.count().label("number"),
    ).group_by(*place, placed.c.look).order_by(*place, placed.c.look)  # fmt: skip
    parts = connection.execute(gathered).all()
    if sum(part.number for part in parts) > view.most_gathered:
        return InView(is_too_many=True)
    return InView(cells=_cells(parts))


def _cell(degrees: Any, cell_deg: float) -> ColumnElement[Any]:
    """Half a step down and rounded: SQLite need not know `floor`."""
    return func.round(degrees / cell_deg - 0.5)


def _cells(parts: Sequence[Any]) -> list[list[Any]]:
    """A cell for each square: the looks in it came as a row each."""
    squares: dict[tuple[float, float], list[Any]] = {}
    for part in parts:
        squares.setdefault((part.row, part.column), []).append(part)
    found = []
    for held in squares.values():
        number = sum(part.number for part in held)
        lat, lon = sum(part.lat for part in held) / number, sum(part.lon for part in held) / number
        found.append([round(lat, 6), round(lon, 6), {part.look: int(part.number) for part in held}])
    return found
