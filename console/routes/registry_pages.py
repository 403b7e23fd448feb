"""The registry's front door."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse

from console.deps import CurrentUser
from console.sections import sections_for
from core.errors import NotFound

router = APIRouter(include_in_schema=False)


@router.get("/registry", name="registry")
def registry(request: Request, user: CurrentUser) -> RedirectResponse:
    """To the first page of the registry that this user may open."""
    sections = sections_for(request, user)
    if not sections:
        raise NotFound("there is no page of the registry that your role may open")
    return RedirectResponse(next((s for s in sections if s.path == "/registry/elders"), sections[0]).path, 303)
