"""Forms of the elders' files: a new one, a change, and the addresses over the year."""

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse

from console import flash, forms
from console.centre import Centre
from console.deps import CentreDep, actor_of
from console.elder_file import live_elder, sees_file
from console.elder_form import SENSITIVE, changed_since, differences, health_from, last_deed, values_of
from console.elder_words import MARK_WORDS
from console.forms import Form
from console.i18n import N_, language_of
from console.pages import page
from console.routes.elder_pages import LIST
from console.routes.elders import Writer
from core.errors import Conflict, Rejected
from registry import code_tables, store
from registry.elder_intake import AddressNew, AddressPatch, ElderNew, ElderPatch
from registry.intake import BadMember
from registry.store import ADDRESSES, Row

router = APIRouter(prefix=LIST, include_in_schema=False)
BLOOD_GROUPS = ("A", "B", "AB", "O", "A Rh−", "B Rh−", "AB Rh−", "O Rh−")
TOO_LONG = N_("The health notes are too long: 16 KB are the most.")


@router.get("/new")
def new(request: Request, user: Writer) -> HTMLResponse:
    return _form(request, user, Form({"crs": "wgs84", "language": "zh-CN"}))


@router.post("/new")
async def add(request: Request, centre: CentreDep, user: Writer) -> Response:
    data = await request.form()
    return await run_in_threadpool(_add, request, centre, user, data)


@router.get("/{elder_id}/edit")
def edit(request: Request, centre: CentreDep, user: Writer, elder_id: str) -> HTMLResponse:
    with centre.db.read() as session:
        row = live_elder(session, elder_id)
        seen = last_deed(session, elder_id)
        sees = sees_file(session, user, elder_id, centre.clock.now())
    return _form(request, user, Form(values_of(row) | {"seen": seen}), row, sees=sees)


@router.post("/{elder_id}/edit")
async def change(request: Request, centre: CentreDep, user: Writer, elder_id: str) -> Response:
    data = await request.form()
    return await run_in_threadpool(_change, request, centre, user, elder_id, data)


@router.get("/{elder_id}/addresses/new")
def new_address(request: Request, centre: CentreDep, user: Writer, elder_id: str) -> HTMLResponse:
    with centre.db.read() as session:
        row = live_elder(session, elder_id)
    return _address_form(request, user, row, Form({"crs": "wgs84"}))


@router.post("/{elder_id}/addresses/new")
async def add_address(request: Request, centre: CentreDep, user: Writer, elder_id: str) -> Response:
    return await run_in_threadpool(_write_address, request, centre, user, elder_id, None, await request.form())


@router.get("/{elder_id}/addresses/{address_id}")
def edit_address(request: Request, centre: CentreDep, user: Writer, elder_id: str, address_id: str) -> HTMLResponse:
    with centre.db.read() as session:
        row = live_elder(session, elder_id)
        address = store.get(session, ADDRESSES, address_id)
        sees = sees_file(session, user, elder_id, centre.clock.now())
    given = address["given"] or {"lat": address["lat"], "lon": address["lon"], "crs": "wgs84"}
    return _address_form(request, user, row, Form(address | given), address, sees=sees)


@router.post("/{elder_id}/addresses/{address_id}")
async def change_address(
    request: Request, centre: CentreDep, user: Writer, elder_id: str, address_id: str
) -> Response:  # fmt: skip
    return await run_in_threadpool(_write_address, request, centre, user, elder_id, address_id, await request.form())


@router.post("/{elder_id}/addresses/{address_id}/remove")
def remove_address(centre: CentreDep, user: Writer, elder_id: str, address_id: str) -> Response:
    try:
        centre.registry.addresses.remove(elder_id, address_id, actor_of(user))
    except Conflict as refused:
        return flash.after(f"{LIST}/{elder_id}", str(refused))
    return flash.after(f"{LIST}/{elder_id}", N_("The address was removed."))


# -- a file


def _add(request: Request, centre: CentreDep, user: Writer, data: FormData) -> Response:
    checked = forms.read(ElderNew, data, health=health_from(data, {}) or {})
    if checked.given is None:
        return _form(request, user, _with_health_error(checked.form), status=422)
    try:
        row = centre.registry.elders.add(checked.given, actor_of(user))
    except BadMember as refused:
        return _form(request, user, forms.refused(checked.form, refused), status=422)
    # Who has written it may look at it.
    centre.registry.elders.open(row["id"], "new", actor_of(user))
    return flash.after(f"{LIST}/{row['id']}", N_("The file is begun. Now add who is to be called."))


def _change(request: Request, centre: CentreDep, user: Writer, elder_id: str, data: FormData) -> Response:
    with centre.db.read() as session:
        row = live_elder(session, elder_id)
    sees = _has_sensitive(data)  # What was typed is shown again; it is not news to who typed it.
    health = health_from(data, row["health"] or {})
    checked = forms.read(ElderPatch, data, **({} if health is None else {"health": health}))
    if checked.given is None:
        return _form(request, user, _with_health_error(checked.form), row, sees=sees, status=422)
    try:
        centre.registry.elders.change(elder_id, checked.given, by=actor_of(user))
    except BadMember as refused:
        return _form(request, user, forms.refused(checked.form, refused), row, sees=sees, status=422)
    except Conflict:
        return _conflict(request, centre, user, elder_id, checked.form, data)
    return flash.after(f"{LIST}/{elder_id}", N_("Saved."))


def _conflict(
    request: Request, centre: CentreDep, user: Writer, elder_id: str, form: Form, data: FormData
) -> HTMLResponse:  # fmt: skip
    """Somebody else saved in between: both texts side by side, and nothing written."""
    with centre.db.read() as session:
        row = live_elder(session, elder_id)
        sees = sees_file(session, user, elder_id, centre.clock.now())
        members, others = changed_since(session, elder_id, _number(data.get("seen")))
        seen = last_deed(session, elder_id)
    found = [one for one in differences(members, form.values, row) if sees or one["name"] not in SENSITIVE]
    conflict = {"others": others, "differences": found, "seen": seen}
    return _form(request, user, form, row, sees=_has_sensitive(data), status=409, conflict=conflict)


def _form(
    request: Request, user: Writer, form: Form, row: Row | None = None, *, sees: bool = True, status: int = 200,
    conflict: dict[str, Any] | None = None,
) -> HTMLResponse:  # fmt: skip
    centre: Centre = request.app.state.centre
    language = language_of(request, centre.settings.locale)
    with centre.db.read() as session:
        codes = code_tables.tables(session)
    held = [*((row or {}).get("kinds") or ()), *form.value("kinds").splitlines()]
    return page(
        request, "registry_elder_form.html", user, status=status, form=form, elder=row, sees=sees, conflict=conflict,
        kinds=codes["elder_kind"].choices(language, held), marks=MARK_WORDS,
        reasons=codes["open_reason"].choices(language), blood_groups=BLOOD_GROUPS,
    )  # fmt: skip


def _has_sensitive(data: FormData) -> bool:
    return any(name.partition(".")[0] in SENSITIVE for name in data)


def _with_health_error(form: Form) -> Form:
    return Form(form.values, form.errors, TOO_LONG) if "health" in form.errors else form


def _number(text: object) -> int:
    told = str(text)
    return int(told) if told.isascii() and told.isdigit() and len(told) < 16 else 0


# -- an address


def _write_address(
    request: Request, centre: CentreDep, user: Writer, elder_id: str, address_id: str | None, data: FormData
) -> Response:  # fmt: skip
    with centre.db.read() as session:
        row = live_elder(session, elder_id)
        sees = address_id is None or sees_file(session, user, elder_id, centre.clock.now())
        before = store.get(session, ADDRESSES, address_id) if address_id else None
    checked = forms.read(AddressNew if address_id is None else AddressPatch, data)
    service, by = centre.registry.addresses, actor_of(user)
    form = checked.form
    try:
        match checked.given:
            case AddressNew() as given:
                service.add(elder_id, given, by)
            case AddressPatch() as given if address_id is not None:
                service.change(elder_id, address_id, given, by=by)
            case _:
                return _address_form(request, user, row, form, before, sees=sees, status=422)
    except BadMember as refused:
        form = forms.refused(form, refused)
        return _address_form(request, user, row, form, before, sees=sees, status=422)
    except Rejected as refused:
        form = Form(form.values, form.errors, str(refused))
        return _address_form(request, user, row, form, before, sees=sees, status=409)
    return flash.after(f"{LIST}/{elder_id}", N_("The addresses are saved."))


def _address_form(
    request: Request, user: Writer, row: Row, form: Form, address: Row | None = None, *, sees: bool = True,
    status: int = 200,
) -> HTMLResponse:  # fmt: skip
    return page(
        request, "registry_elder_address.html", user, status=status, form=form, elder=row, address=address, sees=sees
    )
