"""A contact as the interface answers it, with what follows from other rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlmodel import Session

from geo.nearby import distance_m
from registry.hours_intake import Absence, Span
from registry.intake import ContactRole
from registry.store import ELDERS, Row


class Number(BaseModel):
    """One more number of the same person."""

    phone: str = Field(description="E.164")
    label: str | None = None
    verified_at: datetime | None = None
    wrong_at: datetime | None = None


class Contact(BaseModel):
    """Somebody to be called; family, community and doctor are called by themselves, each by rank."""

    id: str
    elder_id: str
    name: str
    role: ContactRole
    phone: str = Field(description="E.164")
    rank: int
    relation: str | None
    language: str
    is_key_holder: bool
    person_id: str | None = Field(description="The same in all contacts who are this person")
    more_phones: list[Number]
    hours: list[Span] = Field(description="Empty: always")
    away: list[Absence]
    languages: list[str]
    lat: float | None
    lon: float | None
    distance_m: Annotated[float | None, Field(description="From their own place to the elder's home")]
    note: str | None
    verified_at: datetime | None = Field(description="When `phone` was found to be right")
    opted_out_at: datetime | None = Field(description="They take no messages; calls are made all the same")
    wrong_number_at: datetime | None = Field(description="When `phone` was found to be wrong")
    version: int
    created_at: datetime
    updated_at: datetime


class TestCallView(BaseModel):
    """A test call to one of a contact's numbers."""

    id: str
    contact_id: str
    phone: str
    asked_by: str
    state: str = Field(
        description="sending, ringing, answered; accepted (key 1), declined (key 2), no_key, no_answer …"
    )
    detail: str | None
    channel: str | None
    started_at: datetime
    ended_at: datetime | None


LISTS = ("more_phones", "hours", "away", "languages")


def contact_views(session: Session, rows: Sequence[Row]) -> list[Contact]:
    """The rows as they are answered, in their order and with one more query."""
    homes = _homes(session, {row["elder_id"] for row in rows if row["lat"] is not None})
    return [_view(row, homes.get(row["elder_id"])) for row in rows]


def _view(row: Row, home: tuple[float, float] | None) -> Contact:
    lists: dict[str, Any] = {name: row[name] or [] for name in LISTS}
    far = distance_m(row["lat"], row["lon"], *home) if home and row["lat"] is not None else None
    return Contact.model_validate(row | lists | {"distance_m": far if far is None else round(far, 1)})


def _homes(session: Session, elder_ids: set[str]) -> dict[str, tuple[float, float]]:
    if not elder_ids:
        return {}
    c = ELDERS.c
    wanted = select(c.id, c.lat, c.lon).where(c.id.in_(elder_ids), c.lat.is_not(None), c.lon.is_not(None))
    return {row.id: (row.lat, row.lon) for row in session.connection().execute(wanted)}
