"""The page of imports and exports: a file goes up, is tried first, shows how far it is, and says what became of it."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from console import flash
from console.deps import CentreDep, actor_of
from console.i18n import N_, language_of, words
from console.pages import page
from console.routes.exchange import Exporter, Writer, attached, download
from console.routes.imports import MEDIA_TYPES, job_of, jobs_of
from core.errors import Conflict
from registry.bulk import BULK_KINDS
from registry.exporting import MEDIA_TYPES as EXPORT_TYPES
from registry.exporting import SUFFIXES, Exports, Format, Wanted
from registry.importing import Options
from registry.intake import SHORTEST_REASON

PAGE = "/registry/import"
SHOWN_REFUSALS = 50
KIND_WORDS = {
    "elders": N_("Elders"), "contacts": N_("Contacts"), "devices": N_("Devices"), "resources": N_("Resources"),
}  # fmt: skip
ROWS_WORDS = {"all": N_("All rows, or none if one is refused"), "good": N_("Every row that is right")}
EXISTING_WORDS = {
    "refuse": N_("Refuse the row"), "update": N_("Bring the file up to date"), "skip": N_("Leave the file as it is"),
}  # fmt: skip
FORMAT_WORDS = {"xlsx": N_("Workbook (XLSX)"), "csv": N_("CSV"), "fhir": N_("FHIR bundle")}
DOING_WORDS = {
    "checked": N_("rows checked"), "tried": N_("changes tried"), "written": N_("rows written"),
    "changed": N_("files changed"),
}  # fmt: skip
_WORDS: dict[str, Any] = {
    "kinds": KIND_WORDS, "rows_words": ROWS_WORDS, "existing_words": EXISTING_WORDS, "formats": FORMAT_WORDS,
    "doing_words": DOING_WORDS,
}  # fmt: skip

router = APIRouter(prefix=PAGE, include_in_schema=False)


@router.get("", name="registry_import")
def imports(request: Request, user: Writer) -> Response:
    return page(request, "registry_import.html", user, jobs=jobs_of(request).of(actor_of(user)), **_WORDS)


@router.post("")
async def start(
    request: Request,
    user: Writer,
    file: Annotated[UploadFile, File()],
    kind: Annotated[str, Form(max_length=20)] = "elders",
    rows: Annotated[str, Form(max_length=10)] = "all",
    on_existing: Annotated[str, Form(max_length=10)] = "refuse",
) -> Response:
    """Always tried first: writing is another press."""
    data = await file.read()
    if kind not in BULK_KINDS or not data:
        return flash.after(PAGE, N_("Choose a file first."))
    options = _options(rows, on_existing, dry_run=True)
    job = await run_in_threadpool(jobs_of(request).start, kind, file.filename or "", data, options, actor_of(user))
    return RedirectResponse(f"{PAGE}/{job.id}", 303)


@router.post("/export")
def export(
    centre: CentreDep,
    user: Exporter,
    kind: Annotated[str, Form(max_length=20)] = "elders",
    form: Annotated[str, Form(alias="format", max_length=10)] = "xlsx",
    reason: Annotated[str, Form(max_length=300)] = "",
    sealed: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    formats: dict[str, Format] = {"csv": "csv", "xlsx": "xlsx", "fhir": "fhir"}
    if kind not in BULK_KINDS or form not in formats or len(reason.strip()) < SHORTEST_REASON:
        return flash.after(PAGE, N_("Say why the files are taken out."))
    if form == "fhir" and kind not in ("elders", "contacts"):
        return flash.after(PAGE, N_("A FHIR bundle holds elders and contacts; take the others as a workbook or CSV."))
    wanted = Wanted(kind, formats[form], reason, sealed == "1")
    pieces = Exports(centre.registry, actor_of(user), may_read_sealed=user.may("health.read")).stream(wanted)
    return download(pieces, f"{kind}{SUFFIXES[wanted.format]}", EXPORT_TYPES[wanted.format])


@router.get("/{import_id}")
def progress(request: Request, user: Writer, import_id: str) -> Response:
    job = job_of(request, user, import_id)
    shown = job.outcome.refusals[:SHOWN_REFUSALS] if job.outcome else ()
    return page(request, "registry_import_job.html", user, job=job, refusals=shown, **_WORDS)


@router.post("/{import_id}/write")
def write(request: Request, user: Writer, import_id: str) -> Response:
    """What was tried is now done, with the same file."""
    tried = job_of(request, user, import_id)
    options = _options(tried.options.rows, tried.options.on_existing, dry_run=False)
    job = jobs_of(request).start(tried.kind, tried.file_name, tried.data, options, actor_of(user))
    return RedirectResponse(f"{PAGE}/{job.id}", 303)


@router.post("/{import_id}/continue")
def go_on(request: Request, user: Writer, import_id: str) -> Response:
    """What its console did not finish."""
    job_of(request, user, import_id)
    try:
        job = jobs_of(request).go_on(import_id, actor_of(user))
    except Conflict as refused:
        return flash.after(f"{PAGE}/{import_id}", str(refused))
    return RedirectResponse(f"{PAGE}/{job.id}", 303)


@router.get("/{import_id}/result")
def result(request: Request, centre: CentreDep, user: Writer, import_id: str) -> Response:
    speech = words(language_of(request, centre.settings.locale))
    content, suffix = job_of(request, user, import_id).result(speech.say)
    return Response(content, media_type=MEDIA_TYPES[suffix], headers=attached(f"result{suffix}"))


@router.post("/{import_id}/secrets")
def secrets(request: Request, user: Writer, import_id: str) -> Response:
    content = jobs_of(request).secrets_file(job_of(request, user, import_id))
    return Response(content, media_type=MEDIA_TYPES[".csv"], headers=attached("secrets.csv"))


def _options(rows: str, on_existing: str, *, dry_run: bool) -> Options:
    return Options(
        dry_run=dry_run, rows="good" if rows == "good" else "all",
        on_existing="update" if on_existing == "update" else "skip" if on_existing == "skip" else "refuse",
    )  # fmt: skip
