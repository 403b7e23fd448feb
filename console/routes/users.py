"""Who may sign in."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from console.deps import CentreDep, allowed
from console.paging import Page, Paging, encode_cursor
from registry import store
from registry.intake import UserRole
from registry.sessions import SignedIn
from registry.store import USERS
from registry.user_intake import UserNew, UserPatch

router = APIRouter(prefix="/api/v1/users", tags=["users"])
Reader = Annotated[SignedIn, Depends(allowed("users.read"))]
Writer = Annotated[SignedIn, Depends(allowed("users.write"))]


class User(BaseModel):
    """Somebody who may sign in."""

    id: str
    username: str
    display_name: str
    role: UserRole
    phone: str | None = Field(description="E.164; a duty officer with a phone is rung when everybody else has failed")
    language: str
    is_active: bool
    areas: list[str] | None = Field(description="Codes of the areas whose files they see; empty or null: all")
    created_at: datetime


@router.post("", status_code=201)
def add_user(given: UserNew, centre: CentreDep, user: Writer) -> User:
    return User.model_validate(centre.registry.users.add(given))


@router.get("")
def list_users(centre: CentreDep, user: Reader, paging: Paging, role: UserRole | None = None) -> Page[User]:
    where = [USERS.c.role == role] if role else []
    with centre.db.read() as session:
        rows, following = store.page(session, USERS, after=paging.after, limit=paging.limit, where=where)
    return Page(items=[User.model_validate(row) for row in rows], next_cursor=encode_cursor(following))


@router.get("/{user_id}")
def get_user(user_id: str, centre: CentreDep, user: Reader) -> User:
    with centre.db.read() as session:
        return User.model_validate(store.get(session, USERS, user_id))


@router.patch("/{user_id}")
def change_user(user_id: str, patch: UserPatch, centre: CentreDep, user: Writer, request: Request) -> User:
    """A new password, another role or the end of an account signs the user out everywhere."""
    changed = User.model_validate(centre.registry.users.change(user_id, patch))
    request.app.state.memory.forget()
    return changed


@router.delete("/{user_id}", status_code=204, response_class=Response)
def end_user(user_id: str, centre: CentreDep, user: Writer, request: Request) -> None:
    """End the account; what was done under its name stays on file."""
    centre.registry.users.change(user_id, UserPatch(is_active=False))
    request.app.state.memory.forget()
