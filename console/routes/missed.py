"""Keeps missed calls in the hands of who is on duty."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from fastapi import APIRouter, FastAPI
from sqlalchemy.exc import SQLAlchemyError

from console.calls_in import missed_of

LOOK_EVERY_S = 15.0
FORGET_EVERY = 240  # Looks: once an hour.
log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def _handed_on(app: FastAPI) -> AsyncIterator[None]:
    task = asyncio.get_running_loop().create_task(_run(app), name="missed calls")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _run(app: FastAPI) -> None:
    missed, looks = missed_of(app.state.centre), 0
    while True:
        try:
            await asyncio.to_thread(missed.hand_on)
            if looks % FORGET_EVERY == 0:
                await asyncio.to_thread(missed.forget)
            looks += 1
        except SQLAlchemyError as problem:
            log.warning("missed calls could not be handed on (%s); trying again", type(problem).__name__)
        await asyncio.sleep(LOOK_EVERY_S)


router = APIRouter(lifespan=_handed_on)
