"""What was done by a card beside an alarm, into its timeline."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.responses import RedirectResponse, Response

from console.cards_beside import note_of
from console.deps import CentreDep, allowed
from console.i18n import words
from console.routes.alarms import Actor, AlarmId, perform
from console.schemas import ActionBody
from registry import store
from registry.knowledge import CARDS
from registry.knowledge_intake import MOST_STEPS
from registry.sessions import SignedIn

router = APIRouter(include_in_schema=False)


@router.post("/alarms/{alarm_id}/cards/{card_id}")
def note_done(
    centre: CentreDep,
    user: Actor,
    _reads: Annotated[SignedIn, Depends(allowed("knowledge.read"))],
    alarm_id: AlarmId,
    card_id: str,
    done: Annotated[list[int] | None, Form(max_length=MOST_STEPS)] = None,
) -> Response:
    """The steps that were ticked; none ticked writes nothing."""
    if done:
        with centre.db.read() as session:
            card = store.get(session, CARDS, card_id)
        text = note_of(card, done, words(centre.settings.locale))
        perform(centre, user, alarm_id, "note", ActionBody(text=text))
    return RedirectResponse(f"/alarms/{alarm_id}", 303)
