"""What there is to say on an attempt, as the case stands at the moment of speaking."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select
from sqlmodel import Session

from alarms.handing import LEADER_ASKED
from alarms.models import Alarm
from alarms.models import Attempt as AttemptRow
from alarms.values import LIVE
from alarms.views import age_on
from notifier.script import PURPOSES, Prompt
from registry import directory
from registry.access import DOUBTFUL_AFTER_DAYS
from registry.models import table_of
from registry.profile import PrivateNotes

_ALARMS, _ATTEMPTS = table_of(Alarm), table_of(AttemptRow)
NEARBY = "nearby"
"""What help nearby hears as: a community station that is sent is not the elder's community contact, and whoever picks
up there is told neither illness nor door code."""
HEALTH_ORDER = ("conditions", "allergies", "medication", "implants", "blood_group", "mobility", "hearing")

MakeLink = Callable[[str, datetime], str]
"""Attempt id and now → the address of the relative's page."""


def prompt_of(
    session: Session,
    attempt_id: str,
    now: datetime,
    timezone: str,
    make_link: MakeLink | None,
    access_doubtful_days: int = DOUBTFUL_AFTER_DAYS,
    *,
    is_recorded: bool = False,
) -> Prompt | None:
    """The prompt of an attempt; None when there is no such attempt. Health is filled in for a doctor only."""
    columns = (
        _ATTEMPTS.c.purpose, _ATTEMPTS.c.role, _ATTEMPTS.c.name, _ATTEMPTS.c.language, _ATTEMPTS.c.detail,
    )  # fmt: skip
    wanted = select(*columns, _ATTEMPTS.c.state.label("attempt_state"), _ALARMS).join(
        _ALARMS, _ALARMS.c.id == _ATTEMPTS.c.alarm_id
    )
    row = session.execute(wanted.where(_ATTEMPTS.c.id == attempt_id)).first()
    if row is None:
        return None
    home = directory.households(session, {row.elder_id}).get(row.elder_id) if row.elder_id else None
    elder = home.elder if home else None
    private = directory.private_notes(session, elder.id) if elder else PrivateNotes()
    local_now = now.astimezone(ZoneInfo(timezone))
    wants_link = make_link is not None and row.purpose == "message"
    return Prompt(
        attempt_id=attempt_id,
        purpose=purpose_of(row.purpose),
        language=row.language,
        alarm_id=row.id,
        alarm_number=row.number,
        to_role=NEARBY if row.purpose == "sent" else row.role,
        to_name=row.name,
        kind=row.kind,
        elder_name=elder.name if elder else None,
        elder_reading=private.name_reading,
        elder_addressed_as=private.addressed_as,
        elder_age=age_on(elder.birth_date, now) if elder else None,
        elder_sex=elder.sex if elder else None,
        address=elder.address if elder else None,
        access_notes=private.way_in(row.language, local_now.date(), access_doubtful_days),
        health=health_lines(private.health) if row.role == "doctor" else (),
        press_count=row.press_count,
        is_cancelled=row.cancelled_at is not None,
        is_silent=row.is_silent,
        is_test=row.is_test,
        is_over=_is_over(row),
        is_recorded=is_recorded and row.purpose != "message",
        device_uid=row.device_uid if elder is None else None,
        accepted_by_name=(row.accepted_by or {}).get("name"),
        received_at_local=row.received_at.astimezone(ZoneInfo(timezone)).strftime("%H:%M"),
        link=make_link(attempt_id, now) if wants_link and make_link else None,
        is_asked=row.detail == LEADER_ASKED,
    )


def _is_over(row: Row[Any]) -> bool:
    """Whether this listener is needed no more; while nobody is going, somebody who picks up late still is."""
    if row.attempt_state in LIVE or row.purpose == "message":
        return False
    return row.purpose not in ("help", "asked", "sent") or row.state != "open"


def purpose_of(purpose: str) -> str:
    """The script for an attempt: an officer's own call for help is told like any other."""
    return purpose if purpose in PURPOSES else "help"


def health_lines(health: Mapping[str, Any]) -> tuple[str, ...]:
    """The health notes as short texts, the gravest first."""
    keys = [k for k in HEALTH_ORDER if k in health] + [k for k in health if k not in HEALTH_ORDER]
    lines: list[str] = []
    for key in keys:
        value = health[key]
        texts = value if isinstance(value, list) else [value]
        lines += [str(text) for text in texts if isinstance(text, str | int | float) and str(text).strip()]
    return tuple(lines)
