"""The page behind the link in a relative's message: no login, no script needed, no health data."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alarms.events import RelativeAnswer
from alarms.views import relative_view
from console.centre import Centre
from console.deps import CentreDep
from console.links import read_token
from console.pages import page
from console.routes.alarms import service_of
from core.errors import Conflict, NotFound, Rejected, TryAgain

ETAS_MIN = (5, 10, 15, 20, 30, 45, 60)
HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}

router = APIRouter(include_in_schema=False)


@router.get("/r/{token}")
def relative_page(request: Request, centre: CentreDep, token: str) -> Response:
    return _shown(request, centre, token)


@router.post("/r/{token}")
def answer(
    request: Request,
    centre: CentreDep,
    token: str,
    going: Annotated[str, Form(alias="answer", max_length=10)] = "",
    eta_min: Annotated[str, Form(max_length=4)] = "",
) -> Response:
    """The link itself is the permission, so that another site's page gains nothing by sending this form."""
    now = centre.clock.now()
    attempt_id = read_token(centre.settings.secret_key, token, now)
    if attempt_id is None or going not in ("going", "cannot"):
        return _shown(request, centre, token, status=410 if attempt_id is None else 422)
    minutes = int(eta_min) if eta_min.isascii() and eta_min.isdigit() and int(eta_min) <= 1440 else None
    try:
        service_of(centre).handle(RelativeAnswer(attempt_id, going == "going", now, minutes))
    except TryAgain:
        return _shown(request, centre, token, is_busy=True, status=503)
    except (Conflict, NotFound, Rejected):
        pass  # It was closed meanwhile: the page says so.
    return RedirectResponse(f"/r/{token}", 303)


def _shown(request: Request, centre: Centre, token: str, *, is_busy: bool = False, status: int = 200) -> HTMLResponse:
    view = _view(centre, token)
    if view is None:
        answer = page(request, "relative_gone.html", status=410)
    else:
        answer = page(request, "relative.html", status=status, view=view, etas=ETAS_MIN, is_busy=is_busy)
    answer.headers.update(HEADERS)
    return answer


def _view(centre: Centre, token: str) -> dict[str, Any] | None:
    now = centre.clock.now()
    attempt_id = read_token(centre.settings.secret_key, token, now)
    if attempt_id is None:
        return None
    with centre.db.read() as session:
        return relative_view(session, attempt_id, now)
