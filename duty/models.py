"""What one shift hands to the next, and whether the desk can be heard.

Shifts are the registry's, to-dos are kept beside the alarms they are about.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from core.db import Json, UtcDateTime


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


class OpenConsole(SQLModel, table=True):
    """A console that somebody has open, and the alarm on its screen; it counts until `until`, which the process that
    serves it pushes on."""

    __tablename__ = "open_consoles"

    id: str = Field(primary_key=True, max_length=36)
    process_id: str = Field(max_length=36)
    user_id: str = Field(max_length=36)
    alarm_id: str | None = Field(default=None, max_length=36)
    since: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)


class SoundCheck(SQLModel, table=True):
    """Somebody played the alarm tone at the desk and said whether it was heard."""

    __tablename__ = "sound_checks"
    __table_args__ = (Index("ix_sound_checks_user", "user_id", "checked_at"),)

    id: str = Field(primary_key=True, max_length=36)
    user_id: str = Field(max_length=36)
    checked_by: str = Field(max_length=120)
    checked_at: datetime = Field(sa_type=UtcDateTime)
    was_heard: bool


class OfflineList(SQLModel, table=True):
    """A list of elders and contacts for the day without the system. The list itself is kept nowhere.

    `how` is file, paper or command; `area` is the area's name, empty for all that `made_by` sees.
    """

    __tablename__ = "offline_lists"

    id: str = Field(primary_key=True, max_length=36)
    made_at: datetime = Field(sa_type=UtcDateTime, index=True)
    made_by_id: str = Field(max_length=36)
    made_by: str = Field(max_length=120)
    how: str = Field(max_length=10)
    area_code: str | None = Field(default=None, max_length=12)
    area: str = Field(default="", max_length=200)
    elders: int
    reason: str = Field(max_length=300)
