"""The end of an alarm at the desk: nothing is closed while something is open that nobody has answered for. And what it
is linked with."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from alarms.closing import ITEMS
from alarms.events import DISPOSITIONS, SATISFACTIONS
from console.alarm_links import others
from console.deps import CentreDep
from console.form_data import Fields
from console.pages import page
from console.routes.alarms import Actor, AlarmId, detail_for
from console.routes.desk import is_fragment, shown, tried
from console.schemas import ActionBody

WORDS_LONG = 400
TEXT_LONG = 4000

router = APIRouter(include_in_schema=False)


@router.post("/alarms/{alarm_id}/close")
def close(request: Request, centre: CentreDep, user: Actor, alarm_id: AlarmId, fields: Fields) -> Response:
    """Close by the form, which answers every open item or says why not."""
    typed = {name: value for name, value in fields.items() if isinstance(value, str)}
    return tried(request, centre, user, alarm_id, "close", closing_body(typed), typed=typed)


def closing_body(typed: dict[str, str]) -> ActionBody:
    """The form's members as the API takes them; a code that nobody knows counts as not said."""
    waived = {
        item: {"reason": typed.get(f"{item}_why", "")[:30], "text": typed.get(f"{item}_text", "")[:WORDS_LONG]}
        for item in ITEMS if typed.get(item) == "waive"
    }  # fmt: skip
    disposition, satisfaction = typed.get("disposition"), typed.get("satisfaction")
    return ActionBody.model_validate({
        "text": typed.get("text", "")[:TEXT_LONG], "waivers": waived,
        "disposition": disposition if disposition in DISPOSITIONS else None,
        "satisfaction": satisfaction if satisfaction in SATISFACTIONS else None,
        "confirmed": [item for item in ITEMS if typed.get(item) == "yes"],
    })  # fmt: skip


@router.get("/alarms/{alarm_id}/others")
def other_alarms(
    request: Request,
    centre: CentreDep,
    user: Actor,
    alarm_id: AlarmId,
    q: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Alarms that may be linked with this one, by number or by how the elder's name begins."""
    detail = detail_for(centre, user, alarm_id)
    with centre.db.read() as session:
        found = others(session, user, detail, q, centre.clock.now())
    if is_fragment(request):
        return page(request, "_alarm_others.html", user, p={"others": found, "alarm": detail})
    return shown(request, centre, user, alarm_id, others=found, typed={"q": q})
