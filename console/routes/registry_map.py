"""The registry's map: the tools of the desk's map for who keeps the files, without alarms."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy import func, select
from starlette.responses import HTMLResponse, Response

from console.centre import Centre
from console.deps import CentreDep, allowed
from console.pages import page
from console.routes.maps import NOWHERE, SCRIPT
from console.tiles import tiles_of
from geo.outlines import outlines
from geo.tools_map import tools_map
from registry.sessions import SignedIn
from registry.store import ELDERS

router = APIRouter(include_in_schema=False)
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
LOOKED_AT = 500  # Homes whose middle is the middle of the map.


@router.get("/registry/map", name="registry_map")
def map_page(request: Request, centre: CentreDep, user: Reader) -> HTMLResponse:
    return page(request, "registry_map.html", user)


@router.get("/registry/map.js")
def map_script(centre: CentreDep, user: Reader) -> Response:
    drawn = tools_map(_middle(centre, user), outlines(), tiles_of(centre.settings))
    return Response(drawn.script, media_type=SCRIPT)


def _middle(centre: Centre, user: SignedIn) -> tuple[float, float]:
    """Where the user's elders live, by some of them."""
    seen = ELDERS.c.lat.is_not(None), ELDERS.c.deleted_at.is_(None), *user.scope.where(ELDERS)
    some = select(ELDERS.c.lat, ELDERS.c.lon).where(*seen).limit(LOOKED_AT).subquery()
    with centre.db.read() as session:
        row = session.execute(select(func.avg(some.c.lat), func.avg(some.c.lon))).one()
    return (float(row[0]), float(row[1])) if row[0] is not None else NOWHERE
