"""The elders' files."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from console.deps import CentreDep, actor_of, allowed
from console.paging import Page, Paging, encode_cursor
from console.problems import wrong_query
from console.routes.versions import IfMatch, ReasonToOpen
from core.errors import Rejected
from registry import area_store, code_tables, store
from registry.elder_filters import Filters
from registry.elder_intake import NO_SUCH_KIND, ElderKind, ElderNew, ElderPatch, Mark
from registry.history import history_of
from registry.search import Wanted, scopes_of
from registry.search_query import Filters as SearchFilters
from registry.sessions import SignedIn
from registry.store import ELDERS, Row

router = APIRouter(prefix="/api/v1/elders", tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Writer = Annotated[SignedIn, Depends(allowed("registry.write"))]
SENSITIVE = ("health", "access", "access_notes", "id_number")
_BY_ROLE = "null in lists, and for who may not read it"


class Elder(BaseModel):
    """An elder's file; `lat` and `lon` are WGS-84, `home_given` is what was given with its datum."""

    id: str
    name: str
    sex: str | None
    birth_date: date | None
    id_number: str | None = Field(description=_BY_ROLE)
    service_card: str | None
    kinds: list[str] | None = Field(description="What kind of person this is, for benefits and statistics")
    marks: list[str] | None = Field(description="Caller marks: vip, important, blacklisted")
    phone: str | None = Field(description="E.164")
    address: str | None = Field(description="That of today, where there are several over the year")
    area: str | None
    area_code: str | None
    lat: float | None
    lon: float | None
    home_given: dict[str, Any] | None
    health: dict[str, Any] | None = Field(description=_BY_ROLE)
    access: dict[str, Any] | None = Field(description=_BY_ROLE)
    access_notes: str | None = Field(description=_BY_ROLE)
    access_confirmed_on: date | None = Field(description="When somebody last said that the way in is still as told")
    language: str
    name_reading: str | None
    addressed_as: str | None
    joined_on: date | None
    service_from: date | None
    household_id: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class HistoryEntry(BaseModel):
    """What somebody did to a file; `members` names what was changed, never how it read."""

    at: datetime
    actor: str
    action: str
    reason: str | None
    members: list[str]


@router.post("", status_code=201)
def add_elder(given: ElderNew, centre: CentreDep, user: Writer) -> Elder:
    return shown(centre.registry.elders.add(given, actor_of(user)), user)


@router.get("")
def list_elders(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    q: Annotated[
        str | None, Query(max_length=120, description="As in POST /search, which keeps numbers out of addresses")
    ] = None,
    area: Annotated[str | None, Query(max_length=120)] = None,
    area_code: Annotated[str | None, Query(max_length=20, description="In this area or one that lies in it")] = None,
    kind: ElderKind | None = None,
    mark: Mark | None = None,
) -> Page[Elder]:
    if kind is not None:
        with centre.db.read() as session:
            if code_tables.unknown(session, "elder_kind", [kind]):
                raise wrong_query("kind", NO_SUCH_KIND)
    if q and q.strip():
        filters = SearchFilters(
            area_name=area, areas=(area_code,) if area_code else (), kinds=(kind,) if kind else (),
            marks=(mark,) if mark else (),
        )  # fmt: skip
        answer = centre.registry.search(Wanted(q, filters, paging.limit, paging.after, scopes_of(user.scope.codes)))
        with centre.db.read() as session:
            held = store.rows_by_id(session, ELDERS, [found.file.id for found in answer.found])
        items = [_line(held[found.file.id]) for found in answer.found if found.file.id in held]
        return Page(items=items, next_cursor=encode_cursor(answer.following))
    with centre.db.read() as session:
        path = area_store.path_of(session, area_code) if area_code else None
        if area_code and path is None:
            return Page(items=[], next_cursor=None)
        where = Filters(area=area, area_path=path, kind=kind, mark=mark).where
        where += user.scope.where(ELDERS)
        rows, following = store.page(session, ELDERS, after=paging.after, limit=paging.limit, where=where)
    return Page(items=[_line(row) for row in rows], next_cursor=encode_cursor(following))


@router.get("/{elder_id}")
def get_elder(elder_id: str, centre: CentreDep, user: Reader, reason: ReasonToOpen) -> Elder:
    """The whole file; who read it, and why, is logged."""
    return shown(centre.registry.elders.view(elder_id, actor_of(user), reason=reason), user)


@router.patch("/{elder_id}")
def change_elder(elder_id: str, patch: ElderPatch, centre: CentreDep, user: Writer, version: IfMatch) -> Elder:
    return shown(centre.registry.elders.change(elder_id, patch, version, actor_of(user)), user)


@router.delete("/{elder_id}", status_code=204, response_class=Response)
def remove_elder(elder_id: str, centre: CentreDep, user: Writer, version: IfMatch) -> None:
    centre.registry.elders.remove(elder_id, version, actor_of(user))


@router.post("/{elder_id}/restore")
def restore_elder(elder_id: str, centre: CentreDep, user: Writer) -> Elder:
    """Bring back a file that was removed, and the contacts that were removed with it."""
    return shown(centre.registry.elders.restore(elder_id, actor_of(user)), user)


@router.post("/{elder_id}/access/confirm")
def confirm_access(elder_id: str, centre: CentreDep, user: Writer) -> Elder:
    """What is known of the way in is still true today."""
    return shown(centre.registry.elders.confirm_access(elder_id, actor_of(user)), user)


@router.get("/{elder_id}/history")
def elder_history(elder_id: str, centre: CentreDep, user: Reader, paging: Paging) -> Page[HistoryEntry]:
    """Who changed which members, the newest first; who only looked is told to who may read logs."""
    with centre.db.read() as session:
        store.get(session, ELDERS, elder_id)
        found, following = history_of(
            session, "elder", elder_id, with_looks=user.may("logs.read"), limit=paging.limit,
            before=_seq(paging.after),
        )  # fmt: skip
    return Page(
        items=[HistoryEntry.model_validate(one, from_attributes=True) for one in found],
        next_cursor=encode_cursor(following),
    )


def shown(row: Row, user: SignedIn) -> Elder:
    """The file as this user may see it."""
    hidden = {} if user.may("health.read") else dict.fromkeys(SENSITIVE)
    return Elder.model_validate(row | hidden)


def _line(row: Row) -> Elder:
    return Elder.model_validate(row | dict.fromkeys(SENSITIVE))


def _seq(key: str | None) -> int | None:
    if key is None:
        return None
    if not key.isascii() or not key.isdigit() or len(key) > 15:
        raise Rejected("this cursor was not given by this list")
    return int(key)
