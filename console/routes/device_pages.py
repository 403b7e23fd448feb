"""Pages of the devices: the list, one device, and what is done to it with a click."""

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlmodel import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from console import device_file, flash
from console.centre import Centre
from console.deps import CentreDep, actor_of, check_elder, check_named
from console.device_words import MOVE_WORDS, STATE_LOOKS, STATE_WORDS, TRIGGER_WORDS, line_text
from console.i18n import N_, language_of, words
from console.labels import QR_PREFIX
from console.pages import page
from console.paging import decode_cursor, encode_cursor
from console.routes.devices import NO_STORE, Reader, Writer
from core.errors import Conflict, NotFound
from registry import device_lists, search, store
from registry.device_intake import DevicePatch, Pairing, Replacement
from registry.device_lists import DeviceFilter
from registry.intake import BadMember, DeviceState
from registry.scope import Scope
from registry.search_query import LONGEST
from registry.sessions import SignedIn

LIST = "/registry/devices"
PER_PAGE = 50
FOUND_SHOWN = 8
STALE = N_("Somebody changed this device meanwhile, or that step is not open to it. Nothing was done.")
WORDS: dict[str, Any] = {
    "states": STATE_WORDS,
    "looks": STATE_LOOKS,
    "triggers": TRIGGER_WORDS,
    "move_words": MOVE_WORDS,
}
Text = Annotated[str, Form(max_length=1000)]
Version = Annotated[int | None, Form(ge=1, le=2**31 - 1)]

router = APIRouter(prefix=LIST, include_in_schema=False)


class Asked:
    """The filters of the list, from the address: nothing in them names a person."""

    def __init__(
        self,
        q: Annotated[str, Query(max_length=64)] = "",
        state: Annotated[str, Query(max_length=20)] = "",
        model: Annotated[str, Query(max_length=60)] = "",
        batch: Annotated[str, Query(max_length=60)] = "",
        area: Annotated[str, Query(max_length=120)] = "",
        silent: Annotated[str, Query(max_length=1)] = "",
        low: Annotated[str, Query(max_length=1)] = "",
        cursor: Annotated[str, Query(max_length=200)] = "",
    ) -> None:
        self.values = {
            "q": q.strip().removeprefix(QR_PREFIX), "state": state if state in STATE_WORDS else "",
            "model": model.strip(), "batch": batch.strip(), "area": area.strip(),
            "silent": "1" if silent == "1" else "", "low": "1" if low == "1" else "",
        }  # fmt: skip
        self.cursor = cursor

    def address(self, **other: str) -> str:
        """The list with these filters, some of them changed."""
        query = urlencode({name: value for name, value in (self.values | other).items() if value})
        return f"{LIST}?{query}" if query else LIST

    def filter(self, area: str | None, scope: Scope) -> DeviceFilter:
        v = self.values
        return DeviceFilter(
            q=v["q"] or None, state=v["state"] or None, model=v["model"] or None, batch=v["batch"] or None, area=area,
            is_silent=bool(v["silent"]), is_low=bool(v["low"]), scope=scope,
        )  # fmt: skip


@router.get("", name="registry_devices")
def devices(request: Request, centre: CentreDep, user: Reader, asked: Annotated[Asked, Depends()]) -> Response:
    """A scanner types a whole uid and Enter: the device opens at once."""
    now, v = centre.clock.now(), asked.values
    after = decode_cursor(asked.cursor) if asked.cursor else None
    with centre.db.read() as session:
        if v["q"] and (scanned := _scanned(session, v["q"], user.scope)):
            return RedirectResponse(f"{LIST}/{scanned}", 303)
        area = device_file.area_code(session, v["area"]) if v["area"] else None
        rows, following = device_lists.page(
            session, asked.filter(area or v["area"] or None, user.scope), now=now, after=after, limit=PER_PAGE
        )
        shown = device_file.listed(session, rows, now)
        members: dict[str, Any] = {
            "counts": device_file.counts(session, user.scope),
            "choices": device_file.choices(session),
        }
    older = encode_cursor(following)
    return page(
        request, "registry_devices.html", user, devices=shown, asked=asked, **members, **WORDS,
        newer=asked.address() if after else None, older=asked.address(cursor=older) if older else None,
        labels=f"{LIST}/labels?" + urlencode({k: v[k] for k in ("q", "state", "model", "batch") if v[k]}),
    )  # fmt: skip


@router.get("/{device}", name="registry_device")
def device(request: Request, centre: CentreDep, user: Reader, device: str) -> HTMLResponse:
    return show(request, centre, user, device)


@router.get("/{device}/checks")
def checks(request: Request, centre: CentreDep, user: Reader, device: str) -> HTMLResponse:
    """The list of triggers alone, asked for again and again while somebody stands in the flat and presses."""
    return show(request, centre, user, device, template="_device_checks.html")


@router.post("/{device}/move")
def move(
    request: Request,
    centre: CentreDep,
    user: Writer,
    device: str,
    to: Annotated[DeviceState, Form()],
    reason: Text = "",
    version: Version = None,
) -> Response:
    given = {"state": to} | ({"reason": reason.strip()} if reason.strip() else {})
    try:
        row = centre.registry.devices.change(device, DevicePatch.model_validate(given), version, by=actor_of(user))
    except Conflict:
        return show(request, centre, user, device, problem=STALE, status=409)
    undo = f"{LIST}/{row['id']}/restore" if to == "retired" else None
    return flash.after(f"{LIST}/{row['id']}", DONE.get(to, N_("Saved.")), undo=undo)


DONE = {
    "stock": N_("The device is back in stock."),
    "issued": N_("The device is handed out."),
    "installed": N_("The device is installed. Now press every trigger as a test."),
    "in_service": N_("The device is in service."),
    "faulty": N_("The fault is noted. A press of it is still an alarm."),
    "retired": N_("The device is retired. A press of it is still an alarm."),
}


@router.post("/{device}/restore")
def restore(request: Request, centre: CentreDep, user: Writer, device: str) -> Response:
    try:
        row = centre.registry.devices.restore(device, by=actor_of(user))
    except Conflict:
        return show(request, centre, user, device, problem=STALE, status=409)
    return flash.after(f"{LIST}/{row['id']}", N_("The device is no longer retired."))


@router.post("/{device}/find")
def find_elder(
    request: Request, centre: CentreDep, user: Writer, device: str, q: Annotated[str, Form(max_length=LONGEST)] = ""
) -> HTMLResponse:
    """Whom it could be given to; the words may be a name or a number, so they are in no address."""
    answer = centre.registry.search(_wanted(q, user)) if q.strip() else search.Answer()
    found = [one.file for one in answer.found]
    return show(request, centre, user, device, found=found, sought=q.strip(), is_too_short=answer.is_too_short)


@router.post("/{device}/pair")
def pair(
    request: Request, centre: CentreDep, user: Writer, device: str, elder_id: Text, reason: Text = "",
    version: Version = None,
) -> Response:  # fmt: skip
    try:
        given = Pairing.model_validate({"elder_id": elder_id, "reason": reason.strip() or None})
        check_elder(centre, user, given.elder_id)
        row, before = centre.registry.devices.pair(device, given, version, by=actor_of(user))
    except (Conflict, BadMember, ValueError):
        return show(request, centre, user, device, problem=STALE, status=409)
    text = N_("The device has another elder now. Install it there and test every trigger.")
    first = N_("The device has its elder. Install it and test every trigger.")
    return flash.after(f"{LIST}/{row['id']}", text if before else first)


@router.post("/{device}/unpair")
def unpair(request: Request, centre: CentreDep, user: Writer, device: str, version: Version = None) -> Response:
    try:
        row = centre.registry.devices.change(device, DevicePatch(elder_id=None), version, by=actor_of(user))
    except Conflict:
        return show(request, centre, user, device, problem=STALE, status=409)
    return flash.after(f"{LIST}/{row['id']}", N_("The device has no elder any more."))


@router.post("/{device}/replace")
def replace(
    request: Request, centre: CentreDep, user: Writer, device: str, by: Text, state: Text = "retired", reason: Text = ""
) -> Response:
    try:
        given = Replacement.model_validate({"by": by.strip(), "state": state, "reason": reason.strip() or None})
        check_named(centre, user, device=given.by)
        new, _ = centre.registry.devices.replace(device, given, by=actor_of(user))
    except NotFound:
        return show(request, centre, user, device, problem=N_("There is no device with this uid."), status=422)
    except BadMember:
        return show(request, centre, user, device, problem=N_("A device does not replace itself."), status=422)
    except ValueError:
        return show(request, centre, user, device, problem=N_("This is not a uid."), status=422)
    except Conflict:
        text = N_("That device is another elder's, or out of use: take it to stock first.")
        return show(request, centre, user, device, problem=text, status=409)
    return flash.after(f"{LIST}/{new['id']}", N_("This device took over the elder. Install it and test every trigger."))


@router.post("/{device}/secret")
def new_secret(request: Request, centre: CentreDep, user: Writer, device: str) -> HTMLResponse:
    row, secret = centre.registry.devices.renew_secret(device, by=actor_of(user))
    return secret_page(request, user, row["id"], row["uid"], secret, is_new=False)


def secret_page(
    request: Request, user: SignedIn, device_id: str, uid: str, secret: str, *, is_new: bool
) -> HTMLResponse:
    """The secret, this once: kept by no browser."""
    shown: dict[str, Any] = {"device_id": device_id, "uid": uid, "secret": secret, "is_new": is_new}
    answer = page(request, "registry_device_secret.html", user, **shown)
    answer.headers.update(NO_STORE)
    return answer


def show(
    request: Request, centre: Centre, user: SignedIn, key: str, *, template: str = "registry_device.html",
    status: int = 200, **more: Any,
) -> HTMLResponse:  # fmt: skip
    """The device's page. Raises NotFound."""
    with centre.db.read() as session:
        members = device_file.file_of(session, key, centre.clock.now(), user.scope)
    speech = words(language_of(request, centre.settings.locale))
    members["history"] = [line | {"text": line_text(line, speech)} for line in members["history"]]
    usual: dict[str, Any] = {"problem": None, "found": None, "sought": "", "is_too_short": False}
    return page(request, template, user, status=status, **members, **WORDS, **(usual | more))


def _wanted(q: str, user: SignedIn) -> search.Wanted:
    return search.Wanted(q.strip(), limit=FOUND_SHOWN, scopes=search.scopes_of(user.scope.codes))


def _scanned(session: Session, uid: str, scope: Scope) -> str | None:
    """The id of the device with exactly this uid."""
    row = store.find(session, store.DEVICES, store.DEVICES.c.uid == uid, *scope.where(store.DEVICES))
    return None if row is None else quote(str(row["id"]))
