"""What a device's JSON looks like."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from registry.intake import DeviceState


class Presence(BaseModel):
    """The device's last sign of life."""

    last_seen_at: datetime
    is_online: bool
    battery_pct: int | None
    rssi_dbm: int | None
    mains: bool | None
    firmware: str | None = Field(description="What it says it runs")


class Device(BaseModel):
    """A one-key phone. `triggers`, `heartbeat_s` and `firmware` are its model's where it has none of its own."""

    id: str
    uid: str
    elder_id: str | None
    model: str | None
    state: DeviceState
    triggers: list[str] = Field(description="What can be pressed; the first is meant where a press names none")
    tested: dict[str, datetime] = Field(description="When a test press of a trigger was last received")
    untested: list[str] = Field(description="The triggers that stand between it and in_service")
    other_triggers: list[str] = Field(description="Named in test presses, and not among its triggers")
    sim_iccid: str | None
    sim_phone: str | None
    batch: str | None
    heartbeat_s: int | None
    firmware: str | None = Field(description="What it should run")
    presence: Presence | None
    replaced_by: str | None = Field(description="The id of the device that took over its elder")
    paired_at: datetime | None
    note: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class DeviceWithSecret(Device):
    """A device and the secret it logs in with, which is shown this once."""

    secret: str = Field(description="The password of the device's MQTT login; it cannot be shown again")


class DevicePaired(Device):
    """A device that was given to an elder."""

    previous_elder_id: str | None = Field(description="The elder who had it before")


class Replaced(BaseModel):
    """Both devices after a replacement."""

    device: Device = Field(description="The one that took over")
    replaced: Device


class DeviceLine(BaseModel):
    """A line of a device's history."""

    id: str
    at: datetime
    what: str = Field(description="registered, moved, paired, unpaired, replaced, replaces, changed, secret")
    author: str
    data: dict[str, Any]


class DeviceModel(BaseModel):
    """A make of phones, and what they have in common."""

    id: str
    name: str
    triggers: list[str] | None
    heartbeat_s: int | None
    firmware: str | None
    note: str | None
    version: int
    created_at: datetime
    updated_at: datetime
