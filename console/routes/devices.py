"""The one-key phones; in a path a device is named by its uid or its id."""

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field, model_validator

from alarms.commands import leave_command
from console.deps import CentreDep, allowed
from console.paging import Page, Paging, encode_cursor
from console.routes.versions import IfMatch
from registry import store
from registry.audit import Actor
from registry.device_intake import DeviceNew, DevicePatch
from registry.intake import DeviceConfig, DeviceState, Given
from registry.sessions import SignedIn
from registry.store import DEVICES

router = APIRouter(prefix="/api/v1/devices", tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Writer = Annotated[SignedIn, Depends(allowed("registry.write"))]
Commander = Annotated[SignedIn, Depends(allowed("devices.command"))]
DeviceCommand = Literal["call", "locate", "test", "config"]


class Device(BaseModel):
    """A one-key phone."""

    id: str
    uid: str
    elder_id: str | None
    model: str | None
    state: DeviceState
    version: int
    created_at: datetime
    updated_at: datetime


class DeviceWithSecret(Device):
    """A device and the secret it logs in with, which is shown this once."""

    secret: str = Field(description="The password of the device's MQTT login; it cannot be shown again")


class CommandGiven(Given):
    """What a device is to do; `config` is for the command of that name and for no other."""

    command: DeviceCommand
    config: DeviceConfig | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.command == "config") != bool(self.config):
            raise ValueError("the command config, and no other, needs config with at least one member")
        return self


class CommandLeft(BaseModel):
    """A command that waits for its device until it has it, or until `expires_at`."""

    id: int
    command: DeviceCommand
    expires_at: datetime


@router.post("", status_code=201)
def add_device(given: DeviceNew, centre: CentreDep, user: Writer) -> DeviceWithSecret:
    row, secret = centre.registry.devices.add(given)
    return DeviceWithSecret.model_validate(row | {"secret": secret})


@router.get("")
def list_devices(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    q: Annotated[str | None, Query(max_length=64, description="How the uid begins")] = None,
    elder_id: Annotated[str | None, Query(max_length=64)] = None,
    state: DeviceState | None = None,
) -> Page[Device]:
    where = [DEVICES.c.elder_id == elder_id] if elder_id else []
    if state:
        where.append(DEVICES.c.state == state)
    if q:
        where.append(store.begins_with(DEVICES.c.uid, q))
    with centre.db.read() as session:
        rows, following = store.page(session, DEVICES, after=paging.after, limit=paging.limit, where=where)
    return Page(items=[Device.model_validate(row) for row in rows], next_cursor=encode_cursor(following))


@router.get("/{device}")
def get_device(device: str, centre: CentreDep, user: Reader) -> Device:
    with centre.db.read() as session:
        return Device.model_validate(store.get_device(session, device))


@router.patch("/{device}")
def change_device(device: str, patch: DevicePatch, centre: CentreDep, user: Writer, version: IfMatch) -> Device:
    return Device.model_validate(centre.registry.devices.change(device, patch, version))


@router.post("/{device}/secret")
def renew_secret(device: str, centre: CentreDep, user: Writer) -> DeviceWithSecret:
    """A new secret; the device's old one stops working at once."""
    row, secret = centre.registry.devices.renew_secret(device)
    return DeviceWithSecret.model_validate(row | {"secret": secret})


@router.post("/{device}/command", status_code=202)
def command_device(device: str, given: CommandGiven, centre: CentreDep, user: Commander) -> CommandLeft:
    """Tell it to ring, to say where it is, to test itself or to take settings; told once it is there."""
    by = Actor(user.id, user.name)
    left = leave_command(centre.db, centre.clock, centre.wake, device, given.command, given.config, by=by)
    return CommandLeft.model_validate(left, from_attributes=True)


@router.delete("/{device}", status_code=204, response_class=Response)
def retire_device(device: str, centre: CentreDep, user: Writer, version: IfMatch) -> None:
    """Retire it; it stays on file, and a press of it is still an alarm."""
    centre.registry.devices.retire(device, version)
