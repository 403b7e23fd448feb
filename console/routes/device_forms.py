"""Forms of the devices: a new one, a change, a delivery of many, and the makes of phones. The router's paths have to be
asked before those that take any device's name."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console import device_file, flash, forms
from console.centre import Centre
from console.deps import CentreDep, actor_of, check_elder
from console.device_words import TRIGGER_WORDS, told_fault
from console.form_data import Fields
from console.forms import Form
from console.i18n import N_, language_of, words
from console.pages import page
from console.routes.device_pages import LIST, secret_page
from console.routes.devices import CSV, NO_STORE, SECRETS_FILE, Reader, Writer, secrets_csv
from core.errors import Conflict
from registry import store
from registry.device_intake import DeviceNew, DevicePatch, ManyDevices, ModelNew, ModelPatch
from registry.intake import BadMember
from registry.sessions import SignedIn
from registry.store import DEVICE_MODELS, Row

MODELS = f"{LIST}/models"
MODELS_SHOWN = 200
CHANGED = N_("Somebody changed this meanwhile. What you typed is still here: look at what is new, then save again.")

router = APIRouter(prefix=LIST, include_in_schema=False)


@router.get("/new")
def new_device(request: Request, centre: CentreDep, user: Writer) -> HTMLResponse:
    return _form(request, centre, user, Form())


@router.post("/new")
def add_device(request: Request, centre: CentreDep, user: Writer, fields: Fields) -> HTMLResponse:
    checked = forms.read(DeviceNew, fields)
    if checked.given is None:
        return _form(request, centre, user, checked.form, status=422)
    try:
        check_elder(centre, user, checked.given.elder_id)
        row, secret = centre.registry.devices.add(checked.given, by=actor_of(user))
    except BadMember as fault:
        return _form(request, centre, user, _refused(request, centre, checked.form, fault), status=422)
    except Conflict:
        form = Form(checked.form.values, {"uid": N_("There is a device with this uid.")})
        return _form(request, centre, user, form, status=409)
    return secret_page(request, user, row["id"], row["uid"], secret, is_new=True)


@router.get("/delivery")
def delivery(request: Request, centre: CentreDep, user: Writer) -> HTMLResponse:
    return _delivery(request, centre, user, Form({"count": "100", "first": "1", "digits": "6"}))


@router.post("/delivery")
def add_delivery(request: Request, centre: CentreDep, user: Writer, fields: Fields) -> Response:
    """A file to be saved: the page stays where it is."""
    checked = forms.read(ManyDevices, fields)
    if checked.given is None:
        fault = checked.form.errors.get("")
        form = Form(checked.form.values, checked.form.errors, fault)
        return _delivery(request, centre, user, form, status=422)
    try:
        told = centre.registry.device_bulk.add(checked.given, by=actor_of(user))
    except BadMember as fault:
        return _delivery(request, centre, user, _refused(request, centre, checked.form, fault), status=422)
    except Conflict as taken:
        text = told_fault(str(taken), words(language_of(request, centre.settings.locale)))
        return _delivery(request, centre, user, Form(checked.form.values, {}, text), status=409)
    return Response(secrets_csv(told), 200, NO_STORE | SECRETS_FILE, CSV)


@router.get("/models")
def models(request: Request, centre: CentreDep, user: Reader) -> HTMLResponse:
    with centre.db.read() as session:
        rows, _ = store.page(session, DEVICE_MODELS, after=None, limit=MODELS_SHOWN)
    return page(request, "registry_device_models.html", user, models=rows, triggers=TRIGGER_WORDS)


@router.get("/models/new")
def new_model(request: Request, user: Writer) -> HTMLResponse:
    return _model(request, user, Form({"triggers": "key"}), None)


@router.post("/models/new")
def add_model(request: Request, centre: CentreDep, user: Writer, fields: Fields) -> Response:
    checked = forms.read(ModelNew, fields)
    if checked.given is None:
        return _model(request, user, checked.form, None, status=422)
    try:
        centre.registry.device_models.add(checked.given, by=actor_of(user))
    except Conflict:
        return _model(request, user, _name_taken(checked.form), None, status=409)
    return flash.after(MODELS, N_("The model is saved."))


@router.get("/models/{model_id}/edit")
def edit_model(request: Request, centre: CentreDep, user: Writer, model_id: str) -> HTMLResponse:
    row = _model_row(centre, model_id)
    return _model(request, user, Form(row), row)


@router.post("/models/{model_id}/edit")
def change_model(request: Request, centre: CentreDep, user: Writer, model_id: str, fields: Fields) -> Response:
    row, checked = _model_row(centre, model_id), forms.read(ModelPatch, fields)
    if checked.given is None:
        return _model(request, user, checked.form, row, status=422)
    try:
        centre.registry.device_models.change(model_id, checked.given, by=actor_of(user))
    except Conflict:
        now = _model_row(centre, model_id)
        same = now["version"] == checked.given.version
        form = _name_taken(checked.form) if same else Form(checked.form.values, {}, CHANGED)
        return _model(request, user, form, now, status=409)
    return flash.after(MODELS, N_("The model is saved."))


@router.post("/models/{model_id}/remove")
def remove_model(centre: CentreDep, user: Writer, model_id: str) -> RedirectResponse:
    centre.registry.device_models.remove(model_id, by=actor_of(user))
    return flash.after(MODELS, N_("The model is removed; its devices keep their model's name."))


@router.get("/{device}/edit")
def edit_device(request: Request, centre: CentreDep, user: Writer, device: str) -> HTMLResponse:
    row = _device_row(centre, device)
    return _form(request, centre, user, Form(row), device=row)


@router.post("/{device}/edit")
def change_device(request: Request, centre: CentreDep, user: Writer, device: str, fields: Fields) -> Response:
    row, checked = _device_row(centre, device), forms.read(DevicePatch, fields)
    if checked.given is None:
        return _form(request, centre, user, checked.form, device=row, status=422)
    try:
        check_elder(centre, user, checked.given.elder_id)
        row = centre.registry.devices.change(row["id"], checked.given, by=actor_of(user))
    except BadMember as fault:
        return _form(request, centre, user, _refused(request, centre, checked.form, fault), device=row, status=422)
    except Conflict:
        form = Form(checked.form.values, {}, CHANGED)
        return _form(request, centre, user, form, device=_device_row(centre, device), status=409)
    return flash.after(f"{LIST}/{row['id']}", N_("Saved."))


def _form(
    request: Request, centre: Centre, user: SignedIn, form: Form, *, device: Row | None = None, status: int = 200
) -> HTMLResponse:
    with centre.db.read() as session:
        choices = device_file.choices(session)
    return page(request, "registry_device_form.html", user, status=status, form=form, device=device, choices=choices)


def _delivery(request: Request, centre: Centre, user: SignedIn, form: Form, *, status: int = 200) -> HTMLResponse:
    with centre.db.read() as session:
        choices = device_file.choices(session)
    return page(request, "registry_delivery.html", user, status=status, form=form, choices=choices)


def _model(request: Request, user: SignedIn, form: Form, model: Row | None, *, status: int = 200) -> HTMLResponse:
    more: dict[str, Any] = {"form": form, "model": model, "triggers": TRIGGER_WORDS}
    return page(request, "registry_device_model.html", user, status=status, **more)


def _name_taken(form: Form) -> Form:
    return Form(form.values, {"name": N_("There is a model with this name.")})


def _refused(request: Request, centre: Centre, form: Form, fault: BadMember) -> Form:
    text = told_fault(fault.what, words(language_of(request, centre.settings.locale)))
    return forms.refused(form, BadMember(fault.member, text))


def _device_row(centre: Centre, key: str) -> Row:
    with centre.db.read() as session:
        return store.get_device(session, key)


def _model_row(centre: Centre, model_id: str) -> Row:
    with centre.db.read() as session:
        return store.get(session, DEVICE_MODELS, model_id)
