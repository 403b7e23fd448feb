"""How an alarm climbs: the default policy, and others for an area, an elder or a kind of alarm. An open alarm keeps the
one it started with."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, Field

from console.deps import CentreDep, CurrentUser, actor_of, allowed
from console.paging import Page, Paging, encode_cursor
from console.routes.versions import IfMatch
from core.errors import Rejected
from registry import policy_store, store
from registry.policies import UNCHANGED
from registry.policy_intake import SCOPE, PolicyName, PolicyPatch
from registry.profile import DEFAULT_POLICY
from registry.rungs import policy_settings
from registry.sessions import SignedIn
from registry.store import POLICIES, Row

router = APIRouter(prefix="/api/v1/policies", tags=["registry"])
Writer = Annotated[SignedIn, Depends(allowed("policies.write"))]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


class Rung(BaseModel):
    """The contacts of one role; null is as the policy has it for everybody."""

    role: str
    ring_s: int | None
    tries: int | None


class Settings(BaseModel):
    """How an alarm climbs: every `_s` is in seconds, hours are local."""

    rungs: list[Rung] = Field(description="Empty: family, community, doctor")
    ring_s: int = Field(description="How long a phone rings before silence moves on")
    tries_per_contact: int
    follow_up_after_s: int = Field(description="From the acceptance to the call that asks whether help arrived")
    follow_up_tries: int
    follow_up_retry_s: int
    follow_up_at_night: bool
    officer_ring_s: int
    round_pause_s: int = Field(description="Before the chain starts again")
    arrival_within_s: int = Field(description="From the acceptance to the door, where no ETA was given")
    polite_from_hour: int
    polite_to_hour: int
    send_messages: bool = Field(description="Whether a message with a link goes out beside each call")


class Policy(Settings):
    """A policy by name, and for whom and what it is meant."""

    name: str
    title: str | None
    area_code: str | None
    elder_id: str | None
    kind: str | None
    version: int = Field(description="0: nobody has changed it yet")
    updated_at: datetime | None

    @classmethod
    def shown(cls, row: Row) -> Self:
        head = {name: row[name] for name in ("name", "version", "updated_at", *SCOPE)}
        return cls.model_validate(head | asdict(policy_settings(row["settings"])))


class PolicyVersion(Settings):
    """A policy as it was from `at` on."""

    version: int
    title: str | None
    area_code: str | None
    elder_id: str | None
    kind: str | None
    at: datetime
    author: str

    @classmethod
    def shown(cls, row: Row) -> Self:
        kept: dict[str, Any] = row["settings"]
        head = {name: row[name] for name in ("version", "at", "author")} | {name: kept.get(name) for name in SCOPE}
        return cls.model_validate(head | asdict(policy_settings(kept)))


@router.get("")
def list_policies(centre: CentreDep, user: CurrentUser, paging: Paging) -> Page[Policy]:
    with centre.db.read() as session:
        rows, following = store.page(session, POLICIES, after=paging.after, limit=paging.limit)
        is_touched = store.count(session, POLICIES, POLICIES.c.name == DEFAULT_POLICY) > 0
    if paging.after is None and not is_touched:
        rows = [UNCHANGED, *rows]
    return Page(items=[Policy.shown(row) for row in rows], next_cursor=encode_cursor(following))


@router.get("/{name}")
def get_policy(name: str, centre: CentreDep, user: CurrentUser) -> Policy:
    with centre.db.read() as session:
        return Policy.shown(centre.registry.policies.get(session, name))


@router.put("/{name}")
def set_policy(name: PolicyName, patch: PolicyPatch, centre: CentreDep, user: Writer, version: IfMatch) -> Policy:
    """Change the members given; the others stay as they are, and in a new policy as the default has them."""
    return Policy.shown(centre.registry.policies.set(name, patch, version, by=actor_of(user)))


@router.delete("/{name}", status_code=204, response_class=Response)
def remove_policy(name: str, centre: CentreDep, user: Writer, version: IfMatch) -> None:
    centre.registry.policies.remove(name, version, by=actor_of(user))


@router.get("/{name}/versions")
def list_versions(name: str, centre: CentreDep, user: CurrentUser, paging: Paging) -> Page[PolicyVersion]:
    """What the policy was, the newest first."""
    if paging.after is not None and not paging.after.isdecimal():
        raise Rejected("this cursor is not one of ours")
    before = None if paging.after is None else min(int(paging.after), 2**31 - 1)
    with centre.db.read() as session:
        policy_id = centre.registry.policies.get(session, name).get("id", "")
        rows, following = policy_store.versions(session, policy_id, before=before, limit=paging.limit)
    cursor = encode_cursor(None if following is None else str(following))
    return Page(items=[PolicyVersion.shown(row) for row in rows], next_cursor=cursor)


@router.post("/{name}/versions/{number}/restore")
def restore_version(name: str, number: Number, centre: CentreDep, user: Writer, version: IfMatch) -> Policy:
    """Make the policy what it was then, as a new version."""
    return Policy.shown(centre.registry.policies.restore(name, number, version, by=actor_of(user)))
