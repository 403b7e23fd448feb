"""The browser's session cookie, given anew whenever the session itself is prolonged."""

from typing import Final

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import Scope

from registry.sessions import LIFETIME

COOKIE: Final = "carebell_session"
_RENEWED = "renewed_session_cookie"


def renew(request: Request, token: str, *, is_secure: bool) -> None:
    """Let this request's answer carry the cookie for another lifetime, whatever route makes the answer."""
    carrier = Response()
    lives_s = int(LIFETIME.total_seconds())
    carrier.set_cookie(COOKIE, token, max_age=lives_s, path="/", httponly=True, samesite="lax", secure=is_secure)
    setattr(request.state, _RENEWED, carrier.headers["set-cookie"])


def dress(scope: Scope, headers: MutableHeaders) -> None:
    """Put the renewed cookie on an answer; one that signs in or out has said itself what becomes of it."""
    renewed = scope.get("state", {}).get(_RENEWED)
    said = (value.partition("=")[0] for value in headers.getlist("set-cookie"))
    if renewed is not None and COOKIE not in said:
        headers.append("set-cookie", renewed)
