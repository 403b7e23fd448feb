"""Pages of the knowledge base: one box, the cards it finds, a card to read or print, and its form."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from console import card_words, flash, forms
from console.card_words import CARD_KIND_WORDS, PART_WORDS, as_shown, text_of
from console.centre import Centre
from console.deps import CentreDep, actor_of
from console.form_data import Fields
from console.i18n import N_, language_of
from console.pages import page
from console.routes.knowledge import Reader, Writer
from core.errors import Conflict
from registry import store
from registry.intake import BadMember
from registry.knowledge import CARDS, all_cards, versions_of
from registry.knowledge_intake import CardNew, CardPatch
from registry.knowledge_search import find
from registry.sessions import SignedIn
from registry.store import Row

LIST = "/knowledge"
CHANGED = N_("Somebody changed this meanwhile. What you typed is still here: look at what is new, then save again.")
WORDS: dict[str, Any] = {"kinds": CARD_KIND_WORDS, "parts": PART_WORDS}

router = APIRouter(prefix=LIST, include_in_schema=False)


@router.get("", name="knowledge")
def cards(
    request: Request, centre: CentreDep, user: Reader, kind: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    return _list(request, centre, user, "", kind)


@router.post("")
def find_cards(
    request: Request,
    centre: CentreDep,
    user: Reader,
    q: Annotated[str, Form(max_length=120)] = "",
    kind: Annotated[str, Form(max_length=20)] = "",
) -> HTMLResponse:
    """What is typed may be a person's words and stands in no address."""
    return _list(request, centre, user, q, kind)


@router.get("/new")
def new_card(request: Request, centre: CentreDep, user: Writer) -> HTMLResponse:
    return _form(request, centre, user, forms.Form({}), None)


@router.post("/new")
def add_card(request: Request, centre: CentreDep, user: Writer, fields: Fields) -> Response:
    checked = forms.read(CardNew, fields, **_without_english(fields))
    if checked.given is None:
        return _form(request, centre, user, _marked(checked.form), None, status=422)
    try:
        row = centre.registry.knowledge.add(checked.given, by=actor_of(user))
    except BadMember as fault:
        return _form(request, centre, user, forms.refused(checked.form, fault), None, status=422)
    return flash.after(f"{LIST}/{row['id']}", N_("Saved."))


@router.get("/print")
def print_cards(request: Request, centre: CentreDep, user: Reader) -> HTMLResponse:
    """All cards on paper, for the day when nothing else works."""
    with centre.db.read() as session:
        found = all_cards(session)
    language = _language(request, centre)
    return page(request, "knowledge_print.html", user, cards=[(one, *text_of(one, language)) for one in found], **WORDS)


@router.get("/{card_id}")
def card(request: Request, centre: CentreDep, user: Reader, card_id: str) -> HTMLResponse:
    row = _row(centre, card_id)
    text, text_language = text_of(row, _language(request, centre))
    return page(
        request, "knowledge_card.html", user, card=row, text=text, text_language=text_language,
        other=row["en"] if text_language == "zh-CN" else row["zh"], **WORDS,
    )  # fmt: skip


@router.get("/{card_id}/versions")
def card_versions(request: Request, centre: CentreDep, user: Reader, card_id: str) -> HTMLResponse:
    row = _row(centre, card_id)
    with centre.db.read() as session:
        found = versions_of(session, card_id)
    before = [*(one["content"] for one in found[1:]), None]
    told = [
        one | {"changes": card_words.changes(old, one["content"])} for one, old in zip(found, before, strict=True)
    ]  # fmt: skip
    title = text_of(row, _language(request, centre))[0]["title"]
    return page(request, "knowledge_versions.html", user, card=row, title=title, versions=told, **WORDS)


@router.get("/{card_id}/edit")
def edit_card(request: Request, centre: CentreDep, user: Writer, card_id: str) -> HTMLResponse:
    row = _row(centre, card_id)
    return _form(request, centre, user, forms.Form(_as_typed(row)), row)


@router.post("/{card_id}/edit")
def change_card(request: Request, centre: CentreDep, user: Writer, card_id: str, fields: Fields) -> Response:
    row = _row(centre, card_id)
    checked = forms.read(CardPatch, fields, **_without_english(fields))
    if checked.given is None:
        return _form(request, centre, user, _marked(checked.form), row, status=422)
    try:
        centre.registry.knowledge.change(card_id, checked.given, by=actor_of(user))
    except BadMember as fault:
        return _form(request, centre, user, forms.refused(checked.form, fault), row, status=422)
    except Conflict:
        form = forms.Form(checked.form.values, {}, CHANGED)
        return _form(request, centre, user, form, _row(centre, card_id), status=409)
    return flash.after(f"{LIST}/{card_id}", N_("Saved."))


@router.post("/{card_id}/remove")
def remove_card(centre: CentreDep, user: Writer, card_id: str) -> Response:
    centre.registry.knowledge.remove(card_id, by=actor_of(user))
    return flash.after(LIST, N_("Removed from the list."), undo=f"{LIST}/{card_id}/restore")


@router.post("/{card_id}/restore")
def restore_card(centre: CentreDep, user: Writer, card_id: str) -> Response:
    centre.registry.knowledge.restore(card_id, by=actor_of(user))
    return flash.after(f"{LIST}/{card_id}", N_("It is in the list again."))


def _list(request: Request, centre: Centre, user: SignedIn, q: str, kind: str) -> HTMLResponse:
    chosen = kind if kind in CARD_KIND_WORDS else ""
    language = _language(request, centre)
    with centre.db.read() as session:
        known = all_cards(session)
    found = [as_shown(one, language) for one in find(known, q, kind=chosen or None)]
    used = [code for code in CARD_KIND_WORDS if any(code in one["kinds"] for one in known)]
    template = "_knowledge_found.html" if "hx-request" in request.headers else "knowledge.html"
    return page(
        request, template, user, found=found, q=q, kind=chosen, used=used, is_empty=not known,
        unreviewed=sum(one["reviewed_by"] is None for one in known), **WORDS,
    )  # fmt: skip


def _form(
    request: Request, centre: Centre, user: SignedIn, form: forms.Form, row: Row | None, *, status: int = 200
) -> HTMLResponse:
    title = text_of(row, _language(request, centre))[0]["title"] if row else ""
    return page(request, "knowledge_form.html", user, status=status, form=form, card=row, title=title, **WORDS)


def _without_english(fields: FormData) -> dict[str, Any]:
    """Where every English field is empty there is no English card."""
    typed = [str(value).strip() for name, value in fields.multi_items() if name.startswith("en.")]
    return {} if any(typed) else {"en": None}


def _as_typed(row: Row) -> dict[str, Any]:
    """The card as its form holds it: telephone numbers are lines too."""
    return row | {language: _text_as_typed(row[language]) for language in ("zh", "en")}


def _text_as_typed(text: dict[str, Any] | None) -> dict[str, Any] | None:
    if text is None:
        return None
    return text | {"phones": [f"{one['label']} {one['number']}" for one in text["phones"]]}


def _marked(form: forms.Form) -> forms.Form:
    """What is wrong within a line of telephone numbers stands under the lines."""
    errors = {
        next((f"{language}.phones" for language in ("zh", "en") if name.startswith(f"{language}.phones")), name): what
        for name, what in form.errors.items()
    }
    return forms.Form(form.values, errors, form.problem)


def _row(centre: Centre, card_id: str) -> Row:
    with centre.db.read() as session:
        return store.get(session, CARDS, card_id)


def _language(request: Request, centre: Centre) -> str:
    return language_of(request, centre.settings.locale)
