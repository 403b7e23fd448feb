"""The alarms' SQL: cases in, cases out. Stores take a session and never commit; the service owns the transaction."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlmodel import Session

from alarms.models import Alarm, DownMessage, PressRow, TimelineRow
from alarms.models import Attempt as AttemptRow
from alarms.values import LIVE, PROBE_UID, Attempt, Case, Line
from core.prepared import Among, Prepared, insert_into
from registry.models import table_of

CASE_MEMBERS = tuple(f.name for f in fields(Case) if f.name != "attempts")
ATTEMPT_MEMBERS = tuple(f.name for f in fields(Attempt))
DOWN_LIVES_S = 86_400  # Progress of yesterday tells a device nothing.

_ALARMS, _ATTEMPTS, _PRESSES = table_of(Alarm), table_of(AttemptRow), table_of(PressRow)
_TIMELINE, _DOWN = table_of(TimelineRow), table_of(DownMessage)
_CASE_COLUMNS = [_ALARMS.c[name] for name in CASE_MEMBERS]
_ATTEMPT_COLUMNS = [_ATTEMPTS.c[name] for name in ATTEMPT_MEMBERS]


# Statements of a press are made once: making one takes as long as running it.
_KNOWN_PRESSES = select(_PRESSES.c.device_uid, _PRESSES.c.msg_id, _PRESSES.c.alarm_id, _PRESSES.c.received_at).where(
    _PRESSES.c.device_uid.in_(bindparam("uids", expanding=True)),
    _PRESSES.c.msg_id.in_(bindparam("msg_ids", expanding=True)),
)
_OPEN_ALARMS = Among(lambda among: select(_ALARMS.c.open_key, _ALARMS.c.id).where(among(_ALARMS.c.open_key)))
_INSERTS = {table.name: insert_into(table) for table in (_ALARMS, _PRESSES, _ATTEMPTS, _TIMELINE, _DOWN)}


@dataclass(frozen=True, slots=True)
class Stored:
    """A case as it stands in the database, with what the rules need not know."""

    case: Case
    open_key: str | None
    policy: dict[str, Any]


def known_presses(session: Session, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, datetime]]:
    """(uid, msg_id) → (alarm id, received_at) of those that are stored already."""
    if not pairs:
        return {}
    found = session.connection().execute(
        _KNOWN_PRESSES, {"uids": list({p[0] for p in pairs}), "msg_ids": list({p[1] for p in pairs})}
    )
    return {(uid, msg_id): (alarm, at) for uid, msg_id, alarm, at in found}


def open_alarms(session: Session, keys: Collection[str]) -> dict[str, str]:
    """Which of these elders and devices has an alarm that is not closed: key → alarm id."""
    if not keys:
        return {}
    return dict(_OPEN_ALARMS.rows(session.connection(), keys))


def alarms_of_attempts(session: Session, attempt_ids: Collection[str]) -> dict[str, str]:
    """Attempt id → alarm id."""
    if not attempt_ids:
        return {}
    wanted = select(_ATTEMPTS.c.id, _ATTEMPTS.c.alarm_id).where(_ATTEMPTS.c.id.in_(attempt_ids))
    return {row.id: row.alarm_id for row in session.execute(wanted)}


def load(session: Session, alarm_ids: Collection[str], attempt_ids: Collection[str] = ()) -> dict[str, Stored]:
    """The cases, locked until the transaction ends, each with the attempts that the rules look at.

    Those are the live ones, this round's and the last round's, and those asked for by id: an alarm that nobody takes
    for days has thousands of older ones.
    """
    if not alarm_ids:
        return {}
    # Sorted, so that two transactions lock the same alarms in the same order.
    wanted = (
        select(_ALARMS.c.open_key, _ALARMS.c.policy, *_CASE_COLUMNS)
        .where(_ALARMS.c.id.in_(alarm_ids))
        .order_by(_ALARMS.c.number)
        .with_for_update()
    )
    rows = session.execute(wanted).all()
    attempts: dict[str, list[Attempt]] = {row.id: [] for row in rows}
    looked_at = or_(
        _ATTEMPTS.c.state.in_(LIVE), _ATTEMPTS.c.round >= _ALARMS.c.round - 1, _ATTEMPTS.c.id.in_(attempt_ids)
    )
    wanted_attempts = (
        select(_ATTEMPTS.c.alarm_id, *_ATTEMPT_COLUMNS)
        .join(_ALARMS, _ALARMS.c.id == _ATTEMPTS.c.alarm_id)
        .where(_ATTEMPTS.c.alarm_id.in_(attempts), looked_at)
        .order_by(_ATTEMPTS.c.seq)
    )
    for alarm_id, *members in session.execute(wanted_attempts):
        attempts[alarm_id].append(Attempt(**dict(zip(ATTEMPT_MEMBERS, members, strict=True))))
    return {
        row.id: Stored(
            Case(**dict(zip(CASE_MEMBERS, row[2:], strict=True)), attempts=tuple(attempts[row.id])),
            row.open_key,
            row.policy,
        )
        for row in rows
    }


def _members(case: Case) -> dict[str, Any]:
    members = dict(case.__dict__)
    del members["attempts"]
    return members


_UPDATE_CASE = Prepared(
    update(_ALARMS)
    .where(_ALARMS.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in (*CASE_MEMBERS, "open_key") if name != "id"})
    .values(version=_ALARMS.c.version + 1)
)
_BOUND = ("provider_ref", "channel")
_UPDATE_ATTEMPT = Prepared(
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in ATTEMPT_MEMBERS if name not in ("id", "seq", *_BOUND)})
    # A sender may have bound these since the attempt was read.
    .values({name: func.coalesce(bindparam(name), _ATTEMPTS.c[name]) for name in _BOUND})
)


_INHERIT = Prepared(
    update(_ALARMS)
    .where(_ALARMS.c.id == bindparam("key"), _ALARMS.c.state != "closed")
    .values(open_key=bindparam("inherited"))
)


class Pages:
    """What one transaction writes, gathered so that each table is written once."""

    def __init__(self) -> None:
        self.new_cases: dict[str, dict[str, Any]] = {}
        self.changed_cases: dict[str, dict[str, Any]] = {}
        self.new_attempts: dict[str, dict[str, Any]] = {}
        self.changed_attempts: dict[str, dict[str, Any]] = {}
        self.presses: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        self.down: list[dict[str, Any]] = []
        self.heirs: list[dict[str, Any]] = []

    def new_case(self, case: Case, open_key: str | None, policy: dict[str, Any]) -> None:
        self.new_cases[case.id] = _members(case) | {"open_key": open_key, "policy": policy, "version": 1}

    def case(self, case: Case, open_key: str | None) -> None:
        changed = _members(case) | {"open_key": open_key}
        if case.id in self.new_cases:
            self.new_cases[case.id].update(changed)
        else:
            self.changed_cases[case.id] = changed | {"key": case.id}

    def attempt(self, alarm_id: str, attempt: Attempt, *, is_new: bool) -> None:
        members = dict(attempt.__dict__)
        key = str(attempt.id)
        if is_new:
            self.new_attempts[key] = members | {"alarm_id": alarm_id}
        elif key in self.new_attempts:
            self.new_attempts[key].update(members)
        else:
            self.changed_attempts[key] = members | {"key": key}

    def line(self, alarm_id: str, at: datetime, line: Line) -> None:
        self.lines.append({"alarm_id": alarm_id, "at": at, "what": line.what, "author": line.author, "data": line.data})

    def progress(self, uid: str, payload: dict[str, Any], now: datetime) -> None:
        expires_at = now + timedelta(seconds=DOWN_LIVES_S)
        self.down.append(
            {"uid": uid, "topic": "progress", "payload": payload, "created_at": now, "expires_at": expires_at}
        )

    def is_urgent(self, by: datetime) -> bool:
        """Whether anything written here is due by then."""
        attempts = (*self.new_attempts.values(), *self.changed_attempts.values())
        if any(a["state"] == "due" and a["due_at"] <= by for a in attempts):
            return True
        cases = (*self.new_cases.values(), *self.changed_cases.values())
        return any(c["due_at"] is not None and c["due_at"] <= by for c in cases)

    def write(self, session: Session) -> None:
        """One statement a table."""
        connection = session.connection()
        for statement, rows in (
            (_INSERTS["alarms"], self.new_cases.values()),
            (_UPDATE_CASE, self.changed_cases.values()),
            (_INHERIT, self.heirs),
            (_INSERTS["presses"], self.presses),
            (_INSERTS["attempts"], self.new_attempts.values()),
            # In the order of their ids, as `mark_placed` writes them: two transactions must not wait for each other.
            (_UPDATE_ATTEMPT, sorted(self.changed_attempts.values(), key=itemgetter("key"))),
            (_INSERTS["timeline"], self.lines),
            (_INSERTS["down_messages"], self.down),
        ):
            if rows:
                statement.run(connection, rows)


def press_row(press_id: str, alarm_id: str, what: str, event: Any, content: dict[str, Any]) -> dict[str, Any]:
    """The row that keeps a press or a cancel as it came."""
    prefix = "cancel:" if what == "cancel" else ""
    return {
        "id": press_id, "device_uid": event.device_uid, "msg_id": prefix + event.msg_id, "alarm_id": alarm_id,
        "received_at": event.received_at, "what": what, "content": content, "raw": event.raw,
    }  # fmt: skip


def opened_again(session: Session, key: str) -> str | None:
    """The oldest alarm of this elder or device that opened again while another had the key."""
    wanted = select(_ALARMS.c.id).where(_ALARMS.c.open_key.startswith(f"{key}#", autoescape=True))
    found: str | None = session.scalar(wanted.order_by(_ALARMS.c.number).limit(1))
    return found


def like_it(session: Session, elder_id: str, at: datetime, within: timedelta) -> tuple[str, int] | None:
    """The alarm of this elder that came at about this time: id and number."""
    wanted = select(_ALARMS.c.id, _ALARMS.c.number).where(
        _ALARMS.c.elder_id == elder_id, _ALARMS.c.received_at.between(at - within, at + within)
    )
    row = session.execute(wanted.order_by(_ALARMS.c.number).limit(1)).one_or_none()
    return (row.id, row.number) if row else None


def number_of(session: Session, alarm_id: str) -> int:
    return int(session.execute(select(_ALARMS.c.number).where(_ALARMS.c.id == alarm_id)).scalar_one())


def key_is_free(session: Session, key: str) -> bool:
    return session.execute(select(_ALARMS.c.id).where(_ALARMS.c.open_key == key)).first() is None


def attempt_by_phone(session: Session, phone: str) -> str | None:
    """The newest message sent to a number whose alarm is not closed: what a text reply answers."""
    wanted = (
        select(_ATTEMPTS.c.id)
        .join(_ALARMS, _ALARMS.c.id == _ATTEMPTS.c.alarm_id)
        .where(_ATTEMPTS.c.phone == phone, _ATTEMPTS.c.medium == "sms", _ALARMS.c.state != "closed")
        .order_by(_ATTEMPTS.c.started_at.desc().nulls_last())
        .limit(1)
    )
    return session.scalar(wanted)


def forget_probe_presses(session: Session, before: datetime) -> None:
    """Drop the centre's own old presses: one a minute, for ever, and nobody ever looks at them."""
    session.execute(delete(_PRESSES).where(_PRESSES.c.device_uid == PROBE_UID, _PRESSES.c.received_at < before))


def forget_down_messages(session: Session, now: datetime) -> None:
    """Drop what a device did not fetch in time."""
    session.execute(delete(_DOWN).where(_DOWN.c.expires_at < now))
