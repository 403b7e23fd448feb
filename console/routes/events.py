"""The event stream of every open console."""

import contextlib
import re
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request
from starlette.responses import StreamingResponse

from console.centre import Centre
from console.deps import allowed
from console.i18n import LANGUAGES
from console.live import Hub
from console.pages import queue_line
from core.errors import TryAgain
from registry.sessions import SignedIn

NUMBER = re.compile(r"[0-9]{1,18}")
TOLD = (
    "`hello` with the server's time and the newest `seq`; then one `alarm` for each line of the timeline, its `id` "
    "the line's `seq`, its data `{seq, what, at, author, data, alarm}`; `heartbeat` with the server's time. "
    "`looks` says who has which alarm before them (`{alarms: {id: [{id, name}]}}`), `todos` that a list has changed. "
    "Of an alarm outside the reader's areas no more is told than its `id`, with `what` `out_of_sight`. "
    "`Last-Event-ID` goes on after that line and leaves none out."
)
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@contextlib.asynccontextmanager
async def _with_hub(app: FastAPI) -> AsyncIterator[None]:
    centre: Centre = app.state.centre
    line_of = partial(queue_line, centre.settings.timezone)
    hub = app.state.hub = Hub(centre.db, centre.clock, centre.wake, line_of)
    await hub.start()
    try:
        yield
    finally:
        await hub.stop()


router = APIRouter(lifespan=_with_hub)


@router.get(
    "/api/v1/events",
    tags=["alarms"],
    summary="Every change an open console must show, as server-sent events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": TOLD},
    },
)
async def events(
    request: Request,
    user: Annotated[SignedIn, Depends(allowed("alarms.read"))],
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
    since: Annotated[
        str | None, Query(alias="last_event_id", max_length=64, description="Where the header cannot be set")
    ] = None,
    lines: Annotated[
        str | None,
        Query(pattern=f"^({'|'.join(LANGUAGES)})$", description="A language: `alarm` also brings the queue's `line`"),
    ] = None,
) -> StreamingResponse:
    hub: Hub | None = getattr(request.app.state, "hub", None)
    if hub is None or hub.is_closed:
        raise TryAgain("the console is starting or stopping")
    known = last_event_id or since
    place = int(known) if known and NUMBER.fullmatch(known) else None
    return StreamingResponse(hub.stream(place, user, lines), media_type="text/event-stream", headers=HEADERS)
