"""The console's web application: routers, errors, and the description of it all."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from console import problems
from console.centre import Centre
from console.deps import Memory
from console.edge import Edge, security_headers
from console.openapi import describe
from console.pages import error_page
from console.routes import (
    alarms,
    areas,
    contacts,
    desk,
    device_models,
    devices,
    doors,
    elder_parts,
    elders,
    events,
    findings,
    health,
    hooks,
    maps,
    nearby,
    policies,
    registry_pages,
    relative,
    resources,
    sandbox,
    sandbox_page,
    search,
    session,
    users,
)
from console.signin import Guard

STATIC = Path(__file__).parent / "static"
ROUTERS: tuple[APIRouter, ...] = (
    session.router, alarms.router, events.router, sandbox.router,
    elders.router, elder_parts.router, contacts.router, devices.router, device_models.router,
    resources.router, areas.router, policies.router, users.router, findings.router,
    search.router,
    nearby.router, health.router, hooks.router,
    doors.router, desk.router, registry_pages.router, maps.router, relative.router, sandbox_page.router,
)  # fmt: skip


def create_app(centre: Centre) -> FastAPI:
    """The application of one centre. Run it with uvicorn's access log off: `console.edge` writes one that is fit."""
    app = FastAPI(
        title="Carebell",
        version=_version(),
        description="The duty desk's API. Errors are problem documents (RFC 9457).",
        docs_url=None,  # Those pages would fetch scripts from elsewhere.
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.centre = centre
    app.state.memory = Memory()
    app.state.guard = Guard()
    app.state.error_page = error_page
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    problems.install(app)
    app.add_middleware(Edge, headers=security_headers(centre.settings.public_url, centre.settings.tiles_url))
    _describe_once(app)
    return app


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
