"""The alarms as JSON: the list, one alarm, and what officers do to it."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from alarms.events import Answers, OfficerAction, Waiver
from alarms.service import AlarmService
from alarms.views import alarm_briefs, alarm_detail, number_cursor
from console.centre import Centre
from console.deps import CentreDep, allowed, check_named
from console.paging import Paging, encode_cursor
from console.schemas import ActionBody, AlarmDetail, AlarmPage, AlarmState
from console.together import named_colleague
from console.views_log import health_seen
from core.errors import Forbidden, NotFound, Rejected, TryAgain
from registry.sessions import SignedIn

ALARM_ID = re.compile(r"[0-9A-Za-z-]{1,36}")
ACTIONS: Mapping[str, str] = {
    "claim": "Take it; of two officers at once one gets 409",
    "release": "Give it back; the duty officers are rung again",
    "note": "Write a line into its timeline",
    "call": "Ring a contact now, beside what the chain does",
    "send": "Ring help nearby, beside what the chain does",
    "accept": "Somebody said to the officer that they are going",
    "arrived": "Help is with the elder",
    "close": "End it, saying what it was",
    "link": "Say that another alarm belongs to this one",
    "unlink": "Say that it does not",
    "supplement": "Correct or add to what is closed: 7 days for officers, later for a supervisor with a reason",
    "offer": "Hand it to a colleague on duty; it stays with its holder until they say yes",
    "urge": "Ask that colleague once more",
    "take_over": "Say yes to what is offered; a leader takes any alarm",
    "decline_offer": "Say no to what is offered, or take an offer back",
    "assign": "A leader says who has it from now on",
    "ask": "Put it before the leaders, with a question",
    "answer": "A leader's word on what was asked",
    "ring_leader": "Ring a colleague's own phone about it; who presses 1 there has it",
}
LEADERS_ACTIONS = frozenset({"assign", "answer"})
Reader = Annotated[SignedIn, Depends(allowed("alarms.read"))]
Actor = Annotated[SignedIn, Depends(allowed("alarms.act"))]
Leader = Annotated[SignedIn, Depends(allowed("alarms.supervise"))]

router = APIRouter(prefix="/api/v1/alarms", tags=["alarms"])


def known_shape(alarm_id: Annotated[str, Path(description="The alarm's id")]) -> str:
    """An id that could be one; everything else is not found, without asking the database."""
    if not ALARM_ID.fullmatch(alarm_id):
        raise NotFound("there is no such alarm")
    return alarm_id


AlarmId = Annotated[str, Depends(known_shape)]


@router.get("", response_model=AlarmPage, summary="Alarms, newest first")
def list_alarms(
    centre: CentreDep,
    user: Reader,
    page: Paging,
    state: Annotated[list[AlarmState] | None, Query(description="Only these states; may be repeated")] = None,
) -> dict[str, Any]:
    with centre.db.read() as session:
        items, following = alarm_briefs(
            session, centre.clock.now(), states=state or None, limit=page.limit, cursor=number_cursor(page.after),
            seen_by=user,
        )  # fmt: skip
    return {"items": items, "next_cursor": encode_cursor(following)}


@router.get("/{alarm_id}", response_model=AlarmDetail, summary="One alarm")
def get_alarm(request: Request, centre: CentreDep, user: Reader, alarm_id: AlarmId) -> dict[str, Any]:
    return _seen(request, centre, user, alarm_id)


def _endpoint(action: str) -> Callable[..., dict[str, Any]]:
    def act(
        request: Request, centre: CentreDep, user: Actor, alarm_id: AlarmId, body: ActionBody | None = None
    ) -> dict[str, Any]:
        perform(centre, user, alarm_id, action, body or ActionBody())
        return _seen(request, centre, user, alarm_id)

    def lead(
        request: Request, centre: CentreDep, user: Leader, alarm_id: AlarmId, body: ActionBody | None = None
    ) -> dict[str, Any]:
        return act(request, centre, user, alarm_id, body)

    return lead if action in LEADERS_ACTIONS else act


for _action, _summary in ACTIONS.items():
    router.add_api_route(
        f"/{{alarm_id}}/{_action}", _endpoint(_action), methods=["POST"], name=f"{_action}_alarm", summary=_summary,
        response_model=AlarmDetail,
    )  # fmt: skip


def _seen(request: Request, centre: Centre, user: SignedIn, alarm_id: str) -> dict[str, Any]:
    """The alarm as this user may see it, and the look in the log where it shows what ails the elder."""
    detail = detail_for(centre, user, alarm_id)
    if "health" in (detail["elder"] or {}):
        health_seen(request, centre, user, detail)
    return detail


def detail_for(centre: Centre, user: SignedIn, alarm_id: str) -> dict[str, Any]:
    """The alarm as this user may see it. Raises NotFound."""
    with centre.db.read() as session:
        detail = alarm_detail(session, alarm_id, centre.clock.now(), sees_health=user.may("health.read"))
    if detail is None:
        raise NotFound("there is no such alarm")
    return detail


def perform(centre: Centre, user: SignedIn, alarm_id: str, action: str, body: ActionBody) -> None:
    """One officer's action through the alarms' door. Raises NotFound, Conflict, Rejected, Forbidden, TryAgain."""
    service_of(centre).handle(action_of(centre, user, alarm_id, action, body))


def action_of(centre: Centre, user: SignedIn, alarm_id: str, action: str, body: ActionBody) -> OfficerAction:
    """What an officer says, as the alarms' door takes it. Raises NotFound, Rejected, Forbidden."""
    if action in LEADERS_ACTIONS and not user.may("alarms.supervise"):
        raise Forbidden("only a leader may do this")
    other = _other(alarm_id, body)
    colleague = named_colleague(centre, action, body.user_id)
    if other is not None:
        check_named(centre, user, alarm_id=other)
    return OfficerAction(
        alarm_id=alarm_id,
        action=action,
        user_id=user.id,
        user_name=user.name,
        at=centre.clock.now(),
        may_override=user.may("alarms.supervise"),
        text=(body.text or "").strip() or None,
        contact_id=body.contact_id or None,
        eta_min=body.eta_min,
        who=(body.who or "").strip() or None,
        disposition=body.disposition,
        satisfaction=body.satisfaction,
        other_alarm_id=other,
        to_user_id=colleague.id if colleague else None,
        to_user_name=colleague.name if colleague else "",
        answers=_answers(body),
        reason=(body.reason or "").strip() or None,
        resource_id=body.resource_id or None,
        phone=body.phone or None,
    )


def _answers(body: ActionBody) -> Answers | None:
    """None for a script that answers nothing."""
    if body.confirmed is None and body.waivers is None:
        return None
    waived: dict[str, Waiver] = {item: Waiver(one.reason, one.text) for item, one in (body.waivers or {}).items()}
    return Answers(frozenset(body.confirmed or ()), waived)


def service_of(centre: Centre) -> AlarmService:
    if centre.alarms is None:
        raise TryAgain("this process does not handle alarms")
    return centre.alarms


def _other(alarm_id: str, body: ActionBody) -> str | None:
    other = body.other_alarm_id or body.alarm_id
    if other and not ALARM_ID.fullmatch(other):
        raise Rejected("the other alarm does not exist")
    return other or None
