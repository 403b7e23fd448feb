"""The log of who did what to whose file; it is read and verified here, and edited nowhere."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field

from alarms.views import number_cursor
from console.deps import CentreDep, allowed
from console.paging import Page, Paging, encode_cursor
from registry import audit
from registry.audit import Wanted
from registry.sessions import SignedIn

router = APIRouter(prefix="/api/v1/log", tags=["log"])
Auditor = Annotated[SignedIn, Depends(allowed("logs.read"))]


class LogEntry(BaseModel):
    """Somebody did something; `data` names members of a file, never what they hold."""

    seq: int
    at: datetime
    actor_id: str
    actor: str
    action: str = Field(examples=["elder.view"])
    subject_kind: str
    subject_id: str
    reason: str | None
    data: dict[str, Any]
    previous_hash: str
    entry_hash: str = Field(description="SHA-256 over the entry and the hash before it")


class LogVerdict(BaseModel):
    """Whether the log is whole; note `last_hash` elsewhere, so that a cut-off end is found as well."""

    entries: int
    last_hash: str
    broken_at: int | None = Field(description="The first entry that does not fit; null when all do")


@router.get("")
def read_log(
    centre: CentreDep,
    user: Auditor,
    paging: Paging,
    actor: Annotated[str | None, Query(max_length=64, description="A user's id")] = None,
    action: Annotated[str | None, Query(max_length=40)] = None,
    subject_kind: Annotated[str | None, Query(max_length=20)] = None,
    subject_id: Annotated[str | None, Query(max_length=64)] = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> Page[LogEntry]:
    """Entries, the newest first."""
    wanted = Wanted(actor, action, subject_kind, subject_id, since, until)
    with centre.db.read() as session:
        rows, following = audit.page(session, wanted, before=number_cursor(paging.after), limit=paging.limit)
    return Page(items=[LogEntry.model_validate(row) for row in rows], next_cursor=encode_cursor(following))


@router.get("/verify")
def verify_log(centre: CentreDep, user: Auditor) -> LogVerdict:
    """Walk the whole chain."""
    with centre.db.read() as session:
        return LogVerdict.model_validate(audit.verify(session), from_attributes=True)
