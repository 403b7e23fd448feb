"""The places of the administration, by official code."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from console.deps import CentreDep, allowed
from console.paging import Page, Paging, encode_cursor
from registry import store
from registry.area_intake import AreaNew, AreaPatch
from registry.intake import AreaLevel
from registry.sessions import SignedIn
from registry.store import AREAS

router = APIRouter(prefix="/api/v1/areas", tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Writer = Annotated[SignedIn, Depends(allowed("registry.write"))]


class Area(BaseModel):
    """A province, city, district, street or community."""

    id: str
    code: str
    name: str
    level: AreaLevel
    parent_code: str | None


@router.post("", status_code=201)
def add_area(given: AreaNew, centre: CentreDep, user: Writer) -> Area:
    return Area.model_validate(centre.registry.areas.add(given))


@router.get("")
def list_areas(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    level: AreaLevel | None = None,
    parent_code: Annotated[str | None, Query(max_length=20)] = None,
) -> Page[Area]:
    where = [AREAS.c.level == level] if level else []
    if parent_code:
        where.append(AREAS.c.parent_code == parent_code)
    with centre.db.read() as session:
        rows, following = store.page(session, AREAS, after=paging.after, limit=paging.limit, where=where)
    return Page(items=[Area.model_validate(row) for row in rows], next_cursor=encode_cursor(following))


@router.get("/{area_id}")
def get_area(area_id: str, centre: CentreDep, user: Reader) -> Area:
    with centre.db.read() as session:
        return Area.model_validate(store.get(session, AREAS, area_id))


@router.patch("/{area_id}")
def change_area(area_id: str, patch: AreaPatch, centre: CentreDep, user: Writer) -> Area:
    return Area.model_validate(centre.registry.areas.change(area_id, patch))


@router.delete("/{area_id}", status_code=204, response_class=Response)
def remove_area(area_id: str, centre: CentreDep, user: Writer) -> None:
    centre.registry.areas.remove(area_id)
