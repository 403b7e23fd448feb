"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from console import signin
from console.centre import Centre
from console.deps import CentreDep, CurrentUser, owes, own_pages
from registry.intake import UserRole
from registry.sessions import SignedIn

router = APIRouter(prefix="/api/v1/session", tags=["session"])


class Credentials(BaseModel):
    """Who somebody says they are."""

    model_config = ConfigDict(frozen=True)
    username: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    password: Annotated[
        str, StringConstraints(min_length=1, max_length=1000), Field(json_schema_extra={"format": "password"})
    ]
    code: Annotated[
        str | None,
        StringConstraints(max_length=40),
        Field(description="Of the second factor, or a recovery code; without it the answer has `code_required`"),
    ] = None


class Me(BaseModel):
    """Who is signed in and what they may do."""

    id: str
    username: str
    name: str
    role: UserRole
    permissions: list[str]
    areas: list[str] | None = Field(description="Codes of the areas whose files they see; null: all")
    must: str | None = Field(description="What must be done at /api/v1/account before anything else")


class NewSession(Me):
    """`token` goes into `Authorization: Bearer`; browsers are given the same in a cookie."""

    token: str


@router.post("", dependencies=[Depends(own_pages)])
async def sign_in(given: Credentials, request: Request, response: Response, centre: CentreDep) -> NewSession:
    token, user = await signin.sign_in(request, centre, given.username, given.password, given.code)
    signin.set_cookie(response, centre, token, user)
    return NewSession.model_validate(_me(user, centre) | {"token": token})


@router.get("")
def who_am_i(user: CurrentUser, centre: CentreDep) -> Me:
    return Me.model_validate(_me(user, centre))


@router.delete("", status_code=204, response_class=Response)
async def sign_out(request: Request, response: Response, centre: CentreDep, user: CurrentUser) -> None:
    await signin.sign_out(request, centre)
    signin.clear_cookie(response)


def _me(user: SignedIn, centre: Centre) -> dict[str, object]:
    return {
        "id": user.id, "username": user.username, "name": user.name, "role": user.role,
        "permissions": sorted(user.permissions), "areas": user.scope.codes, "must": owes(user, centre),
    }  # fmt: skip
