"""How many elders and devices an area has, with all that lies in it: one statement for all lines of a list."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session

from registry import area_store
from registry.store import AREAS, DEVICES, ELDERS, Row


@dataclass(frozen=True, slots=True)
class AreaCounts:
    """`inside` is how many areas lie directly in it; devices that were retired do not count."""

    inside: int = 0
    elders: int = 0
    devices: int = 0


def inside(session: Session, codes: Collection[str]) -> dict[str, int]:
    """How many areas lie directly in each; one with none is left out."""
    wanted = select(AREAS.c.parent_code, func.count()).where(AREAS.c.parent_code.in_(codes))
    return {row[0]: row[1] for row in session.connection().execute(wanted.group_by(AREAS.c.parent_code))}


def counted(session: Session, areas: Sequence[Row], seen: Sequence[ColumnElement[bool]] = ()) -> dict[str, AreaCounts]:
    """By code, for areas that lie in the same one; `seen` are the conditions on elders that the asker's areas set."""
    if not areas:
        return {}
    within = inside(session, [area["code"] for area in areas])
    elders: dict[str, int] = {}
    devices: dict[str, int] = {}
    above = areas[0]["path"].rpartition("/")[0]
    for length in {len(area["path"]) for area in areas}:  # Codes of one level are of one length, but for a site's own.
        elders |= _elders(session, above, length, seen)
        devices |= _devices(session, above, length, seen)
    return {
        area["code"]: AreaCounts(within.get(area["code"], 0), elders.get(area["path"], 0), devices.get(area["path"], 0))
        for area in areas
    }


def _elders(session: Session, above: str, length: int, seen: Sequence[ColumnElement[bool]]) -> dict[str, int]:
    path = ELDERS.c.area_path
    each = (
        select(path, func.count().label("number"))
        .where(*_lies(above, length), ELDERS.c.deleted_at.is_(None), *seen)
        .group_by(path)
        .subquery()
    )  # By whole paths first: the index holds them in order.
    of_line = func.substr(each.c.area_path, 1, length)
    wanted = select(of_line, func.sum(each.c.number)).group_by(of_line)
    return {row[0]: int(row[1]) for row in session.connection().execute(wanted)}


def _devices(session: Session, above: str, length: int, seen: Sequence[ColumnElement[bool]]) -> dict[str, int]:
    of_line = func.substr(ELDERS.c.area_path, 1, length)
    wanted = (
        select(of_line, func.count())
        .join(DEVICES, DEVICES.c.elder_id == ELDERS.c.id)
        .where(*_lies(above, length), ELDERS.c.deleted_at.is_(None), DEVICES.c.state != "retired", *seen)
        .group_by(of_line)
    )
    return {row[0]: row[1] for row in session.connection().execute(wanted)}


def _lies(above: str, length: int) -> list[ColumnElement[bool]]:
    """Below the area above, on a line whose path has that length."""
    path = ELDERS.c.area_path
    ends = or_(func.length(path) == length, func.substr(path, length + 1, 1) == "/")
    return [area_store.within(path, above) if above else path.is_not(None), ends]
