"""Forms of the contacts: a new one for an elder, a change, and their order."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse

from console import contact_form, flash, forms
from console.contact_cards import elders_by_id
from console.deps import CentreDep, actor_of, check_named
from console.elder_file import live_elder
from console.forms import Form as Fields
from console.i18n import N_, language_of
from console.pages import page
from console.routes.contact_pages import roles_in
from console.routes.contacts import Writer
from core.errors import Conflict, Rejected
from registry import store
from registry.contact_intake import ContactNew, ContactOrder, ContactPatch
from registry.contacts import RANK_STEP
from registry.intake import BadMember
from registry.profile import CALL_ORDER
from registry.store import CONTACTS, Row

router = APIRouter(include_in_schema=False)
ELDERS_PATH, CONTACTS_PATH = "/registry/elders", "/registry/contacts"
HIGHEST_RANK = 1000


@router.get(f"{ELDERS_PATH}/{{elder_id}}/contacts/new")
def new(request: Request, centre: CentreDep, user: Writer, elder_id: str) -> HTMLResponse:
    with centre.db.read() as session:
        elder = live_elder(session, elder_id)
    return _form(request, centre, user, Fields({"role": "family", "language": "zh-CN", "crs": "wgs84"}), elder=elder)


@router.post(f"{ELDERS_PATH}/{{elder_id}}/contacts/new")
async def add(request: Request, centre: CentreDep, user: Writer, elder_id: str) -> Response:
    return await run_in_threadpool(_add, request, centre, user, elder_id, await request.form())


@router.get(f"{CONTACTS_PATH}/{{contact_id}}/edit")
def edit(request: Request, centre: CentreDep, user: Writer, contact_id: str) -> HTMLResponse:
    with centre.db.read() as session:
        row = store.get(session, CONTACTS, contact_id)
    language = language_of(request, centre.settings.locale)
    return _form(request, centre, user, Fields(contact_form.values_of(row, language)), row)


@router.post(f"{CONTACTS_PATH}/{{contact_id}}/edit")
async def change(request: Request, centre: CentreDep, user: Writer, contact_id: str) -> Response:
    return await run_in_threadpool(_change, request, centre, user, contact_id, await request.form())


@router.post(f"{ELDERS_PATH}/{{elder_id}}/contacts/move")
def move(
    centre: CentreDep, user: Writer, elder_id: str, move: Annotated[str, Form(max_length=80)] = ""
) -> Response:  # fmt: skip
    """One contact is called earlier or later within their role."""
    contact_id, _, way = move.partition(":")
    rows = _in_order(centre, elder_id)
    group = next((_group(row) for row in rows if row["id"] == contact_id), None)
    same = [row["id"] for row in rows if _group(row) == group]
    if group is not None and contact_id in same:
        at = same.index(contact_id)
        to = max(0, min(len(same) - 1, at + (-1 if way == "up" else 1)))
        same.insert(to, same.pop(at))
    return _ordered(centre, user, elder_id, rows, same)


@router.post(f"{ELDERS_PATH}/{{elder_id}}/contacts/order")
def order(
    centre: CentreDep, user: Writer, elder_id: str, contact_ids: Annotated[str, Form(max_length=10_000)] = ""
) -> Response:  # fmt: skip
    """What was dragged: the ids of one role's contacts in their new order, between commas."""
    return _ordered(centre, user, elder_id, _in_order(centre, elder_id), contact_ids.split(","))


def _ordered(centre: CentreDep, user: Writer, elder_id: str, rows: list[Row], same: list[str]) -> Response:
    """The others keep their places."""
    moved, places = set(same), iter(same)
    ids = [next(places) if row["id"] in moved else row["id"] for row in rows]
    back = f"{ELDERS_PATH}/{elder_id}"
    try:
        centre.registry.contacts.order(ContactOrder(elder_id=elder_id, contact_ids=ids), actor_of(user))
    except Rejected as refused:
        return flash.after(back, str(refused))
    return flash.after(f"{back}#contacts", N_("The order is kept."))


def _in_order(centre: CentreDep, elder_id: str) -> list[Row]:
    c = CONTACTS.c
    with centre.db.read() as session:
        live_elder(session, elder_id)
        wanted = select(CONTACTS).where(c.elder_id == elder_id, c.deleted_at.is_(None)).order_by(c.rank, c.id)
        rows = [dict(row._mapping) for row in session.connection().execute(wanted)]
    return sorted(rows, key=lambda row: (*CALL_ORDER, "rest").index(_group(row)))


def _group(row: Row) -> str:
    return str(row["role"]) if row["role"] in CALL_ORDER else "rest"


def _add(request: Request, centre: CentreDep, user: Writer, elder_id: str, data: FormData) -> Response:
    same = str(data.get("same_person_as") or "")
    with centre.db.read() as session:
        elder = live_elder(session, elder_id)
        last = session.scalar(select(func.max(CONTACTS.c.rank)).where(CONTACTS.c.elder_id == elder_id)) or 0
    rank = min(last + RANK_STEP, HIGHEST_RANK)
    person = same if same not in ("", "nobody") else None
    checked = contact_form.read(ContactNew, data, elder_id=elder_id, rank=rank, same_person_as=person)
    if checked.given is None:
        return _form(request, centre, user, checked.form, elder=elder, status=422)
    if person is not None:
        check_named(centre, user, contact_id=person)
    try:
        row = centre.registry.contacts.row(checked.given)
        if not same and (alike := _alike(centre, user, row)):
            return _form(request, centre, user, checked.form, elder=elder, alike=alike)
        centre.registry.contacts.add(checked.given, actor_of(user))
    except BadMember as refused:
        return _form(request, centre, user, forms.refused(checked.form, refused), elder=elder, status=422)
    back = f"{ELDERS_PATH}/{elder_id}#contacts"
    if elder["phone"] is not None and elder["phone"] in (row["phone"], *(m["phone"] for m in row["more_phones"] or ())):
        return flash.after(back, N_("Saved. This is the elder's own number: ask for another one as well."))
    return flash.after(back, N_("Saved. A test call tells whether the number is right."))


def _alike(centre: CentreDep, user: Writer, row: Row) -> list[Row]:
    """Who seems to be this person already, and for whom."""
    with centre.db.read() as session:
        others = centre.registry.contacts.alike(session, row | {"person_id": None})
        others = [one for one in others if user.scope.sees_elder(session, one["elder_id"])]
        elders = elders_by_id(session, {one["elder_id"] for one in others})
    return [one | {"elder_name": elders[one["elder_id"]]["name"]} for one in others]


def _change(request: Request, centre: CentreDep, user: Writer, contact_id: str, data: FormData) -> Response:
    with centre.db.read() as session:
        row = store.get(session, CONTACTS, contact_id)
    checked = contact_form.read(ContactPatch, data)
    if checked.given is None:
        return _form(request, centre, user, checked.form, row, status=422)
    try:
        centre.registry.contacts.change(contact_id, checked.given, by=actor_of(user))
    except BadMember as refused:
        return _form(request, centre, user, forms.refused(checked.form, refused), row, status=422)
    except Conflict:
        with centre.db.read() as session:
            row = store.get(session, CONTACTS, contact_id)
        found = contact_form.differences(row, checked.form.values, language_of(request, centre.settings.locale))
        return _form(request, centre, user, checked.form, row, status=409, conflict=found)
    return flash.after(f"{CONTACTS_PATH}/{contact_id}", N_("Saved."))


def _form(
    request: Request, centre: CentreDep, user: Writer, form: Fields, row: Row | None = None, *,
    elder: Row | None = None, status: int = 200, alike: list[Row] | None = None, conflict: list[Any] | None = None,
) -> HTMLResponse:  # fmt: skip
    shared = 1
    if row is not None and row["person_id"]:
        with centre.db.read() as session:
            fits = (CONTACTS.c.person_id == row["person_id"], CONTACTS.c.deleted_at.is_(None))
            shared = store.count(session, CONTACTS, *fits)
    return page(
        request, "registry_contact_form.html", user, status=status, form=form, contact=row, elder=elder, shared=shared,
        alike=alike or [], conflict=conflict, roles=roles_in(request, centre),
    )  # fmt: skip
