"""Signing in by way of the site's own service: there, and back again."""

import logging
from typing import Annotated

from fastapi import APIRouter, Query, Request
from itsdangerous import BadSignature
from starlette.responses import RedirectResponse, Response

from console.centre import Centre
from console.deps import CentreDep
from console.i18n import N_
from console.routes.doors import door, entered, safe_path
from console.signin import browser_of, signer
from console.single_sign_on import BACK, NotVouchedFor, Question, SingleSignOn, question_of
from core.errors import NotFound

COOKIE = "carebell_oidc"
LIVES_S = 600  # As long as somebody may take to sign in there.
NOT_NOW = N_("The sign-in service does not answer, or what it said does not fit. Use your password, or try again.")
UNKNOWN = N_("That account is not known here. Ask your administrator.")

router = APIRouter(include_in_schema=False)
log = logging.getLogger(__name__)


@router.get("/sign-in/oidc")
def go_there(
    request: Request, centre: CentreDep, following: Annotated[str, Query(alias="next", max_length=300)] = "/"
) -> Response:
    try:
        address, question = _service(request).begin(safe_path(following), centre.clock.now())
    except NotVouchedFor as problem:
        return _refused(request, problem)
    answer = RedirectResponse(address, 303)
    answer.set_cookie(
        COOKIE, signer(centre, "oidc").sign(question.kept()).decode(), max_age=LIVES_S, path="/sign-in", httponly=True,
        samesite="lax", secure=centre.settings.public_url.startswith("https:"),
    )  # fmt: skip
    return answer


@router.get(BACK)
def come_back(
    request: Request,
    centre: CentreDep,
    state: Annotated[str, Query(max_length=500)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    service, question = _service(request), _question(request, centre)
    try:
        if question is None or not code:
            raise NotVouchedFor("nobody here asked, or the service said no")
        who = service.finish(question, state, code, centre.clock.now())
    except NotVouchedFor as problem:
        return _refused(request, problem)
    found = centre.registry.entry.vouched_for(
        who.subject, who.username, who.display_name, create_role=centre.settings.oidc_create_role or None,
        browser=browser_of(request),
    )  # fmt: skip
    if found is None:
        return door(request, "/", status=403, problem=UNKNOWN)
    answer = entered(centre, *found, question.following)
    answer.delete_cookie(COOKIE, path="/sign-in", httponly=True, samesite="lax")
    return answer


def _service(request: Request) -> SingleSignOn:
    service: SingleSignOn = request.app.state.single_sign_on
    if not service.is_there:
        raise NotFound("this site has no sign-in service of its own")
    return service


def _question(request: Request, centre: Centre) -> Question | None:
    try:
        return question_of(signer(centre, "oidc").unsign(request.cookies.get(COOKIE, "")).decode())
    except (BadSignature, UnicodeError):
        return None


def _refused(request: Request, problem: NotVouchedFor) -> Response:
    log.warning("sign-in by the site's service failed: %s", problem)
    return door(request, "/", status=502, problem=NOT_NOW)
