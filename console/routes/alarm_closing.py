"""The end of an alarm at the desk: nothing is closed while something is open that nobody has answered for."""

from fastapi import APIRouter, Request, Response

from alarms.closing import ITEMS
from alarms.events import DISPOSITIONS, SATISFACTIONS
from console.deps import CentreDep
from console.form_data import Fields
from console.routes.alarms import Actor, AlarmId
from console.routes.desk import tried
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
