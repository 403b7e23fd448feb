"""What an officer wants to know of a contact before ringing: how far away they live, which languages, when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session

from geo.nearby import distance_m
from registry.hours import is_away
from registry.store import CONTACTS

TALKS = ("hearing", "speech", "language", "dialect", "sight", "vision")
"""Health notes that change how one speaks with somebody: wanted before the first word."""


def ways_of(
    session: Session, elder_id: str | None, home: Mapping[str, Any] | None, now: datetime, timezone: str
) -> dict[str, dict[str, Any]]:
    """Contact id → distance_m from the elder's home, languages, and the absence that holds today, each or None."""
    if elder_id is None:
        return {}
    c = CONTACTS.c
    wanted = select(c.id, c.lat, c.lon, c.languages, c.away).where(c.elder_id == elder_id, c.deleted_at.is_(None))
    today = now.astimezone(ZoneInfo(timezone)).date()
    return {
        row.id: {
            "distance_m": _distance_m(row, home),
            "languages": row.languages or [],
            "away_now": [one for one in row.away or () if is_away([one], today)],
        }
        for row in session.execute(wanted)
    }


def _distance_m(row: Any, home: Mapping[str, Any] | None) -> float | None:
    if home is None or row.lat is None or row.lon is None:
        return None
    return distance_m(home["lat"], home["lon"], row.lat, row.lon)
