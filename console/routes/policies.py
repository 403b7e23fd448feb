"""How an alarm climbs. There is one policy, `default`; an open alarm keeps the one it started with."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from console.deps import CentreDep, CurrentUser, allowed
from console.paging import Page, Paging, encode_cursor
from console.routes.versions import IfMatch
from core.errors import NotFound
from registry import store
from registry.directory import DEFAULT_POLICY, policy_settings
from registry.policy_intake import PolicyPatch
from registry.sessions import SignedIn
from registry.store import POLICIES, Row

router = APIRouter(prefix="/api/v1/policies", tags=["registry"])
Writer = Annotated[SignedIn, Depends(allowed("policies.write"))]


class Policy(BaseModel):
    """How an alarm climbs: every `_s` is in seconds, hours are local."""

    name: str
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
    version: int = Field(description="0: nobody has changed it yet")
    updated_at: datetime | None


@router.get("")
def list_policies(centre: CentreDep, user: CurrentUser, paging: Paging) -> Page[Policy]:
    with centre.db.read() as session:
        rows, following = store.page(session, POLICIES, after=paging.after, limit=paging.limit)
    items = [_shown(row) for row in rows]
    if paging.after is None and not items:
        items = [_shown(None)]
    return Page(items=items, next_cursor=encode_cursor(following))


@router.get("/{name}")
def get_policy(name: str, centre: CentreDep, user: CurrentUser) -> Policy:
    with centre.db.read() as session:
        row = store.find(session, POLICIES, POLICIES.c.name == name)
    if row is None and name != DEFAULT_POLICY:
        raise NotFound("there is no such policy")
    return _shown(row)


@router.put("/{name}")
def set_policy(name: str, patch: PolicyPatch, centre: CentreDep, user: Writer, version: IfMatch) -> Policy:
    """Change the members given; the others stay as they are."""
    return _shown(centre.registry.policies.set(name, patch, version))


def _shown(row: Row | None) -> Policy:
    head = row or {"name": DEFAULT_POLICY, "settings": {}, "version": 0, "updated_at": None}
    settings = asdict(policy_settings(head["settings"]))
    return Policy(name=head["name"], version=head["version"], updated_at=head["updated_at"], **settings)
