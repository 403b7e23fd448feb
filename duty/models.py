"""The duty room's tables: who works when, what is parked until when, and what one shift hands to the next."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from core.db import Json, UtcDateTime


class ToDo(SQLModel, table=True):
    """Work that is parked until a time; then the desk reminds its owner, or everybody where it has none."""

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


class HandOver(SQLModel, table=True):
    """What the leaving leader hands to the oncoming one: `content` is what was open, parked and promised when it was
    made. Signed by both, or not handed over."""

    __tablename__ = "hand_overs"

    id: str = Field(primary_key=True, max_length=36)
    made_at: datetime = Field(sa_type=UtcDateTime, index=True)
    content: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)
    note: str = Field(default="", max_length=4000)
    given_by_id: str = Field(max_length=36)
    given_by: str = Field(max_length=120)
    taken_by_id: str | None = Field(default=None, max_length=36)
    taken_by: str | None = Field(default=None, max_length=120)
    taken_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
