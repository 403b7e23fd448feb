"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from console import signin
from console.deps import CentreDep, CurrentUser, own_pages
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


class Me(BaseModel):
    """Who is signed in and what they may do."""

    id: str
    username: str
    name: str
    role: UserRole
    permissions: list[str]


class NewSession(Me):
    """`token` goes into `Authorization: Bearer`; browsers are given the same in a cookie."""

    token: str


@router.post("", dependencies=[Depends(own_pages)])
async def sign_in(given: Credentials, request: Request, response: Response, centre: CentreDep) -> NewSession:
    token, user = await signin.sign_in(request, centre, given.username, given.password)
    signin.set_cookie(response, centre, token)
    return NewSession.model_validate(_me(user) | {"token": token})


@router.get("")
def who_am_i(user: CurrentUser) -> Me:
    return Me.model_validate(_me(user))


@router.delete("", status_code=204, response_class=Response)
async def sign_out(request: Request, response: Response, centre: CentreDep, user: CurrentUser) -> None:
    await signin.sign_out(request, centre)
    signin.clear_cookie(response)


def _me(user: SignedIn) -> dict[str, object]:
    return {
        "id": user.id, "username": user.username, "name": user.name, "role": user.role,
        "permissions": sorted(user.permissions),
    }  # fmt: skip
