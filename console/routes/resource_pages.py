"""Pages of the help near by: a list, a map, and a form on whose map a place is chosen with a click."""

from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Request
from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from console import flash, forms
from console.centre import Centre
from console.deps import CentreDep, actor_of
from console.form_data import Fields
from console.forms import Checked
from console.i18n import N_, language_of, words
from console.pages import page
from console.paging import decode_cursor, encode_cursor
from console.resource_words import DATUM_WORDS, DAY_WORDS, KIND_SIGNS, KIND_WORDS, hours_text
from console.routes.maps import NOWHERE, SCRIPT
from console.routes.resources import Reader, Writer
from console.tiles import tiles_of
from core.errors import Conflict
from geo.maps import picker_map, places_map
from geo.outlines import outlines
from registry import code_tables, resource_lists, store
from registry.hours import open_at
from registry.intake import BadMember
from registry.resource_intake import ResourceNew, ResourcePatch
from registry.sessions import SignedIn
from registry.store import ELDERS, RESOURCES, Row

LIST = "/registry/resources"
PER_PAGE = 50
ON_THE_MAP = 300
NAMED_ON_THE_MAP = 40  # More names than these would lie over each other.
HOURS_ROWS = 3
LOOKED_AT = 500  # Homes whose middle is the middle of a new map.
CHANGED = N_("Somebody changed this meanwhile. What you typed is still here: look at what is new, then save again.")
WORDS: dict[str, Any] = {"kinds": KIND_WORDS, "days": DAY_WORDS, "datums": DATUM_WORDS}

router = APIRouter(prefix=LIST, include_in_schema=False)


class Asked:
    """The filters of the list, from the address: nothing in them names a person."""

    def __init__(
        self,
        kind: Annotated[str, Query(max_length=20)] = "",
        can: Annotated[str, Query(max_length=60)] = "",
        cursor: Annotated[str, Query(max_length=200)] = "",
    ) -> None:
        self.values = {"kind": kind if kind in KIND_WORDS else "", "can": can.strip()}
        self.cursor = cursor

    def address(self, path: str = LIST, **other: str) -> str:
        query = urlencode({name: value for name, value in (self.values | other).items() if value})
        return f"{path}?{query}" if query else path

    def conditions(self, session: Session) -> list[ColumnElement[bool]]:
        kind, can = self.values["kind"], self.values["can"]
        where = [RESOURCES.c.kind == kind] if kind else []
        return where + resource_lists.can_do(session, RESOURCES.c.capabilities, [can] if can else ())


AskedDep = Annotated[Asked, Depends()]


@router.get("", name="registry_resources")
def resources(request: Request, centre: CentreDep, user: Reader, asked: AskedDep) -> HTMLResponse:
    return _list(request, centre, user, asked, "")


@router.post("")
def find_resources(
    request: Request, centre: CentreDep, user: Reader, asked: AskedDep, q: Annotated[str, Form(max_length=120)] = ""
) -> HTMLResponse:
    """By the beginning of a name, which may be a volunteer's and is in no address."""
    return _list(request, centre, user, asked, q.strip())


@router.get("/map")
def resource_map(request: Request, centre: CentreDep, user: Reader, asked: AskedDep) -> HTMLResponse:
    with centre.db.read() as session:
        shown = store.count(session, RESOURCES, RESOURCES.c.deleted_at.is_(None), *asked.conditions(session))
    return page(
        request, "registry_resources_map.html", user, asked=asked, script_url=asked.address(f"{LIST}/map.js"),
        shown=shown, most=ON_THE_MAP, **WORDS,
    )  # fmt: skip


@router.get("/map.js")
def resource_map_script(centre: CentreDep, user: Reader, asked: AskedDep) -> Response:
    with centre.db.read() as session:
        rows, _ = store.page(session, RESOURCES, after=None, limit=ON_THE_MAP, where=asked.conditions(session))
    is_named = len(rows) <= NAMED_ON_THE_MAP
    return _drawn(centre, [_pin(row, is_named=is_named) for row in rows])


@router.get("/picker.js")
def picker_script(
    centre: CentreDep,
    user: Writer,
    lat: Annotated[float | None, Query(ge=-90, le=90)] = None,
    lon: Annotated[float | None, Query(ge=-180, le=180)] = None,
) -> Response:
    """The form's map; `lat` and `lon` are WGS-84."""
    chosen = (lat, lon) if lat is not None and lon is not None else None
    drawn = picker_map(chosen, _middle(centre), outlines(), tiles_of(centre.settings))
    return Response(drawn.script, media_type=SCRIPT)


@router.get("/new")
def new_resource(request: Request, centre: CentreDep, user: Writer, kind: str = "") -> HTMLResponse:
    return _form(request, centre, user, forms.Form({"kind": kind, "crs": _map_datum(centre)}), None)


@router.post("/new")
def add_resource(request: Request, centre: CentreDep, user: Writer, fields: Fields) -> Response:
    checked = forms.read(ResourceNew, fields, hours=_hours_of(fields))
    if checked.given is None:
        return _form(request, centre, user, _marked(checked), None, status=422)
    try:
        row = centre.registry.resources.add(checked.given, by=actor_of(user))
    except BadMember as fault:
        return _form(request, centre, user, forms.refused(_marked(checked), fault), None, status=422)
    return flash.after(f"{LIST}/{row['id']}", N_("Saved."))


@router.get("/{resource_id}")
def resource(request: Request, centre: CentreDep, user: Reader, resource_id: str) -> HTMLResponse:
    with centre.db.read() as session:
        row = store.get(session, RESOURCES, resource_id)
        able = code_tables.table(session, "capability")
    return page(
        request, "registry_resource.html", user, resource=_told(request, centre, row),
        abilities=able.said(_language(request, centre)), script_url=f"{LIST}/{row['id']}/map.js", **WORDS,
    )  # fmt: skip


@router.get("/{resource_id}/map.js")
def one_map_script(centre: CentreDep, user: Reader, resource_id: str) -> Response:
    return _drawn(centre, [_pin(_row(centre, resource_id), is_named=True)])


@router.get("/{resource_id}/edit")
def edit_resource(request: Request, centre: CentreDep, user: Writer, resource_id: str) -> HTMLResponse:
    row = _row(centre, resource_id)
    given = row["given"] or {"lat": row["lat"], "lon": row["lon"], "crs": "wgs84"}
    return _form(request, centre, user, forms.Form(row | given), row)


@router.post("/{resource_id}/edit")
def change_resource(request: Request, centre: CentreDep, user: Writer, resource_id: str, fields: Fields) -> Response:
    row = _row(centre, resource_id)
    checked = forms.read(ResourcePatch, fields, hours=_hours_of(fields))
    if checked.given is None:
        return _form(request, centre, user, _marked(checked), row, status=422)
    try:
        centre.registry.resources.change(resource_id, checked.given, by=actor_of(user))
    except BadMember as fault:
        return _form(request, centre, user, forms.refused(_marked(checked), fault), row, status=422)
    except Conflict:
        form = forms.Form(checked.form.values, {}, CHANGED)
        return _form(request, centre, user, form, _row(centre, resource_id), status=409)
    return flash.after(f"{LIST}/{resource_id}", N_("Saved."))


@router.post("/{resource_id}/remove")
def remove_resource(centre: CentreDep, user: Writer, resource_id: str) -> Response:
    centre.registry.resources.remove(resource_id, by=actor_of(user))
    return flash.after(LIST, N_("Removed from the list."), undo=f"{LIST}/{resource_id}/restore")


@router.post("/{resource_id}/restore")
def restore_resource(centre: CentreDep, user: Writer, resource_id: str) -> Response:
    centre.registry.resources.restore(resource_id, by=actor_of(user))
    return flash.after(f"{LIST}/{resource_id}", N_("It is in the list again."))


def _list(request: Request, centre: Centre, user: SignedIn, asked: Asked, q: str) -> HTMLResponse:
    after = decode_cursor(asked.cursor) if asked.cursor and not q else None
    with centre.db.read() as session:
        where = asked.conditions(session) + ([store.begins_with(RESOURCES.c.name, q)] if q else [])
        rows, following = store.page(session, RESOURCES, after=after, limit=PER_PAGE, where=where)
        counts = _by_kind(session)
        able = code_tables.table(session, "capability")
    language = _language(request, centre)
    older = encode_cursor(following)
    return page(
        request, "registry_resources.html", user, resources=[_told(request, centre, row) for row in rows], asked=asked,
        abilities=able.said(language), offered=able.choices(language, [asked.values["can"]]), counts=counts, q=q,
        is_cut=bool(q and older), newer=asked.address() if after else None,
        older=asked.address(cursor=older) if older and not q else None, **WORDS,
    )  # fmt: skip


def _by_kind(session: Session) -> dict[str, int]:
    wanted = select(RESOURCES.c.kind, func.count()).where(RESOURCES.c.deleted_at.is_(None))
    return {kind: int(number) for kind, number in session.connection().execute(wanted.group_by(RESOURCES.c.kind))}


def _told(request: Request, centre: Centre, row: Row) -> Row:
    local = centre.clock.now().astimezone(ZoneInfo(centre.settings.timezone))
    speech = words(_language(request, centre))
    hours = row["hours"]
    return row | {"open_now": open_at(hours, local), "hours_text": hours_text(hours, speech)}


def _language(request: Request, centre: Centre) -> str:
    return language_of(request, centre.settings.locale)


def _form(
    request: Request, centre: Centre, user: SignedIn, form: forms.Form, row: Row | None, *, status: int = 200
) -> HTMLResponse:
    lat, lon = (row["lat"], row["lon"]) if row else (None, None)
    place = "?" + urlencode({"lat": lat, "lon": lon}) if row else ""
    with centre.db.read() as session:
        able = code_tables.table(session, "capability")
    held = [*((row or {}).get("capabilities") or ()), *form.value("capabilities").splitlines()]
    return page(
        request, "registry_resource_form.html", user, status=status, form=form, resource=row,
        abilities=able.choices(_language(request, centre), held), script_url=f"{LIST}/picker.js{place}",
        map_datum=_map_datum(centre),
        hours_mode=_mode(form), hours_rows=_hours_rows(form), **WORDS,
    )  # fmt: skip


def _hours_of(fields: FormData) -> list[dict[str, Any]] | None:
    """The rows of hours as the registry is given them; a row without a day and without times is none."""
    mode = fields.get("hours_mode", "unknown")
    if mode == "always":
        return [{"days": list(DAY_WORDS), "from": "00:00", "to": "24:00"}]
    if mode != "rows":
        return None
    found = []
    for n in range(HOURS_ROWS):
        days = [int(str(day)) for day in fields.getlist(f"hours{n}.days") if str(day).isdigit()]
        begins, ends = str(fields.get(f"hours{n}.from", "")), str(fields.get(f"hours{n}.to", ""))
        if days or begins or ends:
            found.append({"days": days, "from": begins, "to": "24:00" if ends == "00:00" else ends})
    return found


def _marked(checked: Checked[Any]) -> forms.Form:
    """What is wrong with any row of hours stands under the hours."""
    errors = {("hours" if name.startswith("hours") else name): what for name, what in checked.form.errors.items()}
    return forms.Form(checked.form.values, errors, checked.form.problem)


def _mode(form: forms.Form) -> str:
    if "hours_mode" in form.values:
        return str(form.value("hours_mode"))
    hours = form.values.get("hours")
    whole = [{"days": list(DAY_WORDS), "from": "00:00", "to": "24:00"}]
    return "always" if hours == whole else "rows" if hours else "unknown"


def _hours_rows(form: forms.Form) -> list[dict[str, Any]]:
    """What is in the rows: as typed, or as kept; unused rows are empty."""
    if "hours_mode" in form.values:
        typed = [form.values.get(f"hours{n}", {}) for n in range(HOURS_ROWS)]
        return [_as_row(one) for one in typed]
    kept = form.values.get("hours") if _mode(form) == "rows" else None
    rows = [one | {"days": [str(day) for day in one["days"]]} for one in kept or ()]
    return (rows + [{"days": [], "from": "", "to": ""}] * HOURS_ROWS)[: max(HOURS_ROWS, len(rows))]


def _as_row(typed: dict[str, Any]) -> dict[str, Any]:
    days = typed.get("days", [])
    return {
        "days": days if isinstance(days, list) else [days],
        "from": typed.get("from", ""),
        "to": typed.get("to", ""),
    }


def _row(centre: Centre, resource_id: str) -> Row:
    with centre.db.read() as session:
        return store.get(session, RESOURCES, resource_id)


def _map_datum(centre: Centre) -> str:
    tiles = tiles_of(centre.settings)
    return tiles.crs if tiles else "wgs84"


def _pin(row: Row, *, is_named: bool) -> tuple[float, float, str, str]:
    return row["lat"], row["lon"], KIND_SIGNS[row["kind"]], row["name"] if is_named else ""


def _drawn(centre: Centre, pins: list[tuple[float, float, str, str]]) -> Response:
    around = pins[0][:2] if pins else _middle(centre)
    return Response(places_map(pins, around, outlines(), tiles_of(centre.settings)).script, media_type=SCRIPT)


def _middle(centre: Centre) -> tuple[float, float]:
    """Where elders live, by some of them."""
    some = select(ELDERS.c.lat, ELDERS.c.lon).where(ELDERS.c.lat.is_not(None)).limit(LOOKED_AT).subquery()
    with centre.db.read() as session:
        row = session.execute(select(func.avg(some.c.lat), func.avg(some.c.lon))).one()
    return (float(row[0]), float(row[1])) if row[0] is not None else NOWHERE
