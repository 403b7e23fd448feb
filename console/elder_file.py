"""An elder's file as a page shows it: everything that belongs to it, in a fixed number of queries."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from alarms.views import age_on, alarms_of
from console.centre import Centre
from console.contact_cards import cards_of
from console.contact_words import GROUP_WORDS
from core.errors import NotFound
from registry import store
from registry.access import is_doubtful
from registry.history import history_of, opened_at
from registry.households import members
from registry.models import DevicePresence, table_of
from registry.photos import photo_at, taken_on
from registry.sessions import SignedIn
from registry.store import DEVICES, ELDERS, Row

HISTORY_SHOWN = 12
ALARMS_SHOWN = 10
HEALTH_FIRST = (
    "allergies", "conditions", "medication", "implants", "blood_group", "mobility", "hearing", "sight", "vision",
    "speech", "language", "dialect", "living", "lives_alone",
)  # fmt: skip
_PRESENCE = table_of(DevicePresence)

Json = dict[str, Any]


def file_of(session: Session, centre: Centre, user: SignedIn, row: Row) -> Json:
    """What the page of a file needs; the sensitive part is in it only while this user has it open."""
    now, elder_id = centre.clock.now(), row["id"]
    alarms = alarms_of(session, elder_id, limit=ALARMS_SHOWN)
    sees = may_see(session, user, elder_id, now, alarms)
    history, more = history_of(session, "elder", elder_id, with_looks=user.may("logs.read"), limit=HISTORY_SHOWN)
    return {
        "elder": row,
        "age": age_on(row["birth_date"], now),
        "sees": sees,
        "may_open": user.may("health.read") and not sees,
        "may_write": user.may("registry.write"),
        "health": health_lines(row["health"] or {}) if sees else [],
        "health_notes": str((row["health"] or {}).get("notes") or "") if sees else "",
        "way_in": way_in_of(row, centre) if sees else None,
        "addresses": [_address(one, sees=sees) for one in centre.registry.addresses.of(session, elder_id)],
        "has_photo": user.may("health.read") and photo_at(session, elder_id) is not None,
        "photo_taken_on": taken_on(session, elder_id) if user.may("health.read") else None,
        "lives_with": [one | {"age": age_on(one["birth_date"], now)} for one in members(session, elder_id)],
        "cards": cards_of(session, row, now, centre.settings.timezone),
        "contact_groups": GROUP_WORDS,
        "devices": _devices(session, elder_id),
        "alarms": alarms,
        "history": history,
        "has_more_history": more is not None,
    }


def may_see(session: Session, user: SignedIn, elder_id: str, now: datetime, alarms: list[Json]) -> bool:
    """Whether the sensitive part is open: a reason was given in the last minutes, or the user holds an open alarm."""
    if not user.may("health.read"):
        return False
    holds = any(one["claimed_by"] == user.id and one["state"] != "closed" for one in alarms)
    return holds or opened_at(session, elder_id, user.id, now) is not None


def sees_file(session: Session, user: SignedIn, elder_id: str, now: datetime) -> bool:
    """As `may_see`, for who has not read the alarms yet."""
    return may_see(session, user, elder_id, now, alarms_of(session, elder_id, limit=ALARMS_SHOWN))


def health_lines(health: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Name and value of what is known, what matters first in front; the free notes stand apart."""
    names = [name for name in HEALTH_FIRST if name in health]
    names += [name for name in health if name not in HEALTH_FIRST and name != "notes"]
    return [(name, health[name]) for name in names if health[name] not in (None, "", [], {}, False)]


def way_in_of(row: Row, centre: Centre) -> Json | None:
    """The notes on the way in, and whether they can be believed; None where there are none."""
    if not row["access"] and not row["access_notes"]:
        return None
    confirmed_on: date | None = row["access_confirmed_on"]
    today, days = centre.registry.desk.today, centre.settings.access_doubtful_days
    return {
        "access": row["access"] or {}, "access_notes": row["access_notes"], "confirmed_on": confirmed_on,
        "is_doubtful": is_doubtful(confirmed_on, today, days),
    }  # fmt: skip


def live_elder(session: Session, elder_id: str) -> Row:
    """The row of an elder that was not removed. Raises NotFound."""
    return store.get(session, ELDERS, elder_id)


def removed_elder(session: Session, elder_id: str) -> Row:
    """The row of a removed elder. Raises NotFound."""
    wanted = select(ELDERS.c.id, ELDERS.c.name, ELDERS.c.deleted_at).where(ELDERS.c.id == elder_id)
    found = session.connection().execute(wanted).one_or_none()
    if found is None or found.deleted_at is None:
        raise NotFound("there is no such elder")
    return dict(found._mapping)


def _address(row: Row, *, sees: bool) -> Row:
    return row if sees else row | {"access": None, "access_notes": None}


def _devices(session: Session, elder_id: str) -> list[Json]:
    columns = (DEVICES.c.id, DEVICES.c.uid, DEVICES.c.model, DEVICES.c.state, DEVICES.c.tested)
    seen = (_PRESENCE.c.last_seen_at, _PRESENCE.c.is_online, _PRESENCE.c.battery_pct)
    wanted = (
        select(*columns, *seen)
        .outerjoin(_PRESENCE, _PRESENCE.c.uid == DEVICES.c.uid)
        .where(DEVICES.c.elder_id == elder_id)
        .order_by(DEVICES.c.id)
    )
    return [dict(row._mapping) for row in session.connection().execute(wanted)]
