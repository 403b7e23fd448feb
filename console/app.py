"""The console's web application: routers, errors, and the description of it all."""

import contextlib
from collections.abc import AsyncIterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from console import problems
from console.basemaps import basemaps_of
from console.centre import Centre
from console.counted import Counted
from console.deps import Memory
from console.edge import Edge, security_headers
from console.head import Head, answers_head
from console.import_jobs import ImportJobs
from console.looks import Looks
from console.openapi import describe
from console.pages import error_page
from console.routes import (
    account,
    account_pages,
    afterwards,
    alarm_closing,
    alarms,
    area_pages,
    area_shapes,
    areas,
    board,
    card_notes,
    code_pages,
    codes,
    colleagues,
    contact_form_pages,
    contact_pages,
    contacts,
    desk,
    device_forms,
    device_labels,
    device_models,
    device_pages,
    devices,
    doors,
    elder_devices,
    elder_form_pages,
    elder_home,
    elder_pages,
    elder_parts,
    elders,
    events,
    exchange,
    findings,
    for_me,
    health,
    hooks,
    import_pages,
    imports,
    knowledge,
    knowledge_pages,
    log,
    log_pages,
    looks,
    many,
    map_layers,
    map_tools,
    maps,
    missed,
    nearby,
    offline,
    oidc,
    policies,
    policy_pages,
    privacy,
    recordings,
    registry_map,
    registry_pages,
    relative,
    removed_pages,
    resource_pages,
    resources,
    room,
    room_pages,
    sandbox,
    sandbox_dial,
    sandbox_page,
    search,
    search_pages,
    session,
    silent,
    sound,
    user_pages,
    users,
    wall,
    work_pages,
)
from console.signin import Guard
from console.single_sign_on import SingleSignOn
from console.views_log import Views

STATIC = Path(__file__).parent / "static"
PACK_FROM_BYTES = 1024
PACK_LEVEL = 5  # Higher ones take twice the time for a fiftieth less.
NOT_PACKED = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/octet-stream", "application/vnd.pmtiles")
"""What is packed already, is never whole (streams), or is asked for in ranges of its own bytes."""
ROUTERS: tuple[APIRouter, ...] = (
    session.router,
    account.router,
    account_pages.router,
    afterwards.api,
    afterwards.router,
    alarm_closing.router,
    alarms.router,
    events.router,
    area_pages.router,
    area_shapes.router,
    areas.router,
    card_notes.router,
    code_pages.router,
    codes.router,
    colleagues.router,
    board.router,
    contact_form_pages.router,
    contact_pages.router,
    contacts.router,
    desk.router,
    device_forms.router,
    device_labels.router,
    device_models.router,
    device_pages.router,
    devices.router,
    doors.router,
    elder_form_pages.router,
    elder_home.router,
    elder_pages.router,
    elder_devices.router,
    removed_pages.router,
    elder_parts.router,
    elders.router,
    findings.router,
    for_me.router,
    health.router,
    hooks.router,
    knowledge.router,
    knowledge_pages.router,
    log.router,
    log_pages.router,
    map_tools.router,
    looks.router,
    many.router,
    map_layers.router,
    maps.router,
    missed.router,
    nearby.router,
    offline.router,
    oidc.router,
    policies.router,
    policy_pages.router,
    privacy.router,
    registry_map.router,
    registry_pages.router,
    recordings.router,
    relative.router,
    resource_pages.router,
    resources.router,
    room.router,
    room_pages.router,
    sandbox.router,
    sandbox_dial.router,
    sandbox_page.router,
    silent.router,
    sound.router,
    search.router,
    exchange.router,
    imports.router,
    import_pages.router,
    search_pages.router,
    user_pages.router,
    users.router,
    wall.router,
    work_pages.router,
)


def create_app(centre: Centre) -> FastAPI:
    """The application of one centre. Run it with uvicorn's access log off: `console.edge` writes one that is fit."""
    app = FastAPI(
        title="Carebell",
        version=_version(),
        description="The duty desk's API. Errors are problem documents (RFC 9457).",
        docs_url=None,  # Those pages would fetch scripts from elsewhere.
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_with_all_that_runs,
    )
    app.state.centre = centre
    grounds = basemaps_of(centre.settings)  # One that cannot be drawn ends the start, with a line that names it.
    app.state.memory = Memory()
    app.state.guard = Guard()
    app.state.single_sign_on = SingleSignOn(centre.settings)
    app.state.imports = ImportJobs(centre.registry, centre.clock)
    app.state.views = Views()
    app.state.looks = Looks(centre.db, centre.clock, centre.wake)
    app.state.wall = wall.Wall()
    app.state.counted = Counted()
    app.state.error_page = error_page
    app.state.paths = frozenset(route.path for router in ROUTERS for route in router.routes if isinstance(route, Route))
    for router in ROUTERS:  # As they are: included, each would be made anew and matched within its router.
        app.router.routes.extend(router.routes)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    problems.install(app)
    app.add_middleware(
        GZipMiddleware, minimum_size=PACK_FROM_BYTES, compresslevel=PACK_LEVEL, exclude_content_types=NOT_PACKED
    )
    hosts = [one.host for one in grounds if one.host]
    app.add_middleware(Edge, headers=security_headers(centre.settings.public_url, hosts))
    app.add_middleware(Head, paths=answers_head(app.router.routes))
    _describe_once(app)
    return app


@contextlib.asynccontextmanager
async def _with_all_that_runs(app: FastAPI) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as running:
        for router in ROUTERS:
            await running.enter_async_context(router.lifespan_context(app))
        yield


def _describe_once(app: FastAPI) -> None:
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _version() -> str:
    try:
        return version("carebell")
    except PackageNotFoundError:  # Run from a source tree that was never installed.
        return "0"
