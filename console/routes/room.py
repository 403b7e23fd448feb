"""The duty room: shifts, to-dos and hand-overs."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlmodel import Session

from console.deps import CentreDep, actor_of, allowed, check_elder
from console.paging import Page, Paging, encode_cursor, page_of
from core.errors import Rejected
from duty import room
from duty.intake import HandOverNew, ShiftNew, ToDoNew, ToDoPatch
from duty.room import HAND_OVERS, Room
from registry import store
from registry.sessions import SignedIn

router = APIRouter(prefix="/api/v1", tags=["duty room"])
Reader = Annotated[SignedIn, Depends(allowed("alarms.read"))]
Actor = Annotated[SignedIn, Depends(allowed("alarms.act"))]
Leader = Annotated[SignedIn, Depends(allowed("alarms.supervise"))]
LONGEST_VIEW = timedelta(days=62)


def the_room(centre: CentreDep) -> Room:
    return Room(centre.db, centre.clock)


RoomDep = Annotated[Room, Depends(the_room)]


class ShiftView(BaseModel):
    """Somebody's turn of duty."""

    id: str
    user_id: str
    name: str | None = None
    starts_at: datetime
    ends_at: datetime
    is_leader: bool
    note: str | None


class ToDoView(BaseModel):
    """Work that is parked until `due_at`."""

    id: str
    text: str
    alarm_id: str | None
    elder_id: str | None
    owner_id: str | None
    due_at: datetime
    created_at: datetime
    created_by: str
    done_at: datetime | None
    done_by: str | None
    version: int
    kind: str = Field(
        description="parked, missed_call (somebody rang or wrote), call_back (nobody answered an officer)"
    )
    phone: str | None = None
    contact_id: str | None = None
    calls: int = 1


class HandOverView(BaseModel):
    """What one shift hands to the next; signed by both once `taken_at` is set."""

    id: str
    made_at: datetime
    content: dict[str, Any]
    note: str
    given_by: str
    taken_by: str | None
    taken_at: datetime | None


@router.get("/shifts")
def list_shifts(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> Page[ShiftView]:
    """Shifts that touch the time asked for; without one, today and the week after."""
    begins = since or centre.clock.now() - timedelta(days=1)
    ends = until or begins + timedelta(days=8)
    if ends - begins > LONGEST_VIEW:
        raise Rejected("ask for two months at most")
    with centre.db.read() as session:
        rows = room.shifts_between(session, begins, ends, 500)
    return page_of([ShiftView.model_validate(row) for row in rows], lambda one: one.id, paging)


@router.post("/shifts", status_code=201)
def add_shift(given: ShiftNew, the_room: RoomDep, user: Leader) -> ShiftView:
    return ShiftView.model_validate(the_room.add_shift(given, actor_of(user)))


@router.delete("/shifts/{shift_id}", status_code=204, response_class=Response)
def remove_shift(shift_id: str, the_room: RoomDep, user: Leader) -> None:
    the_room.remove_shift(shift_id, actor_of(user))


@router.get("/todos")
def list_todos(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    mine: Annotated[bool, Query(description="What others own is left out")] = False,
) -> Page[ToDoView]:
    """To-dos that are not done, the earliest first."""
    with centre.db.read() as session:
        owner_id = user.id if mine else None
        limit, after = paging.limit + 1, _place_of(paging.after)
        rows = room.open_todos(session, owner_id=owner_id, limit=limit, after=after, scope=user.scope)
    last = rows[paging.limit - 1] if len(rows) > paging.limit else None
    following = encode_cursor(f"{last['due_at'].isoformat()} {last['id']}") if last else None
    return Page(items=[ToDoView.model_validate(row) for row in rows[: paging.limit]], next_cursor=following)


@router.post("/todos", status_code=201)
def add_todo(given: ToDoNew, centre: CentreDep, the_room: RoomDep, user: Actor) -> ToDoView:
    check_elder(centre, user, given.elder_id)
    return ToDoView.model_validate(the_room.add_todo(given, actor_of(user)))


@router.patch("/todos/{todo_id}")
def change_todo(todo_id: str, patch: ToDoPatch, the_room: RoomDep, user: Actor) -> ToDoView:
    return ToDoView.model_validate(the_room.change_todo(todo_id, patch, actor_of(user)))


@router.get("/hand-overs")
def list_hand_overs(centre: CentreDep, user: Reader, paging: Paging) -> Page[HandOverView]:
    """The newest last, page by page."""
    with centre.db.read() as session:
        rows, following = store.page(session, HAND_OVERS, after=paging.after, limit=paging.limit)
        items = [_worded(session, row, user) for row in rows]
    return Page(items=items, next_cursor=encode_cursor(following))


@router.post("/hand-overs", status_code=201)
def give(given: HandOverNew, centre: CentreDep, the_room: RoomDep, user: Actor) -> HandOverView:
    """Sign what is open, parked and promised now; it waits for the oncoming leader."""
    row = the_room.give(given, actor_of(user))
    with centre.db.read() as session:
        return _worded(session, row, user)


@router.post("/hand-overs/{hand_over_id}/take")
def take(hand_over_id: str, centre: CentreDep, the_room: RoomDep, user: Actor) -> HandOverView:
    """The oncoming leader signs."""
    row = the_room.take(hand_over_id, actor_of(user))
    with centre.db.read() as session:
        return _worded(session, row, user)


def _worded(session: Session, row: room.Row, user: SignedIn) -> HandOverView:
    return HandOverView.model_validate(row | {"content": room.worded(session, row["content"], user.scope)})


def _place_of(cursor: str | None) -> tuple[datetime, str] | None:
    """Where a list of to-dos goes on. Raises Rejected for a cursor that none gave out."""
    if cursor is None:
        return None
    at, _, todo_id = cursor.partition(" ")
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not todo_id:
        raise Rejected("this cursor was not given by this list")
    return found, todo_id
