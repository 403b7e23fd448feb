"""The escalation policies' pages: a readable list of rungs, whom it leaves waiting, and a try on a real elder."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, get_args
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from console import flash
from console.centre import Centre
from console.deps import CentreDep, actor_of, check_named
from console.forms import Form as Fields
from console.forms import errors_of, read, refused
from console.i18n import N_
from console.pages import page
from console.policy_preview import preview_of
from console.routes.policies import Check, Policy, PolicyVersion, Preview, Reader, Writer
from core.errors import Conflict, NotFound
from registry import policy_check, policy_store, store
from registry.intake import BadMember, ContactRole
from registry.policies import UNCHANGED
from registry.policy_intake import MOST_RUNGS, AlarmKind, PolicyName, PolicyPatch
from registry.profile import DEFAULT_POLICY, OFFICER_RUNG
from registry.sessions import SignedIn
from registry.store import ELDERS, POLICIES

router = APIRouter(include_in_schema=False)
MOST = 200
VERSIONS_SHOWN = 10
ROLES: tuple[str, ...] = (*get_args(ContactRole), OFFICER_RUNG)
KINDS: tuple[str, ...] = get_args(AlarmKind)


@router.get("/registry/policies", name="policies")
def policies_page(request: Request, centre: CentreDep, user: Reader) -> HTMLResponse:
    with centre.db.read() as session:
        rows, _ = store.page(session, POLICIES, after=None, limit=MOST)
    if not any(row["name"] == DEFAULT_POLICY for row in rows):
        rows = [UNCHANGED, *rows]
    return page(request, "registry_policies.html", user, policies=[Policy.shown(row) for row in rows])


@router.get("/registry/policies/{name}")
def policy_page(request: Request, centre: CentreDep, user: Reader, name: str) -> HTMLResponse:
    return _shown(request, centre, user, name)


@router.post("/registry/policies")
def new_policy(user: Writer, name: Annotated[PolicyName, Form()]) -> Response:
    """The form of a policy that is not there yet is that of the default, under its new name."""
    return flash.after(f"/registry/policies/{name}", N_("Nothing is kept until you save."))


@router.post("/registry/policies/{name}")
async def save_policy(request: Request, centre: CentreDep, user: Writer, name: PolicyName) -> Response:
    data = await request.form()
    rungs = [
        {"role": role, "ring_s": _number(ring), "tries": _number(tries)}
        for role, ring, tries in zip(*_columns(data, "rung_role", "rung_ring_s", "rung_tries"), strict=False)
        if role
    ]
    checked = read(PolicyPatch, data, rungs=rungs)
    form, status = Fields({**checked.form.values, "rungs": rungs}, checked.form.errors), 422
    if checked.given is not None:
        try:
            centre.registry.policies.set(name, checked.given, by=actor_of(user))
            return flash.after(f"/registry/policies/{name}", N_("Saved."))
        except BadMember as fault:
            form = refused(form, fault)
        except Conflict as fault:
            form, status = Fields(form.values, {}, str(fault)), 409
        except ValidationError as fault:
            form = Fields(form.values, errors_of(fault))
    return _shown(request, centre, user, name, form=form, status=status)


@router.post("/registry/policies/{name}/remove")
def remove_policy(request: Request, centre: CentreDep, user: Writer, name: str) -> Response:
    try:
        centre.registry.policies.remove(name, by=actor_of(user))
    except Conflict as fault:
        return _shown(request, centre, user, name, form=Fields({}, {}, str(fault)), status=409)
    return flash.after("/registry/policies", N_("Removed."))


@router.post("/registry/policies/{name}/versions/{number}/restore")
def restore(centre: CentreDep, user: Writer, name: str, number: int) -> Response:
    centre.registry.policies.restore(name, number, by=actor_of(user))
    return flash.after(f"/registry/policies/{name}", N_("It is again what it was then."))


@router.post("/registry/policies/{name}/preview")
def preview(
    request: Request,
    centre: CentreDep,
    user: Reader,
    name: str,
    elder_id: Annotated[str, Form(max_length=64)] = "",
    at: Annotated[str, Form(max_length=20)] = "",
) -> HTMLResponse:
    """Who would be rung when; nobody is called."""
    try:
        local = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(centre.settings.timezone))
    except ValueError:
        local = centre.clock.now()
    try:
        check_named(centre, user, elder_id=elder_id)
        found = Preview.shown(preview_of(centre, name, elder_id, local.astimezone(UTC), "sos"))
    except (NotFound, BadMember):
        problem = N_("Give the id of an elder's file: it stands at the end of the file's address.")
        return _shown(request, centre, user, name, tried={"problem": problem, "elder_id": elder_id})
    with centre.db.read() as session:
        elder = store.get(session, ELDERS, elder_id)
    return _shown(request, centre, user, name, tried={"found": found, "elder": elder, "elder_id": elder_id})


def _columns(data: FormData, *names: str) -> Iterator[list[str]]:
    for name in names:
        yield [str(value) for value in data.getlist(name)]


def _number(text: str) -> int | str | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else text or None


def _shown(
    request: Request,
    centre: Centre,
    user: SignedIn,
    name: str,
    *,
    form: Fields | None = None,
    tried: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    with centre.db.read() as session:
        try:
            row = centre.registry.policies.get(session, name)
            is_new = False
        except NotFound:
            default = dict(centre.registry.policies.get(session, DEFAULT_POLICY))
            row, is_new = default | {"name": name, "title": None, "version": 0}, True
        gaps = None
        if not is_new:
            seen = user.scope.where(ELDERS)
            now = centre.clock.now()
            gaps = Check.shown(policy_check.check(session, row, now, centre.settings.timezone, seen))
        kept, _ = policy_store.versions(session, row.get("id", ""), before=None, limit=VERSIONS_SHOWN)
    policy = Policy.shown(row)
    values = policy.model_dump() | {"version": row["version"] or None}
    return page(
        request, "registry_policy.html", user, policy=policy, is_new=is_new, form=form or Fields(values),
        gaps=gaps, versions=[PolicyVersion.shown(one) for one in kept] if not is_new else [], roles=ROLES, kinds=KINDS,
        empty_rungs=MOST_RUNGS, tried=tried or {}, is_default=name == DEFAULT_POLICY, status=status,
    )  # fmt: skip
