"""What the alarms' JSON looks like, for `/openapi.json`; members that are not named here are passed on as they are."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from alarms.events import ALARM_KINDS, STATES

Disposition = Literal["helped", "medical", "false_alarm", "test", "device_fault", "other"]
Satisfaction = Literal["satisfied", "dissatisfied", "unreachable"]
ClosingItem = Literal["contact", "safe", "steps"]
AlarmState = Literal["open", "accepted", "arrived", "follow_up", "closed"]

# In answers the words are described, not enforced: an alarm must be shown whatever its row holds.
_State = Annotated[str, Field(json_schema_extra={"enum": list(STATES)})]
_Kind = Annotated[str, Field(json_schema_extra={"enum": list(ALARM_KINDS)})]


class _Shown(BaseModel):
    model_config = ConfigDict(extra="allow")


class Officer(_Shown):
    """Who holds an alarm."""

    id: str
    username: str | None = None
    name: str | None = None


class Location(_Shown):
    """Where the elder is, WGS-84, and how that is known; `how` is unknown where nothing is."""

    lat: float | None
    lon: float | None
    how: str = Field(description="fresh_fix, last_fix, home or unknown")
    source: str | None = None
    accuracy_m: float | None = None
    age_s: Annotated[float | None, Field(description="Seconds since the fix")] = None
    fix_at: datetime | None = None


class AttemptView(_Shown):
    """One call or message."""

    id: str
    purpose: str = Field(description="help, message, asked, sent, officer, follow_up_helper, follow_up_elder")
    medium: str = Field(description="voice or sms")
    contact: dict[str, Any]
    role: str
    channel: str | None = None
    state: str = Field(description="due, sending, ringing, answered, or the terminal outcome")
    outcome: str | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    provider_ref: str | None = None


class TimelineLine(_Shown):
    """Something that happened; `seq` orders the events of the whole centre."""

    seq: int
    at: datetime
    what: str
    author: str
    data: dict[str, Any]


class AlarmBrief(_Shown):
    """An alarm as a line of a list."""

    id: str
    number: int = Field(description="Short, to be read aloud")
    version: int = Field(description="Rises with every change")
    state: _State
    kind: _Kind
    priority: int = Field(description="Higher is more urgent")
    press_count: int
    is_test: bool
    is_silent: bool = False
    elder: dict[str, Any] | None
    device: dict[str, Any]
    location: Location | None
    claimed_by: Officer | None
    received_at: datetime
    first_call_at: datetime | None
    accepted_at: datetime | None
    accepted_by: dict[str, Any] | None = None
    eta_min: int | None = None
    arrived_at: datetime | None
    closed_at: datetime | None
    cancelled_at: Annotated[datetime | None, Field(description="The elder said it was a mistake; closes nothing")] = (
        None
    )
    next_action_at: datetime | None = Field(description="When the system will act by itself")
    next_action: dict[str, Any] | None = None
    offer: Annotated[
        dict[str, Any] | None, Field(description="To whom (`to`) its holder hands it, until they have answered")
    ] = None
    question: Annotated[dict[str, Any] | None, Field(description="What the leaders were asked, and their word")] = None
    doing: Annotated[dict[str, Any] | None, Field(description="The call that is under way")] = None
    disposition: Annotated[Disposition | None, Field(description="Why it was closed")] = None
    satisfaction: Satisfaction | None = None


class AlarmDetail(AlarmBrief):
    """An alarm with everything an officer needs; health only for those who may see it."""

    attempts: list[AttemptView]
    timeline: list[TimelineLine]
    presses: list[dict[str, Any]]
    history: list[dict[str, Any]]
    linked_to: str | None = None
    links: list[str] = Field(default=[], description="The alarms that are about the same event")
    closing_missing: list[str] = Field(default=[], description="What nobody has confirmed yet: contact, safe, steps")
    supplement_until: datetime | None = Field(
        default=None, description="Once closed: until when any officer may supplement it"
    )


class AlarmPage(BaseModel):
    """A page of alarms, newest first."""

    items: list[AlarmBrief]
    next_cursor: str | None


class WaiverBody(BaseModel):
    """Why something stays open at the closing."""

    reason: str = Field(
        max_length=30,
        description="contact: spoke_with_elder, services_there, nobody_registered, no_person, other; safe: in_care, "
        "services_there, with_somebody, no_person, other; steps: not_needed, done_otherwise, other",
    )
    text: Annotated[str | None, Field(max_length=400, description="In words; needed with `other`")] = None


class ActionBody(BaseModel):
    """What an officer says with an action; every member is optional, and what is not known is left aside."""

    text: Annotated[str | None, Field(max_length=4000, description="A note; needed by `note`")] = None
    contact_id: Annotated[str | None, Field(max_length=64, description="Whom to call, or who is going")] = None
    resource_id: Annotated[str | None, Field(max_length=64, description="For `send`, `accept`: which help nearby")] = (
        None
    )
    phone: Annotated[str | None, Field(max_length=20, description="For `call`: which of the contact's numbers")] = None
    eta_min: Annotated[int | None, Field(ge=0, le=1440, description="Minutes until the helper is there")] = None
    disposition: Annotated[Disposition | None, Field(description="For `close`, `supplement`: what it was")] = None
    satisfaction: Annotated[
        Satisfaction | None, Field(description="For `close`, `supplement`; closed without it, the elder is asked")
    ] = None
    confirmed: Annotated[
        list[ClosingItem] | None, Field(description="For `close`: what is so; with it nothing may stay unanswered")
    ] = None
    waivers: Annotated[
        dict[ClosingItem, WaiverBody] | None, Field(description="For `close`: what stays open, and why")
    ] = None
    reason: Annotated[
        str | None, Field(max_length=400, description="Why an alarm closed more than 7 days ago is supplemented now")
    ] = None
    who: Annotated[
        str | None, Field(max_length=120, description="For `accept`: who is going, where it is none of the contacts")
    ] = None
    other_alarm_id: Annotated[str | None, Field(max_length=64, description="For `link`: the alarm it belongs to")] = (
        None
    )
    alarm_id: Annotated[str | None, Field(max_length=64, description="The same as `other_alarm_id`")] = None
    user_id: Annotated[str | None, Field(max_length=36, description="For `offer`, `assign`: which colleague")] = None
