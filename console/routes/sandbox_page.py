"""The sandbox's page: every simulated phone with its keys, on top of the JSON of `console.routes.sandbox`."""

from collections.abc import Collection, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import literal, null, or_, select
from starlette.responses import HTMLResponse

from console.deps import CentreDep
from console.pages import page
from console.routes.desk import is_fragment
from console.routes.sandbox import Network, Reader
from core.db import Database
from notifier.models import SandboxPhone
from notifier.sandbox_phones import Phone, shown
from registry.models import Contact, Elder, User, table_of

MOST_PHONES = 48
RECENT_PHONES = 24
LOG_SHOWN = 40
LOG_LOOKED_AT = 200
BUSY_FIRST = {"ringing": 0, "in_call": 1}
THEN = ("manual", "key:1", "key:2", "key:3", "silence", "voicemail", "busy", "reject", "unreachable", "no_number")

router = APIRouter(include_in_schema=False)


@router.get("/sandbox")
def sandbox(
    request: Request,
    centre: CentreDep,
    network: Network,
    user: Reader,
    after: Annotated[str, Query(max_length=60)] = "",
    wanted: Annotated[str, Query(alias="q", max_length=60)] = "",
) -> HTMLResponse:
    """What is ringing and was called lately comes first; the rest by number, or what a name or number finds."""
    log, _ = network.log(limit=LOG_LOOKED_AT)
    first = list(dict.fromkeys(call.number for call in log))[:RECENT_PHONES]
    if wanted:
        phones, following = phones_of(centre.db, numbers_like(centre.db, wanted)), None
    else:
        listed, following = network.phones(after=after, limit=MOST_PHONES)
        recent = [] if after else phones_of(centre.db, first)
        seen = {phone.number for phone in recent}
        phones = recent + [phone for phone in listed if phone.number not in seen]
    phones = sorted(phones, key=lambda phone: BUSY_FIRST.get(phone.doing, 2))  # Stable: the order above stays.
    shown_log = log[:LOG_SHOWN]
    template = "_phones.html" if is_fragment(request) else "sandbox.html"
    return page(
        request, template, user, phones=phones, log=shown_log, following=following, after=after, wanted=wanted,
        names=names_of(centre.db, {phone.number for phone in phones} | {call.number for call in shown_log}),
        then=THEN, may_use=user.may("sandbox.use"),
    )  # fmt: skip


def phones_of(db: Database, numbers: Sequence[str]) -> list[Phone]:
    """These phones, in this order."""
    table, order = table_of(SandboxPhone), {number: place for place, number in enumerate(numbers)}
    with db.read() as session:
        rows = session.execute(select(table).where(table.c.number.in_(numbers))).all()
        return shown(session, sorted(rows, key=lambda row: order[row.number]))


def numbers_like(db: Database, wanted: str) -> list[str]:
    """Numbers that hold these digits, or belong to somebody, or to somebody's elder, of that name."""
    contacts, elders, phones = table_of(Contact), table_of(Elder), table_of(SandboxPhone)
    digits = "".join(filter(str.isdigit, wanted))
    by_name = (
        select(contacts.c.phone)
        .join(elders, elders.c.id == contacts.c.elder_id)
        .where(or_(contacts.c.name.contains(wanted, autoescape=True), elders.c.name.contains(wanted, autoescape=True)))
    )
    own = select(elders.c.phone).where(elders.c.name.contains(wanted, autoescape=True))
    found = or_(phones.c.number.in_(by_name), phones.c.number.in_(own))
    if digits:
        found = or_(found, phones.c.number.contains(digits))
    with db.read() as session:
        return list(session.scalars(select(phones.c.number).where(found).order_by(phones.c.number).limit(MOST_PHONES)))


def names_of(db: Database, numbers: Collection[str]) -> dict[str, dict[str, Any]]:
    """Whose numbers these are, as far as the registry knows."""
    contacts, users, elders = table_of(Contact), table_of(User), table_of(Elder)
    found: dict[str, dict[str, Any]] = {}
    wanted = (
        select(elders.c.phone, elders.c.name, literal("elder"), null()).where(elders.c.deleted_at.is_(None)),
        select(users.c.phone, users.c.display_name, literal("officer"), null()),
        select(contacts.c.phone, contacts.c.name, contacts.c.role, elders.c.name)
        .join(elders, elders.c.id == contacts.c.elder_id)
        .where(contacts.c.deleted_at.is_(None)),
    )
    with db.read() as session:
        for one in wanted:
            for phone, name, role, elder in session.execute(one.where(one.selected_columns[0].in_(numbers))):
                found[phone] = {"name": name, "role": role, "elder": elder}
    return found
