"""The areas' SQL: which area a text means, what lies in one, and the paths that say so.

A path is the codes from the top down, each behind a slash (`/610000/610400/610402`). Stores take a session of the
caller's and never commit.
"""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, and_, func, literal, or_, select, update
from sqlalchemy import text as sql_text
from sqlmodel import Session

from registry import store
from registry.store import AREAS, ELDERS, Row

AT_ONCE = 900  # Keys in one statement: SQLite of old took 999.
MOVED_AT_ONCE = 20_000  # Rows rewritten by one statement, so that none of them runs into the server's time limit.
MOST_NAMESAKES = 2000  # "城关镇" alone names some 300 places.
LONGEST_NAME = 120
_LOCK_KEY = 0x61726561  # "area": any number that nothing else in the database locks.
PLACEHOLDERS = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
"""Levels that exist in the official list only; nobody says them."""
_OFFICES = ("居委会", "村委会", "居民委员会", "村民委员会")
BETWEEN = str.maketrans("", "", " \t\u3000/\\,，、·・-－>")  # What people put between the parts of a place's name.


class Place(NamedTuple):
    """An area as others keep it."""

    code: str
    path: str
    full_name: str


def by_code(session: Session, code: str) -> Row | None:
    """The area with this official code."""
    return store.find(session, AREAS, AREAS.c.code == code)


def path_of(session: Session, code: str) -> str | None:
    """The path of the area with this code; None when there is none."""
    path: str | None = session.scalar(select(AREAS.c.path).where(AREAS.c.code == code))
    return path


def place_of(session: Session, code: str) -> Place | None:
    """The area with this code, with its full name."""
    path = path_of(session, code)
    return None if path is None else Place(code, path, full_names(session, [path])[path])


def within(column: Any, path: str) -> ColumnElement[bool]:
    """The condition "lies in this area": its own path, or one below it.

    A range, since LIKE finds no index on SQLite; `0` follows the slash, and path columns are compared by bytes.
    """
    return or_(column == path, and_(column >= f"{path}/", column < f"{path}0"))


def within_any(column: Any, paths: Iterable[str]) -> ColumnElement[bool]:
    """The condition "lies in one of these areas"; none given, nothing lies there."""
    conditions = [within(column, path) for path in paths]
    return or_(*conditions) if conditions else literal(False)


def codes_of(path: str) -> list[str]:
    """The codes of a path from the top down."""
    return path.split("/")[1:] if path else []


def ancestors_of(path: str) -> list[str]:
    """The paths from the top down to this one: whatever holds for one of them may hold here."""
    codes = codes_of(path)
    return ["/" + "/".join(codes[: n + 1]) for n in range(len(codes))]


def rows_of(session: Session, codes: Collection[str]) -> dict[str, Row]:
    """The areas with these codes, by code."""
    wanted = sorted(set(codes))
    found: dict[str, Row] = {}
    for start in range(0, len(wanted), AT_ONCE):
        rows = session.connection().execute(select(AREAS).where(AREAS.c.code.in_(wanted[start : start + AT_ONCE])))
        found |= {row.code: dict(row._mapping) for row in rows}
    return found


def full_names(session: Session, paths: Collection[str]) -> dict[str, str]:
    """Path → the names from the top down in one word (陕西省咸阳市秦都区), as addresses have it."""
    areas = rows_of(session, {code for path in paths for code in codes_of(path)})
    return {path: "".join(_said_names(path, areas)) for path in paths}


def _said_names(path: str, areas: dict[str, Row]) -> list[str]:
    codes = [code for code in codes_of(path) if code in areas]
    return [areas[c]["name"] for c in codes if areas[c]["name"] not in PLACEHOLDERS or c == codes[-1]]


def resolve(session: Session, text: str) -> Place | None:
    """The one area a text means: by its code, or by its name with as many of the larger ones before it as it takes
    (`秦都区人民路街道`). None where no area is called so, and where several are."""
    text = text.strip()
    if not text or len(text) > LONGEST_NAME * 2:
        return None
    if text.isascii() and (place := place_of(session, text)) is not None:
        return place
    plain = text.translate(BETWEEN)
    return _named(session, plain, ("",)) or _named(session, plain, _OFFICES)


class Resolver:
    """`resolve` for many texts: each is looked up once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, Place | None] = {}

    def __call__(self, text: str) -> Place | None:
        if text not in self._known:
            self._known[text] = resolve(self._session, text)
        return self._known[text]


def _named(session: Session, text: str, endings: tuple[str, ...]) -> Place | None:
    """The only area whose name ends the text, the names of larger ones making up what stands before it."""
    ends = [text[-n:] for n in range(1, min(len(text), LONGEST_NAME) + 1)]
    names = {end + ending: end for ending in endings for end in ends}
    rows = session.connection().execute(
        select(AREAS.c.code, AREAS.c.name, AREAS.c.path).where(AREAS.c.name.in_(names)).limit(MOST_NAMESAKES)
    )
    found = [(row.code, row.path, names[row.name]) for row in rows]
    areas = rows_of(session, {code for _, path, _ in found for code in codes_of(path)[:-1]})
    fits = [(code, path) for code, path, end in found if _leads_to(text.removesuffix(end), path, areas)]
    if len(fits) != 1:
        return None
    code, path = fits[0]
    return Place(code, path, full_names(session, [path])[path])


def _leads_to(text: str, path: str, areas: dict[str, Row]) -> bool:
    """Whether what stands before a name is the names of the areas it lies in; any of them may be left out."""
    for code in reversed(codes_of(path)[:-1]):
        if code in areas:
            text = text.removesuffix(areas[code]["name"])
    return not text


def take_turn(session: Session) -> None:
    """Who changes where areas lie does it alone until the transaction ends: two moves could form a ring."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(sql_text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def forget_buried(session: Session, code: str) -> None:
    """Elders that were taken out of the lists do not keep an area from being removed."""
    of_it = update(ELDERS).where(ELDERS.c.area_code == code, ELDERS.c.deleted_at.is_not(None))
    session.connection().execute(of_it.values(area_code=None, area_path=None))


def move(session: Session, old: str, new: str) -> int:
    """Rewrite the paths of an area, of all that lies in it and of the elders there; how many elders."""
    _rewrite(session, AREAS, AREAS.c.path, old, new)
    return _rewrite(session, ELDERS, ELDERS.c.area_path, old, new)


def _rewrite(session: Session, table: Table, column: Any, old: str, new: str) -> int:
    """The new path never lies below the old one, so that each row is met once."""
    some = select(table.c.id).where(within(column, old)).limit(MOVED_AT_ONCE)
    change = (
        update(table).where(table.c.id.in_(some)).values({column: literal(new) + func.substr(column, len(old) + 1)})
    )
    moved = 0
    while done := session.connection().execute(change).rowcount:
        moved += done
    return moved
