"""The engine's SQL: who begins which attempt, what was placed, and what is overdue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, or_, select, update
from sqlmodel import Session

from alarms.models import Alarm, TimelineRow
from alarms.models import Attempt as AttemptRow
from core.prepared import Among, Prepared
from registry.models import table_of

_ALARMS, _ATTEMPTS, _TIMELINE = table_of(Alarm), table_of(AttemptRow), table_of(TimelineRow)
_BUSY_NUMBERS = Among(
    lambda among: select(_ATTEMPTS.c.phone).where(
        among(_ATTEMPTS.c.phone),
        _ATTEMPTS.c.state.in_(("sending", "ringing", "answered")),
        _ATTEMPTS.c.medium == "voice",
    )
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """An attempt that this process, and no other, now begins; `started_at` is when this try of it did."""

    attempt_id: str
    alarm_id: str
    medium: str
    purpose: str
    phone: str
    ring_s: int
    name: str
    role: str
    started_at: datetime


def claim_due(session: Session, now: datetime, lease_until: datetime, limit: int) -> tuple[list[Claimed], list[str]]:
    """Take what is due, calls before messages; each attempt goes to exactly one caller.

    The second list is of calls that cannot begin, because their phone is in another call of ours.
    """
    wanted = (
        select(_ATTEMPTS.c.id, _ATTEMPTS.c.phone, _ATTEMPTS.c.medium)
        .join(_ALARMS, _ALARMS.c.id == _ATTEMPTS.c.alarm_id)  # Locked as well: whoever holds it may cancel this call.
        .where(_ATTEMPTS.c.state == "due", _ATTEMPTS.c.due_at <= now)
        .order_by(_ATTEMPTS.c.medium.desc(), _ATTEMPTS.c.due_at)  # voice, then sms
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids, engaged = _with_a_free_line(session, session.execute(wanted).all())
    if not ids:
        return [], engaged
    taken = (
        update(_ATTEMPTS)
        .where(_ATTEMPTS.c.id.in_(ids), _ATTEMPTS.c.state == "due")
        .values(state="sending", lease_until=lease_until, started_at=func.coalesce(_ATTEMPTS.c.started_at, now))
        .returning(
            _ATTEMPTS.c.id.label("attempt_id"), _ATTEMPTS.c.alarm_id, _ATTEMPTS.c.medium, _ATTEMPTS.c.purpose,
            _ATTEMPTS.c.phone, _ATTEMPTS.c.ring_s, _ATTEMPTS.c.name, _ATTEMPTS.c.role,
        )
    )  # fmt: skip
    claimed = [Claimed(**row._mapping, started_at=now) for row in session.execute(taken)]
    calls = [c for c in claimed if c.medium == "voice"]
    if calls:
        ids_of_alarms = {c.alarm_id for c in calls}
        session.execute(
            update(_ALARMS)
            .where(_ALARMS.c.id.in_(ids_of_alarms), _ALARMS.c.first_call_at.is_(None))
            .values(first_call_at=now)
        )
        session.execute(update(_ALARMS).where(_ALARMS.c.id.in_(ids_of_alarms)).values(version=_ALARMS.c.version + 1))
        _follow_up(session, {c.alarm_id for c in calls if c.purpose == "follow_up_elder"})
        session.connection().execute(insert(_TIMELINE), [call_started(c, now) for c in calls])
    return sorted(claimed, key=lambda c: c.medium != "voice"), engaged


def _with_a_free_line(session: Session, due: Sequence[Row[Any]]) -> tuple[list[str], list[str]]:
    """Of (id, phone, medium) those that can begin, one call for each phone, and the calls that cannot."""
    taken = busy_numbers(session, {row.phone for row in due if row.medium == "voice"})
    free: list[str] = []
    engaged: list[str] = []
    for row in due:
        if row.medium == "voice" and row.phone in taken:
            engaged.append(row.id)
            continue
        free.append(row.id)
        if row.medium == "voice":
            taken.add(row.phone)
    return free, engaged


def _follow_up(session: Session, alarm_ids: Collection[str]) -> None:
    """Help has arrived there, and now the elder is asked: until then the alarm was only waiting for it."""
    if alarm_ids:
        arrived = _ALARMS.c.id.in_(alarm_ids) & (_ALARMS.c.state == "arrived")
        session.execute(update(_ALARMS).where(arrived).values(state="follow_up"))


def call_started(claimed: Claimed, now: datetime) -> dict[str, Any]:
    """The timeline's line about a call that begins."""
    data = {"name": claimed.name, "role": claimed.role, "purpose": claimed.purpose}
    return {"alarm_id": claimed.alarm_id, "at": now, "what": "call_started", "author": "system", "data": data}


_MARK_RINGING = Prepared(
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.id == bindparam("key"), _ATTEMPTS.c.state == "sending")
    .values(state="ringing", lease_until=None, ends_by=bindparam("until"))
)
_BIND_PROVIDER = Prepared(
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.id == bindparam("key"), _ATTEMPTS.c.provider_ref.is_(None))
    .values(provider_ref=bindparam("ref"), channel=bindparam("by"))
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A call that a channel has taken; `ends_by` is when silence counts as an answer."""

    attempt_id: str
    channel: str
    provider_ref: str
    ends_by: datetime


def mark_placed(session: Session, placed: Collection[Placed]) -> list[Placed]:
    """Bind the channel's references; what is still *sending* now rings. Gives back those not wanted any more."""
    placed = sorted(placed, key=attrgetter("attempt_id"))
    connection = session.connection()
    _BIND_PROVIDER.run(connection, [{"key": p.attempt_id, "ref": p.provider_ref, "by": p.channel} for p in placed])
    _MARK_RINGING.run(connection, [{"key": p.attempt_id, "until": p.ends_by} for p in placed])
    unwanted = select(_ATTEMPTS.c.id).where(
        _ATTEMPTS.c.id.in_([p.attempt_id for p in placed]),
        _ATTEMPTS.c.outcome.in_(("cancelled", "accepted", "declined")),
        _ATTEMPTS.c.answered_at.is_(None),
    )  # fmt: skip
    cancelled = set(session.scalars(unwanted))
    return [p for p in placed if p.attempt_id in cancelled]


def busy_numbers(session: Session, phones: Collection[str]) -> set[str]:
    """Which of these phones a call of ours is ringing or holding at this moment."""
    if not phones:
        return set()
    return {phone for (phone,) in _BUSY_NUMBERS.rows(session.connection(), phones)}


@dataclass(frozen=True, slots=True)
class Overdue:
    """An attempt whose lease or ring time is over."""

    alarm_id: str
    id: str
    state: str
    medium: str
    phone: str
    started_at: datetime


def overdue_attempts(session: Session, now: datetime, limit: int) -> list[Overdue]:
    """What a sender has let go of, and where silence has lasted long enough."""
    over = or_(
        (_ATTEMPTS.c.state == "sending") & (_ATTEMPTS.c.lease_until <= now),
        _ATTEMPTS.c.state.in_(("ringing", "answered")) & (_ATTEMPTS.c.ends_by <= now),
    )
    columns = [_ATTEMPTS.c[f.name] for f in fields(Overdue)]
    # Where silence is over, nobody need be asked: first.
    wanted = select(*columns).where(over).order_by(_ATTEMPTS.c.lease_until.nulls_first()).limit(limit)
    return [Overdue(*row) for row in session.execute(wanted)]


def let_go(session: Session, now: datetime) -> None:
    """End every lease: at the start of the only engine, nobody is working on any of them."""
    session.execute(
        update(_ATTEMPTS).where(_ATTEMPTS.c.state == "sending", _ATTEMPTS.c.lease_until > now).values(lease_until=now)
    )


def renew(session: Session, attempt_id: str, lease_until: datetime) -> None:
    session.execute(
        update(_ATTEMPTS).where(_ATTEMPTS.c.id == attempt_id, _ATTEMPTS.c.state == "sending")
        .values(lease_until=lease_until)
    )  # fmt: skip


def overdue_alarms(session: Session, now: datetime, limit: int) -> list[str]:
    """Alarms whose own deadline has passed, or that of their offer."""
    wanted = select(_ALARMS.c.id).where(_ALARMS.c.due_at <= now).order_by(_ALARMS.c.due_at).limit(limit)
    unanswered = select(_ALARMS.c.id).where(_ALARMS.c.offer_due_at <= now).limit(limit)
    return list(dict.fromkeys((*session.scalars(wanted), *session.scalars(unanswered))))


def next_wake(session: Session, now: datetime) -> datetime | None:
    """When the earliest row will want attention; None when nothing waits."""
    found: list[datetime] = []
    for wanted in (
        select(func.min(_ATTEMPTS.c.due_at)).where(_ATTEMPTS.c.state == "due"),
        select(func.min(_ATTEMPTS.c.lease_until)).where(_ATTEMPTS.c.state == "sending"),
        select(func.min(_ATTEMPTS.c.ends_by)).where(_ATTEMPTS.c.state.in_(("ringing", "answered"))),
        select(func.min(_ALARMS.c.due_at)),
        select(func.min(_ALARMS.c.offer_due_at)),
    ):
        at = session.scalar(wanted)
        if at is not None:
            found.append(at)
    return min(found, default=None)
