"""The open alarms as the board shows them: the neediest first, a page at a time, how many there are, and where.

Everything is of what `seen_by` may see; a press of the centre's own probe is on no board.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlmodel import Session

from alarms import need
from alarms.models import Alarm
from alarms.need import Need
from alarms.sight import in_sight
from alarms.values import PROBE_UID
from alarms.views import Json, alarm_briefs
from registry.area_store import within_any
from registry.models import Elder, table_of
from registry.sessions import SignedIn

OPEN_STATES = ("open", "accepted", "arrived", "follow_up")
OVERDUE_AFTER = timedelta(seconds=180)  # Nobody has taken it by then: every screen says so until somebody does.
UNFILED = "-"
"""The key of the group of those whose elder is filed under no area, and of presses of unknown people."""
_ALARMS, _ELDERS = table_of(Alarm), table_of(Elder)


@dataclass(frozen=True, slots=True)
class Counts:
    """Of all open alarms, whether their lines are loaded or not; tests count as open only."""

    open: int
    unclaimed: int
    overdue: int
    late: int
    oldest: datetime | None
    """The press of the unclaimed alarm that waits longest."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open alarms: held by one, held by nobody, no tests, in some states, of one area, up to a number."""

    held_by: str | None = None
    is_unclaimed: bool = False
    is_real: bool = False
    states: tuple[str, ...] | None = None
    area: str | None = None
    upto: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.held_by is not None:
            found.append(_ALARMS.c.claimed_by == self.held_by)
        if self.is_unclaimed:
            found += [_ALARMS.c.state == "open", _ALARMS.c.claimed_by.is_(None)]
        if self.states is not None:
            found.append(_ALARMS.c.state.in_(self.states))
        if self.is_real:
            found.append(~_ALARMS.c.is_test)
        if self.upto is not None:
            found.append(_ALARMS.c.number <= self.upto)
        if self.area is not None:
            found.append(_of_area(self.area))
        return found


EVERYTHING = Wanted()


def neediest(
    session: Session,
    now: datetime,
    *,
    seen_by: SignedIn | None,
    limit: int,
    after: Need | None = None,
    wanted: Wanted = EVERYTHING,
) -> tuple[list[Json], Need | None]:
    """Lines of the queue in its order, and the need of the last one where there are more behind it."""
    ids, following = neediest_ids(session, now, seen_by=seen_by, limit=limit, after=after, wanted=wanted)
    found, _ = alarm_briefs(session, now, ids=ids, limit=len(ids) or 1)
    by_id = {one["id"]: one for one in found}
    return [by_id[one] for one in ids if one in by_id], following


def neediest_ids(
    session: Session,
    now: datetime,
    *,
    seen_by: SignedIn | None,
    limit: int,
    after: Need | None = None,
    wanted: Wanted = EVERYTHING,
) -> tuple[list[str], Need | None]:
    """The same with nothing but the alarms' ids."""
    order = need.needier_first(now)
    query = select(_ALARMS.c.id, *(one.label(f"need_{n}") for n, one in enumerate(order)))
    query = query.where(*of_board(seen_by), *wanted.conditions()).order_by(*order).limit(limit + 1)
    if after is not None:
        query = query.where(need.after(after, now))
    rows = session.execute(query).all()
    page = rows[:limit]
    return [row[0] for row in page], (Need(*page[-1][1:]) if len(rows) > limit else None)


@dataclass(frozen=True, slots=True)
class Known:
    """An alarm that somebody names, and who holds it."""

    id: str
    number: int
    held_by: str | None


def known_of(session: Session, ids: Collection[str], seen_by: SignedIn | None) -> dict[str, Known]:
    """Those of the alarms that are there and may be seen."""
    columns = _ALARMS.c.id, _ALARMS.c.number, _ALARMS.c.claimed_by
    rows = session.execute(select(*columns).where(_ALARMS.c.id.in_(ids), *in_sight(seen_by)))
    return {row.id: Known(row.id, row.number, row.claimed_by) for row in rows}


def counts(session: Session, now: datetime, seen_by: SignedIn | None) -> Counts:
    """How many are open, and how many of them nobody has taken."""
    nobody = need.rank(now) == need.UNCLAIMED
    waits = case((nobody, _ALARMS.c.received_at))
    overdue = case((nobody & (_ALARMS.c.received_at <= now - OVERDUE_AFTER), 1))
    late = case((need.rank(now) == need.LATE, 1))
    sums = func.count(), func.count(waits), func.count(overdue), func.count(late), func.min(waits)
    return Counts(*session.execute(select(*sums).select_from(_ALARMS).where(*of_board(seen_by))).one())


def of_board(seen_by: SignedIn | None) -> list[ColumnElement[bool]]:
    """The conditions that every query of the board begins with."""
    return [_ALARMS.c.state.in_(OPEN_STATES), _ALARMS.c.device_uid != PROBE_UID, *in_sight(seen_by)]


def _of_area(key: str) -> ColumnElement[bool]:
    theirs = select(_ELDERS.c.id).where(_ELDERS.c.id == _ALARMS.c.elder_id)
    if key == UNFILED:
        return ~theirs.where(_ELDERS.c.area_path.is_not(None)).exists()
    return theirs.where(within_any(_ELDERS.c.area_path, [key])).exists()
