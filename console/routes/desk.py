"""The duty desk's pages: the board, one alarm, the closed ones, and the buttons on them."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from alarms.closing import Unanswered
from alarms.events import DISPOSITIONS, SATISFACTIONS
from alarms.views import alarm_briefs, last_change, number_cursor
from console import recording_access
from console.alarm_history import earlier_of
from console.alarm_links import links_of
from console.alarm_people import ways_of
from console.alarm_place import place_of
from console.area_places import Inside, inside
from console.cards_beside import Cards, cards_of
from console.closing_sheet import after_of, sheet_of
from console.closing_words import PHRASES
from console.counted import Counted, as_json
from console.deps import CentreDep, actor_of, allowed, check_named
from console.i18n import N_, language_of, words
from console.map_words import map_members
from console.nearby_help import helpers_of
from console.pages import page
from console.paging import Paging, encode_cursor
from console.panel import panel_of, places_of
from console.routes.alarms import ACTIONS, ALARM_ID, Actor, AlarmId, Reader, detail_for, perform
from console.routes.board import first_page
from console.routes.elder_parts import photo_answer
from console.schemas import ActionBody, Disposition, Satisfaction
from console.states import dressed
from console.together import refusal, together_of
from console.views_log import health_seen
from core.errors import Conflict, Forbidden, NotFound, Rejected, TryAgain
from duty import sound
from geo.nearby import Nearby
from geo.store import nearest_resources
from registry import silence
from registry.intake import SHORTEST_REASON
from registry.knowledge import all_cards
from registry.sessions import SignedIn

HELP_SHOWN = 6
MANY = 30  # Unclaimed alarms from which the board groups them by area.
HELP_WITHIN_M = 10_000.0
UNANSWERED = N_("The alarm is still open: answer what is marked below.")

router = APIRouter(include_in_schema=False)


@router.get("/", name="desk")
def desk(
    request: Request,
    centre: CentreDep,
    user: Reader,
    alarm: Annotated[str | None, Query(max_length=64)] = None,
) -> HTMLResponse:
    now = centre.clock.now()
    with centre.db.read() as session:
        seen = last_change(session)  # Before the lines: what changes in between is told again, never missed.
        closed, _ = alarm_briefs(session, now, states=("closed",), limit=1, seen_by=user)
        silent = silence.count(session, user.scope) if user.may("registry.read") else None
        check_sound = user.may("alarms.act") and sound.is_due(session, user.id, now)
    counted: Counted = request.app.state.counted
    chosen = _chosen(request, centre, user, alarm)
    return page(
        request, "desk.html", user, seen=seen, panel=chosen, last_closed=closed[0] if closed else None, silent=silent,
        many=MANY, check_sound=check_sound, counts=as_json(counted.counts(centre, user)), **first_page(centre, user),
        **map_members(centre.settings, language_of(request, centre.settings.locale)),
    )  # fmt: skip


@router.get("/alarms", name="closed_alarms")
def closed_alarms(request: Request, centre: CentreDep, user: Reader, wanted: Paging) -> HTMLResponse:
    now = centre.clock.now()
    with centre.db.read() as session:
        found, following = alarm_briefs(
            session, now, states=("closed",), limit=wanted.limit, cursor=number_cursor(wanted.after), seen_by=user,
        )  # fmt: skip
    shown = [dressed(one, now) for one in found]
    return page(request, "alarms.html", user, alarms=shown, following=encode_cursor(following))


@router.get("/alarms/{alarm_id}", name="alarm")
def alarm_page(request: Request, centre: CentreDep, user: Reader, alarm_id: AlarmId) -> HTMLResponse:
    return shown(request, centre, user, alarm_id)


@router.get("/alarms/{alarm_id}/photo")
def alarm_photo(
    centre: CentreDep, user: Reader, _sees: Annotated[SignedIn, Depends(allowed("health.read"))], alarm_id: AlarmId
) -> Response:
    """The face of whom the alarm is about."""
    elder = detail_for(centre, user, alarm_id)["elder"]
    if elder is None:
        raise NotFound("there is no photo of this elder")
    return photo_answer(centre, elder["id"])


@router.post("/alarms/{alarm_id}/health")
def open_health(
    request: Request,
    centre: CentreDep,
    user: Annotated[SignedIn, Depends(allowed("health.read"))],
    alarm_id: AlarmId,
    text: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Health data of an alarm that somebody else holds: for a reason, which the timeline keeps."""
    reason = text.strip()
    if len(reason) < SHORTEST_REASON:
        return shown(
            request, centre, user, alarm_id, problem=N_("Say why you need to see the health data."), status=422
        )
    speech = words(centre.settings.locale)
    note = speech.say(N_("Opened the health data: %(reason)s")) % {"reason": reason}
    perform(centre, user, alarm_id, "note", ActionBody(text=note))
    elder = detail_for(centre, user, alarm_id)["elder"]
    if elder is not None:
        centre.registry.elders.open(elder["id"], reason, actor_of(user))
    return shown(request, centre, user, alarm_id, is_opened=True)


@router.post("/alarms/{alarm_id}/{action}")
def act(
    request: Request,
    centre: CentreDep,
    user: Actor,
    alarm_id: AlarmId,
    action: str,
    text: Annotated[str | None, Form(max_length=4000)] = None,
    contact_id: Annotated[str | None, Form(max_length=64)] = None,
    eta_min: Annotated[str | None, Form(max_length=6)] = None,
    disposition: Annotated[Disposition | None, Form()] = None,
    satisfaction: Annotated[Satisfaction | str | None, Form(max_length=20)] = None,
    user_id: Annotated[str | None, Form(max_length=36)] = None,
    other_alarm_id: Annotated[str | None, Form(max_length=64)] = None,
    reason: Annotated[str | None, Form(max_length=400)] = None,
    resource_id: Annotated[str | None, Form(max_length=64)] = None,
    phone: Annotated[str | None, Form(max_length=20)] = None,
) -> Response:
    """A button of the alarm page; the answer is the panel as it then is, or the page for a browser without scripts."""
    if action not in ACTIONS:
        raise NotFound("there is no such action")
    minutes = int(eta_min) if eta_min and eta_min.isascii() and eta_min.isdigit() and int(eta_min) <= 1440 else None
    said = satisfaction if satisfaction in SATISFACTIONS else None
    body = ActionBody(
        text=text, contact_id=contact_id, eta_min=minutes, disposition=disposition, user_id=user_id,
        other_alarm_id=other_alarm_id, reason=reason, resource_id=resource_id, phone=phone,
    )  # fmt: skip
    return tried(request, centre, user, alarm_id, action, body.model_copy(update={"satisfaction": said}))


def tried(
    request: Request,
    centre: CentreDep,
    user: SignedIn,
    alarm_id: str,
    action: str,
    body: ActionBody,
    *,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """Do it and show the alarm as it then is, or what is wrong beside what was `typed`.

    Our own script keeps what was typed by itself: coming back as defaults, the next event would wipe it out.
    """
    typed = None if is_fragment(request) else typed
    try:
        perform(centre, user, alarm_id, action, body)
    except Unanswered as refused:
        faults = refused.problems
        return shown(request, centre, user, alarm_id, problem=UNANSWERED, typed=typed, faults=faults, status=422)
    except (Conflict, Rejected, TryAgain) as refused:
        if isinstance(refused, NotFound | Forbidden):
            raise
        status = 409 if isinstance(refused, Conflict) else 503 if isinstance(refused, TryAgain) else 422
        problem = refusal(request, centre, alarm_id, action, refused)
        return shown(request, centre, user, alarm_id, problem=problem, typed=typed, status=status)
    if is_fragment(request):
        return shown(request, centre, user, alarm_id)
    return RedirectResponse(f"/alarms/{alarm_id}", 303)


def is_fragment(request: Request) -> bool:
    """Whether our own script asks, and wants the panel alone."""
    return "hx-request" in request.headers


def shown(
    request: Request,
    centre: CentreDep,
    user: SignedIn,
    alarm_id: str,
    *,
    is_opened: bool = False,
    problem: str | None = None,
    typed: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
    others: list[dict[str, Any]] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The alarm's page, or its panel for our own script; `typed` comes back where `faults` are marked."""
    whole: dict[str, Any] = {}
    if not is_fragment(request):
        # Before the alarm: what changes in between is told again, never missed.
        with centre.db.read() as session:
            whole["seen"] = last_change(session)
    panel = _panel(request, centre, user, alarm_id, is_opened=is_opened)
    panel |= {"typed": typed or {}, "faults": faults or {}, "others": others}
    template = "_panel.html" if is_fragment(request) else "alarm.html"
    return page(request, template, user, panel=panel, problem=problem, status=status, **whole)


def _chosen(request: Request, centre: CentreDep, user: SignedIn, alarm_id: str | None) -> dict[str, Any] | None:
    if alarm_id is None or not ALARM_ID.fullmatch(alarm_id):
        return None
    try:
        check_named(centre, user, alarm_id=alarm_id)
        return _panel(request, centre, user, alarm_id)
    except NotFound:
        return None


def _panel(
    request: Request, centre: CentreDep, user: SignedIn, alarm_id: str, *, is_opened: bool = False
) -> dict[str, Any]:
    detail = detail_for(centre, user, alarm_id)
    members = panel_of(
        detail, user, centre.clock.now(), is_opened=is_opened,
        access_doubtful_days=centre.settings.access_doubtful_days,
    )  # fmt: skip
    if members["sees_health"] or members["talks"]:
        health_seen(request, centre, user, detail)
    help_near = _help(centre, detail)
    now, zone = centre.clock.now(), centre.settings.timezone
    return members | {
        **recording_access.shown(centre, user, alarm_id),
        "cards": _cards(request, centre, user, members),
        "closing": sheet_of(members["alarm"], members["elder"], now, zone),
        "after": after_of(members["alarm"], user, now),
        "typed": {},
        "faults": {},
        "nearby": help_near,
        **_beside(centre, user, members),
        "phrases": PHRASES,
        "others": None,
        "helpers": helpers_of(help_near, members["alarm"]),
        "may_send": members["may_close"] and detail["state"] != "closed" and not detail["is_test"],
        "places": places_of(detail, help_near),
        "inside": _inside(centre, detail),
        "together": together_of(centre, user, members["alarm"]),
        "dispositions": DISPOSITIONS,
        "satisfactions": SATISFACTIONS,
    }


def _inside(centre: CentreDep, detail: dict[str, Any]) -> Inside | None:
    location = detail["location"] or {}
    with centre.db.read() as session:
        return inside(session, location.get("lat"), location.get("lon"))


def _cards(request: Request, centre: CentreDep, user: SignedIn, members: dict[str, Any]) -> Cards:
    if not user.may("knowledge.read"):
        return Cards()
    with centre.db.read() as session:
        known = all_cards(session)
    return cards_of(known, members, language_of(request, centre.settings.locale))


def _beside(centre: CentreDep, user: SignedIn, members: dict[str, Any]) -> dict[str, Any]:
    """Other alarms, and what is known of the place and of the people around."""
    alarm, now, place = members["alarm"], centre.clock.now(), place_of(members["alarm"]["location"])
    with centre.db.read() as session:
        return {
            "place": place,
            "earlier": earlier_of(alarm),
            "links": links_of(session, user, alarm, now),
            "ways": ways_of(session, members["elder"]["id"], place["home"], now, centre.settings.timezone),
        }


def _help(centre: CentreDep, detail: dict[str, Any]) -> list[Nearby]:
    location = detail["location"] or {}
    if location.get("lat") is None or detail["state"] == "closed":
        return []
    with centre.db.read() as session:
        return nearest_resources(session, location["lat"], location["lon"], limit=HELP_SHOWN, within_m=HELP_WITHIN_M)
