"""Many open alarms by where their elders live: how many in each community or street, and how many nobody has."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlmodel import Session

from alarms import need
from alarms.board import UNFILED, of_board
from alarms.models import Alarm
from registry.area_store import codes_of, rows_of
from registry.models import Elder, table_of
from registry.sessions import SignedIn

LEVELS = ("community", "street")
_LARGER = frozenset({"province", "city", "district", "street"})
_ALARMS, _HOMES = table_of(Alarm), table_of(Elder).alias("homes")


@dataclass(frozen=True, slots=True)
class Group:
    """The open alarms of one area; `key` is its path, or UNFILED; `oldest` is the press that nobody has longest."""

    key: str
    name: str
    within: str
    open: int
    unclaimed: int
    oldest: datetime | None


def by_area(session: Session, now: datetime, seen_by: SignedIn | None, level: str = "community") -> list[Group]:
    """Groups with what nobody has first, whose oldest press came first; a new press moves none of them."""
    waits = case((need.rank(now) == need.UNCLAIMED, _ALARMS.c.received_at))
    query = (
        select(_HOMES.c.area_path, func.count(), func.count(waits), func.min(waits))
        .select_from(_ALARMS.outerjoin(_HOMES, _HOMES.c.id == _ALARMS.c.elder_id))
        .where(*of_board(seen_by))
        .group_by(_HOMES.c.area_path)
    )
    rows = session.execute(query).all()
    areas = rows_of(session, {code for row in rows for code in codes_of(row[0] or "")})
    groups: dict[str, Group] = {}
    for path, count, unclaimed, oldest in rows:
        one = _named(_cut(path or "", areas, level), areas, count, unclaimed, oldest)
        groups[one.key] = _joined(groups.get(one.key), one)
    return sorted(groups.values(), key=lambda g: (g.unclaimed == 0, g.oldest or now, g.key == UNFILED, g.key))


def newest_number(session: Session) -> int:
    """The number of the newest alarm: what came later is not in a group that was shown before."""
    return session.scalar(select(func.max(_ALARMS.c.number))) or 0


def _cut(path: str, areas: Mapping[str, dict[str, Any]], level: str) -> str:
    codes = codes_of(path)
    while level == "street" and len(codes) > 1 and codes[-1] in areas and areas[codes[-1]]["level"] not in _LARGER:
        codes.pop()
    return "".join(f"/{code}" for code in codes)


def _named(
    path: str, areas: Mapping[str, dict[str, Any]], count: int, unclaimed: int, oldest: datetime | None
) -> Group:
    names = [areas[code]["name"] if code in areas else code for code in codes_of(path)]
    return Group(path or UNFILED, names[-1] if names else "", "".join(names[-2:-1]), count, unclaimed, oldest)


def _joined(known: Group | None, more: Group) -> Group:
    if known is None:
        return more
    oldest = min((at for at in (known.oldest, more.oldest) if at is not None), default=None)
    return replace(
        known, open=known.open + more.open, unclaimed=known.unclaimed + more.unclaimed, oldest=oldest
    )  # fmt: skip
