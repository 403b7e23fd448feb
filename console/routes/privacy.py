"""A person's own data, told or erased on request, and how long each kind is kept."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, StringConstraints

from alarms import personal, retention
from console.deps import CentreDep, allowed
from console.paging import Page, Paging, page_of
from core.errors import NotFound
from registry import audit
from registry.audit import Actor, Deed
from registry.intake import SHORTEST_REASON, Given
from registry.sessions import SignedIn

router = APIRouter(prefix="/api/v1", tags=["privacy"])
Keeper = Annotated[SignedIn, Depends(allowed("privacy.write"))]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=SHORTEST_REASON, max_length=500)]


class WithReason(Given):
    """Why; it is kept in the log."""

    reason: Reason


class PersonalData(BaseModel):
    """Everything that is kept about one elder; bytes are in base64."""

    elder: dict[str, Any]
    addresses: list[dict[str, Any]]
    photo: list[dict[str, Any]]
    contacts: list[dict[str, Any]]
    phone_checks: list[dict[str, Any]]
    todos: list[dict[str, Any]]
    devices: list[dict[str, Any]]
    alarms: list[dict[str, Any]]
    presses: list[dict[str, Any]]
    attempts: list[dict[str, Any]]
    timeline: list[dict[str, Any]]
    log: list[dict[str, Any]] = Field(description="Who opened or changed the file, when and why")


class RetentionPeriod(BaseModel):
    """How long one kind of data is kept."""

    kind: str
    keep_days: int | None = Field(description="null: for good")
    default_days: int | None


class PeriodGiven(Given):
    """A new period."""

    keep_days: Annotated[int, Field(strict=True, ge=retention.LEAST_DAYS, le=retention.MOST_DAYS)] | None = Field(
        description="null keeps it for good"
    )


@router.post("/elders/{elder_id}/personal-data")
def tell_personal_data(elder_id: str, given: WithReason, centre: CentreDep, user: Keeper) -> PersonalData:
    """Hand over what is kept about a person, as they may ask."""
    with centre.db.write() as session:
        found = personal.told(session, elder_id)
        deed = Deed("elder.hand_over", "elder", elder_id, reason=given.reason)
        audit.record(session, Actor(user.id, user.name), centre.clock.now(), deed)
    return PersonalData.model_validate(found)


@router.post("/elders/{elder_id}/erase", status_code=204)
def erase_person(elder_id: str, given: WithReason, centre: CentreDep, user: Keeper) -> None:
    """Make a person nameless everywhere; the alarms' times, kinds, outcomes and areas stay. Cannot be undone."""
    now = centre.clock.now()
    with centre.db.write() as session:
        personal.make_nameless(session, elder_id, now)
        deed = Deed("elder.erase", "elder", elder_id, reason=given.reason)
        audit.record(session, Actor(user.id, user.name), now, deed)


@router.get("/retention")
def list_periods(centre: CentreDep, user: Keeper, paging: Paging) -> Page[RetentionPeriod]:
    with centre.db.read() as session:
        found = retention.periods(session)
    periods = [RetentionPeriod.model_validate(kept, from_attributes=True) for kept in found]
    return page_of(periods, lambda one: one.kind, paging)


@router.put("/retention/{kind}")
def set_period(kind: str, given: PeriodGiven, centre: CentreDep, user: Keeper) -> RetentionPeriod:
    retention.set_period(centre.db, centre.clock, kind, given.keep_days, Actor(user.id, user.name))
    with centre.db.read() as session:
        for kept in retention.periods(session):
            if kept.kind == kind:
                return RetentionPeriod.model_validate(kept, from_attributes=True)
    raise NotFound("there is no such kind of data")
