"""The volume check at the beginning of a shift."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from console.deps import CentreDep, actor_of, allowed
from duty import sound
from registry.sessions import SignedIn

Actor = Annotated[SignedIn, Depends(allowed("alarms.act"))]
router = APIRouter(prefix="/api/v1", tags=["duty room"])
LOOKED_BACK = timedelta(days=7)


class SoundCheckNew(BaseModel):
    """The tone was played at the desk; was it heard?"""

    model_config = ConfigDict(extra="forbid", frozen=True)
    was_heard: bool


class SoundCheckView(BaseModel):
    """What somebody said after the tone, and when."""

    was_heard: bool
    checked_at: datetime
    checked_by: str


@router.post("/sound-checks", status_code=201)
def add_sound_check(given: SoundCheckNew, centre: CentreDep, user: Actor) -> SoundCheckView:
    """Keep the answer; the leader sees it on the duty room's page."""
    row = sound.keep(centre.db, centre.clock, actor_of(user), was_heard=given.was_heard)
    return SoundCheckView.model_validate(row)


@router.get("/sound-checks/mine")
def my_sound_check(centre: CentreDep, user: Actor) -> SoundCheckView | None:
    """One's own last answer within a week, or null."""
    with centre.db.read() as session:
        row = sound.latest(session, [user.id], centre.clock.now() - LOOKED_BACK).get(user.id)
    return SoundCheckView.model_validate(row) if row else None
