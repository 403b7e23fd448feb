"""One's own account: password, second factor, sessions, tokens."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from console.deps import CentreDep, CurrentUser, Owner
from console.paging import Page, PageWanted, Paging, page_of
from console.signin import Confirming
from registry import sessions
from registry.intake import Given, Name, NewPassword
from registry.sessions import Kind, SignedIn
from registry.store import Row

router = APIRouter(prefix="/api/v1/account", tags=["account"])
Password = Annotated[
    str, StringConstraints(min_length=1, max_length=1000), Field(json_schema_extra={"format": "password"})
]
Code = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class PasswordChange(Given):
    """The old one, and the one that takes its place."""

    old_password: Password
    new_password: NewPassword


class SecondFactorBegun(BaseModel):
    """For an authenticator: `secret` to be typed, or `address` as a QR code. It counts after the first code."""

    secret: str
    address: str


class CodeGiven(Given):
    """What the authenticator shows."""

    code: Code


class RecoveryCodes(BaseModel):
    """Each lets one in once, when the telephone is lost. They cannot be shown again."""

    recovery_codes: list[str]


class BothFactors(Given):
    """Who takes the second factor away shows both."""

    password: Password
    code: Code


class SessionShown(BaseModel):
    """A signed-in browser or a token; `id` is not the secret."""

    id: str
    name: str | None = Field(description="What the browser calls itself, or the token's name")
    created_at: datetime
    last_used_at: datetime | None = Field(description="To five minutes")
    expires_at: datetime


class SessionHere(SessionShown):
    is_this: bool = Field(description="The one that asks")


class TokenNew(Given):
    """A token for a machine that acts in one's name."""

    name: Name
    days: Annotated[int, Field(strict=True, ge=1, le=sessions.LONGEST_TOKEN_DAYS)] = 90


class TokenMade(SessionShown):
    token: str = Field(description="Goes into `Authorization: Bearer`; it cannot be shown again")


@router.put("/password", status_code=204, response_class=Response)
async def change_password(given: PasswordChange, centre: CentreDep, user: Owner, request: Request) -> None:
    """Every other browser is signed out; tokens stay."""
    await Confirming(request, centre, user).run(
        centre.registry.account.change_password, user, given.old_password, given.new_password
    )
    request.app.state.memory.forget()


@router.post("/second-factor")
def begin_second_factor(centre: CentreDep, user: Owner) -> SecondFactorBegun:
    begun = centre.registry.account.begin_second_factor(user, centre.settings.centre_name)
    return SecondFactorBegun(secret=begun.secret, address=begun.address)


@router.post("/second-factor/confirm")
async def confirm_second_factor(given: CodeGiven, centre: CentreDep, user: Owner, request: Request) -> RecoveryCodes:
    codes = await Confirming(request, centre, user).run(centre.registry.account.confirm_second_factor, user, given.code)
    request.app.state.memory.forget()
    return RecoveryCodes(recovery_codes=codes)


@router.post("/second-factor/remove", status_code=204, response_class=Response)
async def remove_second_factor(given: BothFactors, centre: CentreDep, user: Owner, request: Request) -> None:
    await Confirming(request, centre, user).run(
        centre.registry.account.remove_second_factor, user, given.password, given.code
    )
    request.app.state.memory.forget()


@router.get("/sessions")
def list_sessions(centre: CentreDep, user: CurrentUser, paging: Paging) -> Page[SessionHere]:
    """The browsers in which one is signed in, the newest first; the last 200."""
    items = [SessionHere.model_validate(one | {"is_this": one["id"] == user.session_id})
             for one in listed(centre, user, "session")]  # fmt: skip
    return page_of(items, lambda one: one.id, paging)


@router.delete("/sessions", status_code=204, response_class=Response)
def sign_out_everywhere(centre: CentreDep, user: Owner, request: Request) -> None:
    """Every browser, this one as well; tokens stay."""
    centre.registry.account.sign_out_everywhere(user)
    request.app.state.memory.forget()


@router.delete("/sessions/{session_id}", status_code=204, response_class=Response)
def end_session(session_id: str, centre: CentreDep, user: Owner, request: Request) -> None:
    centre.registry.account.end_session(user, session_id)
    request.app.state.memory.forget()


@router.get("/tokens")
def list_tokens(centre: CentreDep, user: CurrentUser, paging: Paging) -> Page[SessionShown]:
    return tokens_page(listed(centre, user, "token"), paging)


@router.post("/tokens", status_code=201)
def make_token(given: TokenNew, centre: CentreDep, user: Owner) -> TokenMade:
    made, token = centre.registry.account.make_token(user, given.name, given.days)
    return TokenMade.model_validate(made | {"token": token})


@router.delete("/tokens/{token_id}", status_code=204, response_class=Response)
def revoke_token(token_id: str, centre: CentreDep, user: Owner, request: Request) -> None:
    centre.registry.account.revoke_token(user, token_id)
    request.app.state.memory.forget()


def tokens_page(rows: list[Row], paging: PageWanted) -> Page[SessionShown]:
    return page_of([SessionShown.model_validate(row) for row in rows], lambda one: one.id, paging)


def listed(centre: CentreDep, user: SignedIn, kind: Kind) -> list[Row]:
    with centre.db.read() as session:
        return sessions.of_user(session, user.id, kind, centre.clock.now())
