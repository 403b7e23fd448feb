"""What appears below the search box while somebody types."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse

from console.deps import CentreDep
from console.found import hits
from console.pages import page
from console.routes.search import Reader
from registry.search import Wanted, scopes_of
from registry.search_query import LONGEST

SHOWN = 8

router = APIRouter(include_in_schema=False)


@router.post("/registry/search")
def found(
    request: Request, centre: CentreDep, user: Reader, q: Annotated[str, Form(max_length=LONGEST)] = ""
) -> HTMLResponse:
    """The first files that answer, as a piece of a page; by POST, since a name or a number belongs into no address."""
    if not q.strip():
        return page(request, "_found.html", user, hits=[], has_more=False, is_empty=True, is_too_short=False)
    answer = centre.registry.search(Wanted(q, limit=SHOWN, scopes=scopes_of(user.scope.codes)))
    return page(
        request, "_found.html", user, hits=hits(answer.found, centre.clock.now()), is_empty=False,
        has_more=answer.following is not None, is_too_short=answer.is_too_short,
    )  # fmt: skip
