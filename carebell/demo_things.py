"""What the demo city has besides: makes of phones, phones in every state and their history, hours of the help."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core.ids import new_id

Row = dict[str, Any]
KEY_MODEL, PENDANT_MODEL = "YJT-1 座机", "YJT-2 挂件"
FIRMWARE = "1.4.2"
TRIGGERS = {KEY_MODEL: ["key"], PENDANT_MODEL: ["key", "pendant"]}
ALWAYS_PRESSED = 40  # The first devices are those that the demo presses: they are in service.
SPARES = 30
REGISTRAR = "秦亚玲"
DAY, SHOP, OFFICE = ("08:00", "18:00"), ("08:00", "21:30"), ("08:30", "17:30")
EVERY_DAY, WORKDAYS = [1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5]

HOURS: dict[str, tuple[list[int], tuple[str, str]] | None] = {
    "hospital": (EVERY_DAY, ("00:00", "24:00")), "clinic": (EVERY_DAY, DAY), "pharmacy": (EVERY_DAY, SHOP),
    "police": (EVERY_DAY, ("00:00", "24:00")), "fire": (EVERY_DAY, ("00:00", "24:00")),
    "community": (WORKDAYS, OFFICE), "volunteer": None, "service": (EVERY_DAY, DAY),
}  # fmt: skip
ABILITIES: dict[str, tuple[str, ...]] = {
    "hospital": ("emergency_room", "ambulance", "dialysis", "stroke_centre", "chest_pain_centre"),
    "clinic": ("home_visit",), "pharmacy": ("night_medicine",), "fire": ("door_opening", "lifting"),
    "community": ("meals", "home_visit"), "volunteer": ("meals", "wheelchair"), "service": ("door_opening", "repairs"),
}  # fmt: skip
SIGNED: dict[str, tuple[str, ...]] = {  # What a device in a state has gone through, the newest last.
    "issued": (), "installed": ("installed",), "in_service": ("installed", "in_service"),
    "faulty": ("installed", "in_service", "faulty"), "retired": ("installed", "in_service", "faulty", "retired"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Things:
    """Rows by table, beside what the city has; `spares` are devices without an elder, their secrets known to nobody."""

    models: list[Row] = field(default_factory=list)
    spares: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)


def furnish(
    devices: list[Row], resources: list[Row], now: datetime, rng: random.Random, hash_of_new: Callable[[], str]
) -> Things:
    """Give the city's devices their states and the help its hours, in place; what is to be stored besides."""
    found = Things(models=_models(now))
    for n, device in enumerate(devices):
        _lived(device, "in_service" if n < ALWAYS_PRESSED else _state(rng), now, rng, found.events)
    for n, spare_id in enumerate(sorted(new_id() for _ in range(SPARES))):
        spare = dict(devices[0]) | {
            "id": spare_id, "uid": f"xy-9{n:03}", "elder_id": None, "model": rng.choice(list(TRIGGERS)),
            "secret_hash": hash_of_new(),
        }  # fmt: skip
        _lived(spare, "retired" if n < 3 else "faulty" if n < 5 else "stock", now, rng, found.events)
        found.spares.append(spare)
    for place in resources:
        _opened(place, rng)
    found.events.sort(key=lambda line: line["at"])  # A history is read in the order of its lines' ids.
    for line, line_id in zip(found.events, sorted(new_id() for _ in found.events), strict=True):
        line["id"] = line_id
    return found


def _state(rng: random.Random) -> str:
    return rng.choices(("in_service", "installed", "issued", "faulty"), weights=(86, 7, 4, 3))[0]


def _models(now: datetime) -> list[Row]:
    stamps = {"version": 1, "created_at": now, "updated_at": now, "heartbeat_s": 60, "firmware": FIRMWARE}
    notes = {KEY_MODEL: "免提座机，一个红键", PENDANT_MODEL: "座机带无线挂件，防水"}
    return [
        {"id": new_id(), "name": name, "triggers": triggers, "note": notes[name]} | stamps
        for name, triggers in TRIGGERS.items()
    ]


def _lived(device: Row, state: str, now: datetime, rng: random.Random, events: list[Row]) -> None:
    """The device in its state, and how it came there."""
    days = rng.randrange(20, 700)
    made_at = now - timedelta(days=days)
    paired_at = made_at + timedelta(days=5) if device["elder_id"] or state in ("faulty", "retired") else None
    tested_at = (paired_at or made_at) + timedelta(days=1)
    tested = {name: tested_at.isoformat() for name in TRIGGERS[device["model"]]}
    device.update(
        state=state, created_at=made_at, updated_at=now, batch=f"{made_at:%Y-%m}", paired_at=paired_at,
        tested_from=paired_at, tested=tested if state == "in_service" else None, sim_iccid=_iccid(rng),
        sim_phone=f"+861440{rng.randrange(10**9):09}",
    )  # fmt: skip
    _line(events, device, made_at, "registered", {"state": "stock"})
    if paired_at is not None:
        told = {"elder_id": device["elder_id"]} if device["elder_id"] else {}
        _line(events, device, paired_at, "paired", told)
        for n, to in enumerate(SIGNED.get(state, ())):
            reason = {"reason": rng.choice(("按键卡住", "听筒无声", "充不上电"))} if to == "faulty" else {}
            _line(events, device, tested_at + timedelta(days=7 * n), "moved", {"to": to, "from": ""} | reason)


def _line(events: list[Row], device: Row, at: datetime, what: str, data: Row) -> None:
    events.append(
        {"device_id": device["id"], "at": at, "what": what, "author": REGISTRAR, "data": data}
    )  # fmt: skip


def _iccid(rng: random.Random) -> str:
    digits = f"898600{rng.randrange(10**13):013}"
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def _opened(place: Row, rng: random.Random) -> None:
    hours, abilities = HOURS[place["kind"]], ABILITIES.get(place["kind"], ())
    place["hours"] = None if hours is None else [{"days": hours[0], "from": hours[1][0], "to": hours[1][1]}]
    place["capabilities"] = [word for word in abilities if rng.random() < 0.6] or None
    place["note"] = "夜间请按门铃" if place["kind"] == "pharmacy" and rng.random() < 0.3 else None
