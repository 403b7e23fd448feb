"""Coming in and going out: the sign-in page, signing out, and what a browser prefers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from console import signin
from console.centre import Centre
from console.deps import CentreDep, optional_user, own_pages
from console.i18n import COOKIE as LANGUAGE_COOKIE
from console.i18n import LANGUAGES, N_
from console.pages import THEME_COOKIE, THEMES, page
from console.problems import SIGN_IN_PAGE
from core.errors import TryAgain
from registry.entry import CodeRequired
from registry.sessions import SignedIn

A_YEAR_S = 31_536_000
LONGEST_FIELD = 1000
WRONG_CODE = N_("That code does not fit. Wait for the next one, or use a recovery code.")
REGISTRY = "/registry"  # Where the day begins for who has no desk.
Next = Annotated[str, Form(alias="next", max_length=300)]

router = APIRouter(include_in_schema=False)


def safe_path(path: str | None) -> str:
    """A place on this site to go on to; everything else becomes the desk."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        return "/"
    return path


@router.get(SIGN_IN_PAGE)
async def sign_in_page(
    request: Request,
    user: Annotated[SignedIn | None, Depends(optional_user)],
    following: Annotated[str, Query(alias="next", max_length=300)] = "/",
) -> Response:
    if user is not None:
        return RedirectResponse(safe_path(following), 303)
    return door(request, safe_path(following))


@router.get("/login")
async def login() -> Response:
    return RedirectResponse(SIGN_IN_PAGE, 308)


@router.post(SIGN_IN_PAGE, dependencies=[Depends(own_pages)])
async def sign_in(
    request: Request,
    centre: CentreDep,
    username: Annotated[str, Form(max_length=LONGEST_FIELD)] = "",
    password: Annotated[str, Form(max_length=LONGEST_FIELD)] = "",
    code: Annotated[str | None, Form(max_length=40)] = None,
    following: Next = "/",
) -> Response:
    """Name and password, and then, where there is a second factor, the code."""
    where, asks_code = safe_path(following), code is not None
    try:
        if code is not None:
            token, user = await signin.finish(request, centre, code)
        else:
            token, user = await signin.sign_in(request, centre, username, password)
    except CodeRequired as half:
        answer = door(request, where, asks_code=True)
        if not asks_code:
            signin.half_way(answer, centre, half.user_id, username)
        return answer
    except signin.WrongPassword:
        asks_code = asks_code and signin.is_half_way(request, centre)
        problem = WRONG_CODE if asks_code else N_("Name and password do not fit. Try again, or ask your shift leader.")
        status = 401
    except signin.TooManyTries:
        problem, status = N_("Too many wrong passwords. Wait a minute, then try again."), 429
    except TryAgain:
        problem, status = N_("The centre is very busy. Try again in a moment."), 503
    else:
        return entered(centre, token, user, where)
    return door(request, where, status=status, problem=problem, username=username, asks_code=asks_code)


def entered(centre: Centre, token: str, user: SignedIn, where: str) -> Response:
    """On to where they wanted to go; the day of who has no desk begins at the registry."""
    answer = RedirectResponse(REGISTRY if where == "/" and not user.may("alarms.read") else where, 303)
    signin.set_cookie(answer, centre, token, user)
    return answer


def door(
    request: Request, following: str, *, status: int = 200, problem: str | None = None, username: str = "",
    asks_code: bool = False,
) -> Response:  # fmt: skip
    """The sign-in page."""
    return page(
        request, "signin.html", status=status, problem=problem, username=username, following=following,
        asks_code=asks_code, has_service=request.app.state.single_sign_on.is_there,
    )  # fmt: skip


@router.post("/sign-out", dependencies=[Depends(own_pages)])
async def sign_out(request: Request, centre: CentreDep) -> Response:
    await signin.sign_out(request, centre)
    answer = RedirectResponse(SIGN_IN_PAGE, 303)
    signin.clear_cookie(answer)
    return answer


@router.post("/preferences", dependencies=[Depends(own_pages)])
async def preferences(
    centre: CentreDep,
    following: Next = "/",
    theme: Annotated[str | None, Form(max_length=10)] = None,
    language: Annotated[str | None, Form(max_length=10)] = None,
) -> Response:
    """Day or night, Chinese or English: kept in this browser, so a relative's phone may choose too."""
    answer = RedirectResponse(safe_path(following), 303)
    secure = centre.settings.public_url.startswith("https:")
    for name, value, known in ((THEME_COOKIE, theme, THEMES), (LANGUAGE_COOKIE, language, LANGUAGES)):
        if value is not None and value in known:
            answer.set_cookie(name, value, max_age=A_YEAR_S, samesite="lax", secure=secure, httponly=True)
    return answer
