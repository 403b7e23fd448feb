"""Pages of the users: who may sign in, as what, and for where."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from sqlalchemy import func, select
from starlette.responses import HTMLResponse, Response

from console import flash, forms
from console.centre import Centre
from console.deps import CentreDep, actor_of
from console.form_data import Fields
from console.i18n import N_
from console.pages import page
from console.paging import decode_cursor, encode_cursor
from console.routes.users import Reader, Writer
from core.errors import Conflict
from registry import area_store, sessions, store
from registry.intake import BadMember
from registry.profile import USER_ROLES
from registry.sessions import SignedIn
from registry.store import USERS, Row
from registry.user_intake import UserNew, UserPatch
from registry.users import without_secrets

LIST = "/registry/users"
PER_PAGE = 50
ROLE_MEANS = {
    "officer": N_("serves alarms, reads files and health notes"),
    "supervisor": N_("that, and steps in for others, changes policies, sees users"),
    "registrar": N_("keeps elders, contacts, devices and help near by"),
    "tester": N_("drives simulated devices and phones; sees no files"),
    "auditor": N_("reads files and logs, no health notes; changes nothing"),
    "admin": N_("everything but edit a log"),
}

router = APIRouter(prefix=LIST, include_in_schema=False)


@router.get("", name="registry_users")
def users(
    request: Request,
    centre: CentreDep,
    user: Reader,
    role: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str, Query(max_length=200)] = "",
) -> HTMLResponse:
    chosen = role if role in USER_ROLES else ""
    where = [USERS.c.role == chosen] if chosen else []
    with centre.db.read() as session:
        after = decode_cursor(cursor) if cursor else None
        rows, following = store.page(session, USERS, after=after, limit=PER_PAGE, where=where)
        counted = session.connection().execute(select(USERS.c.role, func.count()).group_by(USERS.c.role))
        counts = {one[0]: one[1] for one in counted}
        names = _area_names(session, [code for row in rows for code in row["areas"] or ()])
    filters = {"role": chosen} if chosen else {}
    return page(
        request, "registry_users.html", user, users=[_told(row, centre) for row in rows], counts=counts, chosen=chosen,
        roles=USER_ROLES, area_names=names, newer=f"{LIST}?{urlencode(filters)}" if cursor else None,
        older=f"{LIST}?{urlencode(filters | {'cursor': encode_cursor(following)})}" if following else None,
    )  # fmt: skip


@router.get("/new")
def new_user(request: Request, centre: CentreDep, user: Writer) -> HTMLResponse:
    return _form(request, user, forms.Form({"role": "officer", "language": centre.settings.locale}), None)


@router.post("/new")
def add_user(request: Request, centre: CentreDep, user: Writer, fields: Fields) -> Response:
    checked = forms.read(UserNew, fields, must_change_password=True)
    form = _without_password(checked.form)
    if checked.given is None:
        return _form(request, user, form, None, status=422)
    try:
        row = centre.registry.users.add(checked.given, actor_of(user))
    except BadMember as fault:
        return _form(request, user, forms.refused(form, fault), None, status=422)
    except Conflict:
        taken = BadMember("username", N_("there is a user with this name"))
        return _form(request, user, forms.refused(form, taken), None, status=409)
    return flash.after(f"{LIST}/{row['id']}", N_("Saved. They choose a password of their own when they first sign in."))


@router.get("/{user_id}")
def one_user(request: Request, centre: CentreDep, user: Reader, user_id: str) -> HTMLResponse:
    return _one(request, centre, user, user_id)


@router.get("/{user_id}/edit")
def edit_user(request: Request, centre: CentreDep, user: Writer, user_id: str) -> HTMLResponse:
    row = _row(centre, user_id)
    return _form(request, user, forms.Form(row), row)


@router.post("/{user_id}/edit")
def change_user(request: Request, centre: CentreDep, user: Writer, user_id: str, fields: Fields) -> Response:
    row = _row(centre, user_id)
    checked = forms.read(UserPatch, fields)
    if checked.given is None:
        return _form(request, user, checked.form, row, status=422)
    try:
        centre.registry.users.change(user_id, checked.given, actor_of(user))
    except BadMember as fault:
        return _form(request, user, forms.refused(checked.form, fault), row, status=422)
    except Conflict:
        return _form(request, user, forms.Form(checked.form.values, problem=LAST_ADMIN), row, status=409)
    request.app.state.memory.forget()
    return flash.after(f"{LIST}/{user_id}", N_("Saved."))


LAST_ADMIN = N_("This is the last administrator: make another one first.")


@router.post("/{user_id}/end")
def end_user(request: Request, centre: CentreDep, user: Writer, user_id: str) -> Response:
    """The account ends; what was done under its name stays on file."""
    try:
        centre.registry.users.change(user_id, UserPatch(is_active=False), actor_of(user))
    except Conflict:
        return flash.after(f"{LIST}/{user_id}", LAST_ADMIN)
    request.app.state.memory.forget()
    return flash.after(f"{LIST}/{user_id}", N_("The account is closed."), undo=f"{LIST}/{user_id}/restore")


@router.post("/{user_id}/restore")
def restore_user(centre: CentreDep, user: Writer, user_id: str) -> Response:
    centre.registry.users.change(user_id, UserPatch(is_active=True), actor_of(user))
    return flash.after(f"{LIST}/{user_id}", N_("The account is open again."))


@router.post("/{user_id}/unlock")
def unlock(request: Request, centre: CentreDep, user: Writer, user_id: str) -> Response:
    row = centre.registry.users.unlock(user_id, actor_of(user))
    request.app.state.guard.forgive(row["username"])
    return flash.after(f"{LIST}/{user_id}", N_("They can try again now."))


@router.post("/{user_id}/reset-password")
def reset_password(request: Request, centre: CentreDep, user: Writer, user_id: str) -> Response:
    """The answer shows the new password, this once; no page after it could."""
    _, password = centre.registry.users.reset_password(user_id, actor_of(user))
    request.app.state.memory.forget()
    return _one(request, centre, user, user_id, password=password)


@router.post("/{user_id}/reset-second-factor")
def reset_second_factor(request: Request, centre: CentreDep, user: Writer, user_id: str) -> Response:
    centre.registry.users.reset_second_factor(user_id, actor_of(user))
    request.app.state.memory.forget()
    return flash.after(f"{LIST}/{user_id}", N_("The second factor is gone: the password alone lets them in."))


@router.post("/{user_id}/sign-out")
def sign_out_everywhere(request: Request, centre: CentreDep, user: Writer, user_id: str) -> Response:
    centre.registry.users.sign_out_everywhere(user_id, actor_of(user))
    request.app.state.memory.forget()
    return flash.after(f"{LIST}/{user_id}", N_("They are signed out everywhere, and their tokens are revoked."))


@router.post("/{user_id}/tokens/{token_id}/revoke")
def revoke_token(request: Request, centre: CentreDep, user: Writer, user_id: str, token_id: str) -> Response:
    centre.registry.users.revoke_token(user_id, token_id, actor_of(user))
    request.app.state.memory.forget()
    return flash.after(f"{LIST}/{user_id}", N_("The token is revoked."))


def _one(
    request: Request, centre: Centre, user: SignedIn, user_id: str, *, password: str | None = None
) -> HTMLResponse:
    row = _row(centre, user_id)
    now = centre.clock.now()
    with centre.db.read() as session:
        tokens = sessions.of_user(session, user_id, "token", now)
        signed_in = sessions.count(session, user_id, "session", now)
        names = _area_names(session, row["areas"] or ())
    return page(
        request, "registry_user.html", user, one=_told(row, centre), tokens=tokens, signed_in=signed_in,
        area_names=names, password=password, means=ROLE_MEANS, is_me=user_id == user.id,
    )  # fmt: skip


def _form(request: Request, user: SignedIn, form: forms.Form, row: Row | None, *, status: int = 200) -> HTMLResponse:
    return page(
        request, "registry_user_form.html", user, status=status, form=form, one=row, roles=USER_ROLES, means=ROLE_MEANS
    )


def _row(centre: Centre, user_id: str) -> Row:
    with centre.db.read() as session:
        return store.get(session, USERS, user_id)


def _told(row: Row, centre: Centre) -> dict[str, Any]:
    locked = row["locked_until"]
    return without_secrets(row) | {
        "has_second_factor": row["totp_confirmed_at"] is not None,
        "is_locked": locked is not None and locked > centre.clock.now(),
    }


def _area_names(session: Any, codes: Any) -> dict[str, str]:
    """Code → full name; a code that has gone is its own name."""
    found = area_store.rows_of(session, set(codes))
    names = area_store.full_names(session, [row["path"] for row in found.values()])
    return {code: names.get(found[code]["path"], code) if code in found else code for code in codes}


def _without_password(form: forms.Form) -> forms.Form:
    """A secret is not sent back to be kept in a page."""
    kept = {name: value for name, value in form.values.items() if name != "password"}
    return forms.Form(kept, form.errors, form.problem)
