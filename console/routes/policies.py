"""How an alarm climbs: the default policy, and others for an area, an elder or a kind of alarm. An open alarm keeps the
one it started with."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from console.deps import CentreDep, CurrentUser, actor_of, allowed, check_named
from console.paging import Page, Paging, encode_cursor
from console.policy_preview import Previewed, preview_of
from console.routes.versions import IfMatch
from core.errors import Rejected
from registry import policy_check, policy_store, store
from registry.policies import UNCHANGED
from registry.policy_intake import SCOPE, AlarmKind, PolicyName, PolicyPatch
from registry.profile import DEFAULT_POLICY
from registry.rungs import policy_settings
from registry.sessions import SignedIn
from registry.store import ELDERS, POLICIES, Row

router = APIRouter(prefix="/api/v1/policies", tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Writer = Annotated[SignedIn, Depends(allowed("policies.write"))]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
BEFORE_ALL = "0"  # Every id is greater.


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


class Gap(BaseModel):
    at: datetime
    elders: int


class Check(BaseModel):
    """Whom the chain leaves waiting; the officers are rung for them in any case."""

    elders: int = Field(description="Whom the policy serves, those with a nearer one left out")
    no_rung: int = Field(description="Nobody stands on any rung: family, community and doctor are rung instead")
    nobody: int = Field(description="Of these, who has none of those three either")
    begins_at: datetime
    hours: list[int] = Field(
        description="Elders without anybody reachable, `nobody` among them, for 168 hours from begins_at on"
    )
    worst: Gap | None = Field(description="The first of the worst hours; null: there is always somebody")
    examined: int
    is_partial: bool = Field(description="Of those who have somebody only the first `examined` are in the hours")
    is_for_officers: bool = Field(description="The kind of alarm is about the device: officers are rung, no contact is")

    @classmethod
    def shown(cls, found: policy_check.PolicyCheck) -> Self:
        return cls.model_validate(asdict(found) | {"worst": asdict(found.worst) if found.worst else None})


class Ring(BaseModel):
    """A phone rings from `at_s` to `until_s` after the press."""

    at_s: float
    until_s: float
    purpose: Literal["help", "officer"]
    role: str
    name: str
    phone: str
    contact_id: str | None
    try_no: int
    detail: str | None = Field(description="What is not as usual about the call")


class Preview(BaseModel):
    """One round of the chain, as if nobody answered."""

    elder_id: str
    at: datetime
    kind: str
    policy: str
    version: int
    in_force: str = Field(description="The policy that an alarm of this kind would begin with now")
    rings: list[Ring]
    officers_at_s: float | None
    again_at_s: float | None = Field(description="When the chain starts anew")

    @classmethod
    def shown(cls, found: Previewed) -> Self:
        rings = [asdict(ring) for ring in found.forecast.rings]
        return cls.model_validate(
            {"elder_id": found.elder_id, "at": found.at, "kind": found.kind, "policy": found.policy["name"],
             "version": found.policy["version"], "in_force": found.in_force, "rings": rings,
             "officers_at_s": found.forecast.officers_at_s, "again_at_s": found.forecast.again_at_s}
        )  # fmt: skip


@router.get("")
def list_policies(centre: CentreDep, user: CurrentUser, paging: Paging) -> Page[Policy]:
    with centre.db.read() as session:
        rows, following = store.page(session, POLICIES, after=paging.after, limit=paging.limit)
        is_touched = store.count(session, POLICIES, POLICIES.c.name == DEFAULT_POLICY) > 0
    if paging.after is None and not is_touched:
        rows = [UNCHANGED, *rows]
        if len(rows) > paging.limit:  # The last one comes on the next page, behind the one before it.
            rows = rows[: paging.limit]
            following = rows[-1]["id"] if len(rows) > 1 else BEFORE_ALL
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


@router.get("/{name}/check")
def check_policy(name: str, centre: CentreDep, user: Reader) -> Check:
    """Whom of the people it serves the chain leaves waiting, in the coming week."""
    with centre.db.read() as session:
        policy = centre.registry.policies.get(session, name)
        seen = user.scope.where(ELDERS)
        return Check.shown(policy_check.check(session, policy, centre.clock.now(), centre.settings.timezone, seen))


@router.get("/{name}/preview")
def preview_policy(
    name: str,
    centre: CentreDep,
    user: Reader,
    elder_id: Annotated[str, Query(max_length=64)],
    at: Annotated[datetime | None, Query(description="Without a zone it is local; now where it is left out")] = None,
    kind: AlarmKind = "sos",
) -> Preview:
    """Who would be rung when, on which number, if nobody answered. Nobody is called."""
    check_named(centre, user, elder_id=elder_id)
    now = at or centre.clock.now()
    now = now.replace(tzinfo=ZoneInfo(centre.settings.timezone)) if now.tzinfo is None else now
    return Preview.shown(preview_of(centre, name, elder_id, now.astimezone(UTC), kind))


@router.post("/{name}/versions/{number}/restore")
def restore_version(name: str, number: Number, centre: CentreDep, user: Writer, version: IfMatch) -> Policy:
    """Make the policy what it was then, as a new version."""
    return Policy.shown(centre.registry.policies.restore(name, number, version, by=actor_of(user)))
