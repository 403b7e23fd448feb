"""Pages of the contacts: the list with its search, one person, and what is done to them with a click."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy import ColumnElement, select
from starlette.responses import HTMLResponse

from console import flash
from console.centre import Centre
from console.contact_cards import card, elders_by_id
from console.contact_words import CHECK_WORDS
from console.deps import CentreDep, actor_of, check_named
from console.i18n import N_, language_of, words
from console.pages import page
from console.paging import decode_cursor, encode_cursor
from console.routes.contacts import Reader, Writer
from console.words import ROLE_WORDS
from core.errors import Conflict
from registry import findings, phone_checks, store
from registry.contact_intake import Verified
from registry.contact_lists import found_by
from registry.findings import FINDINGS
from registry.history import history_of
from registry.intake import BadMember
from registry.numbers import person_of
from registry.profile import CONTACT_ROLES
from registry.sessions import SignedIn
from registry.store import CONTACTS, Row

LIST = "/registry/contacts"
PER_PAGE = 40
CHECKS_SHOWN = 5
HISTORY_SHOWN = 10
router = APIRouter(prefix=LIST, include_in_schema=False)


def roles_in(request: Request, centre: Centre) -> list[tuple[str, str]]:
    """The roles a contact may have, in the reader's language."""
    speech = words(language_of(request, centre.settings.locale))
    return [(role, speech.say(ROLE_WORDS[role])) for role in CONTACT_ROLES]


@router.get("", name="registry_contacts")
def contacts(
    request: Request,
    centre: CentreDep,
    user: Reader,
    role: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str, Query(max_length=200)] = "",
) -> HTMLResponse:
    role = role if role in CONTACT_ROLES else ""
    where: list[ColumnElement[bool]] = [CONTACTS.c.role == role] if role else []
    after = decode_cursor(cursor) if cursor else None
    with centre.db.read() as session:
        rows, following = store.page(
            session, CONTACTS, after=after, limit=PER_PAGE, where=[*where, *user.scope.where(CONTACTS)]
        )
    return _list(request, centre, user, rows, role=role, following=encode_cursor(following), is_first=not cursor)


@router.post("")
def find_contacts(
    request: Request, centre: CentreDep, user: Reader, q: Annotated[str, Form(max_length=120)] = ""
) -> HTMLResponse:
    """The same list for a name or a number, which belong into no address."""
    q = q.strip()
    with centre.db.read() as session:
        phones = centre.registry.desk.phones
        rows = found_by(session, q, phones, PER_PAGE, user.scope.where(CONTACTS)) if q else []
    return _list(request, centre, user, rows, q=q)


@router.get("/{contact_id}", name="registry_contact")
def contact(request: Request, centre: CentreDep, user: Reader, contact_id: str) -> HTMLResponse:
    now = centre.clock.now()
    with centre.db.read() as session:
        row = store.get(session, CONTACTS, contact_id)
        whose = CONTACTS.c.person_id == row["person_id"] if row["person_id"] else CONTACTS.c.id == contact_id
        rows = [row, *(one for one in store.page(session, CONTACTS, after=None, limit=200, where=[whose])[0]
                       if one["id"] != contact_id)]  # fmt: skip
        others = centre.registry.contacts.alike(session, row)
        elders = elders_by_id(session, {one["elder_id"] for one in (*rows, *others)})
        work = session.connection().execute(
            select(FINDINGS.c.kind).where(FINDINGS.c.subject_key.in_([
                *(findings.key_of(kind, person_of(row)) for kind in ("wrong_number", "opted_out", "no_texts")),
                findings.key_of("shared_phone", contact_id),
            ]))
        ).all()  # fmt: skip
        checks = phone_checks.latest(session, [contact_id], now)
        history, _ = history_of(session, "contact", contact_id, with_looks=False, limit=HISTORY_SHOWN)
    seen = [one for one in rows if user.scope.holds(elders[one["elder_id"]]["area_path"])]
    local = now.astimezone(ZoneInfo(centre.settings.timezone))
    return page(
        request, "registry_contact.html", user, contact=row,
        card=card(row, elders[row["elder_id"]], local),
        elders=[{"contact": one, "elder": elders[one["elder_id"]]} for one in seen], hidden=len(rows) - len(seen),
        alike=[one | {"elder_name": elders[one["elder_id"]]["name"]} for one in others
               if user.scope.holds(elders[one["elder_id"]]["area_path"])] if user.may("registry.write") else [],
        work=work, history=history, may_write=user.may("registry.write"), **_checks(checks),
    )  # fmt: skip


@router.get("/{contact_id}/test-calls")
def test_calls(request: Request, centre: CentreDep, user: Reader, contact_id: str) -> HTMLResponse:
    """What the page asks for while a test call is under way."""
    with centre.db.read() as session:
        row = store.get(session, CONTACTS, contact_id)
        checks = phone_checks.latest(session, [contact_id], centre.clock.now())
    answer = page(request, "_test_calls.html", user, contact=row, **_checks(checks))
    if not any(one["state"] in phone_checks.LIVE for one in checks):
        answer.headers["HX-Refresh"] = "true"  # What the key meant stands beside the number.
    return answer


@router.post("/{contact_id}/test-call")
def ring(
    centre: CentreDep, user: Writer, contact_id: str, phone: Annotated[str, Form(max_length=40)] = ""
) -> Response:  # fmt: skip
    calls = centre.alarms.check_calls if centre.alarms else None
    if calls is None:
        return flash.after(f"{LIST}/{contact_id}", N_("No telephone can be reached from here."))
    try:
        calls.ring(contact_id, phone or None, actor_of(user))
    except Conflict as refused:
        return flash.after(f"{LIST}/{contact_id}", str(refused))
    except BadMember as refused:
        return flash.after(f"{LIST}/{contact_id}", refused.what)
    return flash.after(f"{LIST}/{contact_id}", N_("The number is being rung."))


@router.post("/{contact_id}/verified")
def verified(
    centre: CentreDep, user: Writer, contact_id: str, phone: Annotated[str, Form(max_length=40)] = ""
) -> Response:  # fmt: skip
    centre.registry.contacts.verified(contact_id, Verified(phone=phone or None), actor_of(user))
    return flash.after(f"{LIST}/{contact_id}", N_("Noted: the number is right."))


@router.post("/{contact_id}/same-person")
def same_person(
    centre: CentreDep, user: Writer, contact_id: str,
    other: Annotated[str, Form(alias="contact_id", max_length=64)] = "",
) -> Response:  # fmt: skip
    check_named(centre, user, contact_id=other)
    try:
        centre.registry.contacts.join(contact_id, other, actor_of(user))
    except Conflict as refused:
        return flash.after(f"{LIST}/{contact_id}", str(refused))
    except BadMember as refused:
        return flash.after(f"{LIST}/{contact_id}", refused.what)
    return flash.after(f"{LIST}/{contact_id}", N_("They are one person now, with one set of numbers and hours."))


@router.post("/{contact_id}/remove")
def remove(centre: CentreDep, user: Writer, contact_id: str) -> Response:
    with centre.db.read() as session:
        elder_id = store.get(session, CONTACTS, contact_id)["elder_id"]
    centre.registry.contacts.remove(contact_id, by=actor_of(user))
    undo = f"{LIST}/{contact_id}/restore"
    return flash.after(f"/registry/elders/{elder_id}", N_("The contact was removed."), undo=undo)


@router.post("/{contact_id}/restore")
def restore(centre: CentreDep, user: Writer, contact_id: str) -> Response:
    row = centre.registry.contacts.restore(contact_id, actor_of(user))
    return flash.after(f"/registry/elders/{row['elder_id']}", N_("The contact is back."))


def _checks(checks: list[Row]) -> dict[str, Any]:
    is_ringing = any(one["state"] in phone_checks.LIVE for one in checks)
    return {"checks": checks[:CHECKS_SHOWN], "is_ringing": is_ringing, "check_words": CHECK_WORDS}


def _list(
    request: Request, centre: Centre, user: SignedIn, rows: list[Row], *, q: str = "", role: str = "",
    following: str | None = None, is_first: bool = True,
) -> HTMLResponse:  # fmt: skip
    local = centre.clock.now().astimezone(ZoneInfo(centre.settings.timezone))
    with centre.db.read() as session:
        elders = elders_by_id(session, {row["elder_id"] for row in rows})
    lines = [{"card": card(row, elders[row["elder_id"]], local), "elder": elders[row["elder_id"]]} for row in rows]
    return page(
        request, "registry_contacts.html", user, lines=lines, q=q, role=role, roles=roles_in(request, centre),
        following=following, is_first=is_first,
    )  # fmt: skip
