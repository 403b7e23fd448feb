"""The table of the codes that a site has added or changed."""

from datetime import datetime

from sqlalchemy import true
from sqlmodel import Field, SQLModel

from core.db import UtcDateTime


class CodeEntry(SQLModel, table=True):
    """What the site says of one code; what is null is as the program has it (`registry.vocabularies`).

    `id` is the vocabulary and the code with a point between. A code of the program has no entry until it is changed.
    """

    __tablename__ = "codes"

    id: str = Field(primary_key=True, max_length=64)
    vocabulary: str = Field(max_length=20)
    code: str = Field(max_length=40)
    zh: str | None = Field(default=None, max_length=60)
    en: str | None = Field(default=None, max_length=60)
    rank: int | None = None
    is_offered: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
