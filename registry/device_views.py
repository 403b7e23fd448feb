"""A device with what is known of it beside its row: its model's part, its tests, and its last sign of life."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from registry.device_life import DEFAULT_TRIGGERS, Standing
from registry.device_tests import Heard, tests_heard
from registry.models import DeviceModel, DevicePresence, table_of
from registry.store import Row

MODELS, PRESENCE = table_of(DeviceModel), table_of(DevicePresence)
MOST_OTHERS = 10  # A device may say anything.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,39}")
SEEN = ("last_seen_at", "is_online", "battery_pct", "rssi_dbm", "mains", "firmware")


def dressed(session: Session, rows: Sequence[Row]) -> list[Row]:
    """The rows with `triggers`, `tested`, `untested`, `other_triggers`, `heartbeat_s` and `firmware` as they are in
    force, and `presence`; in three queries, however many rows."""
    uids = [row["uid"] for row in rows]
    models = models_named(session, {row["model"] for row in rows if row["model"]})
    heard, seen = tests_heard(session, uids), _seen(session, uids)
    return [_dressed(row, models.get(row["model"]), heard.get(row["uid"], {}), seen.get(row["uid"])) for row in rows]


def models_named(session: Session, names: Collection[str]) -> dict[str, Row]:
    """The models of the catalogue, by name."""
    if not names:
        return {}
    rows = session.connection().execute(select(MODELS).where(MODELS.c.name.in_(names)))
    return {row.name: dict(row._mapping) for row in rows}


def standing(device: Row) -> Standing:
    """What the rules look at, of a dressed device."""
    return Standing(device["state"], device["elder_id"] is not None, tuple(device["triggers"]), dict(device["tested"]))


def _seen(session: Session, uids: Collection[str]) -> dict[str, dict[str, Any]]:
    if not uids:
        return {}
    wanted = select(PRESENCE.c.uid, *(PRESENCE.c[name] for name in SEEN)).where(PRESENCE.c.uid.in_(uids))
    return {row[0]: dict(zip(SEEN, row[1:], strict=True)) for row in session.connection().execute(wanted)}


def _dressed(row: Row, model: Row | None, heard: Heard, seen: dict[str, Any] | None) -> Row:
    model = model or {}
    triggers = row["triggers"] or model.get("triggers") or list(DEFAULT_TRIGGERS)
    since = row["tested_from"] or row["created_at"]
    latest = _latest(row["tested"], heard, triggers[0])
    tested = {name: at for name, at in latest.items() if at >= since}
    return row | {
        "triggers": list(triggers),
        "tested": {name: tested[name] for name in triggers if name in tested},
        "untested": [name for name in triggers if name not in tested],
        "other_triggers": [name for name in sorted(set(tested) - set(triggers)) if _NAME.fullmatch(name)][:MOST_OTHERS],
        "heartbeat_s": row["heartbeat_s"] or model.get("heartbeat_s"),
        "firmware": row["firmware"] or model.get("firmware"),
        "presence": seen,
    }


def _latest(kept: Mapping[str, str] | None, heard: Heard, usual: str) -> dict[str, datetime]:
    """When each trigger was last tested, by what was kept with the device and by the presses that are stored."""
    found = {name: datetime.fromisoformat(at) for name, at in (kept or {}).items()}
    for name, at in heard.items():
        known = usual if name is None else name
        found[known] = max(at, found.get(known, at))
    return found
