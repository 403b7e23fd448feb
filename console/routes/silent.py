"""Silent devices, as the duty room sees them: how many there are, and whom they leave unprotected."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from console.deps import CentreDep, allowed
from console.pages import page
from console.paging import Paging, encode_cursor
from registry import silence
from registry.sessions import SignedIn

router = APIRouter(include_in_schema=False)
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]


@router.get("/silent", name="silent")
def silent_devices(request: Request, centre: CentreDep, user: Reader, wanted: Paging) -> HTMLResponse:
    with centre.db.read() as session:
        devices, following = silence.page(session, after=wanted.after, limit=wanted.limit, seen_from=user.scope)
    return page(request, "silent.html", user, devices=devices, following=encode_cursor(following))


@router.get("/desk/silent")
def silent_count(request: Request, centre: CentreDep, user: Reader) -> HTMLResponse:
    """The desk's own count, asked for once a minute."""
    with centre.db.read() as session:
        return page(request, "_silent.html", user, silent=silence.count(session, user.scope))
