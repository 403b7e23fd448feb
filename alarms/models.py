"""The alarm's tables: the case, its presses, its attempts, its timeline, and what waits for a device."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.db import Json, UtcDateTime


class Alarm(SQLModel, table=True):
    """One emergency of one elder, from the first press to the closing.

    `number` is what officers say to each other; `open_key` (elder or device) is unique while the alarm is not closed,
    so that two gateways cannot open two alarms for one person; `version` rises with every change.
    """

    __tablename__ = "alarms"

    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True, max_length=36)
    open_key: str | None = Field(default=None, unique=True, max_length=80)
    version: int = 1
    state: str = Field(index=True, max_length=20)
    kind: str = Field(max_length=20)
    priority: int
    press_count: int = 1
    is_test: bool = False
    is_silent: bool = False
    elder_id: str | None = Field(default=None, index=True, max_length=36)
    device_uid: str = Field(index=True, max_length=64)
    policy: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)
    location: dict[str, Any] | None = Field(default=None, sa_type=Json)
    round: int = 1
    attempt_count: int = 0
    officers_wanted: bool = False
    claimed_by: str | None = Field(default=None, max_length=36)
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)
    first_call_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    accepted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    accepted_by: dict[str, Any] | None = Field(default=None, sa_type=Json)
    eta_min: int | None = None
    arrived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    due_for: str | None = Field(default=None, max_length=20)
    disposition: str | None = Field(default=None, max_length=20)
    satisfaction: str | None = Field(default=None, max_length=20)
    linked_to: str | None = Field(default=None, max_length=36)
    offered_to: str | None = Field(default=None, max_length=36)
    offer: dict[str, Any] | None = Field(default=None, sa_type=Json)
    offer_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    question: dict[str, Any] | None = Field(default=None, sa_type=Json)
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    entered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PressRow(SQLModel, table=True):
    """Every press that was ever stored, with the bytes as they came; unique per device and msg_id."""

    __tablename__ = "presses"
    __table_args__ = (UniqueConstraint("device_uid", "msg_id"),)

    id: str = Field(primary_key=True, max_length=36)
    device_uid: str = Field(max_length=64)
    msg_id: str = Field(max_length=80)
    alarm_id: str = Field(foreign_key="alarms.id", index=True, max_length=36)
    received_at: datetime = Field(sa_type=UtcDateTime)
    what: str = Field(max_length=10)
    content: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)
    raw: bytes = b""


class Attempt(SQLModel, table=True):
    """One call or message to one person: a row before it is a call.

    `lease_until` is set while a sender works on it; `due_at` is when it should begin; `ends_by` when silence counts
    as an answer.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        Index("ix_attempts_due", "state", "due_at"),
        Index("ix_attempts_lease", "state", "lease_until"),
        Index("ix_attempts_phone", "phone", "state"),
    )

    id: str = Field(primary_key=True, max_length=36)
    alarm_id: str = Field(foreign_key="alarms.id", index=True, max_length=36)
    seq: int
    purpose: str = Field(max_length=20)
    medium: str = Field(max_length=10)
    role: str = Field(max_length=20)
    contact_id: str | None = Field(default=None, max_length=36)
    name: str = Field(max_length=120)
    phone: str = Field(max_length=20)
    language: str = Field(default="zh-CN", max_length=10)
    round: int = 1
    try_no: int = 1
    ring_s: int = 25
    state: str = Field(max_length=20)
    outcome: str | None = Field(default=None, max_length=20)
    detail: str | None = Field(default=None, max_length=200)
    due_at: datetime = Field(sa_type=UtcDateTime)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ends_by: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    channel: str | None = Field(default=None, max_length=20)
    provider_ref: str | None = Field(default=None, max_length=80)


class TimelineRow(SQLModel, table=True):
    """Append-only: what happened to an alarm, when, and by whom; `seq` orders the whole centre's events."""

    __tablename__ = "timeline"

    seq: int | None = Field(default=None, primary_key=True)
    alarm_id: str = Field(foreign_key="alarms.id", index=True, max_length=36)
    at: datetime = Field(sa_type=UtcDateTime)
    what: str = Field(max_length=30)
    author: str = Field(max_length=120)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)


class AlarmLink(SQLModel, table=True):
    """Two alarms that are about one event; `alarm_id` is the lesser of the two ids, so that no pair is there twice."""

    __tablename__ = "alarm_links"

    alarm_id: str = Field(primary_key=True, foreign_key="alarms.id", max_length=36)
    other_id: str = Field(primary_key=True, foreign_key="alarms.id", index=True, max_length=36)
    at: datetime = Field(sa_type=UtcDateTime)


class DownMessage(SQLModel, table=True):
    """A message that waits until its device has acknowledged it; an id is never used twice."""

    __tablename__ = "down_messages"
    __table_args__ = (Index("ix_down_messages_uid", "uid", "id"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(max_length=64)
    topic: str = Field(max_length=10)
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class ToDo(SQLModel, table=True):
    """Work that is parked until a time; then the desk reminds its owner, or everybody where it has none.

    `kind`: parked by somebody; missed_call, which is handed out; call_back, where nobody answered an officer. `phone`
    is then whom to call, `calls` how often it was tried, `assigned_at` when the to-do was given to its owner.
    """

    __tablename__ = "todos"
    __table_args__ = (Index("ix_todos_open", "done_at", "due_at"),)

    id: str = Field(primary_key=True, max_length=36)
    text: str = Field(max_length=1000)
    alarm_id: str | None = Field(default=None, index=True, max_length=36)
    elder_id: str | None = Field(default=None, index=True, max_length=36)
    owner_id: str | None = Field(default=None, max_length=36)
    due_at: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(max_length=120)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    done_by: str | None = Field(default=None, max_length=120)
    version: int = 1
    kind: str = Field(default="parked", max_length=20, sa_column_kwargs={"server_default": "parked"})
    phone: str | None = Field(default=None, max_length=40)
    contact_id: str | None = Field(default=None, max_length=36)
    calls: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    assigned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
