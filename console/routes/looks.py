"""What an open console says of itself: that it is there, and which alarm is on it."""

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, FastAPI, Form, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from console.deps import CentreDep, check_named
from console.looks import Looks
from console.routes.alarms import ALARM_ID, Reader
from core.errors import Rejected

TIDY_EVERY_S = 2.0
CONSOLE_ID = re.compile(r"[0-9a-f]{16,36}")
log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def _tidied(app: FastAPI) -> AsyncIterator[None]:
    looks: Looks = app.state.looks
    task = asyncio.get_running_loop().create_task(_run(looks), name="looks")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _run(looks: Looks) -> None:
    step = looks.begin
    while True:
        try:
            await asyncio.to_thread(step)
            step = looks.tidy
        except SQLAlchemyError as problem:
            log.warning("who looks at what could not be kept (%s); trying again", type(problem).__name__)
        await asyncio.sleep(TIDY_EVERY_S)


router = APIRouter(include_in_schema=False, lifespan=_tidied)


@router.post("/desk/look", status_code=204, response_class=Response)
def look(
    request: Request,
    centre: CentreDep,
    user: Reader,
    console: Annotated[str, Form(max_length=36)],
    alarm: Annotated[str, Form(max_length=36)] = "",
    is_gone: Annotated[str, Form(max_length=1)] = "",
) -> None:
    """A page is open and shows this alarm, or none; with `is_gone` it is being left."""
    if not CONSOLE_ID.fullmatch(console):
        raise Rejected("console is 16 to 36 hexadecimal digits that the page has made up")
    looks: Looks = request.app.state.looks
    if is_gone:
        looks.gone(console)
        return
    shown = alarm if ALARM_ID.fullmatch(alarm) else None
    if shown is not None:
        check_named(centre, user, alarm_id=shown)
    looks.heard(console, user, shown)
