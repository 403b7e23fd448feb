"""The sandbox telephone network's SQL, and nothing else. Every function takes a session and never commits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from notifier.channel import Report
from notifier.models import SandboxCall, SandboxPhone, table_of
from notifier.sandbox_call import Behaviour, Call
from notifier.script import Prompt

_CALLS = table_of(SandboxCall)
_PHONES = table_of(SandboxPhone)
_PLAIN = (
    "id", "number", "kind", "state", "started_at", "attempt_id", "is_inbound", "ring_s", "outcome", "said", "keys",
    "times_asked", "answered_at", "ended_at", "due_at",
)  # fmt: skip
LIVE = ("ringing", "answered")

# Built once: putting a statement together costs more than running it.
_DUE = (
    select(_CALLS)
    .where(or_(_CALLS.c.due_at <= bindparam("now"), _CALLS.c.tell_at <= bindparam("now")))
    .order_by(_CALLS.c.id)
    .limit(bindparam("most"))
)
_NEXT = select(
    select(func.min(_CALLS.c.due_at)).scalar_subquery(), select(func.min(_CALLS.c.tell_at)).scalar_subquery()
)
_CHANGE = (
    update(_CALLS)
    .where(_CALLS.c.id == bindparam("key"), _CALLS.c.version == bindparam("was"))
    .values({column.name: bindparam(column.name) for column in _CALLS.c if column.name != "id"})
)
_FORGET = (
    update(_CALLS)
    .where(_CALLS.c.id == bindparam("key"), _CALLS.c.version == bindparam("was"))
    .values(untold=bindparam("untold"), tell_at=None)
)
_BEHAVIOURS = select(_PHONES).where(_PHONES.c.number.in_(bindparam("numbers", expanding=True)))
_ENGAGED = select(_CALLS.c.number).where(
    _CALLS.c.number.in_(bindparam("numbers", expanding=True)), _CALLS.c.state.in_(LIVE)
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A call as it stands in the database, with what is still to be told of it."""

    call: Call
    version: int
    untold: tuple[Report, ...]
    tell_at: datetime | None


# Phones


def behaviours(session: Session, numbers: Collection[str]) -> dict[str, Behaviour]:
    rows = session.connection().execute(_BEHAVIOURS, {"numbers": list(numbers)})
    return {row.number: Behaviour(row.then, row.answer_after_s, row.sms_reply) for row in rows}


def add_phones(session: Session, numbers: Collection[str], now: datetime) -> None:
    """Remember numbers that were never seen before."""
    values = [{"number": number, "then": "manual", "is_set": False, "updated_at": now} for number in sorted(numbers)]
    if values:
        session.execute(_upsert(session)(_PHONES).values(values).on_conflict_do_nothing(index_elements=["number"]))


def set_phone(session: Session, number: str, behaviour: Behaviour, now: datetime) -> None:
    values = asdict(behaviour) | {"is_set": True, "updated_at": now}
    statement = _upsert(session)(_PHONES).values(number=number, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["number"], set_=values))


def phones(session: Session, after: str, limit: int) -> Sequence[Row[Any]]:
    """Phones in the order of their numbers, those after `after`."""
    wanted = select(_PHONES).where(_PHONES.c.number > after).order_by(_PHONES.c.number).limit(limit)
    return session.execute(wanted).all()


def phone(session: Session, number: str) -> Row[Any] | None:
    return session.execute(select(_PHONES).where(_PHONES.c.number == number)).first()


def _upsert(session: Session) -> Any:
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


# Calls and messages


def engaged(session: Session, numbers: Collection[str]) -> set[str]:
    """Those of the numbers that are ringing or in a call."""
    return set(session.connection().execute(_ENGAGED, {"numbers": list(numbers)}).scalars())


def add(session: Session, made: Sequence[tuple[Call, Sequence[Report]]], tell_at: datetime) -> None:
    rows = [_values(call) | _untold(reports, tell_at) | {"version": 1} for call, reports in made]
    session.connection().execute(insert(_CALLS), rows)


def due(session: Session, now: datetime, limit: int) -> list[Stored]:
    """What has to do something, or has to be told again, oldest first."""
    return [_stored(row) for row in session.connection().execute(_DUE, {"now": now, "most": limit})]


def next_at(session: Session) -> datetime | None:
    """When the next row falls due."""
    soonest = session.connection().execute(_NEXT).one()
    return min(filter(None, soonest), default=None)


def change(
    session: Session, stored: Stored, call: Call, untold: Sequence[Report], tell_at: datetime
) -> Stored | None:  # fmt: skip
    """Put the call in its new state; None when somebody else has changed it since it was read."""
    values = _values(call) | _untold(untold, tell_at) | {"version": stored.version + 1}
    del values["id"]
    done = session.connection().execute(_CHANGE, values | {"key": call.id, "was": stored.version})
    if done.rowcount != 1:
        return None
    return Stored(call, stored.version + 1, tuple(untold), tell_at if untold else None)


def forget_told(session: Session, told: Iterable[tuple[str, int]]) -> None:
    """Nothing is left to tell of these calls (id, version), unless they have changed since."""
    rows = [{"key": call_id, "was": version, "untold": []} for call_id, version in told]
    if rows:
        session.connection().execute(_FORGET, rows)


def by_id(session: Session, call_id: str) -> Stored | None:
    return next(iter(_found(session, select(_CALLS).where(_CALLS.c.id == call_id))), None)


def newest_of_attempt(session: Session, attempt_id: str) -> Stored | None:
    wanted = select(_CALLS).where(_CALLS.c.attempt_id == attempt_id).order_by(_CALLS.c.id.desc()).limit(1)
    return next(iter(_found(session, wanted)), None)


def live_calls(session: Session, numbers: Collection[str]) -> dict[str, Stored]:
    """The call that each number is ringing with or in, if any; the older one where there are two."""
    wanted = select(_CALLS).where(_CALLS.c.number.in_(numbers), _CALLS.c.state.in_(LIVE)).order_by(_CALLS.c.id.desc())
    return {stored.call.number: stored for stored in _found(session, wanted)}


def newest(session: Session, numbers: Collection[str], kind: str) -> dict[str, Stored]:
    """Each number's newest call or message from the centre."""
    last = (
        select(func.max(_CALLS.c.id))
        .where(_CALLS.c.number.in_(numbers), _CALLS.c.kind == kind, _CALLS.c.is_inbound.is_(False))
        .group_by(_CALLS.c.number)
    )
    return {stored.call.number: stored for stored in _found(session, select(_CALLS).where(_CALLS.c.id.in_(last)))}


def log(session: Session, before: str | None, limit: int, number: str | None, attempt_id: str | None) -> list[Call]:
    """Calls and messages, newest first, those before the id `before`."""
    wanted = select(_CALLS).order_by(_CALLS.c.id.desc()).limit(limit)
    if before:
        wanted = wanted.where(_CALLS.c.id < before)
    if number:
        wanted = wanted.where(_CALLS.c.number == number)
    if attempt_id:
        wanted = wanted.where(_CALLS.c.attempt_id == attempt_id)
    return [stored.call for stored in _found(session, wanted)]


def _found(session: Session, wanted: Select[Any]) -> list[Stored]:
    return [_stored(row) for row in session.execute(wanted)]


def _stored(row: Row[Any]) -> Stored:
    plain = {name: getattr(row, name) for name in _PLAIN} | {"said": row.said or ""}
    call = Call(**plain, behaviour=Behaviour(row.then, row.answer_after_s, row.sms_reply), prompt=_prompt(row.prompt))
    untold = tuple(Report(**kept | {"at": datetime.fromisoformat(kept["at"])}) for kept in row.untold)
    return Stored(call, row.version, untold, row.tell_at)


def _values(call: Call) -> dict[str, Any]:
    told = {"said": call.said or None, "prompt": asdict(call.prompt) if call.prompt else None}
    return {name: getattr(call, name) for name in _PLAIN} | asdict(call.behaviour) | told


def _prompt(kept: Mapping[str, Any] | None) -> Prompt | None:
    return replace(Prompt(**kept), health=tuple(kept.get("health", ()))) if kept else None


def _untold(reports: Sequence[Report], tell_at: datetime) -> dict[str, Any]:
    untold = [asdict(report) | {"at": report.at.isoformat()} for report in reports]
    return {"untold": untold, "tell_at": tell_at if untold else None}
