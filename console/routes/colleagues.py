"""The duty room's people, as a pick list: who is there, and with how much in hand."""

from fastapi import APIRouter
from pydantic import BaseModel

from console.deps import CentreDep
from console.paging import Page, Paging, page_of
from console.routes.alarms import Actor
from duty.colleagues import colleagues

router = APIRouter(prefix="/api/v1", tags=["duty room"])


class ColleagueView(BaseModel):
    """Somebody to whom an alarm can be offered."""

    id: str
    name: str
    role: str
    is_present: bool
    is_on_shift: bool
    is_leader: bool
    holds: int


@router.get("/colleagues")
def list_colleagues(centre: CentreDep, user: Actor, paging: Paging) -> Page[ColleagueView]:
    """Who is there comes first, and of those who has the least in hand."""
    with centre.db.read() as session:
        found = colleagues(session, centre.clock.now())
    views = [
        ColleagueView(
            id=one.id, name=one.name, role=one.role, is_present=one.is_present, is_on_shift=one.is_on_shift,
            is_leader=one.is_leader, holds=one.holds,
        )
        for one in found
    ]  # fmt: skip
    return page_of(views, lambda one: one.id, paging)
