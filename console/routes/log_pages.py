"""The log and the keeping of personal data, as pages."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from alarms import personal, retention
from alarms.views import instant, number_cursor
from console import flash
from console.deps import CentreDep
from console.i18n import N_
from console.pages import page
from console.paging import Paging, encode_cursor
from console.routes.log import Auditor
from console.routes.privacy import Keeper
from core.db import Database
from core.errors import Conflict, Rejected
from registry import audit, store
from registry.audit import Actor, Deed, Wanted
from registry.intake import SHORTEST_REASON
from registry.sessions import SignedIn
from registry.store import ELDERS, USERS

router = APIRouter(include_in_schema=False)
EXPORT_CHUNK = 1000
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # What a spreadsheet would run.
COLUMNS = ("seq", "at", "actor", "actor_id", "action", "subject_kind", "subject_id", "reason", "data", "entry_hash")


def wanted_entries(
    centre: CentreDep,
    actor: Annotated[str, Query(max_length=64)] = "",
    action: Annotated[str, Query(max_length=40)] = "",
    subject_id: Annotated[str, Query(max_length=64)] = "",
    since: date | None = None,
    until: date | None = None,
) -> Wanted:
    """The filters of the page; days are local, the last one included."""
    zone = ZoneInfo(centre.settings.timezone)

    def begins(day: date | None, *, after: int = 0) -> datetime | None:
        return None if day is None else datetime.combine(day + timedelta(days=after), time(), zone)

    return Wanted(
        actor or None, action or None, None, subject_id or None, begins(since), begins(until, after=1)
    )  # fmt: skip


Filters = Annotated[Wanted, Depends(wanted_entries)]


@router.get("/registry/log", name="log")
def log_page(request: Request, centre: CentreDep, user: Auditor, wanted: Filters, paging: Paging) -> HTMLResponse:
    with centre.db.read() as session:
        rows, following = audit.page(session, wanted, before=number_cursor(paging.after), limit=paging.limit)
        users, _ = store.page(session, USERS, after=None, limit=500)
        actions = audit.actions(session)
    return page(
        request, "registry_log.html", user, entries=rows, following=encode_cursor(following), users=users,
        actions=actions, query=_kept(request), verdict=None, chosen=dict(request.query_params),
    )  # fmt: skip


@router.post("/registry/log/verify")
def verify_page(request: Request, centre: CentreDep, user: Auditor) -> HTMLResponse:
    with centre.db.read() as session:
        verdict = audit.verify(session)
    return page(request, "registry_log_verdict.html", user, verdict=verdict)


@router.get("/registry/log/export")
def export_log(centre: CentreDep, user: Auditor, wanted: Filters) -> StreamingResponse:
    """The entries as CSV, the oldest last; the export itself is an entry."""
    with centre.db.write() as session:
        deed = Deed("log.export", "log", "all")
        audit.record(session, Actor(user.id, user.name), centre.clock.now(), deed)
    headers = {"Content-Disposition": 'attachment; filename="carebell-log.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(_csv(centre.db, wanted), media_type="text/csv; charset=utf-8", headers=headers)


def _csv(db: Database, wanted: Wanted) -> Iterator[str]:
    yield "\ufeff" + _line(COLUMNS)
    before: int | None = None
    while True:
        with db.read() as session:
            rows, before = audit.page(session, wanted, before=before, limit=EXPORT_CHUNK)
        yield "".join(_line([_cell(row[name]) for name in COLUMNS]) for row in rows)
        if before is None:
            return


def _cell(value: Any) -> str:
    text = instant(value) or "" if isinstance(value, datetime) else value
    text = json.dumps(text, ensure_ascii=False) if isinstance(text, dict) else "" if text is None else str(text)
    return f"'{text}" if text.startswith(FORMULA) else text


def _line(cells: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _kept(request: Request) -> str:
    """The filters as a query, for the links to more and to the export."""
    kept = [f"{name}={value}" for name, value in request.query_params.items() if name not in ("cursor", "limit")]
    return "&".join(kept)


# -- keeping and letting go


@router.get("/registry/privacy", name="privacy")
def privacy_page(request: Request, centre: CentreDep, user: Keeper) -> HTMLResponse:
    return _privacy(request, centre, user)


@router.post("/registry/privacy/{kind}")
def change_period(
    request: Request, centre: CentreDep, user: Keeper, kind: str, keep_days: Annotated[str, Form(max_length=10)] = ""
) -> Response:
    text = keep_days.strip()
    if text and not (text.isascii() and text.isdigit()):
        return _privacy(request, centre, user, problem=N_("must be a whole number"), status=422)
    try:
        retention.set_period(centre.db, centre.clock, kind, int(text) if text else None, Actor(user.id, user.name))
    except Rejected as refused:
        return _privacy(request, centre, user, problem=str(refused), status=422)
    return flash.after("/registry/privacy", N_("Saved."))


@router.get("/registry/elders/{elder_id}/privacy")
def person_page(request: Request, centre: CentreDep, user: Keeper, elder_id: str) -> HTMLResponse:
    return _person(request, centre, user, elder_id)


@router.post("/registry/elders/{elder_id}/personal-data")
def hand_over(
    request: Request, centre: CentreDep, user: Keeper, elder_id: str, reason: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    if len(reason.strip()) < SHORTEST_REASON:
        return _person(request, centre, user, elder_id, problem=N_("Say why; it is kept in the log."), status=422)
    with centre.db.write() as session:
        found = personal.told(session, elder_id)
        deed = Deed("elder.hand_over", "elder", elder_id, reason=reason.strip())
        audit.record(session, Actor(user.id, user.name), centre.clock.now(), deed)
    headers = {"Content-Disposition": 'attachment; filename="personal-data.json"', "Cache-Control": "no-store"}
    return JSONResponse(found, headers=headers)


@router.post("/registry/elders/{elder_id}/erase")
def erase(
    request: Request,
    centre: CentreDep,
    user: Keeper,
    elder_id: str,
    reason: Annotated[str, Form(max_length=500)] = "",
    name: Annotated[str, Form(max_length=120)] = "",
) -> Response:
    """Asks for the elder's name, because it cannot be undone."""
    now = centre.clock.now()
    with centre.db.read() as session:
        elder = store.get(session, ELDERS, elder_id)
    problem = None
    if len(reason.strip()) < SHORTEST_REASON:
        problem = N_("Say why; it is kept in the log.")
    elif name.strip() != elder["name"]:
        problem = N_("Write the name exactly as it stands above: this cannot be undone.")
    if problem is not None:
        return _person(request, centre, user, elder_id, problem=problem, status=422)
    try:
        with centre.db.write() as session:
            personal.make_nameless(session, elder_id, now)
            deed = Deed("elder.erase", "elder", elder_id, reason=reason.strip())
            audit.record(session, Actor(user.id, user.name), now, deed)
    except Conflict as refused:
        return _person(request, centre, user, elder_id, problem=str(refused), status=409)
    return flash.after("/registry/privacy", N_("Erased. The figures of the alarms stay."))


def _privacy(
    request: Request, centre: CentreDep, user: SignedIn, *, problem: str | None = None, status: int = 200
) -> HTMLResponse:
    with centre.db.read() as session:
        periods = retention.periods(session)
    return page(
        request, "registry_privacy.html", user, periods=periods, problem=problem, status=status,
        least=retention.LEAST_DAYS, most=retention.MOST_DAYS,
    )  # fmt: skip


def _person(
    request: Request, centre: CentreDep, user: SignedIn, elder_id: str, *, problem: str | None = None, status: int = 200
) -> HTMLResponse:
    with centre.db.read() as session:
        elder = store.get(session, ELDERS, elder_id)
    return page(request, "registry_person_privacy.html", user, elder=elder, problem=problem, status=status)
