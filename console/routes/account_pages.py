"""The page of one's own account."""

from typing import Annotated, Any

import segno
from fastapi import APIRouter, Form, Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from console import flash, forms
from console.deps import CentreDep, CurrentUser, Owner, owes
from console.form_data import Fields
from console.i18n import COOKIE as LANGUAGE_COOKIE
from console.i18n import LANGUAGES, N_
from console.pages import page
from console.problems import ACCOUNT_PAGE, SIGN_IN_PAGE
from console.routes.account import PasswordChange, TokenNew, listed
from console.signin import Confirming, TooManyTries, clear_cookie
from core.errors import Conflict, NotFound
from registry.account import Enrolment
from registry.intake import BadMember

A_YEAR_S = 31_536_000
DAYS = (30, 90, 180, 366)
WAIT = N_("Too many wrong passwords. Wait a minute, then try again.")

router = APIRouter(prefix=ACCOUNT_PAGE, include_in_schema=False)


@router.get("", name="account")
def account(request: Request, centre: CentreDep, user: CurrentUser) -> Response:
    return _shown(request, centre, user)


@router.post("/password")
async def change_password(request: Request, centre: CentreDep, user: Owner, fields: Fields) -> Response:
    checked = forms.read(PasswordChange, fields)
    form = forms.Form({}, checked.form.errors)  # What was typed is a secret, and is not sent back.
    if checked.given is None:
        return _shown(request, centre, user, password_form=form, status=422)
    try:
        await Confirming(request, centre, user).run(
            centre.registry.account.change_password, user, checked.given.old_password, checked.given.new_password
        )
    except BadMember as fault:
        return _shown(request, centre, user, password_form=forms.refused(form, fault), status=422)
    except TooManyTries:
        return _shown(request, centre, user, password_form=forms.Form(problem=WAIT), status=429)
    request.app.state.memory.forget()
    return flash.after(ACCOUNT_PAGE, N_("The new password holds. Your other browsers are signed out."))


@router.post("/language")
def change_language(centre: CentreDep, user: Owner, language: Annotated[str, Form(max_length=10)] = "") -> Response:
    if language not in LANGUAGES:
        raise NotFound("there is no such language")
    centre.registry.account.change_language(user, language)
    answer = flash.after(ACCOUNT_PAGE, N_("Saved."))
    secure = centre.settings.public_url.startswith("https:")
    answer.set_cookie(LANGUAGE_COOKIE, language, max_age=A_YEAR_S, samesite="lax", secure=secure, httponly=True)
    return answer


@router.post("/second-factor")
def begin_second_factor(request: Request, centre: CentreDep, user: Owner) -> Response:
    begun = centre.registry.account.begin_second_factor(user, centre.settings.centre_name)
    return _enrol(request, user, begun)


@router.post("/second-factor/confirm")
async def confirm_second_factor(
    request: Request, centre: CentreDep, user: Owner, code: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    try:
        codes = await Confirming(request, centre, user).run(centre.registry.account.confirm_second_factor, user, code)
    except BadMember as fault:
        return _again(request, centre, user, forms.Form(errors={"code": fault.what}))
    except TooManyTries:
        return _again(request, centre, user, forms.Form(errors={"code": WAIT}))
    request.app.state.memory.forget()
    return page(request, "account_codes.html", user, codes=codes)


@router.post("/second-factor/remove")
async def remove_second_factor(
    request: Request,
    centre: CentreDep,
    user: Owner,
    password: Annotated[str, Form(max_length=1000)] = "",
    code: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    try:
        await Confirming(request, centre, user).run(centre.registry.account.remove_second_factor, user, password, code)
    except BadMember as fault:
        return _shown(request, centre, user, factor_form=forms.refused(forms.Form(), fault), status=422)
    except TooManyTries:
        return _shown(request, centre, user, factor_form=forms.Form(problem=WAIT), status=429)
    request.app.state.memory.forget()
    return flash.after(ACCOUNT_PAGE, N_("The second factor is gone: the password alone lets you in."))


@router.post("/sessions/end")
def sign_out_everywhere(request: Request, centre: CentreDep, user: Owner) -> Response:
    centre.registry.account.sign_out_everywhere(user)
    request.app.state.memory.forget()
    answer = RedirectResponse(SIGN_IN_PAGE, 303)
    clear_cookie(answer)
    return answer


@router.post("/sessions/{session_id}/end")
def end_session(request: Request, centre: CentreDep, user: Owner, session_id: str) -> Response:
    centre.registry.account.end_session(user, session_id)
    request.app.state.memory.forget()
    return flash.after(ACCOUNT_PAGE, N_("That browser is signed out."))


@router.post("/tokens")
def make_token(request: Request, centre: CentreDep, user: Owner, fields: Fields) -> Response:
    checked = forms.read(TokenNew, fields)
    if checked.given is None:
        return _shown(request, centre, user, token_form=checked.form, status=422)
    try:
        _, token = centre.registry.account.make_token(user, checked.given.name, checked.given.days)
    except Conflict as full:
        return _shown(request, centre, user, token_form=forms.Form(checked.form.values, problem=str(full)), status=409)
    return _shown(request, centre, user, new_token=token)


@router.post("/tokens/{token_id}/revoke")
def revoke_token(request: Request, centre: CentreDep, user: Owner, token_id: str) -> Response:
    centre.registry.account.revoke_token(user, token_id)
    request.app.state.memory.forget()
    return flash.after(ACCOUNT_PAGE, N_("The token is revoked."))


BROWSERS = (("Edg/", "Edge"), ("MicroMessenger", "WeChat"), ("OPR/", "Opera"), ("Firefox/", "Firefox"),
            ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
           ("Linux", "Linux"))  # fmt: skip


def browser_words(told: str | None) -> str | None:
    """Of what a browser calls itself, what a person would: Firefox · Windows. Others are shown as they are."""
    found = [next((name for sign, name in signs if sign in (told or "")), None) for signs in (BROWSERS, SYSTEMS)]
    return " · ".join(name for name in found if name) if all(found) else told


def _shown(request: Request, centre: CentreDep, user: CurrentUser, *, status: int = 200, **more: Any) -> Response:
    members: dict[str, Any] = {
        "password_form": forms.Form(), "factor_form": forms.Form(), "token_form": forms.Form({"days": 90}),
        "new_token": None,
    }  # fmt: skip
    browsers = [one | {"words": browser_words(one["name"])} for one in listed(centre, user, "session")]
    return page(
        request, "account.html", user, status=status, owed=owes(user, centre), days=DAYS, browsers=browsers,
        tokens=listed(centre, user, "token"), **(members | more),
    )  # fmt: skip


def _again(request: Request, centre: CentreDep, user: Owner, form: forms.Form) -> Response:
    pending = centre.registry.account.pending_second_factor(user, centre.settings.centre_name)
    if pending is None:
        return RedirectResponse(ACCOUNT_PAGE, 303)
    return _enrol(request, user, pending, form=form, status=422)


def _enrol(
    request: Request, user: Owner, begun: Enrolment, *, form: forms.Form | None = None, status: int = 200
) -> Response:
    secret = " ".join(begun.secret[n : n + 4] for n in range(0, len(begun.secret), 4))
    return page(
        request, "account_factor.html", user, status=status, secret=secret, picture=qr_picture(begun.address),
        form=form or forms.Form(),
    )  # fmt: skip


def qr_picture(text: str) -> Markup:
    """A QR code as SVG within the page: no address that a log or a cache could keep."""
    code = segno.make_qr(text, error="m")
    return Markup(code.svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704  # drawn by segno; no text is in it
