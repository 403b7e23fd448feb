"""Imports over HTTP: a file goes up, is worked off in the background, and what became of each row comes down."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from pydantic import BaseModel, Field

from console.deps import actor_of
from console.import_jobs import ImportJobs, Job, State
from console.routes.exchange import Kind, Writer, attached
from core.errors import NotFound
from registry.importing import Options
from registry.sessions import SignedIn

MEDIA_TYPES = {
    ".csv": "text/csv; charset=utf-8", ".json": "application/fhir+json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
MOST_REFUSALS = 200
router = APIRouter(prefix="/api/v1/imports", tags=["registry"])


class ImportRefusal(BaseModel):
    """Why a row was refused; the reason never repeats what the row says."""

    row: int
    column: str
    reason: str


class ImportState(BaseModel):
    """How far an import is, and in the end what became of it; all refusals are in the result file."""

    id: str
    kind: str
    state: State
    dry_run: bool
    what: str = Field(description="What is being done with the rows")
    done: int
    total: int
    problem: str | None = Field(description="Why nothing could be read or written")
    read: int | None
    added: int | None
    changed: int | None
    unchanged: int | None
    skipped: int | None
    refused: int | None
    refusals: list[ImportRefusal] = Field(description=f"The first {MOST_REFUSALS}")
    has_secrets: bool
    started_at: datetime


@router.post("/{kind}", status_code=202)
def start_import(
    kind: Kind,
    request: Request,
    user: Writer,
    file: Annotated[UploadFile, File(description="CSV, XLSX or a FHIR R4 bundle, at most 64 MB")],
    dry_run: Annotated[bool, Form()] = False,
    rows: Annotated[Literal["all", "good"], Form(description="Every row or none, or each that is right")] = "all",
    on_existing: Annotated[Literal["refuse", "update", "skip"], Form()] = "refuse",
) -> ImportState:
    """Ask with `GET` how far it is. Only who started it sees it."""
    options = Options(dry_run=dry_run, rows=rows, on_existing=on_existing)
    return _shown(jobs_of(request).start(kind, file.filename or "", file.file.read(), options, actor_of(user)))


@router.get("/{import_id}")
def import_state(import_id: str, request: Request, user: Writer) -> ImportState:
    return _shown(job_of(request, user, import_id))


@router.get("/{import_id}/result", response_class=Response)
def import_result_file(import_id: str, request: Request, user: Writer) -> Response:
    """The file again with two columns more; of a bundle an OperationOutcome."""
    content, suffix = job_of(request, user, import_id).result()
    return Response(content, media_type=MEDIA_TYPES[suffix], headers=attached(f"result{suffix}"))


@router.post("/{import_id}/secrets", response_class=Response)
def import_secrets(import_id: str, request: Request, user: Writer) -> Response:
    """The secrets of the new devices (`uid,secret`), this once."""
    content = jobs_of(request).secrets_file(job_of(request, user, import_id))
    return Response(content, media_type=MEDIA_TYPES[".csv"], headers=attached("secrets.csv"))


@router.post("/{import_id}/continue", status_code=202)
def continue_import(import_id: str, request: Request, user: Writer) -> ImportState:
    """Run once more what was interrupted, under a new id: its console ended on the way. What was written stays."""
    job_of(request, user, import_id)
    return _shown(jobs_of(request).go_on(import_id, actor_of(user)))


def jobs_of(request: Request) -> ImportJobs:
    jobs: ImportJobs = request.app.state.imports
    return jobs


def job_of(request: Request, user: SignedIn, import_id: str) -> Job:
    """One of the user's own. Raises NotFound."""
    job = jobs_of(request).get(import_id, actor_of(user))
    if job is None:
        raise NotFound("there is no such import, or not any more")
    return job


def _shown(job: Job) -> ImportState:
    told = job.outcome
    return ImportState(
        id=job.id, kind=job.kind, state=job.state, dry_run=job.options.dry_run, what=job.what, done=job.done,
        total=job.total, problem=job.problem, read=told.read if told else None, added=told.added if told else None,
        changed=told.changed if told else None, unchanged=told.same if told else None,
        skipped=told.skipped if told else None, refused=told.refused if told else None,
        has_secrets=job.has_secrets, started_at=job.started_at,
        refusals=[
            ImportRefusal(row=row, column=column, reason=reason)
            for row, column, reason in (told.refusals[:MOST_REFUSALS] if told else ())
        ],
    )  # fmt: skip
