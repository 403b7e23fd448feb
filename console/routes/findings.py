"""What waits for the registrar: found by what happened and by the nightly look."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field

from console.deps import CentreDep, actor_of, allowed
from console.paging import Page, Paging, encode_cursor
from registry import findings
from registry.intake import Given, Note
from registry.models import Finding as FindingRow
from registry.models import table_of
from registry.sessions import SignedIn

router = APIRouter(prefix="/api/v1/findings", tags=["registry"])
Reader = Annotated[SignedIn, Depends(allowed("registry.read"))]
Writer = Annotated[SignedIn, Depends(allowed("registry.write"))]
FINDINGS = table_of(FindingRow)
State = Literal["waiting", "snoozed", "open", "resolved", "all"]


class Finding(BaseModel):
    """A piece of work. `data` holds codes and counts."""

    id: str
    kind: str
    gravity: int = Field(description="1: somebody may not be reached at all; 2: help is late; 3: a file to tidy")
    subject_kind: str
    subject_id: str
    elder_id: str | None
    data: dict[str, Any]
    found_at: datetime
    due_at: datetime | None
    owner_id: str | None
    snoozed_until: datetime | None
    resolved_at: datetime | None
    resolved_by: str | None
    note: str | None


class Resolution(Given):
    """How it was put right."""

    note: Note | None = None


class Snooze(Given):
    """When it should come back."""

    until: AwareDatetime


@router.get("")
def list_findings(
    centre: CentreDep,
    user: Reader,
    paging: Paging,
    kind: Annotated[str | None, Query(max_length=30)] = None,
    owner: Annotated[str | None, Query(max_length=36, description="A user's id, `me` or `nobody`")] = None,
    elder_id: Annotated[str | None, Query(max_length=36)] = None,
    state: State = "waiting",
) -> Page[Finding]:
    """The gravest first, and of those the oldest."""
    where = findings.fitting(centre.clock.now(), state, kind=kind, elder_id=elder_id, owner=owner, me=user.id)
    where += user.scope.where(FINDINGS)
    with centre.db.read() as session:
        rows, following = findings.page(session, after=paging.after, limit=paging.limit, where=where)
    return Page(items=[Finding.model_validate(row) for row in rows], next_cursor=encode_cursor(following))


@router.get("/{finding_id}")
def get_finding(finding_id: str, centre: CentreDep, user: Reader) -> Finding:
    with centre.db.read() as session:
        return Finding.model_validate(findings.get(session, finding_id))


@router.post("/{finding_id}/take")
def take_finding(finding_id: str, centre: CentreDep, user: Writer) -> Finding:
    """I shall put it right."""
    return Finding.model_validate(centre.registry.findings.take(finding_id, actor_of(user)))


@router.post("/{finding_id}/release")
def release_finding(finding_id: str, centre: CentreDep, user: Writer) -> Finding:
    """It is nobody's again."""
    return Finding.model_validate(centre.registry.findings.give_back(finding_id, actor_of(user)))


@router.post("/{finding_id}/resolve")
def resolve_finding(finding_id: str, given: Resolution, centre: CentreDep, user: Writer) -> Finding:
    return Finding.model_validate(centre.registry.findings.resolve(finding_id, given.note, actor_of(user)))


@router.post("/{finding_id}/reopen")
def reopen_finding(finding_id: str, centre: CentreDep, user: Writer) -> Finding:
    """It was not put right; when the same has been found again meanwhile that one is open already (409)."""
    return Finding.model_validate(centre.registry.findings.reopen(finding_id, actor_of(user)))


@router.post("/{finding_id}/snooze")
def snooze_finding(finding_id: str, given: Snooze, centre: CentreDep, user: Writer) -> Finding:
    """Out of the list until then."""
    return Finding.model_validate(centre.registry.findings.snooze(finding_id, given.until, actor_of(user)))
