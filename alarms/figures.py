"""A day of the duty room in figures: what the service levels ask, and how it went so far.

Clocks start at the centre's receive time; what the system does by itself is not an officer. Tests and the centre's own
presses do not count. Source of the targets: the service levels of the duty room.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select
from sqlmodel import Session

from alarms.models import Alarm
from alarms.values import PROBE_UID
from registry.device_lists import silent_condition
from registry.models import Device, DeviceModel, DevicePresence, Elder, User, UserSession, table_of
from registry.scope import Scope

_ALARMS, _USERS, _SESSIONS = table_of(Alarm), table_of(User), table_of(UserSession)
_DEVICES, _ELDERS, _MODELS, _PRESENCE = (
    table_of(Device),
    table_of(Elder),
    table_of(DeviceModel),
    table_of(DevicePresence),
)
EVERYWHERE = Scope()
MOST = 50_000  # Alarms of one day; more than this city ever had.
AREAS_SHOWN = 8
DUTY_ROLES = ("officer", "supervisor")


@dataclass(frozen=True, slots=True)
class Level:
    """One service level: of `of` alarms, `met` kept it; `target` is the share wanted."""

    code: str
    met: int
    of: int
    target: float

    @property
    def share(self) -> float | None:
        return self.met / self.of if self.of else None

    @property
    def is_kept(self) -> bool:
        return self.share is None or self.share >= self.target


@dataclass(frozen=True, slots=True)
class Load:
    """An officer at work: open alarms they hold, and how many they took today."""

    user_id: str
    name: str
    role: str
    holds: int
    taken_today: int
    is_signed_in: bool


@dataclass(frozen=True, slots=True)
class Day:
    """`entered` of those received were entered afterwards: they stand at their true hour, and no service level counts
    them, since the system was not there to keep it. `by_hour` are the received by local hour (24 numbers); `places` are
    (lat, lon) of today's alarms, WGS-84."""

    received: int
    entered: int
    closed: int
    false_alarms: int
    levels: tuple[Level, ...]
    by_hour: tuple[int, ...]
    places: tuple[tuple[float, float], ...]


def day_of(session: Session, since: datetime, now: datetime, scope: Scope = EVERYWHERE) -> Day:
    """The figures of the alarms received from `since` (local midnight, aware) until now."""
    c = _ALARMS.c
    columns = (c.received_at, c.first_call_at, c.claimed_at, c.accepted_at, c.arrived_at, c.closed_at, c.satisfaction,
               c.disposition, c.location, c.entered_at)  # fmt: skip
    wanted = (
        select(*columns)
        .where(c.received_at >= since, c.device_uid != PROBE_UID, c.is_test.is_(False), *scope.where(_ALARMS))
        .order_by(c.received_at)
        .limit(MOST)
    )
    rows = session.execute(wanted).all()
    hours = [0] * 24
    for row in rows:
        hours[row.received_at.astimezone(since.tzinfo).hour] += 1
    return Day(
        received=len(rows),
        entered=sum(row.entered_at is not None for row in rows),
        closed=sum(row.closed_at is not None for row in rows),
        false_alarms=sum(row.disposition == "false_alarm" for row in rows),
        levels=levels_of([row for row in rows if row.entered_at is None], now),
        by_hour=tuple(hours),
        places=tuple(_places(rows)),
    )


def levels_of(rows: Sequence[Row[Any]], now: datetime) -> tuple[Level, ...]:
    """The service levels over these alarms. Who still has time is not counted yet; who ran out of it is."""
    return (
        _within("first_call", rows, "received_at", "first_call_at", timedelta(seconds=2), 0.99, now),
        _within("taken_60", rows, "received_at", "claimed_at", timedelta(seconds=60), 0.975, now),
        _within("taken_180", rows, "received_at", "claimed_at", timedelta(seconds=180), 0.99, now),
        _within("arrived_45", rows, "accepted_at", "arrived_at", timedelta(minutes=45), 0.90, now),
        _within("arrived_60", rows, "accepted_at", "arrived_at", timedelta(minutes=60), 1.0, now),
        _followed_up(rows, now),
    )


def _within(
    code: str, rows: Iterable[Row[Any]], begins: str, ends: str, limit: timedelta, target: float, now: datetime
) -> Level:
    met = of = 0
    for row in rows:
        began, ended = getattr(row, begins), getattr(row, ends)
        if began is None or (ended is None and (row.closed_at is not None or now - began <= limit)):
            continue
        of += 1
        met += ended is not None and ended - began <= limit
    return Level(code, met, of, target)


def _followed_up(rows: Iterable[Row[Any]], now: datetime) -> Level:
    """Every alarm gets its follow-up; one that is closed without it has a day."""
    due = [row for row in rows if row.satisfaction or (row.closed_at and now - row.closed_at > timedelta(days=1))]
    return Level("followed_up", sum(row.satisfaction is not None for row in due), len(due), 1.0)


def _places(rows: Iterable[Row[Any]]) -> Iterable[tuple[float, float]]:
    for row in rows:
        location = row.location or {}
        if isinstance(location.get("lat"), int | float) and isinstance(location.get("lon"), int | float):
            yield float(location["lat"]), float(location["lon"])


def loads(session: Session, since: datetime, now: datetime) -> list[Load]:
    """Everybody of the duty room: who is signed in or holds something first."""
    c = _ALARMS.c
    by_holder = select(c.claimed_by, func.count()).where(c.claimed_by.is_not(None)).group_by(c.claimed_by)
    held = dict(iter(session.execute(by_holder.where(c.state != "closed"))))
    taken = dict(iter(session.execute(by_holder.where(c.received_at >= since))))
    signed_in = (_SESSIONS.c.expires_at > now, _SESSIONS.c.kind == "session")
    at_work = set(session.scalars(select(_SESSIONS.c.user_id).where(*signed_in).distinct()))
    people = session.execute(
        select(_USERS.c.id, _USERS.c.display_name, _USERS.c.role)
        .where(_USERS.c.role.in_(DUTY_ROLES), _USERS.c.is_active)
        .order_by(_USERS.c.role, _USERS.c.id)
    ).all()
    found = [
        Load(one.id, one.display_name, one.role, held.get(one.id, 0), taken.get(one.id, 0), one.id in at_work)
        for one in people
    ]
    return sorted(found, key=lambda one: (-one.holds, not one.is_signed_in))


def silent_by_area(session: Session, now: datetime, scope: Scope = EVERYWHERE) -> list[tuple[str, int]]:
    """How many devices given out have not been heard for three heartbeats, by the elder's area, the worst first."""
    name = func.coalesce(_ELDERS.c.area, "")
    wanted = (
        select(name.label("area"), func.count().label("count"))
        .join_from(_DEVICES, _ELDERS, _ELDERS.c.id == _DEVICES.c.elder_id)
        .outerjoin(_PRESENCE, _PRESENCE.c.uid == _DEVICES.c.uid)
        .outerjoin(_MODELS, _MODELS.c.name == _DEVICES.c.model)
        .where(silent_condition(now), *scope.where(_ELDERS))
        .group_by(name)
        .order_by(func.count().desc(), name)
        .limit(AREAS_SHOWN)
    )
    return [(area, count) for area, count in session.execute(wanted)]
