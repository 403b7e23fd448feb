"""Whose files somebody sees: a street's officer sees the street. One mechanism for every list, view and change.

Lists and searches add `scope.where(TABLE)` to their conditions; whatever names one row is checked by
`console.deps.allowed` from the path's parameters, and by `scope.check_elder` where a body names an elder.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, or_, select, true
from sqlmodel import Session

from core.errors import NotFound
from registry.area_store import within_any
from registry.intake import BadMember
from registry.models import Area, Elder, table_of

_ELDERS, _AREAS = table_of(Elder), table_of(Area)


@dataclass(frozen=True, slots=True)
class Scope:
    """The paths of somebody's areas (`/610000/610400/610402`); None is everywhere, and no path is nowhere."""

    paths: tuple[str, ...] | None = None

    @property
    def is_everywhere(self) -> bool:
        return self.paths is None

    @property
    def codes(self) -> tuple[str, ...] | None:
        """The areas' official codes; None is everywhere."""
        return None if self.paths is None else tuple(path.rpartition("/")[2] for path in self.paths)

    def holds(self, path: str | None) -> bool:
        """Whether a file with this area path lies in one of the areas; one without is seen from everywhere only."""
        if self.paths is None:
            return True
        return path is not None and any(path == one or path.startswith(f"{one}/") for one in self.paths)

    def contains(self, other: "Scope") -> bool:
        """Whether who has this scope sees everything that who has the other one sees."""
        return self.paths is None or (other.paths is not None and all(map(self.holds, other.paths)))

    def where(self, table: FromClause) -> list[ColumnElement[bool]]:
        """Conditions that keep a query within the areas, empty for who sees everything.

        For elders by their area; for whatever has an `elder_id` by that elder's, and seen by everybody where it is
        null; other tables (areas, resources, users) hold nobody's file.
        """
        if self.paths is None:
            return []
        if table is _ELDERS or ("area_path" in table.c and "elder_id" not in table.c):
            return [self.within(table.c["area_path"])]
        if "elder_id" not in table.c:
            return []
        elder_id = table.c["elder_id"]
        theirs = elder_id.in_(select(_ELDERS.c.id).where(self.within(_ELDERS.c.area_path)))
        return [or_(elder_id.is_(None), theirs)]

    def within(self, column: Any) -> ColumnElement[bool]:
        """Whether an area path lies in one of the areas."""
        return true() if self.paths is None else within_any(column, self.paths)

    def sees_elder(self, session: Session, elder_id: str | None) -> bool:
        """Whether this elder's file may be seen; no elder at all hides nothing."""
        if self.paths is None or elder_id is None:
            return True
        wanted = select(_ELDERS.c.area_path).where(_ELDERS.c.id == elder_id)
        row = session.connection().execute(wanted).one_or_none()
        return row is not None and self.holds(row.area_path)

    def require_elder(self, session: Session, elder_id: str | None) -> None:
        """Raises NotFound: a file out of sight is told as one that is not there."""
        if not self.sees_elder(session, elder_id):
            raise NotFound("there is no such elder")

    def check_elder(self, session: Session, elder_id: str | None, member: str = "elder_id") -> None:
        """For a body that names an elder. Raises BadMember."""
        if not self.sees_elder(session, elder_id):
            raise BadMember(member, "there is no such elder")

    def check_area(self, path: str | None) -> None:
        """For a file that is written: nobody files somebody where they cannot see them. Raises BadMember."""
        if not self.holds(path):
            raise BadMember("area_code", "must lie in one of your areas")


EVERYWHERE = Scope()


def scope_of(session: Session, codes: Collection[str] | None) -> Scope:
    """The scope of a user with these area codes; a code that has gone gives no right, least of all to everything."""
    if not codes:
        return EVERYWHERE
    rows = session.connection().execute(select(_AREAS.c.code, _AREAS.c.path).where(_AREAS.c.code.in_(codes)))
    return Scope(tuple(sorted(row.path or f"/{row.code}" for row in rows)))


def unknown_codes(session: Session, codes: Collection[str]) -> list[str]:
    """Those that are no area's."""
    known: Mapping[str, bool] = {
        row.code: True for row in session.connection().execute(select(_AREAS.c.code).where(_AREAS.c.code.in_(codes)))
    }
    return [code for code in codes if code not in known]
