"""The queue of the duty desk: its pages, single lines as they now are, the counts of all, and whoever is next."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import HTMLResponse

from alarms.board import EVERYTHING, OPEN_STATES, Wanted, neediest
from alarms.need import Need
from alarms.views import alarm_briefs
from console.centre import Centre
from console.counted import Counted, as_json
from console.deps import CentreDep
from console.pages import page
from console.routes.alarms import ALARM_ID, Actor, Reader, perform
from console.schemas import ActionBody
from console.states import dressed
from core.errors import Conflict, NotFound
from registry.sessions import SignedIn

LINES_A_PAGE = 100
TRIES = 20  # So many colleagues may take the same next alarm at the same moment.

router = APIRouter(prefix="/desk", include_in_schema=False)


def first_page(centre: Centre, user: SignedIn, view: str = "all", after: Need | None = None) -> dict[str, Any]:
    """Lines of the queue, and behind which need there are more of them."""
    now = centre.clock.now()
    wanted = Wanted(held_by=user.id) if view == "mine" else EVERYTHING
    with centre.db.read() as session:
        found, following = neediest(session, now, seen_by=user, limit=LINES_A_PAGE, after=after, wanted=wanted)
    return {"lines": [dressed(one, now) for one in found], "more": "" if following is None else str(following)}


@router.get("/queue")
def queue(
    request: Request,
    centre: CentreDep,
    user: Reader,
    view: Annotated[str, Query(pattern="^(all|mine)$")] = "all",
    after: Annotated[str | None, Query(max_length=80)] = None,
) -> HTMLResponse:
    """The next page of the queue; the answer's X-More is where the one behind it begins, empty on the last."""
    members = first_page(centre, user, view, Need.read(after) if after else None)
    answer = page(request, "_lines.html", user, lines=members["lines"])
    answer.headers["X-More"] = members["more"]
    return answer


@router.get("/lines")
def lines(
    request: Request,
    centre: CentreDep,
    user: Reader,
    ids: Annotated[list[str], Query(alias="id", max_length=100)],
) -> HTMLResponse:
    """Lines of the queue as they now are; those of closed alarms are left out."""
    now = centre.clock.now()
    wanted = [one for one in ids if ALARM_ID.fullmatch(one)]
    with centre.db.read() as session:
        found, _ = alarm_briefs(session, now, ids=wanted, states=OPEN_STATES, limit=len(wanted) or 1, seen_by=user)
    return page(request, "_lines.html", user, lines=[dressed(one, now) for one in found])


@router.get("/counts")
def counts(request: Request, centre: CentreDep, user: Reader) -> dict[str, Any]:
    counted: Counted = request.app.state.counted
    return as_json(counted.counts(centre, user))


@router.get("/overdue")
def overdue(request: Request, centre: CentreDep, user: Reader) -> HTMLResponse:
    """The bar about what nobody has taken for too long, empty while there is nothing; every page asks for it."""
    counted: Counted = request.app.state.counted
    return page(request, "_overdue.html", user, counts=counted.counts(centre, user))


@router.post("/next")
def take_next(centre: CentreDep, user: Actor) -> Response:
    """Take the neediest alarm that nobody has; X-Alarm names it. 204 without it when none waits."""
    taken = next_taken(centre, user)
    return Response(status_code=204, headers={} if taken is None else {"X-Alarm": taken[0], "X-Number": str(taken[1])})


def next_taken(centre: Centre, user: SignedIn) -> tuple[str, int] | None:
    """Id and number of the alarm that this officer now has; of many officers at once each gets another one."""
    with centre.db.read() as session:
        waiting, _ = neediest(
            session, centre.clock.now(), seen_by=user, limit=TRIES, wanted=Wanted(is_unclaimed=True, is_real=True)
        )
    for alarm_id, number in ((one["id"], one["number"]) for one in waiting):
        try:
            perform(centre, user, alarm_id, "claim", ActionBody())
        except (Conflict, NotFound):
            continue
        return alarm_id, number
    return None
