"""Lists of devices: by what they are, whose they are and how they are."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlmodel import Session

from registry import store
from registry.device_views import MODELS, PRESENCE
from registry.scope import EVERYWHERE, Scope
from registry.store import DEVICES, ELDERS, Row

MISSED = 3  # Signs of life, before a device counts as silent (a service level of the duty room).
USUAL_HEARTBEAT_S = 600  # Where neither the device nor its model says: docs/device-profile.md asks for it.
LOW_BATTERY_PCT = 20
# A heartbeat counts as the next of these, since databases differ in how they add seconds to an instant.
_SILENCES_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800)


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """What must be true of the devices listed; `area` is the code of an area that the elder lives in."""

    q: str | None = None
    elder_id: str | None = None
    state: str | None = None
    model: str | None = None
    batch: str | None = None
    area: str | None = None
    is_silent: bool = False
    is_low: bool = False
    scope: Scope = EVERYWHERE


def page(
    session: Session, wanted: DeviceFilter, *, now: datetime, after: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """Devices in the order they were registered, and the id to go on after."""
    query: Select[Any] = select(DEVICES).where(*_conditions(wanted)).order_by(DEVICES.c.id).limit(limit + 1)
    if after is not None:
        query = query.where(DEVICES.c.id > after)
    if wanted.area:
        query = query.join(ELDERS, ELDERS.c.id == DEVICES.c.elder_id).where(*_lives_in(session, wanted.area))
    if wanted.is_silent or wanted.is_low:
        query = query.outerjoin(PRESENCE, PRESENCE.c.uid == DEVICES.c.uid)
    if wanted.is_silent:
        query = query.outerjoin(MODELS, MODELS.c.name == DEVICES.c.model).where(silent_condition(now))
    if wanted.is_low:
        query = query.where(PRESENCE.c.battery_pct <= LOW_BATTERY_PCT)
    rows = [dict(row._mapping) for row in session.connection().execute(query)]
    return rows[:limit], rows[limit - 1]["id"] if len(rows) > limit else None


def counts(session: Session, scope: Scope = EVERYWHERE) -> dict[str, int]:
    """How many devices there are in each state, as far as somebody sees them."""
    wanted = select(DEVICES.c.state, func.count()).where(*scope.where(DEVICES)).group_by(DEVICES.c.state)
    return {state: int(number) for state, number in session.connection().execute(wanted)}


def _conditions(wanted: DeviceFilter) -> list[ColumnElement[bool]]:
    equal = {"elder_id": wanted.elder_id, "state": wanted.state, "model": wanted.model, "batch": wanted.batch}
    found = [DEVICES.c[name] == value for name, value in equal.items() if value]
    found += wanted.scope.where(DEVICES)
    if wanted.q and wanted.q.strip():
        found.append(store.begins_with(DEVICES.c.uid, wanted.q.strip()))
    return found


def _lives_in(session: Session, code: str) -> list[ColumnElement[bool]]:
    area = store.find(session, store.AREAS, store.AREAS.c.code == code)
    if area is None:
        return [ELDERS.c.area_code == code]
    return [or_(ELDERS.c.area_path == area["path"], store.begins_with(ELDERS.c.area_path, area["path"] + "/"))]


def silent_condition(now: datetime, *, listening_since: datetime | None = None) -> ColumnElement[bool]:
    """Given out and not heard for three heartbeats; what was never heard has been silent since it was paired.

    With `listening_since` the centre must have been there all the time: its own absence is no device's silence.
    Wants device_presence and device_models joined.
    """
    spans = [
        s for s in _SILENCES_S if listening_since is None or listening_since <= now - timedelta(seconds=MISSED * s)
    ]
    beat_s = func.coalesce(DEVICES.c.heartbeat_s, MODELS.c.heartbeat_s, USUAL_HEARTBEAT_S)
    seen_at = func.coalesce(PRESENCE.c.last_seen_at, DEVICES.c.paired_at, DEVICES.c.created_at)
    return DEVICES.c.state.in_(("installed", "in_service")) & or_(
        false(), *((beat_s <= span) & (seen_at < now - timedelta(seconds=MISSED * span)) for span in spans)
    )
