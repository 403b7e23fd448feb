"""What belongs to an elder's file and has an address of its own: homes over the year, the photo, the household."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from console.deps import CentreDep, actor_of, allowed, check_elder
from console.paging import Page, PageWanted, Paging, page_of, page_wanted
from console.routes.elders import Reader, Writer
from console.routes.versions import IfMatch, ReasonToOpen
from registry.elder_intake import AddressNew, AddressPatch, HouseholdChange
from registry.households import members
from registry.photos import photo_of
from registry.sessions import SignedIn
from registry.store import Row

router = APIRouter(prefix="/api/v1/elders/{elder_id}", tags=["registry"])
FaceReader = Annotated[SignedIn, Depends(allowed("health.read"))]
TAKEN_ON = "X-Taken-On"
_PICTURES = ("image/jpeg", "image/png", "image/webp")
_PHOTO_BODY = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _PICTURES},
    }
}


class ElderAddress(BaseModel):
    """Where an elder lives from `from_day` to `to_day` (MM-DD, both included), or for the rest of the year."""

    id: str
    label: str
    address: str
    lat: float | None
    lon: float | None
    given: dict[str, Any] | None
    access: dict[str, Any] | None = Field(description="null for who may not read it")
    access_notes: str | None = Field(description="null for who may not read it")
    access_confirmed_on: date | None
    from_day: str | None
    to_day: str | None
    is_current: bool
    version: int
    created_at: datetime
    updated_at: datetime


class Housemate(BaseModel):
    """Somebody who lives with the elder."""

    id: str
    name: str
    sex: str | None
    birth_date: date | None


@router.get("/addresses")
def list_addresses(
    elder_id: str, centre: CentreDep, user: Reader, paging: Paging, reason: ReasonToOpen
) -> Page[ElderAddress]:
    """All addresses of an elder, with the way in for who may read it; empty where the file's own one holds all year.

    That they were read is logged.
    """
    centre.registry.elders.view(elder_id, actor_of(user), "addresses", reason=reason)
    with centre.db.read() as session:
        rows = centre.registry.addresses.of(session, elder_id)
    return page_of([_shown(row, user) for row in rows], lambda one: one.id, paging)


@router.post("/addresses", status_code=201)
def add_address(elder_id: str, given: AddressNew, centre: CentreDep, user: Writer) -> ElderAddress:
    """With the first one, the address that the elder has had becomes the one for the rest of the year."""
    return _shown(centre.registry.addresses.add(elder_id, given, actor_of(user)), user)


@router.patch("/addresses/{address_id}")
def change_address(
    elder_id: str, address_id: str, patch: AddressPatch, centre: CentreDep, user: Writer, version: IfMatch
) -> ElderAddress:
    return _shown(centre.registry.addresses.change(elder_id, address_id, patch, version, actor_of(user)), user)


@router.delete("/addresses/{address_id}", status_code=204, response_class=Response)
def remove_address(elder_id: str, address_id: str, centre: CentreDep, user: Writer) -> None:
    centre.registry.addresses.remove(elder_id, address_id, actor_of(user))


@router.get("/photo", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
def get_photo(elder_id: str, centre: CentreDep, user: FaceReader, reason: ReasonToOpen) -> Response:
    """The picture; that it was seen is logged. The header `X-Taken-On` says when it was taken, if anybody knows."""
    centre.registry.elders.view(elder_id, actor_of(user), "photo", reason=reason)
    return photo_answer(centre, elder_id)


@router.put("/photo", status_code=204, response_class=Response, openapi_extra=_PHOTO_BODY)
async def put_photo(
    elder_id: str,
    request: Request,
    centre: CentreDep,
    user: Writer,
    taken_on: Annotated[date | None, Query(description="The day on which it was taken")] = None,
) -> None:
    """JPEG, PNG or WebP, at most 8 MiB and 40 million pixels; kept as a small JPEG without anything else in it."""
    content = await request.body()
    await run_in_threadpool(centre.registry.photos.put, elder_id, content, taken_on, by=actor_of(user))


@router.delete("/photo", status_code=204, response_class=Response)
def remove_photo(elder_id: str, centre: CentreDep, user: Writer) -> None:
    centre.registry.photos.remove(elder_id, actor_of(user))


@router.get("/household")
def get_household(
    elder_id: str, centre: CentreDep, user: Reader, paging: Paging, reason: ReasonToOpen
) -> Page[Housemate]:
    """Everybody else who lives there; empty for who lives alone or with nobody on file. That it was read is logged."""
    centre.registry.elders.view(elder_id, actor_of(user), "household", reason=reason)
    with centre.db.read() as session:
        return _household(members(session, elder_id), paging)


@router.put("/household")
def join_household(elder_id: str, given: HouseholdChange, centre: CentreDep, user: Writer) -> Page[Housemate]:
    """The elder lives with another one; whoever they lived with before stays behind."""
    check_elder(centre, user, given.with_elder_id, "with_elder_id")
    return _household(centre.registry.households.join(elder_id, given.with_elder_id, actor_of(user)), page_wanted())


@router.delete("/household", status_code=204, response_class=Response)
def leave_household(elder_id: str, centre: CentreDep, user: Writer) -> None:
    centre.registry.households.leave(elder_id, actor_of(user))


def photo_answer(centre: CentreDep, elder_id: str) -> Response:
    """The picture, which no cache may keep."""
    with centre.db.read() as session:
        photo = photo_of(session, elder_id)
    taken = {TAKEN_ON: photo.taken_on.isoformat()} if photo.taken_on else {}
    return Response(photo.content, media_type=photo.media_type, headers={"Cache-Control": "no-store"} | taken)


def _shown(row: Row, user: SignedIn) -> ElderAddress:
    hidden = {} if user.may("health.read") else {"access": None, "access_notes": None}
    return ElderAddress.model_validate(row | hidden)


def _household(rows: list[Row], paging: PageWanted) -> Page[Housemate]:
    return page_of([Housemate.model_validate(row) for row in rows], lambda one: one.id, paging)
