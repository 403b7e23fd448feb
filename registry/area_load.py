"""Many areas at once, from the official list or a site's own: what is there by its code is brought up to date.

A plan changes nothing and says what would be. It is written from the top down in short transactions, so that no press
waits for a country, and after each of them every area has its right path; whoever is interrupted loads again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core.errors import Conflict, Forbidden
from core.ids import new_id
from registry import area_store, audit
from registry.area_intake import LEVELS, AreaNew
from registry.audit import Actor, Deed
from registry.desk import Desk
from registry.official_areas import placed
from registry.store import AREAS, Row

WRITTEN_AT_ONCE = 2000  # Some tenths of a second, on SQLite for everybody who writes.
Say = Callable[[str, int, int], None]
"""Told (what is done with the rows, how many so far, of how many)."""


def say_nothing(_what: str, _done: int, _total: int) -> None:
    """For callers without a progress bar."""


class AreaEntry(NamedTuple):
    """What the source says at one row; `faults` are (member, reason) found while reading."""

    row: int
    values: Mapping[str, Any]
    faults: Sequence[tuple[str, str]] = ()


class AreaRefusal(NamedTuple):
    """Why the area at `row` cannot be kept."""

    row: int
    member: str
    reason: str


@dataclass(frozen=True, slots=True)
class AreaPlan:
    """What would be written, from the top down, and what is refused. `moved` are among the changed."""

    read: int
    added: tuple[AreaNew, ...] = ()
    changed: tuple[AreaNew, ...] = ()
    moved: int = 0
    unchanged: int = 0
    refusals: tuple[AreaRefusal, ...] = ()

    @property
    def rows(self) -> list[AreaNew]:
        return sorted((*self.added, *self.changed), key=lambda area: LEVELS.index(area.level))


@dataclass(slots=True)
class _Draft:
    """The areas of the source by code, and those of the registry that they meet."""

    given: dict[str, tuple[int, AreaNew]] = field(default_factory=dict)
    held: dict[str, Row] = field(default_factory=dict)
    refusals: list[AreaRefusal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AreaLoads:
    """`plan` reads, `write` does; both for people who see every area."""

    desk: Desk

    def plan(self, entries: Iterable[AreaEntry], say: Say = say_nothing) -> AreaPlan:
        """Check every row: by itself, against the others, against the registry."""
        draft = _Draft()
        read = 0
        for entry in entries:
            read += 1
            _take(draft, entry)
        with self.desk.db.read() as session:
            above = {new.parent_code for _, new in draft.given.values() if new.parent_code is not None}
            draft.held = area_store.rows_of(session, {*draft.given, *above})
            smallest = _largest_inside(session, draft)
        _refuse_misplaced(draft, smallest)
        say("checked", read, read)
        return _compared(draft, read)

    def write(self, plan: AreaPlan, say: Say = say_nothing, by: Actor = Actor(), source: str = "") -> None:
        """Write what the plan holds, its refused rows left out. Raises Conflict when somebody else changed the areas
        meanwhile; what was written until then stays, and loading again does the rest."""
        if not by.scope.is_everywhere:
            raise Forbidden("areas are loaded by people who see all of them")
        rows = plan.rows
        for start in range(0, len(rows), WRITTEN_AT_ONCE):
            some = rows[start : start + WRITTEN_AT_ONCE]
            try:
                with self.desk.db.write() as session:
                    area_store.take_turn(session)
                    _write(session, some)
            except IntegrityError as clash:
                raise Conflict("somebody else is changing the areas: load them again") from clash
            say("written", start + len(some), len(rows))
        if rows:
            counts = {"source": source, "added": len(plan.added), "changed": len(plan.changed), "moved": plan.moved}
            with self.desk.db.write() as session:
                audit.record(session, by, self.desk.clock.now(), Deed("area.load", "area", "many", data=counts))


def _take(draft: _Draft, entry: AreaEntry) -> None:
    """One row by itself; what an official code tells need not be written beside it."""
    values = dict(entry.values)
    known = placed(str(values.get("code", "")))
    if known is not None:
        values.setdefault("level", known[0])
        values.setdefault("parent_code", known[1])
    faults = list(entry.faults)
    try:
        new = AreaNew.model_validate(values)
    except ValidationError as wrong:
        named = {member for member, _ in faults}
        told = [_told(error) for error in wrong.errors(include_input=False, include_url=False)]
        draft.refusals += [
            AreaRefusal(entry.row, *fault) for fault in (*faults, *(f for f in told if f[0] not in named))
        ]
        return
    if new.code in draft.given:
        faults.append(("code", f"stands in row {draft.given[new.code][0]} already"))
    draft.refusals += [AreaRefusal(entry.row, *fault) for fault in faults]
    if not faults:
        draft.given[new.code] = (entry.row, new)


def _told(error: Any) -> tuple[str, str]:
    member = str(error["loc"][0])
    if error["type"] == "missing":
        return member, "is needed" if member in ("code", "name") else "is needed: this code does not tell it"
    return member, error["msg"].removeprefix("Value error, ")


def _largest_inside(session: Session, draft: _Draft) -> dict[str, str]:
    """The largest level that lies in each area whose own level would change, as the registry and the source have it."""
    codes = [
        code for code, (_, new) in draft.given.items() if code in draft.held and draft.held[code]["level"] != new.level
    ]
    found: dict[str, str] = {}
    for start in range(0, len(codes), area_store.AT_ONCE):
        inside = select(AREAS.c.code, AREAS.c.parent_code, AREAS.c.level)
        for row in session.connection().execute(
            inside.where(AREAS.c.parent_code.in_(codes[start : start + area_store.AT_ONCE]))
        ):
            if row.code not in draft.given:
                found[row.parent_code] = min(found.get(row.parent_code, row.level), row.level, key=LEVELS.index)
    return found


def _refuse_misplaced(draft: _Draft, largest_inside: dict[str, str]) -> None:
    """From the top down, so that what lies in a refused area that is new is refused as well."""
    for code, (row, new) in sorted(draft.given.items(), key=lambda each: LEVELS.index(each[1][1].level)):
        level = _level_of(draft, new.parent_code)
        if new.parent_code is not None and level is None:
            fault = ("parent_code", "there is no such area, neither here nor in the registry")
        elif level is not None and LEVELS.index(new.level) <= LEVELS.index(level):
            fault = ("level", f"a {new.level} cannot lie in a {level}")
        elif code in largest_inside and LEVELS.index(largest_inside[code]) <= LEVELS.index(new.level):
            fault = ("level", "an area that is as large or larger lies in this one")
        else:
            continue
        draft.refusals.append(AreaRefusal(row, *fault))
        del draft.given[code]


def _level_of(draft: _Draft, code: str | None) -> str | None:
    if code in draft.given:
        return draft.given[code][1].level
    return draft.held[code]["level"] if code in draft.held else None


def _compared(draft: _Draft, read: int) -> AreaPlan:
    added, changed, moved = [], [], 0
    for code, (_, new) in draft.given.items():
        held = draft.held.get(code)
        if held is None:
            added.append(new)
        elif (held["name"], held["level"], held["parent_code"]) != (new.name, new.level, new.parent_code):
            changed.append(new)
            moved += held["parent_code"] != new.parent_code
    unchanged = len(draft.given) - len(added) - len(changed)
    refusals = tuple(sorted(draft.refusals))
    return AreaPlan(read, tuple(added), tuple(changed), moved, unchanged, refusals)


_CHANGE = (
    update(AREAS)
    .where(AREAS.c.code == bindparam("which"))
    .values({name: bindparam(f"new_{name}") for name in ("name", "level", "parent_code")})
)


def _write(session: Session, areas: Sequence[AreaNew]) -> None:
    """Shape: from the top down."""
    connection = session.connection()
    held = area_store.rows_of(session, {code for a in areas for code in (a.code, a.parent_code) if code is not None})
    paths = {code: row["path"] for code, row in held.items()}
    new = []
    for area in areas:
        if area.code in held:
            continue
        if area.parent_code is not None and area.parent_code not in paths:
            raise Conflict("somebody else is changing the areas: load them again")
        paths[area.code] = f"{paths.get(area.parent_code or '', '')}/{area.code}"
        new.append(area.model_dump() | {"id": new_id(), "path": paths[area.code]})
    if new:
        connection.execute(insert(AREAS), new)
    changes = [a for a in areas if a.code in held]
    if changes:
        connection.execute(
            _CHANGE,
            [
                {"which": a.code, "new_name": a.name, "new_level": a.level, "new_parent_code": a.parent_code}
                for a in changes
            ],
        )
    for area in changes:
        if area.parent_code != held[area.code]["parent_code"]:
            _move(session, area)


def _move(session: Session, area: AreaNew) -> None:
    """Paths are read anew: an area above may just have moved."""
    old = area_store.path_of(session, area.code)
    above = "" if area.parent_code is None else area_store.path_of(session, area.parent_code)
    new = f"{above}/{area.code}"
    if old is None or above is None or above == old or above.startswith(f"{old}/"):
        raise Conflict("somebody else is changing the areas: load them again")
    area_store.move(session, old, new)
