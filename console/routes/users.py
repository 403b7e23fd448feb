"""Who may sign in."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from console.deps import CentreDep, actor_of, allowed
from console.paging import Page, Paging, encode_cursor
from console.routes.account import SessionShown, tokens_page
from registry import sessions, store
from registry.intake import UserRole
from registry.sessions import SignedIn
from registry.store import USERS, Row
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
    oidc_subject: str | None = Field(description="Who they are at the site's own sign-in service")
    must_change_password: bool = Field(description="Before anything else")
    has_second_factor: bool
    locked_until: datetime | None = Field(description="Since there were too many wrong passwords")
    last_signed_in_at: datetime | None
    created_at: datetime


class OneTimePassword(BaseModel):
    """Shown this once; it must be changed at the first sign-in."""

    password: str


@router.post("", status_code=201)
def add_user(given: UserNew, centre: CentreDep, user: Writer) -> User:
    return shown(centre.registry.users.add(given, actor_of(user)))


@router.get("")
def list_users(centre: CentreDep, user: Reader, paging: Paging, role: UserRole | None = None) -> Page[User]:
    where = [USERS.c.role == role] if role else []
    with centre.db.read() as session:
        rows, following = store.page(session, USERS, after=paging.after, limit=paging.limit, where=where)
    return Page(items=[shown(row) for row in rows], next_cursor=encode_cursor(following))


@router.get("/{user_id}")
def get_user(user_id: str, centre: CentreDep, user: Reader) -> User:
    with centre.db.read() as session:
        return shown(store.get(session, USERS, user_id))


@router.patch("/{user_id}")
def change_user(user_id: str, patch: UserPatch, centre: CentreDep, user: Writer, request: Request) -> User:
    """A new password, another role or the end of an account signs the user out everywhere."""
    changed = shown(centre.registry.users.change(user_id, patch, actor_of(user)))
    request.app.state.memory.forget()
    return changed


@router.delete("/{user_id}", status_code=204, response_class=Response)
def end_user(user_id: str, centre: CentreDep, user: Writer, request: Request) -> None:
    """End the account; what was done under its name stays on file."""
    centre.registry.users.change(user_id, UserPatch(is_active=False), actor_of(user))
    request.app.state.memory.forget()


@router.post("/{user_id}/unlock")
def unlock_user(user_id: str, centre: CentreDep, user: Writer, request: Request) -> User:
    """End a lock that wrong passwords led to, and the wait before the next try at this console."""
    row = centre.registry.users.unlock(user_id, actor_of(user))
    request.app.state.guard.forgive(row["username"])
    return shown(row)


@router.post("/{user_id}/reset-password")
def reset_password(user_id: str, centre: CentreDep, user: Writer, request: Request) -> OneTimePassword:
    """Signs them out everywhere."""
    _, password = centre.registry.users.reset_password(user_id, actor_of(user))
    request.app.state.memory.forget()
    return OneTimePassword(password=password)


@router.post("/{user_id}/reset-second-factor")
def reset_second_factor(user_id: str, centre: CentreDep, user: Writer, request: Request) -> User:
    """For who has lost the telephone and the recovery codes; signs them out everywhere."""
    row = centre.registry.users.reset_second_factor(user_id, actor_of(user))
    request.app.state.memory.forget()
    return shown(row)


@router.delete("/{user_id}/sessions", status_code=204, response_class=Response)
def sign_out_everywhere(user_id: str, centre: CentreDep, user: Writer, request: Request) -> None:
    """End their sessions and revoke their tokens."""
    centre.registry.users.sign_out_everywhere(user_id, actor_of(user))
    request.app.state.memory.forget()


@router.get("/{user_id}/tokens")
def list_tokens(user_id: str, centre: CentreDep, user: Reader, paging: Paging) -> Page[SessionShown]:
    with centre.db.read() as session:
        store.get(session, USERS, user_id)
        rows = sessions.of_user(session, user_id, "token", centre.clock.now())
    return tokens_page(rows, paging)


@router.delete("/{user_id}/tokens/{token_id}", status_code=204, response_class=Response)
def revoke_token(user_id: str, token_id: str, centre: CentreDep, user: Writer, request: Request) -> None:
    centre.registry.users.revoke_token(user_id, token_id, actor_of(user))
    request.app.state.memory.forget()


def shown(row: Row) -> User:
    return User.model_validate(row | {"has_second_factor": row["totp_confirmed_at"] is not None})
