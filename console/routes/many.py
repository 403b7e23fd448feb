"""Mass events: the open alarms by area, and one word for many of them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse

from alarms import groups
from alarms.board import Wanted, neediest, neediest_ids
from console.centre import Centre
from console.deps import CentreDep
from console.many import ACTIONS, MOST_AT_ONCE, Outcome, perform_many
from console.pages import page
from console.panel import ETAS_MIN
from console.routes.alarms import ALARM_ID, Actor, Reader
from console.schemas import ActionBody
from console.states import dressed
from core.errors import Rejected
from registry.sessions import SignedIn

LINES_SHOWN = 100  # Of an opened area; what is done to the area is done to all of it.
APPLIES_TO = {"accept": ("open",), "arrived": ("open", "accepted")}
Action = Literal["claim", "release", "note", "accept", "arrived"]
AlarmKey = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,36}$")]

router = APIRouter()


class ManyBody(BaseModel):
    """The same for many alarms."""

    ids: Annotated[list[AlarmKey], Field(min_length=1, max_length=MOST_AT_ONCE, description="The alarms, each once")]
    action: Annotated[Action, Field(description="; ".join(f"{name}: {what}" for name, what in ACTIONS.items()))]
    text: Annotated[str | None, Field(max_length=4000, description="A note; needed by `note`")] = None
    who: Annotated[str | None, Field(max_length=120, description="For `accept`: who is going")] = None
    eta_min: Annotated[int | None, Field(ge=0, le=1440, description="Minutes until they are there")] = None


class DoneOne(BaseModel):
    """An alarm with which it went through."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    number: int
    state: str | None
    is_news: bool = Field(description="False where nothing had to be changed: it was one's own already")


class RefusedOne(BaseModel):
    """An alarm with which it did not; `status` and `detail` are what the single action would have answered."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    number: int | None
    status: int
    detail: str


class ManyResult(BaseModel):
    """How each of them went."""

    model_config = ConfigDict(from_attributes=True)
    done: list[DoneOne]
    refused: list[RefusedOne]


@router.post("/api/v1/alarms/many", response_model=ManyResult, tags=["alarms"], summary="The same to many alarms")
def act_on_many(centre: CentreDep, user: Actor, body: ManyBody) -> Outcome:
    """Each alarm is decided by itself: the answer is 200 and says which went through and which did not."""
    said = ActionBody(text=body.text, who=body.who, eta_min=body.eta_min)
    return perform_many(centre, user, body.ids, body.action, said)


@router.get("/desk/areas", include_in_schema=False)
def areas(
    request: Request,
    centre: CentreDep,
    user: Reader,
    by: Annotated[str, Query(pattern="^(community|street)$")] = "community",
    area: Annotated[str | None, Query(max_length=200)] = None,
) -> HTMLResponse:
    """The open alarms by area; of the one that is opened, the lines."""
    now = centre.clock.now()
    with centre.db.read() as session:
        upto = groups.newest_number(session)
        found = groups.by_area(session, now, user, by)
        lines, more = (
            neediest(session, now, seen_by=user, limit=LINES_SHOWN, wanted=Wanted(area=area, upto=upto))
            if area
            else ([], None)
        )
    return page(
        request, "_areas.html", user, groups=found, by=by, opened=area, upto=upto, has_more=more is not None,
        lines=[dressed(one, now) for one in lines], etas=ETAS_MIN, may_act=user.may("alarms.act"), most=MOST_AT_ONCE,
    )  # fmt: skip


@router.post("/desk/many", include_in_schema=False)
def act(
    request: Request,
    centre: CentreDep,
    user: Actor,
    action: Annotated[Action, Form()],
    ids: Annotated[list[str] | None, Form(alias="id", max_length=MOST_AT_ONCE)] = None,
    area: Annotated[str | None, Form(max_length=200)] = None,
    upto: Annotated[int | None, Form(ge=0)] = None,
    note: Annotated[str | None, Form(max_length=4000)] = None,
    who: Annotated[str | None, Form(max_length=120)] = None,
    eta_min: Annotated[int | None, Form(ge=0, le=1440)] = None,
) -> HTMLResponse:
    """A button of an opened area: for the alarms that are ticked, or else for all of it as it was shown."""
    chosen = [one for one in ids or () if ALARM_ID.fullmatch(one)]
    if action == "note" and not (note or "").strip():
        raise Rejected("a note needs a text")
    if not chosen:
        chosen = _of_area(centre, user, action, area, upto)
    said = ActionBody(text=note if action == "note" else None, who=who, eta_min=eta_min)
    outcome = perform_many(centre, user, chosen, action, said)
    return page(request, "_many.html", user, outcome=outcome, action=action)


def _of_area(centre: Centre, user: SignedIn, action: str, area: str | None, upto: int | None) -> list[str]:
    if area is None or upto is None:
        raise Rejected("say which alarms: tick some, or open an area")
    wanted = Wanted(
        area=area, upto=upto, is_unclaimed=action == "claim", states=APPLIES_TO.get(action), is_real=True
    )  # fmt: skip
    with centre.db.read() as session:
        ids, _ = neediest_ids(session, centre.clock.now(), seen_by=user, limit=MOST_AT_ONCE, wanted=wanted)
    return ids
