"""The table of the recordings: what there is of a call's sound, and the key that opens its file."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime
from core.vault import SealedText


class Recording(SQLModel, table=True):
    """One recording of one call. `state`: due (to be fetched), kept, absent (the provider made none), failed, gone (let
    go of; its file is about to be removed).

    The file lies in the data folder under the id, sealed with `file_key`; without that key nobody can open it. `due_at`
    of a kept one is when the provider's copy is to be taken away.
    """

    __tablename__ = "recordings"
    __table_args__ = (
        UniqueConstraint("channel", "provider_ref"),
        Index("ix_recordings_due", "state", "due_at"),
    )

    id: str = Field(primary_key=True, max_length=36)
    alarm_id: str = Field(foreign_key="alarms.id", index=True, max_length=36)
    attempt_id: str = Field(foreign_key="attempts.id", index=True, max_length=36)
    channel: str = Field(max_length=20)
    provider_ref: str = Field(max_length=80)
    state: str = Field(max_length=10)
    made_at: datetime = Field(sa_type=UtcDateTime, index=True)
    duration_s: int | None = None
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tries: int = 0
    detail: str | None = Field(default=None, max_length=200)
    media_type: str | None = Field(default=None, max_length=40)
    size_bytes: int | None = None
    sha256: str | None = Field(default=None, max_length=64)
    file_key: str | None = Field(default=None, sa_type=SealedText)
    transcript: str | None = Field(default=None, sa_type=SealedText)
    kept_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
