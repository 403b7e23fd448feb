"""The page of the code tables: words, order, what is offered, and how many files have it."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from console import flash, forms
from console.code_words import VOCABULARY_FILES, VOCABULARY_MEANS, VOCABULARY_WORDS
from console.deps import CentreDep, actor_of
from console.form_data import Fields
from console.i18n import N_
from console.pages import page
from console.routes.codes import Writer, found
from console.routes.resource_pages import CHANGED
from core.errors import Conflict, NotFound
from registry import code_tables
from registry.code_intake import CodeNew, CodePatch
from registry.code_tables import Code
from registry.codes import ALWAYS_OFFERED
from registry.intake import BadMember
from registry.sessions import SignedIn

LIST = "/registry/codes"
WORDS: dict[str, Any] = {"vocabularies": VOCABULARY_WORDS, "means": VOCABULARY_MEANS}
SAVED = N_("Saved.")
_STEPS = {"up": -1, "down": 1}
_OFFERS = {"withdraw": False, "offer": True}

router = APIRouter(prefix=LIST, include_in_schema=False)


@router.get("", name="registry_codes")
def codes(
    request: Request, centre: CentreDep, user: Writer, at: Annotated[str, Query(max_length=80)] = ""
) -> HTMLResponse:
    """`at` is the button that was pressed last, so that the keyboard stays on it."""
    with centre.db.read() as session:
        known, used = code_tables.tables(session), code_tables.uses(session)
    links = {one.id: _files(one) for table in known.values() for one in table.codes}
    return page(
        request, "registry_codes.html", user, tables=known, used=used, links=links, at=at, stays=ALWAYS_OFFERED, **WORDS
    )


@router.get("/new")
def new_code(
    request: Request, user: Writer, vocabulary: Annotated[str, Query(max_length=20)] = "elder_kind"
) -> HTMLResponse:
    return _form(request, user, forms.Form({"vocabulary": vocabulary}))


@router.post("/new")
def add_code(request: Request, centre: CentreDep, user: Writer, fields: Fields) -> Response:
    checked = forms.read(CodeNew, fields)
    if checked.given is None:
        return _form(request, user, checked.form, status=422)
    try:
        made = centre.registry.codes.add(checked.given, by=actor_of(user))
    except BadMember as fault:
        return _form(request, user, forms.refused(checked.form, fault), status=422)
    except Conflict as fault:
        return _form(request, user, forms.Form(checked.form.values, {}, str(fault)), status=409)
    return flash.after(_at(made.id), N_("It is offered from now on."), undo=f"{LIST}/{made.id}/remove")


@router.get("/{code_id}/edit")
def edit_code(request: Request, centre: CentreDep, user: Writer, code_id: str) -> HTMLResponse:
    one = _code(centre, code_id)
    return _form(request, user, forms.Form({"zh": one.zh, "en": one.en}), one)


@router.post("/{code_id}/edit")
def change_code(request: Request, centre: CentreDep, user: Writer, code_id: str, fields: Fields) -> Response:
    one = _code(centre, code_id)
    checked = forms.read(CodePatch, fields)
    if checked.given is None:
        return _form(request, user, checked.form, one, status=422)
    try:
        centre.registry.codes.change(code_id, checked.given, by=actor_of(user))
    except BadMember as fault:
        return _form(request, user, forms.refused(checked.form, fault), one, status=422)
    except Conflict:
        form = forms.Form(checked.form.values, {}, CHANGED)
        return _form(request, user, form, _code(centre, code_id), status=409)
    return flash.after(_at(code_id), SAVED)


@router.post("/{code_id}/{deed}")
def act(centre: CentreDep, user: Writer, code_id: str, deed: str) -> Response:
    service, by = centre.registry.codes, actor_of(user)
    if deed in _STEPS:
        service.move(code_id, _STEPS[deed], by=by)
        return flash.after(_at(code_id, deed), SAVED)
    if deed in _OFFERS:
        try:
            service.change(code_id, CodePatch(is_offered=_OFFERS[deed]), by=by)
        except Conflict as refused:
            return flash.after(_at(code_id), str(refused))
        if deed == "offer":
            return flash.after(_at(code_id, "withdraw"), N_("It is offered again."))
        said = N_("It is not offered any more; files that have it keep it.")
        return flash.after(_at(code_id, "offer"), said, undo=f"{LIST}/{code_id}/offer")
    if deed == "reset":
        service.change(code_id, CodePatch(zh=None, en=None), by=by)
        return flash.after(_at(code_id), N_("It has the program's words again."))
    if deed == "remove":
        try:
            service.remove(code_id, by=by)
        except Conflict as refused:
            return flash.after(_at(code_id), str(refused))
        return flash.after(LIST, N_("The code was removed."), undo=f"{LIST}/{code_id}/restore")
    if deed == "restore":
        service.restore(code_id, by=by)
        return flash.after(_at(code_id), N_("The code is back."))
    raise NotFound


def _form(
    request: Request, user: SignedIn, form: forms.Form, one: Code | None = None, *, status: int = 200
) -> HTMLResponse:  # fmt: skip
    return page(request, "registry_code_form.html", user, status=status, form=form, one=one, **WORDS)


def _code(centre: CentreDep, code_id: str) -> Code:
    with centre.db.read() as session:
        return found(code_tables.tables(session), code_id)


def _at(code_id: str, deed: str = "") -> str:
    """The list at the code's row, or with the keyboard on one of its buttons; browsers do not do both."""
    return f"{LIST}?{urlencode({'at': f'{deed}:{code_id}'})}" if deed else f"{LIST}#{code_id}"


def _files(one: Code) -> str | None:
    path, name = VOCABULARY_FILES.get(one.vocabulary, (None, ""))
    return f"{path}?{urlencode({name: one.code})}" if path else None
