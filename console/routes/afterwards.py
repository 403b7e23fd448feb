"""补录: an officer enters what was done while the system was down, one case after the other."""

from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Request
from pydantic import ValidationError
from sqlalchemy import select
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alarms.afterwards import BadEntry, LooksDouble
from alarms.events import DISPOSITIONS, SATISFACTIONS
from alarms.models import Alarm
from alarms.sight import in_sight
from alarms.views import alarm_briefs
from console import flash
from console.afterwards import AfterwardsNew, Kind, Outcome, typed
from console.centre import Centre
from console.deps import CentreDep, allowed, check_elder, check_named
from console.forms import Form as Fields
from console.forms import errors_of
from console.found import hits
from console.i18n import N_
from console.pages import page
from console.routes.alarms import detail_for, service_of
from console.schemas import AlarmDetail
from core.errors import NotFound
from registry import directory
from registry.intake import BadMember
from registry.models import Device, table_of
from registry.search import Wanted, scopes_of
from registry.search_query import LONGEST
from registry.sessions import SignedIn

Actor = Annotated[SignedIn, Depends(allowed("alarms.act"))]
PAGE = "/room/afterwards"
KINDS: tuple[str, ...] = Kind.__args__  # type: ignore[attr-defined]
OUTCOMES: tuple[str, ...] = Outcome.__args__  # type: ignore[attr-defined]
FOUND_SHOWN = 12
ENTERED_SHOWN = 12
CONTACTS_SHOWN = 12
LAST_WEEK = timedelta(days=7)
ALARMS, DEVICES = table_of(Alarm), table_of(Device)

api = APIRouter(prefix="/api/v1/alarms", tags=["alarms"])
router = APIRouter(prefix=PAGE, include_in_schema=False)


@api.post("/afterwards", status_code=201, response_model=AlarmDetail)
def enter(given: AfterwardsNew, centre: CentreDep, user: Actor) -> dict[str, Any]:
    """Enter what was done without the system, with its real times; 409 asks about what looks like the same case."""
    try:
        return detail_for(centre, user, _entered(centre, user, given))
    except BadEntry as wrong:
        raise BadMember(wrong.member, wrong.what) from None


@router.get("", name="afterwards")
def choose(request: Request, centre: CentreDep, user: Actor) -> HTMLResponse:
    """Whose case is next, and those that this officer has entered."""
    return page(request, "afterwards.html", user, hits=None, q="", has_more=False, entered=_mine(centre, user))


@router.post("/find")
def find(
    request: Request, centre: CentreDep, user: Actor, q: Annotated[str, Form(max_length=LONGEST)] = ""
) -> Response:
    """By POST, since a name or a number belongs into no address; the only one found is opened at once."""
    answer = centre.registry.search(Wanted(q, limit=FOUND_SHOWN, scopes=scopes_of(user.scope.codes)))
    if len(answer.found) == 1:
        return RedirectResponse(f"{PAGE}/{answer.found[0].file.id}", 303)
    shown = hits(answer.found, centre.clock.now()) if q.strip() else []
    return page(
        request, "afterwards.html", user, hits=shown, q=q, has_more=answer.following is not None,
        entered=_mine(centre, user),
    )  # fmt: skip


@router.get("/{elder_id}")
def blank(request: Request, centre: CentreDep, user: Actor, elder_id: str) -> HTMLResponse:
    today = centre.clock.now().astimezone(ZoneInfo(centre.settings.timezone)).date()
    return _shown(request, centre, user, elder_id, Fields({"day": today.isoformat(), "kind": "sos"}))


@router.post("/{elder_id}")
async def save(request: Request, centre: CentreDep, user: Actor, elder_id: str) -> Response:
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    contacts = [one.id for one in _household(centre, elder_id).contacts]
    doubt = None
    try:
        given = typed(form, contacts, elder_id, ZoneInfo(centre.settings.timezone))
        _entered(centre, user, given)
    except ValidationError as wrong:
        fields = Fields(form, errors_of(wrong))
    except BadEntry as wrong:
        fields = Fields(form, {_field(wrong.member, given): wrong.what})
    except BadMember as wrong:
        fields = Fields(form, {wrong.member: wrong.what})
    except LooksDouble as asked:
        fields, doubt = Fields(form), asked
    else:
        return flash.after(PAGE, N_("Added to the alarm.") if given.add_to else N_("Entered. Whose case is next?"))
    status = 409 if doubt else 422
    return _shown(request, centre, user, elder_id, fields, doubt=doubt, status=status)


def _entered(centre: Centre, user: SignedIn, given: AfterwardsNew) -> str:
    """The alarm's id. Raises BadEntry, LooksDouble, NotFound."""
    check_elder(centre, user, given.elder_id)
    if given.add_to is not None:
        check_named(centre, user, alarm_id=given.add_to)
    event = given.event(user, centre.clock.now(), _device_of(centre, given.elder_id))
    return str(service_of(centre).handle(event).alarm_id)


def _device_of(centre: Centre, elder_id: str) -> str | None:
    """The phone that was pressed, as far as anybody can know."""
    with centre.db.read() as session:
        wanted = select(DEVICES.c.uid).where(DEVICES.c.elder_id == elder_id, DEVICES.c.state != "retired")
        found: str | None = session.execute(wanted.order_by(DEVICES.c.id).limit(1)).scalar()
        return found


def _field(member: str, given: AfterwardsNew) -> str:
    """`calls.1.at` is the field of the contact whom the second call was made to."""
    parts = member.split(".")
    if parts[0] == "calls":
        return f"call.{given.calls[int(parts[1])].contact_id}.at"
    return member


def _household(centre: Centre, elder_id: str) -> directory.Household:
    with centre.db.read() as session:
        found = directory.households(session, [elder_id]).get(elder_id)
    if found is None:
        raise NotFound("there is no such elder")
    return found


def _mine(centre: Centre, user: SignedIn) -> list[dict[str, Any]]:
    now = centre.clock.now()
    with centre.db.read() as session:
        wanted = select(ALARMS.c.id).where(
            ALARMS.c.entered_at > now - LAST_WEEK, ALARMS.c.claimed_by == user.id, *in_sight(user)
        )
        newest = wanted.order_by(ALARMS.c.entered_at.desc(), ALARMS.c.number.desc()).limit(ENTERED_SHOWN)
        ids = list(session.scalars(newest))
        found, _ = alarm_briefs(session, now, ids=ids, limit=len(ids) or 1, seen_by=user)
    return found


def _shown(
    request: Request, centre: Centre, user: SignedIn, elder_id: str, form: Fields, *,
    doubt: LooksDouble | None = None, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    home = _household(centre, elder_id)
    return page(
        request, "afterwards_case.html", user, form=form, elder=home.elder, contacts=home.contacts[:CONTACTS_SHOWN],
        kinds=KINDS, outcomes=OUTCOMES, dispositions=DISPOSITIONS, satisfactions=SATISFACTIONS, doubt=doubt,
        status=status,
    )  # fmt: skip
