"""The sandbox telephone network's tables: its phones, and every call and message they ever had."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Table
from sqlmodel import Field, SQLModel

from core.db import Json, UtcDateTime
from core.vault import SealedJson, SealedText


class SandboxPhone(SQLModel, table=True):
    """A number and how it behaves from its next call on; a number nobody has set is `manual`."""

    __tablename__ = "sandbox_phones"

    number: str = Field(primary_key=True, max_length=40)
    answer_after_s: float | None = None
    then: str = Field(default="manual", max_length=20)
    sms_reply: str | None = Field(default=None, max_length=200)
    is_set: bool = False
    updated_at: datetime = Field(sa_type=UtcDateTime)


class SandboxCall(SQLModel, table=True):
    """A call or a message (`kind` call, sms), whose ids sort by time.

    The behaviour is the phone's at the moment of dialling. `due_at` is when the network does something by itself;
    `untold` holds the reports that nobody is known to have heard, `tell_at` when they are told again; `version` rises
    with every change, so that of two workers one wins. What is said names people and illnesses, and is sealed.
    """

    __tablename__ = "sandbox_calls"
    __table_args__ = (
        Index("ix_sandbox_calls_number", "number", "state"),
        Index("ix_sandbox_calls_due_at", "due_at"),
        Index("ix_sandbox_calls_tell_at", "tell_at"),
    )

    id: str = Field(primary_key=True, max_length=36)
    attempt_id: str | None = Field(default=None, index=True, max_length=36)
    number: str = Field(max_length=40)
    kind: str = Field(max_length=10)
    is_inbound: bool = False
    state: str = Field(max_length=20)
    outcome: str | None = Field(default=None, max_length=20)
    then: str = Field(default="manual", max_length=20)
    answer_after_s: float | None = None
    sms_reply: str | None = Field(default=None, max_length=200)
    ring_s: int = 0
    prompt: dict[str, Any] | None = Field(default=None, sa_type=SealedJson)
    said: str | None = Field(default=None, sa_type=SealedText)
    keys: str = Field(default="", max_length=200)
    times_asked: int = 0
    started_at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tell_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    untold: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json, nullable=False)
    version: int = 1


def table_of(model: type[SQLModel]) -> Table:
    """The plain table behind a class, for statements that must be quick and make no objects."""
    return SQLModel.metadata.tables[str(model.__tablename__)]
