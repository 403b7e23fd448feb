"""The escalation policies' pages: a readable list of rungs, whom it leaves waiting, and a try on a real elder."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, get_args
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from console import flash
from console.centre import Centre
from console.deps import CentreDep, actor_of, check_named
from console.forms import Form as Fields
from console.forms import errors_of, read, refused
from console.i18n import N_
from console.pages import page
from console.policy_picture import drawn, of_policy
from console.policy_preview import preview_of
from console.routes.policies import Check, Policy, PolicyVersion, Preview, Reader, Writer
from console.rung_form import ROLES, moved, rungs_in, shown_rungs
from core.errors import Conflict, NotFound
from registry import area_store, policy_check, policy_store, store
from registry.intake import BadMember
from registry.policies import UNCHANGED
from registry.policy_intake import MOST_RUNGS, AlarmKind, PolicyName, PolicyPatch
from registry.profile import DEFAULT_POLICY
from registry.rungs import policy_settings
from registry.search import Wanted, scopes_of
from registry.search_query import LONGEST
from registry.sessions import SignedIn
from registry.store import ELDERS, POLICIES

router = APIRouter(include_in_schema=False)
MOST = 200
MOST_VERSIONS = 100
MOST_FOUND = 6
COMPARED = (
    "title", "area_code", "elder_id", "kind", "ring_s", "tries_per_contact", "officer_ring_s", "round_pause_s",
    "arrival_within_s", "follow_up_after_s", "follow_up_tries", "follow_up_retry_s", "follow_up_at_night",
    "polite_from_hour", "polite_to_hour", "send_messages",
)  # fmt: skip
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


@router.get("/registry/policies/{name}/versions")
def policy_versions(
    request: Request,
    centre: CentreDep,
    user: Reader,
    name: str,
    left: Annotated[int, Query(ge=1, le=2**31 - 1)] | None = None,
    right: Annotated[int, Query(ge=1, le=2**31 - 1)] | None = None,
) -> HTMLResponse:
    """Two versions side by side; unless others are asked for, the newest and the one before it."""
    with centre.db.read() as session:
        row = centre.registry.policies.get(session, name)
        kept, _ = policy_store.versions(session, row.get("id", ""), before=None, limit=MOST_VERSIONS)
    versions = [PolicyVersion.shown(one) for one in kept]
    by_number = {one.version: one for one in versions}
    after = by_number.get(right or row["version"])
    before = (
        by_number.get(left) if left else next((one for one in versions if after and one.version < after.version), after)
    )
    if versions and (before is None or after is None):
        raise NotFound("there is no such version")
    return page(
        request, "registry_policy_versions.html", user, policy=Policy.shown(row), versions=versions, before=before,
        after=after, changed=_changed(before, after), members=COMPARED,
    )  # fmt: skip


def _changed(before: PolicyVersion | None, after: PolicyVersion | None) -> set[str]:
    if before is None or after is None:
        return set()
    return {name for name in (*COMPARED, "rungs") if getattr(before, name) != getattr(after, name)}


@router.post("/registry/policies/{name}")
async def save_policy(request: Request, centre: CentreDep, user: Writer, name: PolicyName) -> Response:
    """Saves, unless a button beside the rungs was pressed: that changes the form alone."""
    data = await request.form()
    rungs, at_rung = rungs_in(data), -1
    if pressed := str(data.get("do", "")):
        changed = moved(rungs, pressed[:10])
        rungs, at_rung = changed.rungs, changed.at
    checked = read(PolicyPatch, data, rungs=rungs)
    form, status = Fields({**checked.form.values, "rungs": rungs}, {} if pressed else checked.form.errors), 422
    if pressed:
        return await run_in_threadpool(
            _shown, request, centre, user, name, form=form, at_rung=at_rung, drafted=checked.given
        )
    if checked.given is not None:
        try:
            await run_in_threadpool(centre.registry.policies.set, name, checked.given, by=actor_of(user))
            return flash.after(f"/registry/policies/{name}", N_("Saved."))
        except BadMember as fault:
            form = refused(form, fault)
        except Conflict as fault:
            form, status = Fields(form.values, {}, str(fault)), 409
        except ValidationError as fault:
            form = Fields(form.values, errors_of(fault))
    return await run_in_threadpool(_shown, request, centre, user, name, form=form, status=status)


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
    who: Annotated[str, Form(max_length=LONGEST)] = "",
    at: Annotated[str, Form(max_length=20)] = "",
    kind: Annotated[str, Form(max_length=20)] = "sos",
) -> HTMLResponse:
    """Who would be rung when; nobody is called. `who` is looked for as in the search box."""
    tried: dict[str, Any] = {"who": who, "at": at, "kind": kind if kind in KINDS else "sos"}
    if not elder_id and who.strip():
        answer = centre.registry.search(Wanted(who, limit=MOST_FOUND, scopes=scopes_of(user.scope.codes)))
        tried["found_elders"] = [one.file for one in answer.found]
        if len(answer.found) == 1:
            elder_id = answer.found[0].file.id
        elif not answer.found:
            tried["problem"] = N_("Nobody was found: try more of the name, the number or the address.")
    if elder_id:
        tried |= _tried(centre, user, name, elder_id, _moment(centre, at), tried["kind"])
    elif not who.strip():
        tried["problem"] = N_("Say on whom: a name, a number or an address.")
    return _shown(request, centre, user, name, tried=tried)


def _tried(centre: Centre, user: SignedIn, name: str, elder_id: str, at: datetime, kind: str) -> dict[str, Any]:
    try:
        check_named(centre, user, elder_id=elder_id)
        found = preview_of(centre, name, elder_id, at, kind)
    except (NotFound, BadMember):
        return {"problem": N_("There is no such elder.")}
    with centre.db.read() as session:
        elder = store.get(session, ELDERS, elder_id)
    return {"found": Preview.shown(found), "elder": elder, "picture": drawn(found.forecast)}


def _moment(centre: Centre, at: str) -> datetime:
    """A local time as a form gives it; now, where none was given."""
    try:
        return datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(centre.settings.timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return centre.clock.now()


def _shown(
    request: Request,
    centre: Centre,
    user: SignedIn,
    name: str,
    *,
    form: Fields | None = None,
    tried: Mapping[str, Any] | None = None,
    at_rung: int = -1,
    drafted: PolicyPatch | None = None,
    status: int = 200,
) -> HTMLResponse:
    """`drafted` is what the form holds and nobody has saved: the picture is of that."""
    with centre.db.read() as session:
        try:
            row = centre.registry.policies.get(session, name)
            is_new = False
        except NotFound:
            default = dict(centre.registry.policies.get(session, DEFAULT_POLICY))
            row, is_new = default | {"name": name, "title": None, "version": 0}, True
        gaps = None
        if not is_new and form is None:
            seen = user.scope.where(ELDERS)
            now = centre.clock.now()
            gaps = Check.shown(policy_check.check(session, row, now, centre.settings.timezone, seen))
        meant = row.get("elder_id") and store.find(session, ELDERS, ELDERS.c.id == row["elder_id"])
        area = row.get("area_code") and area_store.by_code(session, row["area_code"])
    policy = Policy.shown(row)
    values = policy.model_dump() | {"version": row["version"] or None}
    shown = form or Fields(values)
    settings = policy_settings(row["settings"] | (drafted.settings() if drafted else {}))
    return page(
        request, "registry_policy.html", user, policy=policy, is_new=is_new, form=shown, gaps=gaps, roles=ROLES,
        kinds=KINDS, rungs=shown_rungs(shown.values.get("rungs") or []), most_rungs=MOST_RUNGS, at_rung=at_rung,
        picture=of_policy(settings), settings=settings, tried=tried or {}, is_default=name == DEFAULT_POLICY,
        is_draft=at_rung >= 0, meant=meant, area=area, status=status,
    )  # fmt: skip
