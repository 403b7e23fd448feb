"""The sandbox's page: every simulated phone with its keys, on top of the JSON of `console.routes.sandbox`."""

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import literal, null, select
from starlette.responses import HTMLResponse

from console.deps import CentreDep
from console.pages import page
from console.routes.desk import is_fragment
from console.routes.sandbox import Network, Reader
from core.db import Database
from registry.models import Contact, Elder, User, table_of

MOST_PHONES = 60
LOG_SHOWN = 40
THEN = ("manual", "key:1", "key:2", "key:3", "silence", "voicemail", "busy", "reject", "unreachable")

router = APIRouter(include_in_schema=False)


@router.get("/sandbox")
def sandbox(
    request: Request,
    centre: CentreDep,
    network: Network,
    user: Reader,
    after: Annotated[str, Query(max_length=60)] = "",
) -> HTMLResponse:
    phones, following = network.phones(after=after, limit=MOST_PHONES)
    log, _ = network.log(limit=LOG_SHOWN)
    names = names_of(centre.db, {p.number for p in phones} | {c.number for c in log})
    phones = sorted(phones, key=lambda p: ({"ringing": 0, "in_call": 1}.get(p.doing, 2), p.number))
    template = "_phones.html" if is_fragment(request) else "sandbox.html"
    return page(
        request, template, user, phones=phones, log=log, names=names, following=following, after=after, then=THEN,
        may_use=user.may("sandbox.use"),
    )  # fmt: skip


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
