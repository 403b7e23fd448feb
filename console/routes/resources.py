"""Help that may be near: hospitals, police stations, volunteers."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from console.deps import CentreDep, allowed
from console.paging import Page, Paging, encode_cursor
from console.routes.versions import IfMatch
from registry import store
from registry.intake import ResourceKind
from registry.resource_intake import ResourceNew, ResourcePatch
from registry.sessions import SignedIn
from registry.store import RESOURCES

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
    version: int
    created_at: datetime
    updated_at: datetime


@router.post("", status_code=201)
def add_resource(given: ResourceNew, centre: CentreDep, user: Writer) -> Resource:
    return Resource.model_validate(centre.registry.resources.add(given))


@router.get("")
def list_resources(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    q: Annotated[str | None, Query(max_length=120, description="How the name begins")] = None,
    kind: ResourceKind | None = None,
) -> Page[Resource]:
    where = [RESOURCES.c.kind == kind] if kind else []
    if q and q.strip():
        where.append(store.begins_with(RESOURCES.c.name, q.strip()))
    with centre.db.read() as session:
        rows, following = store.page(session, RESOURCES, after=paging.after, limit=paging.limit, where=where)
    return Page(items=[Resource.model_validate(row) for row in rows], next_cursor=encode_cursor(following))


@router.get("/{resource_id}")
def get_resource(resource_id: str, centre: CentreDep, user: Reader) -> Resource:
    with centre.db.read() as session:
        return Resource.model_validate(store.get(session, RESOURCES, resource_id))


@router.patch("/{resource_id}")
def change_resource(
    resource_id: str, patch: ResourcePatch, centre: CentreDep, user: Writer, version: IfMatch
) -> Resource:
    return Resource.model_validate(centre.registry.resources.change(resource_id, patch, version))


@router.delete("/{resource_id}", status_code=204, response_class=Response)
def remove_resource(resource_id: str, centre: CentreDep, user: Writer, version: IfMatch) -> None:
    centre.registry.resources.remove(resource_id, version)
