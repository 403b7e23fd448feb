"""Areas that an address mentions, however it is written: for who has a street or a village and no file to look up."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session

from registry import area_store, store
from registry.area_intake import LEVELS
from registry.scope import Scope
from registry.store import AREAS, ELDERS, Row

SHORTEST, LONGEST = 2, 10  # Characters of a name as it is said, without what the office adds.
LOOKED_AT = 40  # Characters of the text.
MOST_BY_NAME = 400
_ENDINGS = (
    "", "村", "社区", "街道", "镇", "乡", "区", "县", "市", "省", "委会", "村委会", "居委会", "社区居委会", "民委员会",
    "村民委员会", "居民委员会", "街道办事处",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mentioned:
    """An area whose name the text holds; `said` is how many of its characters name it or what it lies in."""

    row: Row
    full_name: str
    said: int


@dataclass(frozen=True, slots=True)
class Homes:
    """The known homes of an area: how many, and the box they lie in, WGS-84."""

    number: int
    lat_min: float
    lat_max: float
    lon_min: float
    lon_max: float


def mentioned(session: Session, text: str, limit: int) -> list[Mentioned]:
    """What fits most of the text first, smaller areas before larger ones; an area is left out where one in it fits."""
    plain = text.translate(area_store.BETWEEN)[:LOOKED_AT]
    rows = {row["code"]: row for row in [*_named(session, plain), *_begins(session, plain, limit)]}
    above = area_store.rows_of(
        session, {code for row in rows.values() for code in area_store.codes_of(row["path"]) if code not in rows}
    )
    found = [Mentioned(row, _full_name(row, rows | above), _said(plain, row, rows | above)) for row in rows.values()]
    found.sort(key=lambda one: (-one.said, -LEVELS.index(one.row["level"]), one.row["code"]))
    return _smallest(found)[:limit]


def homes(session: Session, path: str, scope: Scope) -> Homes | None:
    """Where those live who are filed in the area and whom the user may see; None where no home is known."""
    c = ELDERS.c
    row = session.execute(
        select(func.count(), func.min(c.lat), func.max(c.lat), func.min(c.lon), func.max(c.lon)).where(
            area_store.within(c.area_path, path), c.deleted_at.is_(None), c.lat.is_not(None), *scope.where(ELDERS)
        )
    ).one()
    return Homes(*row) if row[0] else None


def _named(session: Session, plain: str) -> list[Row]:
    spoken = {
        plain[start : start + size]
        for start in range(len(plain))
        for size in range(SHORTEST, min(LONGEST, len(plain) - start) + 1)
    }
    names = sorted({one + ending for one in spoken for ending in _ENDINGS})
    found: list[Row] = []
    for start in range(0, len(names), area_store.AT_ONCE):
        some = select(AREAS).where(AREAS.c.name.in_(names[start : start + area_store.AT_ONCE])).limit(MOST_BY_NAME)
        found += [dict(row._mapping) for row in session.connection().execute(some)]
    return [row for row in found if row["name"] not in area_store.PLACEHOLDERS]


def _begins(session: Session, plain: str, limit: int) -> list[Row]:
    if len(plain) < SHORTEST:
        return []
    some = select(AREAS).where(store.begins_with(AREAS.c.name, plain)).order_by(AREAS.c.code).limit(limit)
    return [dict(row._mapping) for row in session.connection().execute(some)]


def _full_name(row: Row, areas: dict[str, Row]) -> str:
    codes = [code for code in area_store.codes_of(row["path"]) if code in areas]
    return "".join(areas[c]["name"] for c in codes if areas[c]["name"] not in area_store.PLACEHOLDERS)


def _said(plain: str, row: Row, areas: dict[str, Row]) -> int:
    names = {areas[code]["name"] for code in area_store.codes_of(row["path"]) if code in areas}
    return sum(_held(plain, name) for name in names)


def _held(plain: str, name: str) -> int:
    """How many characters of the text name this area; what the office adds to a name need not be said."""
    forms = {name.removesuffix(ending) for ending in _ENDINGS} | {name}
    return max((len(form) for form in forms if len(form) >= SHORTEST and form in plain), default=0)


def _smallest(found: Collection[Mentioned]) -> list[Mentioned]:
    paths = [one.row["path"] for one in found]
    return [one for one in found if not any(path.startswith(f"{one.row['path']}/") for path in paths)]
