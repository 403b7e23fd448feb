"""The one-key phones; in a path a device is named by its uid or its id."""

import csv
import io
from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, model_validator

from alarms.commands import leave_command
from console.centre import Centre
from console.deps import CentreDep, actor_of, allowed, check_elder, check_named
from console.device_schemas import Device, DeviceLine, DevicePaired, DeviceWithSecret, Replaced
from console.labels import qr_svg
from console.paging import Page, Paging, encode_cursor
from console.routes.versions import IfMatch
from registry import device_history, device_lists, store
from registry.device_intake import DeviceNew, DevicePatch, ManyDevices, Pairing, Replacement
from registry.device_lists import DeviceFilter
from registry.device_views import dressed
from registry.intake import DeviceConfig, DeviceState, Given
from registry.sessions import SignedIn
from registry.store import Row

router = APIRouter(prefix="/api/v1/devices", tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Writer = Annotated[SignedIn, Depends(allowed("registry.write"))]
Commander = Annotated[SignedIn, Depends(allowed("devices.command"))]
DeviceCommand = Literal["call", "locate", "test", "config"]
CSV = "text/csv; charset=utf-8"
NO_STORE = {"Cache-Control": "no-store"}
SECRETS_FILE = {"Content-Disposition": 'attachment; filename="device-secrets.csv"'}


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
    check_elder(centre, user, given.elder_id)
    row, secret = centre.registry.devices.add(given, by=actor_of(user))
    return DeviceWithSecret.model_validate(_shown(centre, row) | {"secret": secret})


@router.get("")
def list_devices(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    q: Annotated[str | None, Query(max_length=64, description="How the uid begins")] = None,
    elder_id: Annotated[str | None, Query(max_length=64)] = None,
    state: DeviceState | None = None,
    model: Annotated[str | None, Query(max_length=60)] = None,
    batch: Annotated[str | None, Query(max_length=60)] = None,
    area: Annotated[str | None, Query(max_length=20, description="The code of an area that the elder lives in")] = None,
    silent: Annotated[bool, Query(description="Only those that missed three signs of life")] = False,
    low_battery: Annotated[bool, Query(description="Only those whose battery is low")] = False,
) -> Page[Device]:
    wanted = DeviceFilter(q, elder_id, state, model, batch, area, silent, low_battery, user.scope)
    with centre.db.read() as session:
        rows, following = device_lists.page(
            session, wanted, now=centre.clock.now(), after=paging.after, limit=paging.limit
        )
        shown = dressed(session, rows)
    return Page(items=[Device.model_validate(row) for row in shown], next_cursor=encode_cursor(following))


@router.post("/bulk", status_code=201, response_class=Response, responses={201: {"content": {"text/csv": {}}}})
def add_many_devices(given: ManyDevices, centre: CentreDep, user: Writer) -> Response:
    """Register a delivery, all or nothing; the answer is a CSV file of uids and secrets, which are shown this once."""
    told = centre.registry.device_bulk.add(given, by=actor_of(user))
    return Response(secrets_csv(told), 201, NO_STORE | SECRETS_FILE, CSV)


@router.get("/{device}")
def get_device(device: str, centre: CentreDep, user: Reader) -> Device:
    with centre.db.read() as session:
        return Device.model_validate(dressed(session, [store.get_device(session, device)])[0])


@router.patch("/{device}")
def change_device(device: str, patch: DevicePatch, centre: CentreDep, user: Writer, version: IfMatch) -> Device:
    """A `state` that its life does not allow is a conflict: in service only after a test press of every trigger."""
    check_elder(centre, user, patch.elder_id)
    row = centre.registry.devices.change(device, patch, version, by=actor_of(user))
    return Device.model_validate(_shown(centre, row))


@router.post("/{device}/pair")
def pair_device(device: str, given: Pairing, centre: CentreDep, user: Writer, version: IfMatch) -> DevicePaired:
    """Give it to an elder, also from another one; every trigger is tested anew then."""
    check_elder(centre, user, given.elder_id)
    row, before = centre.registry.devices.pair(device, given, version, by=actor_of(user))
    return DevicePaired.model_validate(_shown(centre, row) | {"previous_elder_id": before})


@router.post("/{device}/replace")
def replace_device(device: str, given: Replacement, centre: CentreDep, user: Writer) -> Replaced:
    """Let the device `by` take over this one's elder, in one step."""
    check_named(centre, user, device=given.by)
    new, old = centre.registry.devices.replace(device, given, by=actor_of(user))
    with centre.db.read() as session:
        shown = dressed(session, [new, old])
    return Replaced(device=Device.model_validate(shown[0]), replaced=Device.model_validate(shown[1]))


@router.get("/{device}/history")
def device_lines(device: str, centre: CentreDep, user: Reader, paging: Paging) -> Page[DeviceLine]:
    """What happened to it, newest first."""
    with centre.db.read() as session:
        found = store.get_device(session, device)
        rows, following = device_history.of_device(session, found["id"], after=paging.after, limit=paging.limit)
    return Page(items=[DeviceLine.model_validate(row) for row in rows], next_cursor=encode_cursor(following))


@router.get("/{device}/qr.svg", response_class=Response, responses={200: {"content": {"image/svg+xml": {}}}})
def device_code(device: str, centre: CentreDep, user: Reader) -> Response:
    """The QR code of its label: `carebell:1:` and the uid."""
    with centre.db.read() as session:
        uid = store.get_device(session, device)["uid"]
    return Response(qr_svg(uid), media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=86400"})


@router.post("/{device}/secret")
def renew_secret(device: str, centre: CentreDep, user: Writer) -> DeviceWithSecret:
    """A new secret; the device's old one opens no session from now on, one that stands is served to its end."""
    row, secret = centre.registry.devices.renew_secret(device, by=actor_of(user))
    return DeviceWithSecret.model_validate(_shown(centre, row) | {"secret": secret})


@router.post("/{device}/command", status_code=202)
def command_device(device: str, given: CommandGiven, centre: CentreDep, user: Commander) -> CommandLeft:
    """Tell it to ring, to say where it is, to test itself or to take settings; told once it is there."""
    by = actor_of(user)
    left = leave_command(centre.db, centre.clock, centre.wake, device, given.command, given.config, by=by)
    return CommandLeft.model_validate(left, from_attributes=True)


@router.delete("/{device}", status_code=204, response_class=Response)
def retire_device(device: str, centre: CentreDep, user: Writer, version: IfMatch) -> None:
    """Retire it; it stays on file, and a press of it is still an alarm."""
    centre.registry.devices.retire(device, version, by=actor_of(user))


def secrets_csv(told: list[tuple[str, str]]) -> bytes:
    """uid and secret; neither begins with a sign that a spreadsheet would take for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["uid", "secret"])
    writer.writerows(told)
    return text.getvalue().encode()


def _shown(centre: Centre, row: Row) -> Row:
    with centre.db.read() as session:
        return dressed(session, [row])[0]
