"""Contacts and resources that were removed, where they are brought back long after the offer to undo is gone."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from console.contact_cards import elders_by_id
from console.deps import CentreDep
from console.pages import page
from console.paging import decode_cursor, encode_cursor
from console.routes.contacts import Writer
from registry.removed import removed
from registry.store import CONTACTS, RESOURCES

PER_PAGE = 40
router = APIRouter(prefix="/registry/removed", include_in_schema=False)
Cursor = Annotated[str, Query(max_length=200)]


@router.get("/contacts")
def removed_contacts(request: Request, centre: CentreDep, user: Writer, cursor: Cursor = "") -> HTMLResponse:
    after = decode_cursor(cursor) if cursor else None
    with centre.db.read() as session:
        rows, following = removed(session, CONTACTS, after=after, limit=PER_PAGE, where=user.scope.where(CONTACTS))
        elders = elders_by_id(session, {row["elder_id"] for row in rows})
    lines = [row | {"of": elders[row["elder_id"]]["name"]} for row in rows]
    return page(
        request, "registry_removed.html", user, lines=lines, where="contacts", following=encode_cursor(following),
        is_first=not cursor,
    )  # fmt: skip


@router.get("/resources")
def removed_resources(request: Request, centre: CentreDep, user: Writer, cursor: Cursor = "") -> HTMLResponse:
    after = decode_cursor(cursor) if cursor else None
    with centre.db.read() as session:
        rows, following = removed(session, RESOURCES, after=after, limit=PER_PAGE)
    lines = [row | {"of": row["address"]} for row in rows]
    return page(
        request, "registry_removed.html", user, lines=lines, where="resources", following=encode_cursor(following),
        is_first=not cursor,
    )  # fmt: skip
