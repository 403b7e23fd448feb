"""What the next page says once: that something was done, and how to undo it."""

import base64
import binascii
import json
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

COOKIE = "carebell_flash"
LIVES_S = 30
UNDO_S = 10  # How long the offer to undo is shown.
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Flash:
    """`text` is one of the catalogue's and names nobody; `undo` is the path to post to, on this site."""

    text: str
    undo: str | None = None


def after(path: str, text: str, *, undo: str | None = None) -> RedirectResponse:
    """Go to a page that says this once."""
    answer = RedirectResponse(path, 303)
    told = base64.urlsafe_b64encode(json.dumps([text, undo]).encode()).decode()
    answer.set_cookie(COOKIE, told, max_age=LIVES_S, path="/", httponly=True, samesite="lax")
    return answer


def taken(request: Request) -> Flash | None:
    """What is to be said; None when nothing, or nothing that we wrote."""
    told = request.cookies.get(COOKIE, "")
    if not told or len(told) > _LONGEST:
        return None
    try:
        text, undo = json.loads(base64.urlsafe_b64decode(told))
    except (binascii.Error, ValueError, TypeError):
        return None
    is_here = isinstance(undo, str) and undo.startswith("/") and not undo.startswith("//")
    return Flash(text, undo if is_here else None) if isinstance(text, str) else None


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
