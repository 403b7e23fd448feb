"""Whom a policy's chain leaves waiting: elders with nobody on a rung, and hours in which nobody of theirs is reached.

The chain rings in any case, and the officers after it; what is found here is what should not be left to them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ScalarSelect, Text, and_, cast, exists, func, or_, select
from sqlmodel import Session

from registry import area_store
from registry.hours import is_away, open_at
from registry.models import Policy, table_of
from registry.profile import CALL_ORDER, DEFAULT_POLICY, TECHNICAL, PolicySettings
from registry.rungs import policy_settings
from registry.store import CONTACTS, ELDERS, Row

HOURS = 168
ALL_HOURS = (1 << HOURS) - 1
MOST_EXAMINED = 20_000  # Elders none of whose people can always be reached; what is beyond them is not looked at.
_POLICIES = table_of(Policy)
_NOTHING = ("null", "[]")  # What an empty JSON column holds.


@dataclass(frozen=True, slots=True)
class Gap:
    """An hour of the coming week in which nobody on the rungs can be reached, for so many elders."""

    at: datetime
    elders: int


@dataclass(frozen=True, slots=True)
class PolicyCheck:
    """`elders` have this policy. `no_rung` of them have nobody on any rung, so that the usual roles are rung instead;
    `nobody` of those have none of these either. `hours` are the elders without anybody reachable, `nobody` among them,
    for each hour of the week from `begins_at` on; `is_partial` where of those who have somebody only the first
    `examined` were looked at. `is_for_officers`: the policy is for a kind of alarm that rings no contact, so
    that nobody waits for one."""

    elders: int
    no_rung: int
    nobody: int
    begins_at: datetime
    hours: tuple[int, ...]
    examined: int
    is_partial: bool
    is_for_officers: bool = False

    @property
    def worst(self) -> Gap | None:
        """The first of the worst hours; None where there is always somebody."""
        most = max(self.hours, default=0)
        if most == 0:
            return None
        return Gap(self.begins_at + timedelta(hours=self.hours.index(most)), most)


def check(
    session: Session, policy: Row, now: datetime, timezone: str, seen: Sequence[ColumnElement[bool]] = ()
) -> PolicyCheck:
    """Look at everybody whom the policy serves; `seen` are the conditions on elders that the asker's areas set."""
    settings = policy_settings(policy["settings"])
    served = [ELDERS.c.deleted_at.is_(None), *_served(session, policy), *seen]
    elders, no_rung, nobody = _counts(session, settings, served)
    begins_at = now.astimezone(ZoneInfo(timezone)).replace(minute=0, second=0, microsecond=0)
    if policy["kind"] in TECHNICAL:
        return PolicyCheck(elders, 0, 0, begins_at, (0,) * HOURS, 0, is_partial=False, is_for_officers=True)
    week = _Week(begins_at)
    hours: Counter[int] = Counter()
    examined = 0
    for people in _examined(session, settings, served):
        examined += 1
        hours[week.unreached(people)] += 1
    hours[ALL_HOURS] += nobody
    found = [sum(number for mask, number in hours.items() if mask >> hour & 1) for hour in range(HOURS)]
    return PolicyCheck(elders, no_rung, nobody, begins_at, tuple(found), examined, is_partial=examined >= MOST_EXAMINED)


# -- whom it serves


def _served(session: Session, policy: Row) -> Iterator[ColumnElement[bool]]:
    """Elders of its area, or itself its elder; without those for whom a nearer policy is meant."""
    if policy["elder_id"] is not None:
        yield ELDERS.c.id == policy["elder_id"]
        return
    own = None if policy["area_code"] is None else area_store.path_of(session, policy["area_code"])
    if own is not None:
        yield area_store.within(ELDERS.c.area_path, own)
    if policy["name"] != DEFAULT_POLICY and own is None and policy["kind"] is None:
        return  # A draft: as if it were for everybody.
    for_all_or_its_kind = or_(_POLICIES.c.kind.is_(None), _POLICIES.c.kind == policy["kind"])
    nearer = select(_POLICIES.c.elder_id).where(_POLICIES.c.elder_id.is_not(None), for_all_or_its_kind)
    yield ELDERS.c.id.not_in(nearer)
    codes = session.scalars(
        select(_POLICIES.c.area_code).where(_POLICIES.c.area_code.is_not(None), for_all_or_its_kind)
    )
    paths = [row["path"] for row in area_store.rows_of(session, codes.all()).values()]
    smaller = [path for path in paths if path != own and (own is None or path.startswith(f"{own}/"))]
    if smaller:
        yield or_(ELDERS.c.area_path.is_(None), ~area_store.within_any(ELDERS.c.area_path, smaller))


# -- whom it rings for them


def _counts(session: Session, settings: PolicySettings, served: Sequence[ColumnElement[bool]]) -> tuple[int, int, int]:
    """All of them, those with nobody on a rung, and those with nobody to be rung at all; of one moment."""

    def number(*where: ColumnElement[bool]) -> ScalarSelect[int]:
        return select(func.count()).select_from(ELDERS).where(*served, *where).scalar_subquery()

    everybody, no_rung = number(), number(~_has(settings.roles))
    if not _leaves_out_usual_roles(settings):
        elders, lacking = session.execute(select(everybody, no_rung)).one()
        return elders, lacking, lacking
    nobody = number(~_has([*settings.roles, *CALL_ORDER]))
    elders, lacking, alone = session.execute(select(everybody, no_rung, nobody)).one()
    return elders, lacking, alone


def _leaves_out_usual_roles(settings: PolicySettings) -> bool:
    return not set(CALL_ORDER) <= set(settings.roles)


def _has(roles: Iterable[str], *more: ColumnElement[bool]) -> ColumnElement[bool]:
    of_them = CONTACTS.c.elder_id == ELDERS.c.id, CONTACTS.c.deleted_at.is_(None), CONTACTS.c.role.in_(list(roles))
    return exists().where(*of_them, *more)


def _can_always_be_reached() -> ColumnElement[bool]:
    empty = (
        or_(column.is_(None), cast(column, Text).in_(_NOTHING)) for column in (CONTACTS.c.hours, CONTACTS.c.away)
    )  # fmt: skip
    return and_(CONTACTS.c.wrong_number_at.is_(None), *empty)


def _rung(settings: PolicySettings) -> Iterator[tuple[list[str], list[ColumnElement[bool]]]]:
    """Which roles are rung for which elders, as `alarms.ladder.arranged` has it."""
    on_rung = _has(settings.roles)
    if settings.roles:
        yield list(settings.roles), [on_rung]
    if _leaves_out_usual_roles(settings):
        yield list(CALL_ORDER), [~on_rung, _has(CALL_ORDER)]


def _examined(
    session: Session, settings: PolicySettings, served: Sequence[ColumnElement[bool]]
) -> Iterator[list[Mapping[str, Any]]]:
    """The people who are rung for each elder of whom none can always be reached, an elder after the other."""
    columns = [CONTACTS.c[name] for name in ("elder_id", "hours", "away", "wrong_number_at", "more_phones")]
    left = MOST_EXAMINED
    for roles, have_them in _rung(settings):
        wanted = *served, *have_them, ~_has(roles, _can_always_be_reached())
        # One question for all of them: page by page PostgreSQL would join the two tables anew for each page.
        some = select(ELDERS.c.id).where(*wanted).order_by(ELDERS.c.id).limit(left).subquery()
        theirs = CONTACTS.c.elder_id == some.c.id, CONTACTS.c.deleted_at.is_(None), CONTACTS.c.role.in_(roles)
        rows = session.execute(select(*columns).where(*theirs).order_by(CONTACTS.c.elder_id)).mappings()
        for _, people in groupby(rows, key=itemgetter("elder_id")):
            yield [dict(one) for one in people]
            left -= 1


# -- when somebody can be reached, as one bit for each hour of the week


class _Week:
    def __init__(self, begins_at: datetime) -> None:
        # An hour counts by its beginning; local clocks are what people mean by their hours.
        self._hours = [begins_at + timedelta(hours=n) for n in range(HOURS)]
        self._open = lru_cache(maxsize=10_000)(self._open_mask)
        self._away = lru_cache(maxsize=10_000)(self._away_mask)

    def unreached(self, people: Iterable[Mapping[str, Any]]) -> int:
        """The hours in which none of these people can be reached."""
        reached = 0
        for one in people:
            if _has_a_good_number(one):
                reached |= self._open(json.dumps(one["hours"])) & ~self._away(json.dumps(one["away"]))
        return ~reached & ALL_HOURS

    def _open_mask(self, hours: str) -> int:
        known = json.loads(hours)
        return sum(1 << n for n, at in enumerate(self._hours) if open_at(known, at) is not False)

    def _away_mask(self, away: str) -> int:
        known = json.loads(away)
        return sum(1 << n for n, at in enumerate(self._hours) if is_away(known, at.date()))


def _has_a_good_number(one: Mapping[str, Any]) -> bool:
    return one["wrong_number_at"] is None or any(not more.get("wrong_at") for more in one["more_phones"] or ())
