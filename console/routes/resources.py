"""Help that may be near: hospitals, police stations, volunteers."""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from console.centre import Centre
from console.deps import CentreDep, actor_of, allowed
from console.paging import Page, Paging, encode_cursor
from console.routes.versions import IfMatch
from registry import resource_lists, store
from registry.hours import open_at
from registry.intake import ResourceKind
from registry.resource_intake import ResourceNew, ResourcePatch
from registry.sessions import SignedIn
from registry.store import RESOURCES, Row

router = APIRouter(prefix="/api/v1/resources", tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Writer = Annotated[SignedIn, Depends(allowed("registry.write"))]


class Resource(BaseModel):
    """Help that may be near; `lat` and `lon` are WGS-84, `given` is what was given with its datum."""

    id: str
    kind: ResourceKind
    name: str
    phone: str | None = Field(description="E.164, or a short service number")
    address: str | None
    lat: float
    lon: float
    given: dict[str, Any]
    hours: list[dict[str, Any]] | None = Field(description="When it is open, local time; null where nobody knows")
    open_now: bool | None = Field(description="Null where nobody knows its hours")
    capabilities: list[str] | None
    note: str | None
    version: int
    created_at: datetime
    updated_at: datetime


@router.post("", status_code=201)
def add_resource(given: ResourceNew, centre: CentreDep, user: Writer) -> Resource:
    return shown(centre, centre.registry.resources.add(given, by=actor_of(user)))


@router.get("")
def list_resources(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    q: Annotated[str | None, Query(max_length=120, description="How the name begins")] = None,
    kind: ResourceKind | None = None,
    capability: Annotated[list[str] | None, Query(max_length=10, description="May be repeated: all are wanted")] = None,
) -> Page[Resource]:
    where = [RESOURCES.c.kind == kind] if kind else []
    if q and q.strip():
        where.append(store.begins_with(RESOURCES.c.name, q.strip()))
    with centre.db.read() as session:
        where += resource_lists.can_do(session, RESOURCES.c.capabilities, capability or ())
        rows, following = store.page(session, RESOURCES, after=paging.after, limit=paging.limit, where=where)
    return Page(items=[shown(centre, row) for row in rows], next_cursor=encode_cursor(following))


@router.get("/{resource_id}")
def get_resource(resource_id: str, centre: CentreDep, user: Reader) -> Resource:
    with centre.db.read() as session:
        return shown(centre, store.get(session, RESOURCES, resource_id))


@router.patch("/{resource_id}")
def change_resource(
    resource_id: str, patch: ResourcePatch, centre: CentreDep, user: Writer, version: IfMatch
) -> Resource:
    return shown(centre, centre.registry.resources.change(resource_id, patch, version, by=actor_of(user)))


@router.delete("/{resource_id}", status_code=204, response_class=Response)
def remove_resource(resource_id: str, centre: CentreDep, user: Writer, version: IfMatch) -> None:
    """It is in no list any more; `…/restore` brings it back."""
    centre.registry.resources.remove(resource_id, version, by=actor_of(user))


@router.post("/{resource_id}/restore")
def restore_resource(resource_id: str, centre: CentreDep, user: Writer) -> Resource:
    """Undo a removal."""
    return shown(centre, centre.registry.resources.restore(resource_id, by=actor_of(user)))


def shown(centre: Centre, row: Row) -> Resource:
    """A resource as the site sees it now."""
    local = centre.clock.now().astimezone(ZoneInfo(centre.settings.timezone))
    return Resource.model_validate(row | {"open_now": open_at(row["hours"], local)})
