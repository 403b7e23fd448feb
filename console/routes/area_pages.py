"""The areas' page: one level at a time, with what each holds; added, renamed, moved, removed, loaded."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from console import flash
from console.centre import Centre
from console.deps import CentreDep, actor_of
from console.forms import Form as Fields
from console.forms import read, refused
from console.i18n import N_
from console.pages import page
from console.paging import Paging, encode_cursor
from console.routes.areas import AreaLoad, LoadReport, Reader, Refusal, Writer, load_areas
from core.errors import Conflict, Forbidden, NotFound
from registry import area_counts, area_file, area_store, store
from registry.area_intake import LEVELS, AreaNew, AreaPatch
from registry.import_grid import ZIP_MAGIC, UnreadableFile, decoded
from registry.intake import BadMember
from registry.official_areas import OfficialAreas
from registry.sessions import SignedIn
from registry.store import AREAS, ELDERS

router = APIRouter(include_in_schema=False)
IN_A_BRANCH = 200
MOST_CSV_BYTES = 8 * 2**20
MOST_KEPT_BYTES = 900_000  # A field of a form may have 1 MB.
MOST_REFUSALS = 200
AREA_TEXTS = (
    N_("other areas lie in this one"),
    N_("there is an area with this code"),
    N_("areas are loaded by people who see all of them"),
)


@router.get("/registry/areas", name="areas")
def areas_page(
    request: Request,
    centre: CentreDep,
    user: Reader,
    wanted: Paging,
    code: Annotated[str, Query(alias="in", max_length=20)] = "",
) -> HTMLResponse:
    return _shown(request, centre, user, code, after=wanted.after, limit=wanted.limit)


@router.post("/registry/areas")
async def add_area(request: Request, centre: CentreDep, user: Writer) -> Response:
    data = await request.form()
    inside = str(data.get("parent_code") or "")
    checked = read(AreaNew, data)
    form = checked.form
    if checked.given is not None:
        try:
            centre.registry.areas.add(checked.given, by=actor_of(user))
            return flash.after(_where(inside), N_("The area is there."))
        except BadMember as fault:
            form = refused(form, fault)
        except Conflict as fault:
            form = Fields(form.values, form.errors, str(fault))
    return _shown(request, centre, user, inside, forms={"new": form}, status=422)


@router.post("/registry/areas/load")
async def load(request: Request, centre: CentreDep, user: Writer) -> Response:
    """From the official list; looked at first, written on the second press."""
    data = await request.form()
    checked = read(AreaLoad, data)
    if checked.given is None:
        return _shown(request, centre, user, "", forms={"load": checked.form}, status=422)
    try:
        report = load_areas(checked.given, centre, user)
    except (NotFound, Forbidden, BadMember) as fault:
        form = Fields(checked.form.values, {}, str(fault))
        return _shown(request, centre, user, "", forms={"load": form}, status=422)
    return _shown(request, centre, user, "", forms={"load": checked.form}, report=report)


@router.get("/registry/areas/branch")
def branch(
    request: Request, centre: CentreDep, user: Reader, code: Annotated[str, Query(alias="in", max_length=20)]
) -> HTMLResponse:
    """What lies in an area, as a piece of the tree."""
    with centre.db.read() as session:
        if area_store.by_code(session, code) is None:
            raise NotFound("there is no such area")
        rows, following = store.page(session, AREAS, after=None, limit=IN_A_BRANCH, where=[AREAS.c.parent_code == code])
        counts = area_counts.counted(session, rows, user.scope.where(ELDERS))
    return page(
        request, "_area_branch.html", user, rows=rows, counts=counts, following=encode_cursor(following), inside_of=code
    )


@router.post("/registry/areas/csv")
async def take_csv(
    request: Request,
    centre: CentreDep,
    user: Writer,
    file: Annotated[UploadFile | None, File()] = None,
    text: Annotated[str, Form()] = "",
    dry_run: Annotated[str, Form(max_length=5)] = "1",
) -> Response:
    """A file of the site's own: looked at first; what was looked at comes back with the form and is written from it."""
    given = await file.read() if file is not None else b""
    data = given or text.encode()
    return await run_in_threadpool(_take_csv, request, centre, user, data, dry_run=dry_run != "0")


def _take_csv(request: Request, centre: Centre, user: SignedIn, data: bytes, *, dry_run: bool) -> Response:
    try:
        if not user.scope.is_everywhere:
            raise Forbidden("areas are loaded by people who see all of them")
        if len(data) > MOST_CSV_BYTES:
            raise UnreadableFile(N_("the file is too large: use carebell import areas on the server"))
        taken = area_file.take(centre.registry, data, by=actor_of(user), dry_run=dry_run)
        kept = "" if taken.is_written or data.startswith(ZIP_MAGIC) else decoded(data)
        kept = kept if len(kept.encode()) <= MOST_KEPT_BYTES else ""
    except (UnreadableFile, Forbidden, Conflict) as fault:
        return _shown(request, centre, user, "", forms={"csv": Fields({}, {}, str(fault))}, status=422)
    plan = taken.plan
    report = LoadReport(
        is_written=taken.is_written, read=plan.read, added=len(plan.added), changed=len(plan.changed),
        moved=plan.moved, unchanged=plan.unchanged, elders_filed=taken.elders_filed,
        refusals=[Refusal(**refusal._asdict()) for refusal in plan.refusals[:MOST_REFUSALS]],
    )  # fmt: skip
    told = report.model_dump() | {"refused": len({refusal.row for refusal in plan.refusals})}
    return _shown(request, centre, user, "", csv_report=told, csv_text=kept, status=422 if plan.refusals else 200)


@router.post("/registry/areas/restore")
def restore_area(
    centre: CentreDep,
    user: Writer,
    code: Annotated[str, Query(max_length=20)],
) -> Response:
    """What was removed a moment ago, as it was."""
    row = centre.registry.areas.restore(code, by=actor_of(user))
    return flash.after(_where(row["code"]), N_("The area is there."))


@router.post("/registry/areas/{area_id}")
async def change_area(request: Request, centre: CentreDep, user: Writer, area_id: str) -> Response:
    data = await request.form()
    with centre.db.read() as session:
        area = store.get(session, AREAS, area_id)
    checked = read(AreaPatch, data)
    form = checked.form
    if checked.given is not None:
        try:
            centre.registry.areas.change(area_id, checked.given, by=actor_of(user))
            return flash.after(_where(area["code"]), N_("Saved."))
        except BadMember as fault:
            form = refused(form, fault)
        except Conflict as fault:
            form = Fields(form.values, form.errors, str(fault))
    return _shown(request, centre, user, area["code"], forms={"edit": form}, status=422)


@router.post("/registry/areas/{area_id}/remove")
def remove_area(request: Request, centre: CentreDep, user: Writer, area_id: str) -> Response:
    with centre.db.read() as session:
        area = store.get(session, AREAS, area_id)
    try:
        centre.registry.areas.remove(area_id, by=actor_of(user))
    except Conflict as fault:
        form = Fields(area, {}, str(fault))
        return _shown(request, centre, user, area["code"], forms={"edit": form}, status=409)
    return flash.after(
        _where(area["parent_code"] or ""), N_("Removed."), undo=f"/registry/areas/restore?code={quote(area['code'])}"
    )


def _where(code: str) -> str:
    return f"/registry/areas?in={code}" if code else "/registry/areas"


def _shown(
    request: Request,
    centre: Centre,
    user: SignedIn,
    code: str,
    *,
    after: str | None = None,
    limit: int = 50,
    forms: Mapping[str, Fields] | None = None,
    report: Any = None,
    csv_report: Mapping[str, Any] | None = None,
    csv_text: str = "",
    status: int = 200,
) -> HTMLResponse:
    with centre.db.read() as session:
        here = area_store.by_code(session, code) if code else None
        if code and here is None:
            raise NotFound("there is no such area")
        inside = AREAS.c.parent_code == code if code else AREAS.c.parent_code.is_(None)
        rows, following = store.page(session, AREAS, after=after, limit=limit, where=[inside])
        counts = area_counts.counted(session, rows, user.scope.where(ELDERS))
        above = area_store.rows_of(session, area_store.codes_of(here["path"])) if here else {}
        is_empty = session.execute(select(AREAS.c.id).limit(1)).first() is None
    trail = [above[one] for one in area_store.codes_of(here["path"]) if one in above] if here else []
    smaller = LEVELS[LEVELS.index(here["level"]) + 1 :] if here else LEVELS
    blank = {
        "new": Fields({"parent_code": code, "level": smaller[0] if smaller else ""}),
        "edit": Fields(here or {}),
        "load": Fields({"down_to": "community"}),
        "csv": Fields(),
    }
    return page(
        request, "registry_areas.html", user, here=here, trail=trail, rows=rows, counts=counts,
        following=encode_cursor(following), smaller=smaller, levels=LEVELS, forms=blank | dict(forms or {}),
        provinces=_provinces(), report=report, csv_report=csv_report, csv_text=csv_text, is_empty=is_empty,
        status=status,
    )  # fmt: skip


def _provinces() -> list[Any]:
    """What the official list offers; nothing where this installation was built without it."""
    try:
        return list(OfficialAreas().provinces())
    except NotFound:
        return []
