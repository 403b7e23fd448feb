"""Devices in an elder's file: one is given to the elder by its uid, or taken away, without leaving the file."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from console import flash
from console.centre import Centre
from console.deps import CentreDep, actor_of, check_named
from console.i18n import N_
from console.routes.elders import Writer
from core.errors import Conflict, NotFound
from registry import store
from registry.device_intake import DevicePatch, Pairing
from registry.intake import BadMember
from registry.sessions import SignedIn
from registry.store import Row

router = APIRouter(prefix="/registry/elders/{elder_id}/devices", include_in_schema=False)
UNKNOWN = N_("There is no device with this uid.")
OTHERS = N_("This device has another elder: open it in the list of devices and give it away there.")


@router.post("")
def pair_by_uid(
    centre: CentreDep, user: Writer, elder_id: str, uid: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    try:
        check_named(centre, user, device=uid.strip())
        device = _device(centre, uid.strip())
    except NotFound:
        return flash.after(_file(elder_id), UNKNOWN)
    return _pair(centre, user, elder_id, device)


@router.post("/{device}/pair")
def pair(centre: CentreDep, user: Writer, elder_id: str, device: str) -> Response:
    """Undo of `unpair`."""
    return _pair(centre, user, elder_id, _device(centre, device))


@router.post("/{device}/unpair")
def unpair(centre: CentreDep, user: Writer, elder_id: str, device: str) -> Response:
    row = _device(centre, device)
    if row["elder_id"] != elder_id:
        raise NotFound("this elder has no such device")
    try:
        centre.registry.devices.change(row["id"], DevicePatch(elder_id=None), row["version"], by=actor_of(user))
    except Conflict as refused:
        return flash.after(_file(elder_id), str(refused))
    undo = f"{_file(elder_id)}/devices/{row['id']}/pair"
    return flash.after(_file(elder_id), N_("The device has no elder any more."), undo=undo)


def _pair(centre: Centre, user: SignedIn, elder_id: str, device: Row) -> Response:
    if device["elder_id"] not in (None, elder_id):
        return flash.after(_file(elder_id), OTHERS)
    try:
        given = Pairing(elder_id=elder_id)
        centre.registry.devices.pair(device["id"], given, device["version"], by=actor_of(user))
    except Conflict as refused:
        return flash.after(_file(elder_id), str(refused))
    except BadMember as refused:
        return flash.after(_file(elder_id), refused.what)
    return flash.after(_file(elder_id), N_("The device has its elder. Install it and test every trigger."))


def _device(centre: Centre, key: str) -> Row:
    with centre.db.read() as session:
        return store.get_device(session, key)


def _file(elder_id: str) -> str:
    return f"/registry/elders/{elder_id}"
