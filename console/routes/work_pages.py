"""The registrar's work list, as a page."""

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy import select
from sqlmodel import Session
from starlette.responses import HTMLResponse

from console import flash
from console.contact_cards import elders_by_id
from console.contact_words import DO_WORDS, FINDING_WORDS, GRAVITY_WORDS, OWNER_WORDS, WORK_STATES
from console.deps import CentreDep, actor_of
from console.i18n import N_
from console.pages import page
from console.paging import decode_cursor, encode_cursor
from console.routes.findings import Writer
from core.errors import Conflict
from registry import findings
from registry.findings import COUNTED_AT_MOST, FINDINGS
from registry.store import CONTACTS, USERS, Row

LIST = "/registry/findings"
PER_PAGE = 30
MOST_DAYS = 90
router = APIRouter(prefix=LIST, include_in_schema=False)


@router.get("", name="registry_work")
def work(
    request: Request,
    centre: CentreDep,
    user: Writer,
    kind: Annotated[str, Query(max_length=30)] = "",
    owner: Annotated[str, Query(max_length=36)] = "",
    state: Annotated[str, Query(max_length=20)] = "waiting",
    cursor: Annotated[str, Query(max_length=200)] = "",
) -> HTMLResponse:
    asked = {"kind": kind, "owner": owner if owner in OWNER_WORDS else "",
             "state": state if state in WORK_STATES else "waiting"}  # fmt: skip
    now = centre.clock.now()
    where = findings.fitting(now, asked["state"], kind=kind or None, owner=asked["owner"] or None, me=user.id)
    after = decode_cursor(cursor) if cursor else None
    with centre.db.read() as session:
        rows, following = findings.page(
            session, after=after, limit=PER_PAGE, where=[*where, *user.scope.where(FINDINGS)]
        )
        lines = _lines(session, rows, user.id, centre)
    query = urlencode({name: value for name, value in asked.items() if value and value != "waiting"})
    return page(
        request, "registry_work.html", user, lines=lines, asked=asked, query=query, kinds=FINDING_WORDS,
        owners=OWNER_WORDS, states=WORK_STATES, gravities=GRAVITY_WORDS, todo=DO_WORDS,
        following=encode_cursor(following), is_first=not cursor,
    )  # fmt: skip


@router.get("/count")
def count(centre: CentreDep, user: Writer) -> HTMLResponse:
    """How much waits, for the navigation."""
    with centre.db.read() as session:
        found = findings.count_waiting(session, centre.clock.now(), *user.scope.where(FINDINGS))
    return HTMLResponse("" if not found else f"{found}" if found < COUNTED_AT_MOST else f"{COUNTED_AT_MOST - 1}+")


@router.post("/{finding_id}/take")
def take(centre: CentreDep, user: Writer, finding_id: str) -> Response:
    return _done(lambda: centre.registry.findings.take(finding_id, actor_of(user)), N_("It is yours."))


@router.post("/{finding_id}/release")
def release(centre: CentreDep, user: Writer, finding_id: str) -> Response:
    return _done(lambda: centre.registry.findings.give_back(finding_id, actor_of(user)), N_("It is nobody's again."))


@router.post("/{finding_id}/resolve")
def resolve(
    centre: CentreDep, user: Writer, finding_id: str, note: Annotated[str, Form(max_length=1000)] = ""
) -> Response:  # fmt: skip
    return _done(
        lambda: centre.registry.findings.resolve(finding_id, note.strip() or None, actor_of(user)),
        N_("It is put right."), undo=f"{LIST}/{finding_id}/reopen",
    )  # fmt: skip


@router.post("/{finding_id}/reopen")
def reopen(centre: CentreDep, user: Writer, finding_id: str) -> Response:
    return _done(lambda: centre.registry.findings.reopen(finding_id, actor_of(user)), N_("It is open again."))


@router.post("/{finding_id}/snooze")
def snooze(
    centre: CentreDep, user: Writer, finding_id: str, days: Annotated[int, Form(ge=1, le=MOST_DAYS)] = 1
) -> Response:  # fmt: skip
    until = centre.clock.now() + timedelta(days=days)
    return _done(lambda: centre.registry.findings.snooze(finding_id, until, actor_of(user)), N_("It is put off."))


def _done(act: Any, text: str, *, undo: str | None = None) -> Response:
    try:
        act()
    except Conflict as refused:
        return flash.after(LIST, str(refused))
    return flash.after(LIST, text, undo=undo)


def _lines(session: Session, rows: list[Row], me: str, centre: CentreDep) -> list[dict[str, Any]]:
    """The findings with the names behind them, in three queries however many there are."""
    now = centre.clock.now()
    elders = elders_by_id(session, {row["elder_id"] for row in rows if row["elder_id"]})
    ids = {row["subject_id"] for row in rows if row["subject_kind"] == "contact"}
    wanted = select(CONTACTS.c.id, CONTACTS.c.name).where(CONTACTS.c.id.in_(ids), CONTACTS.c.deleted_at.is_(None))
    contacts = {row.id: row for row in session.connection().execute(wanted)} if ids else {}
    users = {row["owner_id"] for row in rows if row["owner_id"]}
    names = select(USERS.c.id, USERS.c.display_name).where(USERS.c.id.in_(users))
    owners = {row.id: row.display_name for row in session.connection().execute(names)} if users else {}
    return [
        {
            "finding": row, "elder": elders.get(row["elder_id"]), "contact": contacts.get(row["subject_id"]),
            "owner": owners.get(row["owner_id"]), "is_mine": row["owner_id"] == me,
            "is_late": row["due_at"] is not None and row["due_at"] < now,
            "is_put_off": row["snoozed_until"] is not None and row["snoozed_until"] > now,
        }
        for row in rows
    ]  # fmt: skip
