"""Alarms that are about one event: pairs without a direction, and which others may belong to one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, and_, delete, insert, or_, select
from sqlmodel import Session

from alarms.events import OfficerAction
from alarms.models import Alarm, AlarmLink
from alarms.sight import in_sight
from alarms.values import PROBE_UID
from core.errors import Conflict
from geo.nearby import at_least_m, distance_m
from registry.models import Elder, table_of
from registry.sessions import SignedIn

WITHIN = timedelta(minutes=30)  # Source: the duty room's habit; a fire or a quake is pressed for within minutes.
WITHIN_M = 500.0
MOST_SUGGESTED = 5
LOOKED_AT = 400  # Of ten thousand presses in a minute a page compares the nearest in time only.

_ALARMS, _LINKS, _ELDERS = table_of(Alarm), table_of(AlarmLink), table_of(Elder)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An alarm that may be about the same event; `distance_m` None where a place is unknown."""

    alarm_id: str
    is_same_area: bool
    distance_m: float | None
    apart_s: float


def linked_ids(session: Session, alarm_id: str) -> tuple[str, ...]:
    """The alarms that somebody said belong to this one."""
    wanted = select(_LINKS.c.alarm_id, _LINKS.c.other_id).where(_touches(alarm_id)).order_by(_LINKS.c.at)
    return tuple(other if one == alarm_id else one for one, other in session.execute(wanted))


def is_news(session: Session, event: OfficerAction) -> bool:
    """Whether a link or an unlink would change anything. Raises Conflict where there is nothing to undo."""
    is_joined = session.execute(select(_LINKS.c.at).where(_is(_pair(event)))).first() is not None
    if event.action == "unlink" and not is_joined:
        raise Conflict("these two alarms are not linked")
    return event.action == "unlink" or not is_joined


def apply(session: Session, event: OfficerAction, now: datetime) -> None:
    """Join or part the two alarms of an event that was decided."""
    one, other = _pair(event)
    if event.action == "link":
        session.execute(insert(_LINKS).values(alarm_id=one, other_id=other, at=now))
    else:
        session.execute(delete(_LINKS).where(_is((one, other))))


def _pair(event: OfficerAction) -> tuple[str, str]:
    one, other = sorted((event.alarm_id, event.other_alarm_id or ""))
    return one, other


def _is(pair: tuple[str, str]) -> ColumnElement[bool]:
    return and_(_LINKS.c.alarm_id == pair[0], _LINKS.c.other_id == pair[1])


def _touches(alarm_id: str) -> ColumnElement[bool]:
    return or_(_LINKS.c.alarm_id == alarm_id, _LINKS.c.other_id == alarm_id)


def suggested(session: Session, alarm_id: str, *, seen_by: SignedIn | None) -> list[Suggestion]:
    """Open alarms of about the same time in the same area or within WITHIN_M, the likeliest first; none twice."""
    columns = (_ALARMS.c.id, _ALARMS.c.received_at, _ALARMS.c.location, _ELDERS.c.area_path)
    seen = select(*columns).outerjoin(_ELDERS, _ELDERS.c.id == _ALARMS.c.elder_id)
    this = session.execute(seen.where(_ALARMS.c.id == alarm_id)).first()
    if this is None:
        return []
    known = {alarm_id, *linked_ids(session, alarm_id)}
    wanted = seen.where(
        *in_sight(seen_by), _ALARMS.c.state != "closed", _ALARMS.c.device_uid != PROBE_UID,
        _ALARMS.c.id.not_in(known), _ALARMS.c.is_test.is_(False),
        _ALARMS.c.received_at.between(this.received_at - WITHIN, this.received_at + WITHIN),
    )  # fmt: skip
    others = session.execute(wanted.order_by(_ALARMS.c.received_at.desc()).limit(LOOKED_AT)).all()
    found = [one for one in (_compared(this, other) for other in others) if one is not None]
    found.sort(key=lambda one: (one.distance_m is None, one.distance_m or 0.0, one.apart_s))
    return found[:MOST_SUGGESTED]


def _compared(this: Row[tuple[object, ...]], other: Row[tuple[object, ...]]) -> Suggestion | None:
    is_same_area = this.area_path is not None and this.area_path == other.area_path
    far_m = _distance_m(_place(this), _place(other))
    if not is_same_area and (far_m is None or far_m > WITHIN_M):
        return None
    return Suggestion(other.id, is_same_area, far_m, abs((other.received_at - this.received_at).total_seconds()))


def _place(row: Row[tuple[object, ...]]) -> tuple[float, float] | None:
    location = row.location or {}
    return (location["lat"], location["lon"]) if location.get("lat") is not None else None


def _distance_m(one: tuple[float, float] | None, other: tuple[float, float] | None) -> float | None:
    """Exact where it matters: what is surely far is only estimated."""
    if one is None or other is None:
        return None
    bound_m = at_least_m(*one, *other)
    return bound_m if bound_m > WITHIN_M else distance_m(*one, *other)


def found(
    session: Session, words: str, *, seen_by: SignedIn | None, without: Collection[str], since: datetime, limit: int = 8
) -> Sequence[str]:
    """Ids of alarms by their number (`12` or `#12`) or the beginning of the elder's name, the newest first.

    By name only those received after `since`: whoever links alarms means recent ones.
    """
    text = words.strip().lstrip("#＃").strip()
    if not text:
        return []
    wanted = select(_ALARMS.c.id).where(
        *in_sight(seen_by), _ALARMS.c.id.not_in(without), _ALARMS.c.device_uid != PROBE_UID
    )
    if text.isascii() and text.isdigit() and len(text) <= 15:
        wanted = wanted.where(_ALARMS.c.number == int(text))
    else:
        wanted = wanted.join(_ELDERS, _ELDERS.c.id == _ALARMS.c.elder_id).where(
            _ELDERS.c.name.startswith(text, autoescape=True), _ALARMS.c.received_at >= since
        )
    return list(session.scalars(wanted.order_by(_ALARMS.c.number.desc()).limit(limit)))
