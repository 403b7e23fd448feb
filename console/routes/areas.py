"""The places of the administration, by official code."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from console.deps import CentreDep, actor_of, allowed
from console.paging import Page, Paging, encode_cursor, page_of
from core.errors import Forbidden, Rejected
from registry import area_counts, area_store, store
from registry.area_assign import assign
from registry.area_intake import LEVELS, AreaNew, AreaPatch
from registry.area_load import AreaEntry, say_nothing
from registry.intake import AreaCode, AreaLevel, Given
from registry.official_areas import OfficialAreas
from registry.sessions import SignedIn
from registry.store import AREAS, ELDERS, Row

router = APIRouter(prefix="/api/v1/areas", tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Writer = Annotated[SignedIn, Depends(allowed("registry.write"))]
SHOWN_REFUSALS = 200


class Counts(BaseModel):
    """Everything in the area and in those that lie in it; devices that were retired do not count."""

    inside: int = Field(description="Areas that lie directly in it")
    elders: int
    devices: int


class Area(BaseModel):
    """A province, city, district, street or community."""

    id: str
    code: str
    name: str
    level: AreaLevel
    parent_code: str | None
    path: str = Field(description="The codes from the top down, each behind a slash", examples=["/610000/610400"])
    full_name: str = Field(description="The names from the top down", examples=["陕西省咸阳市"])
    counts: Counts | None = Field(default=None, description="In lists that were asked for with `counts`")


class AreaLoad(Given):
    """What to take from the official list; what is there by its code is brought up to date."""

    code: AreaCode = Field(description="A province, city, district or street of the list", examples=["610400"])
    down_to: AreaLevel = "community"
    dry_run: bool = Field(default=False, description="Say what would be done and do nothing")


class Refusal(BaseModel):
    row: int
    member: str
    reason: str


class LoadReport(BaseModel):
    """What became of a list; nothing is written where anything was refused."""

    is_written: bool
    read: int
    added: int
    changed: int
    moved: int = Field(description="Among the changed")
    unchanged: int
    refusals: list[Refusal] = Field(description=f"At most {SHOWN_REFUSALS}")
    elders_filed: int = Field(description="Elders whose area was a text only and names one of these")


class Province(BaseModel):
    code: str
    name: str


@router.post("", status_code=201)
def add_area(given: AreaNew, centre: CentreDep, user: Writer) -> Area:
    return _one(centre, centre.registry.areas.add(given, by=actor_of(user)))


@router.get("")
def list_areas(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    level: AreaLevel | None = None,
    parent_code: Annotated[str | None, Query(max_length=20, description="Those that lie directly in this one")] = None,
    top: Annotated[bool, Query(description="Only those that lie in no other")] = False,
    counts: Annotated[bool, Query(description="With what they hold; for `parent_code` or `top`")] = False,
) -> Page[Area]:
    if counts and not (parent_code or top):
        raise Rejected("counts are told for the areas of one area: say parent_code, or top")
    where = [AREAS.c.level == level] if level else []
    if parent_code:
        where.append(AREAS.c.parent_code == parent_code)
    if top:
        where.append(AREAS.c.parent_code.is_(None))
    with centre.db.read() as session:
        rows, following = store.page(session, AREAS, after=paging.after, limit=paging.limit, where=where)
        names = area_store.full_names(session, [row["path"] for row in rows])
        found = area_counts.counted(session, rows, user.scope.where(ELDERS)) if counts else {}
    items = [_shown(row, names[row["path"]]) for row in rows]
    if counts:
        for item in items:
            item.counts = Counts(**asdict(found[item.code]))
    return Page(items=items, next_cursor=encode_cursor(following))


@router.get("/official")
def list_official(user: Reader, paging: Paging) -> Page[Province]:
    """The provinces of the official list; 404 where this installation was built without it."""
    provinces = [Province(code=one.code, name=one.name) for one in OfficialAreas().provinces()]
    return page_of(provinces, lambda one: one.code, paging)


@router.post("/load")
def load_areas(given: AreaLoad, centre: CentreDep, user: Writer) -> LoadReport:
    """Take an area of the official list with all that it lies in and all that lies in it, down to a level."""
    if not user.scope.is_everywhere:
        raise Forbidden("areas are loaded by people who see all of them")
    wanted = LEVELS[: LEVELS.index(given.down_to) + 1]
    lines = enumerate(OfficialAreas().read(given.code), 1)
    plan = centre.registry.area_loads.plan(AreaEntry(n, one._asdict()) for n, one in lines if one.level in wanted)
    is_written = not given.dry_run and not plan.refusals
    filed = 0
    if is_written:
        centre.registry.area_loads.write(plan, by=actor_of(user), source=f"official {given.code}")
        filed = assign(centre.registry.desk, say_nothing, actor_of(user)).filed
    return LoadReport(
        is_written=is_written, read=plan.read, added=len(plan.added), changed=len(plan.changed), moved=plan.moved,
        unchanged=plan.unchanged, elders_filed=filed,
        refusals=[Refusal(**refusal._asdict()) for refusal in plan.refusals[:SHOWN_REFUSALS]],
    )  # fmt: skip


@router.get("/{area_id}")
def get_area(area_id: str, centre: CentreDep, user: Reader) -> Area:
    with centre.db.read() as session:
        return _one(centre, store.get(session, AREAS, area_id))


@router.patch("/{area_id}")
def change_area(area_id: str, patch: AreaPatch, centre: CentreDep, user: Writer) -> Area:
    """Whatever lies in it moves with it."""
    return _one(centre, centre.registry.areas.change(area_id, patch, by=actor_of(user)))


@router.delete("/{area_id}", status_code=204, response_class=Response)
def remove_area(area_id: str, centre: CentreDep, user: Writer) -> None:
    centre.registry.areas.remove(area_id, by=actor_of(user))


def _one(centre: CentreDep, row: Row) -> Area:
    with centre.db.read() as session:
        return _shown(row, area_store.full_names(session, [row["path"]])[row["path"]])


def _shown(row: Row, full_name: str) -> Area:
    return Area.model_validate(row | {"full_name": full_name})
