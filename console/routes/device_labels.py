"""Labels to be printed: one, or sheets of 24 for those who register a delivery."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from console.deps import CentreDep
from console.pages import page
from console.paging import decode_cursor, encode_cursor
from console.routes.device_pages import LIST, Asked
from console.routes.devices import Reader
from registry import device_lists, store

ON_A_SHEET = 24  # A4, three columns of eight: 70 by 36 mm, as they are sold.
SHEETS = 5
router = APIRouter(prefix=LIST, include_in_schema=False)


@router.get("/labels")
def labels(request: Request, centre: CentreDep, user: Reader, asked: Annotated[Asked, Depends()]) -> HTMLResponse:
    """Those of the list's devices, a few sheets at a time."""
    after = decode_cursor(asked.cursor) if asked.cursor else None
    wanted = replace(asked.filter(None, user.scope), is_silent=False, is_low=False)
    with centre.db.read() as session:
        rows, following = device_lists.page(
            session, wanted, now=centre.clock.now(), after=after, limit=ON_A_SHEET * SHEETS
        )
    older = encode_cursor(following)
    sheets = [rows[start : start + ON_A_SHEET] for start in range(0, len(rows), ON_A_SHEET)]
    address = asked.address(cursor=older or "").replace(LIST, f"{LIST}/labels", 1)
    return page(
        request, "registry_labels.html", user, sheets=sheets, phone=centre.settings.centre_phone,
        older=address if older else None, back=asked.address(),
    )  # fmt: skip


@router.get("/{device}/label")
def label(request: Request, centre: CentreDep, user: Reader, device: str) -> HTMLResponse:
    with centre.db.read() as session:
        row = store.get_device(session, device)
    return page(
        request, "registry_labels.html", user, sheets=[[row]], phone=centre.settings.centre_phone, older=None,
        back=f"{LIST}/{row['id']}",
    )  # fmt: skip
