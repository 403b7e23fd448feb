"""The tables of the knowledge base: the cards as they are, and each as it was after every change."""

from datetime import date, datetime
from typing import Any

from sqlmodel import Field, SQLModel

from core.db import Json, UtcDateTime


class KnowledgeCard(SQLModel, table=True):
    """What to ask, say and do. `kinds` are kinds of alarm (and the situations of `registry.knowledge_intake`);
    `conditions` are words of health notes: a card that has some is chosen by illness, never by kind alone.

    `zh` and `en` are the card in a language, as `registry.knowledge_intake.CardText` describes it. `key` names a card
    that came with the package.
    """

    __tablename__ = "knowledge_cards"

    id: str = Field(primary_key=True, max_length=36)
    key: str | None = Field(default=None, unique=True, max_length=40)
    kinds: list[str] = Field(default_factory=list, sa_type=Json, nullable=False)
    conditions: list[str] = Field(default_factory=list, sa_type=Json, nullable=False)
    zh: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)
    en: dict[str, Any] | None = Field(default=None, sa_type=Json)
    source: str | None = Field(default=None, max_length=300)
    reviewed_by: str | None = Field(default=None, max_length=120)
    reviewed_on: date | None = None
    updated_by: str = Field(max_length=120)
    version: int = 1
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class KnowledgeVersion(SQLModel, table=True):
    """A card as it was from one change to the next; appended to only."""

    __tablename__ = "knowledge_versions"

    card_id: str = Field(primary_key=True, foreign_key="knowledge_cards.id", max_length=36)
    version: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    by: str = Field(max_length=120)
    content: dict[str, Any] = Field(default_factory=dict, sa_type=Json, nullable=False)
