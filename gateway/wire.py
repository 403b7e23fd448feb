"""MQTT profile v1: topic names, and every message as a frozen value on one side and bytes on the other.

Readers of what a device says never raise: a press is a press, whatever its bytes. What could not be read is named in
`problems`. Times are aware UTC; on the wire they are RFC 3339 with milliseconds.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.salvage import MAX_BYTES, read_object

PREFIX = "cb/v1"
CENTRE_STATE = f"{PREFIX}/centre/state"
UP_KINDS = ("alarm", "cancel", "heartbeat", "location", "state")
DOWN_KINDS = ("receipt", "progress", "command")
MAX_PAYLOAD = MAX_BYTES

KINDS = (
    "sos", "fall", "smoke", "gas", "flood", "inactivity", "duress", "low_battery", "mains_lost", "tamper",
)  # fmt: skip
CRS = ("wgs84", "gcj02", "bd09")
SOURCES = ("gnss", "wifi", "cell", "manual")
STAGES = ("calling", "on_the_way", "arrived", "closed")
COMMANDS = ("call", "locate", "test", "config")

MSG_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
UNKNOWN_DATUM_M = 1400.0  # GCJ-02 and BD-09 lie up to 1,400 m from WGS-84.
MAX_ACCURACY_M = 1e6
MAX_FIRMWARE = 60
_DECIMAL = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,15})?")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.,]{5,20}(Z|z|[+-][0-9]{2}:?[0-9]{2})")


# -- topics


def up_topic(uid: str, kind: str) -> str:
    return f"{PREFIX}/{uid}/up/{kind}"


def down_topic(uid: str, kind: str) -> str:
    return f"{PREFIX}/{uid}/down/{kind}"


def split_up_topic(topic: str) -> tuple[str, str] | None:
    """(uid, kind) of a topic a device publishes on, or None if it is none of ours."""
    parts = topic.split("/")
    if len(parts) != 5 or parts[:2] != ["cb", "v1"] or parts[3] != "up" or parts[4] not in UP_KINDS:
        return None
    uid = parts[2]
    return (uid, parts[4]) if uid and not set(uid) & set("+#\0") else None


# -- what a device says


@dataclass(frozen=True, slots=True)
class FixMsg:
    """Where a device says it is, in the datum it names; `lat`/`lon` are degrees and in range."""

    lat: float
    lon: float
    accuracy_m: float | None = None
    fix_at: datetime | None = None
    source: str | None = None
    crs: str = "wgs84"

    def as_json(self) -> dict[str, Any]:
        """The member `location` as it goes over the wire."""
        plain = _without_none(self, ("lat", "lon", "accuracy_m", "fix_at", "source", "crs"))
        return plain if self.fix_at is None else plain | {"fix_at": rfc3339(self.fix_at)}


@dataclass(frozen=True, slots=True)
class Vitals:
    """How a device is: percent, dBm, on mains or not; None where it did not say, or said nonsense."""

    battery_pct: int | None = None
    rssi_dbm: int | None = None
    mains: bool | None = None
    firmware: str | None = None


@dataclass(frozen=True, slots=True)
class AlarmMsg:
    """A press. `msg_id` None: the device gave none that can be used. `content`: every member that could be read."""

    msg_id: str | None
    kind: str = "sos"
    pressed_at: datetime | None = None
    location: FixMsg | None = None
    vitals: Vitals = Vitals()
    is_test: bool = False
    content: dict[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelMsg:
    msg_id: str | None
    alarm_msg_id: str | None = None
    content: dict[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeartbeatMsg:
    vitals: Vitals
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocationMsg:
    """`fix` None: nothing in it can be put on a map. `content` is what the device said."""

    fix: FixMsg | None
    content: dict[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def read_alarm(payload: bytes) -> AlarmMsg:
    """Make a press of any bytes at all."""
    look = _Look(payload)
    return AlarmMsg(
        msg_id=look.msg_id("msg_id", wanted=True),
        kind=look.one_of("kind", KINDS) or "sos",
        pressed_at=look.instant("at"),
        location=look.nested_fix("location"),
        vitals=look.vitals(),
        is_test=look.flag("test") is True,
        content=look.content,
        problems=look.problems,
    )


def read_cancel(payload: bytes) -> CancelMsg:
    look = _Look(payload)
    msg_id, alarm_msg_id = look.msg_id("msg_id", wanted=True), look.msg_id("alarm_msg_id", wanted=False)
    return CancelMsg(msg_id, alarm_msg_id, look.content, look.problems)


def read_heartbeat(payload: bytes) -> HeartbeatMsg:
    """A heartbeat of garbage is a heartbeat: the device is alive."""
    look = _Look(payload)
    return HeartbeatMsg(look.vitals(), look.problems)


def read_location(payload: bytes) -> LocationMsg:
    """A fix given as the whole payload, or as its member `location` as in an alarm."""
    look = _Look(payload)
    fix = look.nested_fix("location") if "location" in look.content else look.fix()
    return LocationMsg(fix, look.content, look.problems)


def read_state(payload: bytes) -> bool | None:
    """Whether the device says it is online; None if it says neither."""
    return _Look(payload).flag("online")


class _Look:
    """One payload being read: every question notes a problem when the answer is there but unusable."""

    def __init__(self, payload: bytes) -> None:
        self.content, problems = read_object(payload)
        self._problems = list(problems)

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(self._problems)

    def _bad(self, name: str) -> None:
        self._problems.append(f"{name} unreadable")

    def msg_id(self, name: str, *, wanted: bool) -> str | None:
        value = self.content.get(name)
        if isinstance(value, str) and MSG_ID.fullmatch(value):
            return value
        if value is not None:
            self._bad(name)
        elif wanted:
            self._problems.append(f"{name} missing")
        return None

    def one_of(self, name: str, words: tuple[str, ...], within: dict[str, Any] | None = None) -> str | None:
        value = (self.content if within is None else within).get(name)
        if isinstance(value, str) and value in words:
            return value
        if value is not None:
            self._problems.append(f"{name} unknown")
        return None

    def flag(self, name: str) -> bool | None:
        value = self.content.get(name)
        if value is None or isinstance(value, bool):
            return value
        self._bad(name)
        return None

    def instant(self, name: str, within: dict[str, Any] | None = None) -> datetime | None:
        value = (self.content if within is None else within).get(name)
        if value is None:
            return None
        found = read_instant(value)
        if found is None:
            self._bad(name)
        return found

    def number(self, name: str, low: float, high: float, within: dict[str, Any] | None = None) -> float | None:
        value = (self.content if within is None else within).get(name)
        if value is None:
            return None
        if isinstance(value, str) and _DECIMAL.fullmatch(value):
            self._problems.append(f"{name} given as text")
            value = float(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        self._bad(name)
        return None

    def vitals(self) -> Vitals:
        battery, rssi = self.number("battery_pct", 0, 100), self.number("rssi_dbm", -200, 50)
        firmware = self.content.get("firmware")
        if firmware is not None and not isinstance(firmware, str):
            self._bad("firmware")
            firmware = None
        return Vitals(
            battery_pct=None if battery is None else round(battery),
            rssi_dbm=None if rssi is None else round(rssi),
            mains=self.flag("mains"),
            firmware=firmware[:MAX_FIRMWARE] if firmware else None,
        )

    def nested_fix(self, name: str) -> FixMsg | None:
        value = self.content.get(name)
        if isinstance(value, dict):
            return self.fix(value)
        if value is not None:
            self._bad(name)
        return None

    def fix(self, within: dict[str, Any] | None = None) -> FixMsg | None:
        given = self.content if within is None else within
        lat, lon = self.number("lat", -90, 90, given), self.number("lon", -180, 180, given)
        accuracy_m = self.number("accuracy_m", 0, MAX_ACCURACY_M, given)
        fix_at, source = self.instant("fix_at", given), self.one_of("source", SOURCES, given)
        crs = self.one_of("crs", CRS, given)
        if lat is None or lon is None or (lat, lon) == (0, 0):  # 0, 0 is what receivers say before their first fix.
            self._problems.append("no position")
            return None
        if crs is None and given.get("crs") is not None:
            accuracy_m = max(accuracy_m or 0.0, UNKNOWN_DATUM_M)
        return FixMsg(lat, lon, accuracy_m, fix_at, source, crs or "wgs84")


def read_instant(value: object) -> datetime | None:
    """RFC 3339 with its offset as aware UTC; None for anything else."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


# -- what the centre says


@dataclass(frozen=True, slots=True)
class ReceiptMsg:
    """The alarm is safely stored; `msg_id` None answers a press whose own id could not be read."""

    msg_id: str | None
    alarm_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ProgressMsg:
    alarm_id: str
    stage: str
    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class CommandMsg:
    """`command` is one of COMMANDS; `content` holds its other members."""

    command: str
    content: dict[str, Any] = field(default_factory=dict)


def receipt(msg_id: str | None, alarm_id: str, received_at: datetime) -> bytes:
    return _write({"msg_id": msg_id, "alarm_id": alarm_id, "received_at": rfc3339(received_at)})


def progress(alarm_id: str, stage: str, text: str, lang: str) -> bytes:
    return _write({"alarm_id": alarm_id, "stage": stage, "text": text, "lang": lang})


def command(name: str, **members: Any) -> bytes:
    return _write({"command": name, **members})


def centre_state(*, online: bool, at: datetime | None = None) -> bytes:
    """`at` is left out of a Will: nobody knows beforehand when the gateway dies."""
    return _write({"online": online} | ({} if at is None else {"at": rfc3339(at)}))


def down_payload(message: dict[str, Any]) -> bytes:
    """A down message that was kept in the database, as bytes."""
    return _write(message)


# -- the device's side of the same messages, for simulated devices and tests


def write_alarm(
    msg_id: str,
    *,
    kind: str = "sos",
    at: datetime | None = None,
    location: FixMsg | None = None,
    vitals: Vitals | None = None,
    test: bool = False,
    **more: Any,
) -> bytes:
    """A press; `more` are further members."""
    members: dict[str, Any] = {"msg_id": msg_id, "kind": kind}
    if at is not None:
        members["at"] = rfc3339(at)
    if location is not None:
        members["location"] = location.as_json()
    return _write(members | _plain_vitals(vitals) | {"test": test} | more)


def write_cancel(msg_id: str, *, alarm_msg_id: str | None = None, at: datetime | None = None) -> bytes:
    members = {"msg_id": msg_id, "alarm_msg_id": alarm_msg_id, "at": None if at is None else rfc3339(at)}
    return _write({k: v for k, v in members.items() if v is not None})


def write_heartbeat(vitals: Vitals, *, at: datetime | None = None) -> bytes:
    return _write(({} if at is None else {"at": rfc3339(at)}) | _plain_vitals(vitals))


def write_location(fix: FixMsg) -> bytes:
    return _write(fix.as_json())


def write_state(*, online: bool) -> bytes:
    return _write({"online": online})


def read_receipt(payload: bytes) -> ReceiptMsg | None:
    look = _Look(payload)
    msg_id, received_at = look.msg_id("msg_id", wanted=False), look.instant("received_at")
    alarm_id = look.content.get("alarm_id")
    return ReceiptMsg(msg_id, alarm_id, received_at) if isinstance(alarm_id, str) and received_at else None


def read_progress(payload: bytes) -> ProgressMsg | None:
    content = read_object(payload).members
    found = [content.get(name) for name in ("alarm_id", "stage", "text", "lang")]
    alarm_id, stage, text, lang = (value if isinstance(value, str) else "" for value in found)
    return ProgressMsg(alarm_id, stage, text, lang) if alarm_id and stage in STAGES else None


def read_command(payload: bytes) -> CommandMsg | None:
    look = _Look(payload)
    name = look.one_of("command", COMMANDS)
    return CommandMsg(name, {k: v for k, v in look.content.items() if k != "command"}) if name else None


def read_centre_state(payload: bytes) -> bool | None:
    """Whether anybody is listening; None if it cannot be read."""
    return _Look(payload).flag("online")


# -- shared


def rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _write(members: dict[str, Any]) -> bytes:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _plain_vitals(vitals: Vitals | None) -> dict[str, Any]:
    return {} if vitals is None else _without_none(vitals, ("battery_pct", "rssi_dbm", "mains", "firmware"))


def _without_none(value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: getattr(value, name) for name in names}
    return {name: each for name, each in found.items() if each is not None}
