"""The elders' files."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import or_

from console.deps import CentreDep, allowed
from console.paging import Page, Paging, encode_cursor
from console.routes.versions import IfMatch
from registry import store
from registry.elder_intake import ElderNew, ElderPatch
from registry.sessions import SignedIn
from registry.store import ELDERS, Row

router = APIRouter(prefix="/api/v1/elders", tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Writer = Annotated[SignedIn, Depends(allowed("registry.write"))]


class Elder(BaseModel):
    """An elder's file; `lat` and `lon` are WGS-84, `home_given` is what was given with its datum."""

    id: str
    name: str
    sex: str | None
    birth_date: date | None
    phone: str | None = Field(description="E.164")
    address: str | None
    area: str | None
    lat: float | None
    lon: float | None
    home_given: dict[str, Any] | None
    health: dict[str, Any] | None = Field(description="null for who may not read it")
    access_notes: str | None = Field(description="null for who may not read it")
    language: str
    version: int
    created_at: datetime
    updated_at: datetime


@router.post("", status_code=201)
def add_elder(given: ElderNew, centre: CentreDep, user: Writer) -> Elder:
    return _shown(centre.registry.elders.add(given), user)


@router.get("")
def list_elders(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    q: Annotated[str | None, Query(max_length=120, description="How the name or the phone begins")] = None,
    area: Annotated[str | None, Query(max_length=120)] = None,
) -> Page[Elder]:
    where = [ELDERS.c.area == area] if area else []
    if q and q.strip():
        text = q.strip()
        where.append(or_(store.begins_with(ELDERS.c.name, text), store.begins_with(ELDERS.c.phone, text)))
    with centre.db.read() as session:
        rows, following = store.page(session, ELDERS, after=paging.after, limit=paging.limit, where=where)
    return Page(items=[_shown(row, user) for row in rows], next_cursor=encode_cursor(following))


@router.get("/{elder_id}")
def get_elder(elder_id: str, centre: CentreDep, user: Reader) -> Elder:
    with centre.db.read() as session:
        return _shown(store.get(session, ELDERS, elder_id), user)


@router.patch("/{elder_id}")
def change_elder(elder_id: str, patch: ElderPatch, centre: CentreDep, user: Writer, version: IfMatch) -> Elder:
    return _shown(centre.registry.elders.change(elder_id, patch, version), user)


@router.delete("/{elder_id}", status_code=204, response_class=Response)
def remove_elder(elder_id: str, centre: CentreDep, user: Writer, version: IfMatch) -> None:
    centre.registry.elders.remove(elder_id, version)


def _shown(row: Row, user: SignedIn) -> Elder:
    hidden = {} if user.may("health.read") else {"health": None, "access_notes": None}
    return Elder.model_validate(row | hidden)
