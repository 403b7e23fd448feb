"""Pages of the elders' files: the list with its search, one file, and what is done to it with a click."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, RedirectResponse

from alarms.views import age_on
from console import flash
from console.area_places import inside
from console.deps import CentreDep, actor_of, allowed, check_elder
from console.elder_file import file_of, live_elder, removed_elder
from console.elder_words import DEVICE_FILTERS, MARK_WORDS, RISK_WORDS
from console.i18n import N_, language_of
from console.pages import page
from console.paging import decode_cursor, encode_cursor
from console.routes.elder_parts import FaceReader, photo_answer
from console.routes.elders import Reader, Writer
from core.errors import Conflict, NotFound
from registry import area_store, code_tables, search
from registry.history import history_of
from registry.intake import SHORTEST_REASON, BadMember
from registry.search_query import LONGEST, Filters
from registry.sessions import SignedIn
from registry.vocabularies import OTHER

PER_PAGE = 40
HISTORY_PER_PAGE = 100
LIST = "/registry/elders"
UNPROTECTED = ("no_device", "no_contact")
HealthReader = Annotated[SignedIn, Depends(allowed("health.read"))]

router = APIRouter(prefix=LIST, include_in_schema=False)


class Asked:
    """The filters of the list, from the address: nothing in them names a person."""

    def __init__(
        self,
        area: Annotated[str, Query(max_length=240)] = "",
        kind: Annotated[str, Query(max_length=40)] = "",
        mark: Annotated[str, Query(max_length=40)] = "",
        risk: Annotated[str, Query(max_length=40)] = "",
        device: Annotated[str, Query(max_length=40)] = "",
        age_from: Annotated[str, Query(max_length=3)] = "",
        age_to: Annotated[str, Query(max_length=3)] = "",
        cursor: Annotated[str, Query(max_length=200)] = "",
    ) -> None:
        self.values = {
            "area": area.strip(), "kind": kind,
            "mark": mark if mark in MARK_WORDS else "", "risk": risk if risk in RISK_WORDS else "",
            "device": device if device in DEVICE_FILTERS else "", "age_from": _whole(age_from),
            "age_to": _whole(age_to),
        }  # fmt: skip
        self.cursor = cursor

    @property
    def query(self) -> str:
        """The filters as they stand in an address."""
        return urlencode({name: value for name, value in self.values.items() if value})

    def filters(self, area_code: str | None) -> Filters:
        v = self.values
        risks = UNPROTECTED if v["risk"] == "unprotected" else tuple(filter(None, [v["risk"]]))
        return Filters(
            areas=(area_code,) if area_code else (), area_name=v["area"] if v["area"] and not area_code else None,
            kinds=tuple(filter(None, [v["kind"]])), marks=tuple(filter(None, [v["mark"]])), risks=risks,
            device_states=tuple(filter(None, [v["device"]])),
            age_from=int(v["age_from"]) if v["age_from"] else None, age_to=int(v["age_to"]) if v["age_to"] else None,
        )  # fmt: skip


@router.get("", name="registry_elders")
def elders(request: Request, centre: CentreDep, user: Reader, asked: Annotated[Asked, Depends()]) -> HTMLResponse:
    return _list(request, centre, user, asked, "", asked.cursor)


@router.post("")
def find_elders(
    request: Request,
    centre: CentreDep,
    user: Reader,
    asked: Annotated[Asked, Depends()],
    q: Annotated[str, Form(max_length=LONGEST)] = "",
    cursor: Annotated[str, Form(max_length=200)] = "",
) -> HTMLResponse:
    """The same list for words that may be a name or a number, which belong into no address."""
    return _list(request, centre, user, asked, q.strip(), cursor)


@router.get("/{elder_id}", name="registry_elder")
def elder(request: Request, centre: CentreDep, user: Reader, elder_id: str) -> Response:
    try:
        row = centre.registry.elders.view(elder_id, actor_of(user))
    except NotFound:
        if not user.may("registry.write"):
            raise
        with centre.db.read() as session:
            removed_elder(session, elder_id)
        return RedirectResponse(f"{LIST}/{elder_id}/removed", 303)
    with centre.db.read() as session:
        members = file_of(session, centre, user, row)
        offered = inside(session, row["lat"], row["lon"]) if row["area_code"] is None else None
        codes = code_tables.tables(session)
    language = language_of(request, centre.settings.locale)
    if offered is not None and not user.scope.holds(offered.path):
        offered = None
    return page(
        request, "registry_elder.html", user, reasons=codes["open_reason"].choices(language),
        kind_words=codes["elder_kind"].said(language), offered_area=offered, **members,
    )  # fmt: skip


@router.get("/{elder_id}/history")
def history(
    request: Request, centre: CentreDep, user: Reader, elder_id: str, before: Annotated[int | None, Query(ge=1)] = None
) -> HTMLResponse:
    with centre.db.read() as session:
        row = live_elder(session, elder_id)
        found, older = history_of(
            session, "elder", elder_id, with_looks=user.may("logs.read"), limit=HISTORY_PER_PAGE, before=before
        )
    return page(request, "registry_elder_history.html", user, elder=row, history=found, older=older)


@router.post("/{elder_id}/open")
def open_file(
    request: Request,
    centre: CentreDep,
    user: HealthReader,
    elder_id: str,
    why: Annotated[str, Form(max_length=40)] = "",
    text: Annotated[str, Form(max_length=300)] = "",
    back: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Show the sensitive part for a quarter of an hour, for a reason that goes into the log."""
    with centre.db.read() as session:
        live_elder(session, elder_id)
        known = code_tables.table(session, "open_reason").find(why)
    if known is None or (why == OTHER and len(text.strip()) < SHORTEST_REASON):
        return flash.after(f"{LIST}/{elder_id}", N_("Say why you need to see it."))
    reason = ": ".join(filter(None, [known.said(centre.settings.locale), text.strip()]))
    centre.registry.elders.open(elder_id, reason, actor_of(user))
    return RedirectResponse(f"{LIST}/{elder_id}{'/edit' if back == 'edit' else ''}", 303)


@router.post("/{elder_id}/access/confirm")
def confirm_access(centre: CentreDep, user: Writer, elder_id: str) -> Response:
    centre.registry.elders.confirm_access(elder_id, actor_of(user))
    return flash.after(f"{LIST}/{elder_id}", N_("Noted: the way in is still as told."))


@router.post("/{elder_id}/remove")
def remove(centre: CentreDep, user: Writer, elder_id: str) -> Response:
    try:
        centre.registry.elders.remove(elder_id, by=actor_of(user))
    except NotFound:
        raise
    except Conflict as refused:
        return flash.after(f"{LIST}/{elder_id}", str(refused))
    return flash.after(f"{LIST}/{elder_id}/removed", N_("The file was removed."), undo=f"{LIST}/{elder_id}/restore")


@router.get("/{elder_id}/removed")
def removed(request: Request, centre: CentreDep, user: Writer, elder_id: str) -> HTMLResponse:
    """Where a removed file can be brought back, long after the offer to undo is gone."""
    with centre.db.read() as session:
        row = removed_elder(session, elder_id)
        found, _ = history_of(session, "elder", elder_id, with_looks=False, limit=HISTORY_PER_PAGE)
    return page(request, "registry_elder_removed.html", user, elder=row, history=found)


@router.post("/{elder_id}/restore")
def restore(centre: CentreDep, user: Writer, elder_id: str) -> Response:
    try:
        centre.registry.elders.restore(elder_id, actor_of(user))
    except BadMember as refused:
        return flash.after(f"{LIST}/{elder_id}/removed", refused.what)
    return flash.after(f"{LIST}/{elder_id}", N_("The file is back, and the contacts that went with it."))


@router.get("/{elder_id}/photo")
def photo(centre: CentreDep, user: FaceReader, elder_id: str) -> Response:
    return photo_answer(centre, elder_id)


@router.post("/{elder_id}/photo")
async def put_photo(request: Request, centre: CentreDep, user: Writer, elder_id: str) -> Response:
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("photo")
        content = await file.read() if isinstance(file, UploadFile) else b""
        said = str(form.get("taken_on") or "")
    try:
        taken_on = date.fromisoformat(said) if said else None
    except ValueError:
        return flash.after(f"{LIST}/{elder_id}", N_("The day on which it was taken is no date."))
    try:
        await run_in_threadpool(centre.registry.photos.put, elder_id, content, taken_on, by=actor_of(user))
    except BadMember as refused:
        if refused.member == "taken_on":
            return flash.after(f"{LIST}/{elder_id}", N_("The day on which it was taken lies in the future."))
        return flash.after(f"{LIST}/{elder_id}", PHOTO_REFUSED if "pixels" not in refused.what else PHOTO_TOO_LARGE)
    return flash.after(f"{LIST}/{elder_id}", N_("The photo is on file."))


@router.post("/{elder_id}/photo/remove")
def remove_photo(centre: CentreDep, user: Writer, elder_id: str) -> Response:
    centre.registry.photos.remove(elder_id, actor_of(user))
    return flash.after(f"{LIST}/{elder_id}", N_("The photo was taken away."))


@router.post("/{elder_id}/household/leave")
def leave(centre: CentreDep, user: Writer, elder_id: str) -> Response:
    centre.registry.households.leave(elder_id, actor_of(user))
    return flash.after(f"{LIST}/{elder_id}", N_("They no longer share a household."))


@router.post("/{elder_id}/household/find")
def find_housemate(
    request: Request, centre: CentreDep, user: Writer, elder_id: str,
    q: Annotated[str, Form(max_length=LONGEST)] = "",
) -> HTMLResponse:  # fmt: skip
    """Whom the words may mean, to be chosen from."""
    with centre.db.read() as session:
        row = live_elder(session, elder_id)
    found = (
        centre.registry.search(search.Wanted(q.strip(), limit=8, scopes=search.scopes_of(user.scope.codes))).found
        if q.strip()
        else ()
    )
    lines = [_line(one, centre) for one in found if one.file.id != elder_id]
    return page(request, "registry_elder_household.html", user, elder=row, q=q.strip(), lines=lines)


@router.post("/{elder_id}/household")
def join(
    centre: CentreDep, user: Writer, elder_id: str, with_elder_id: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    try:
        check_elder(centre, user, with_elder_id, "with_elder_id")
        centre.registry.households.join(elder_id, with_elder_id, actor_of(user))
    except BadMember as refused:
        return flash.after(f"{LIST}/{elder_id}", refused.what)
    return flash.after(f"{LIST}/{elder_id}", N_("They share a household now."))


PHOTO_REFUSED = N_("That is not a JPEG, PNG or WebP picture of at most 8 MB.")
PHOTO_TOO_LARGE = N_("That picture has more than 40 million pixels.")


def _list(
    request: Request, centre: CentreDep, user: SignedIn, asked: Asked, q: str, cursor: str
) -> HTMLResponse:  # fmt: skip
    with centre.db.read() as session:
        place = area_store.resolve(session, asked.values["area"]) if asked.values["area"] else None
        kinds = code_tables.table(session, "elder_kind").said(language_of(request, centre.settings.locale))
    if asked.values["kind"] not in kinds:
        asked.values["kind"] = ""
    after = decode_cursor(cursor) if cursor else None
    filters = asked.filters(place.code if place else None)
    wanted = search.Wanted(q, filters, PER_PAGE, after, search.scopes_of(user.scope.codes))
    answer = centre.registry.search(wanted)
    is_live = request.headers.get("hx-target") == "found"
    return page(
        request, "_elders_found.html" if is_live else "registry_elders.html", user,
        lines=[_line(found, centre) for found in answer.found], is_too_short=answer.is_too_short, q=q,
        asked=asked.values, query=asked.query, following=encode_cursor(answer.following), is_first=not cursor,
        kinds=kinds, marks=MARK_WORDS, risks=RISK_WORDS, devices=DEVICE_FILTERS,
    )  # fmt: skip


def _line(found: search.Found, centre: CentreDep) -> dict[str, Any]:
    """A file in one line, with the words of the question marked where they were found."""
    why = {one.member: one for one in found.why}
    shown = ("name", "address", "phone")
    return {
        "file": found.file,
        "age": age_on(found.file.birth_date, centre.clock.now()),
        "hits": {name: why[name] for name in shown if name in why},
        "why": [one for name, one in why.items() if name not in shown],
        "by_id_number": found.is_by_id_number,
    }


def _whole(text: str) -> str:
    return text if text.isascii() and text.isdigit() and int(text) <= 150 else ""
