"""What the pages of devices show: the list with whose they are, one device with all that is known of it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry import device_history, device_lists, store
from registry.device_life import STATES, possible_moves
from registry.device_lists import LOW_BATTERY_PCT, MISSED, USUAL_HEARTBEAT_S
from registry.device_views import MODELS, dressed, standing
from registry.scope import EVERYWHERE, Scope
from registry.store import AREAS, DEVICES, ELDERS, Row

HISTORY_SHOWN = 100
BAR_WIDTH = 1000  # Units of the picture, not pixels.
_ELDER = [ELDERS.c[name] for name in ("id", "name", "address", "area", "phone", "deleted_at")]


def listed(session: Session, rows: Sequence[Row], now: datetime) -> list[Row]:
    """The rows with their elder and what is to be seen at a glance."""
    elders = elders_of(session, {row["elder_id"] for row in rows if row["elder_id"]})
    return [told(row, now) | {"elder": elders.get(row["elder_id"])} for row in dressed(session, rows)]


def told(device: Row, now: datetime) -> Row:
    """A dressed device with what its presence means: silent, low, another firmware than it should run."""
    seen = device["presence"] or {}
    since = seen.get("last_seen_at") or device["paired_at"] or device["created_at"]
    beat_s = device["heartbeat_s"] or USUAL_HEARTBEAT_S
    is_out = device["state"] in ("installed", "in_service")
    battery, runs = seen.get("battery_pct"), seen.get("firmware")
    return device | {
        "is_silent": is_out and (now - since).total_seconds() > MISSED * beat_s,
        "is_low": battery is not None and battery <= LOW_BATTERY_PCT,
        "is_other_firmware": bool(runs and device["firmware"] and runs != device["firmware"]),
    }


def elders_of(session: Session, ids: Collection[str], scope: Scope = EVERYWHERE) -> dict[str, Row]:
    """Name and address of the elders that somebody sees, by id."""
    if not ids:
        return {}
    rows = session.connection().execute(select(*_ELDER).where(ELDERS.c.id.in_(ids), *scope.where(ELDERS)))
    return {row.id: dict(row._mapping) for row in rows}


def file_of(session: Session, key: str, now: datetime, scope: Scope = EVERYWHERE) -> dict[str, Any]:
    """One device, its elder, its history and the moves that are open to it. Raises NotFound."""
    row = store.get_device(session, key)
    device = listed(session, [row], now)[0]
    lines, _ = device_history.of_device(session, device["id"], limit=HISTORY_SHOWN)
    if not lines or lines[-1]["what"] != "registered":
        lines.append({"what": "registered", "at": device["created_at"], "author": "", "data": {}})
    return {
        "device": device,
        "checks": [{"name": name, "at": device["tested"].get(name)} for name in device["triggers"]],
        "history": lines,
        "moves": possible_moves(standing(device)),
        "others": elders_of(session, _elders_named(lines), scope),
        "successor": _uid_of(session, device["replaced_by"]),
    }


def bar(counts: dict[str, int]) -> list[dict[str, Any]]:
    """The states as parts of a bar; what is there is at least wide enough to be seen."""
    total = sum(counts.values())
    parts, x = [], 0
    for state in STATES:
        number = counts.get(state, 0)
        width = max(6, round(number / total * BAR_WIDTH)) if number else 0
        parts.append({"state": state, "count": number, "x": x, "width": width})
        x += width
    return parts


def choices(session: Session) -> dict[str, list[str]]:
    """Models and deliveries that can be chosen from: the catalogue's, and those of devices."""
    catalogue = session.scalars(select(MODELS.c.name).order_by(MODELS.c.name).limit(200)).all()
    used = session.scalars(select(DEVICES.c.model).where(DEVICES.c.model.is_not(None)).distinct().limit(200)).all()
    batches = select(DEVICES.c.batch).where(DEVICES.c.batch.is_not(None)).distinct()
    newest = session.scalars(batches.order_by(DEVICES.c.batch.desc()).limit(100)).all()
    return {"models": sorted({*catalogue, *used}), "batches": list(newest)}


def area_code(session: Session, written: str) -> str | None:
    """The code of the area that somebody named by its code or its name."""
    by_code = store.find(session, AREAS, AREAS.c.code == written)
    found = by_code or store.find(session, AREAS, AREAS.c.name == written)
    return None if found is None else str(found["code"])


def counts(session: Session, scope: Scope = EVERYWHERE) -> list[dict[str, Any]]:
    return bar(device_lists.counts(session, scope))


def _elders_named(lines: Sequence[Row]) -> set[str]:
    named = {line["data"].get(member) for line in lines for member in ("elder_id", "previous_elder_id")}
    return {elder_id for elder_id in named if elder_id}


def _uid_of(session: Session, device_id: str | None) -> str | None:
    row = store.find(session, DEVICES, DEVICES.c.id == device_id) if device_id else None
    return None if row is None else str(row["uid"])
