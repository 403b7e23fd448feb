"""The duty room's page: who is on duty, what is parked, and the hand-over sheet."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from pydantic import ValidationError
from sqlalchemy import select
from sqlmodel import Session
from starlette.responses import HTMLResponse, Response

from alarms.views import alarm_briefs
from console import flash
from console.centre import Centre
from console.deps import CentreDep, actor_of
from console.forms import Form as Fields
from console.forms import errors_of
from console.i18n import N_
from console.pages import page
from console.routes.doors import safe_path
from console.routes.room import Actor, Leader, Reader, RoomDep
from core.errors import Conflict
from duty import offline, room, sound
from duty.intake import HandOverNew, ShiftNew, ToDoNew, ToDoPatch
from duty.room import HAND_OVERS, USERS
from duty.since import changes
from registry.intake import BadMember
from registry.profile import USER_ROLES
from registry.sessions import SignedIn
from registry.store import Row

router = APIRouter(include_in_schema=False)
DAYS_SHOWN = 7
MOST = 200
PARK_FOR_MIN = (5, 15, 30, 60, 120, 480)
What = Literal["done", "open", "later"]
DUTY_ROLES = tuple(role for role in USER_ROLES if role in ("officer", "supervisor"))
ROOM_TEXTS = (
    N_("a shift ends after it begins, and within 24 hours"),
    N_("this person is on duty already at that time"),
    N_("a hand-over waits for its second signature already"),
    N_("this hand-over is signed already"),
    N_("the second signature is the oncoming leader's, not yours"),
    N_("there is no such user"),
)
"""What the duty room refuses, in words that are translated."""


@router.get("/room", name="room")
def room_page(request: Request, centre: CentreDep, user: Reader) -> HTMLResponse:
    return _shown(request, centre, user)


@router.get("/room/due")
def due(request: Request, centre: CentreDep, user: Reader) -> HTMLResponse:
    """How many to-dos remind this user now, for the desk's bar."""
    with centre.db.read() as session:
        count = room.due_count(session, user.id, centre.clock.now())
    return page(request, "_due.html", user, due=count)


@router.post("/room/shifts")
def add_shift(
    request: Request,
    centre: CentreDep,
    the_room: RoomDep,
    user: Leader,
    user_id: Annotated[str, Form(max_length=36)] = "",
    day: Annotated[str, Form(max_length=10)] = "",
    begins: Annotated[str, Form(max_length=5)] = "",
    ends: Annotated[str, Form(max_length=5)] = "",
    is_leader: Annotated[str, Form(max_length=5)] = "0",
) -> Response:
    typed = {"user_id": user_id, "day": day, "begins": begins, "ends": ends, "is_leader": is_leader}
    try:
        starts_at, ends_at = _hours(centre, day, begins, ends)
        values = {"user_id": user_id, "starts_at": starts_at, "ends_at": ends_at, "is_leader": is_leader == "1"}
        the_room.add_shift(ShiftNew.model_validate(values), actor_of(user))
    except (ValidationError, BadMember, Conflict, ValueError) as wrong:
        return _refused(request, centre, user, "shift", typed, wrong)
    return flash.after("/room", N_("The shift is on the roster."))


@router.post("/room/shifts/{shift_id}/remove")
def remove_shift(the_room: RoomDep, user: Leader, shift_id: str) -> Response:
    the_room.remove_shift(shift_id, actor_of(user))
    return flash.after("/room", N_("The shift was taken off the roster."))


@router.post("/room/todos")
def add_todo(
    request: Request,
    centre: CentreDep,
    the_room: RoomDep,
    user: Actor,
    text: Annotated[str, Form(max_length=1000)] = "",
    in_min: Annotated[str, Form(max_length=5)] = "30",
    owner_id: Annotated[str, Form(max_length=36)] = "",
    alarm_id: Annotated[str, Form(max_length=36)] = "",
    back: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    minutes = int(in_min) if in_min.isascii() and in_min.isdigit() and int(in_min) <= 10_080 else 30
    values = {
        "text": text, "due_at": centre.clock.now() + timedelta(minutes=minutes), "owner_id": owner_id or None,
        "alarm_id": alarm_id or None,
    }  # fmt: skip
    try:
        the_room.add_todo(ToDoNew.model_validate(values), actor_of(user))
    except (ValidationError, BadMember) as wrong:
        return _refused(request, centre, user, "todo", {"text": text, "in_min": in_min, "owner_id": owner_id}, wrong)
    return flash.after(safe_path(back) if back else "/room", N_("Parked; the desk reminds you."))


@router.post("/room/todos/{todo_id}/{what}")
def change_todo(centre: CentreDep, the_room: RoomDep, user: Actor, todo_id: str, what: What) -> Response:
    """`done`, `open` again (the undo), or `later` by a quarter of an hour."""
    if what == "later":
        patch = ToDoPatch(due_at=centre.clock.now() + timedelta(minutes=15))
        the_room.change_todo(todo_id, patch, actor_of(user))
        return flash.after("/room", N_("The desk reminds you again in 15 minutes."))
    the_room.change_todo(todo_id, ToDoPatch(is_done=what == "done"), actor_of(user))
    undo = f"/room/todos/{todo_id}/open" if what == "done" else None
    return flash.after("/room", N_("Done.") if what == "done" else N_("It is on the list again."), undo=undo)


@router.post("/room/hand-overs")
def give(
    request: Request,
    centre: CentreDep,
    the_room: RoomDep,
    user: Actor,
    note: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    try:
        the_room.give(HandOverNew(note=note), actor_of(user))
    except (ValidationError, Conflict) as wrong:
        return _refused(request, centre, user, "hand_over", {"note": note}, wrong)
    return flash.after("/room", N_("Signed. It waits for the oncoming leader's signature."))


@router.post("/room/hand-overs/{hand_over_id}/take")
def take(request: Request, centre: CentreDep, the_room: RoomDep, user: Actor, hand_over_id: str) -> Response:
    try:
        the_room.take(hand_over_id, actor_of(user))
    except Conflict as wrong:
        return _refused(request, centre, user, "hand_over", {}, wrong)
    return flash.after("/room", N_("The shift is handed over."))


def _hours(centre: Centre, day: str, begins: str, ends: str) -> tuple[datetime, datetime]:
    """Local times of a day as instants; an end that is not after the beginning is the next day's. Raises ValueError."""
    zone = ZoneInfo(centre.settings.timezone)
    try:
        on = date.fromisoformat(day)
        starts_at = datetime.combine(on, time.fromisoformat(begins), zone)
        ends_at = datetime.combine(on, time.fromisoformat(ends), zone)
    except ValueError:
        raise BadMember("day", "is not a day that there is") from None
    return starts_at, ends_at if ends_at > starts_at else ends_at + timedelta(days=1)


def _refused(
    request: Request, centre: Centre, user: SignedIn, which: str, typed: Mapping[str, Any], wrong: Exception
) -> HTMLResponse:
    errors: dict[str, str] = {}
    problem = None
    match wrong:
        case ValidationError():
            errors = errors_of(wrong)
            problem = errors.pop("", None)
        case BadMember():
            errors = {wrong.member: wrong.what}
        case _:
            problem = str(wrong)
    status = 409 if isinstance(wrong, Conflict) else 422
    return _shown(request, centre, user, {which: Fields(typed, errors, problem)}, status=status)


def _shown(
    request: Request, centre: Centre, user: SignedIn, forms: Mapping[str, Fields] | None = None, *, status: int = 200
) -> HTMLResponse:
    now = centre.clock.now()
    zone = ZoneInfo(centre.settings.timezone)
    today = now.astimezone(zone).date()
    midnight = datetime.combine(today, time(), zone)
    with centre.db.read() as session:
        shifts = room.shifts_between(session, midnight, midnight + timedelta(days=DAYS_SHOWN), MOST)
        todos = room.open_todos(session, limit=MOST, scope=user.scope)
        people = [dict(row._mapping) for row in session.execute(_people())]
        last = [dict(r._mapping) for r in session.execute(_last_hand_overs())]
        waiting = next((one for one in last if one["taken_at"] is None), None)
        sheet = room.worded(session, waiting["content"] if waiting else room.to_hand_over(session, now), user.scope)
        since = _since(session, waiting, user, now) if waiting else []
        ids = [one["id"] for one in sheet["alarms"]]
        on_duty = [one for one in shifts if one["starts_at"] <= now < one["ends_at"]]
        sounds = sound.of_shifts(session, on_duty)
        last_list = offline.newest(session)
        named, _ = alarm_briefs(session, now, ids=ids, limit=len(ids) or 1, seen_by=user)
    blank = {"shift": Fields({"day": today.isoformat(), "begins": "08:00", "ends": "20:00"}), "todo": Fields(),
             "hand_over": Fields()}  # fmt: skip
    return page(
        request, "room.html", user, forms=blank | dict(forms or {}), days=_by_day(shifts, today, zone),
        last_list=last_list, list_overdue=offline.is_overdue(last_list, now, centre.settings.offline_list_days),
        on_duty=on_duty, sounds=sounds, todos=todos, people=people,
        waiting=waiting, sheet=sheet, named={one["id"]: one for one in named},
        handed=[one for one in last if one["taken_at"] is not None][:5], right_now=now, park_for=PARK_FOR_MIN,
        since=since, status=status,
    )  # fmt: skip


def _since(session: Session, waiting: Row, user: SignedIn, now: datetime) -> list[Row]:
    """What has changed since the sheet was signed, with the words of its to-dos."""
    before = waiting["content"]
    found = changes(before, room.to_hand_over(session, now))
    todos = room.worded(session, {"todos": [one["todo"] for one in found if "todo" in one]}, user.scope)["todos"]
    said = {one["id"]: one for one in todos}
    return [
        one | {"todo": said[one["todo"]["id"]]} if "todo" in one else one
        for one in found
        if "todo" not in one or one["todo"]["id"] in said
    ]


def _by_day(shifts: list[Row], today: date, zone: ZoneInfo) -> list[tuple[date, list[Row]]]:
    days = [today + timedelta(days=n) for n in range(DAYS_SHOWN)]
    return [(day, [one for one in shifts if one["starts_at"].astimezone(zone).date() == day]) for day in days]


def _people() -> Any:
    wanted = select(USERS.c.id, USERS.c.display_name, USERS.c.role)
    return wanted.where(USERS.c.role.in_(DUTY_ROLES), USERS.c.is_active).order_by(USERS.c.display_name).limit(MOST)


def _last_hand_overs() -> Any:
    return select(HAND_OVERS).order_by(HAND_OVERS.c.id.desc()).limit(6)
