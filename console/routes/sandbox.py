"""The sandbox phones: how they behave, what they are doing, their keys, and the log of everything they were told."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field, field_validator

from alarms import learnt
from console import calls_in
from console.deps import CentreDep, allowed
from console.paging import Page, Paging, encode_cursor
from core.errors import NotFound, Rejected
from notifier.sandbox import SandboxNetwork
from notifier.sandbox_call import Behaviour, Call
from notifier.sandbox_phones import Phone
from registry.phones import Phones
from registry.sessions import SignedIn

ANSWERS_WITHIN_S = 3600
_NUMBER_CHARACTERS = frozenset("0123456789+*#")


def sandbox_of(centre: CentreDep) -> SandboxNetwork:
    """The network. Raises NotFound where the sandbox channel is off."""
    if centre.sandbox is None:
        raise NotFound("the sandbox channel is off")
    network: SandboxNetwork = centre.sandbox
    return network


def number_of(number: Annotated[str, Path(max_length=60, description="Best as E.164")], centre: CentreDep) -> str:
    """The number as it is dialled, E.164 where it can be; a sandbox phone may have any other, too."""
    try:
        settings = centre.settings
        phones = Phones(settings.phone_region, settings.phone_area_code, settings.allow_emergency_numbers)
        return phones.to_e164(number)
    except ValueError:
        bare = "".join(c for c in number if c not in " -()./")
        if not bare or len(bare) > 40 or not set(bare) <= _NUMBER_CHARACTERS:
            raise Rejected("this is not a phone number") from None
        return bare


Network = Annotated[SandboxNetwork, Depends(sandbox_of)]
Number = Annotated[str, Depends(number_of)]
Reader = Annotated[SignedIn, Depends(allowed("sandbox.read"))]
User = Annotated[SignedIn, Depends(allowed("sandbox.use"))]
router = APIRouter(prefix="/api/v1/sandbox", tags=["sandbox"])


class BehaviourGiven(BaseModel):
    """What a phone does from its next call on."""

    answer_after_s: float | None = Field(
        None, ge=0, le=ANSWERS_WITHIN_S, allow_inf_nan=False, description="Seconds of ringing; null never answers"
    )
    then: str = Field(
        pattern=r"^(key:[0-9*#]|silence|voicemail|busy|reject|unreachable|no_number|manual)$",
        description="key:N presses it; silence presses nothing; manual rings until a person answers at /sandbox",
        examples=["key:1", "key:2", "silence", "voicemail", "busy", "reject", "unreachable", "no_number", "manual"],
    )
    sms_reply: str | None = Field(None, max_length=200, description="What it answers to a message")


class CallShown(BaseModel):
    """A call or a message. `said` is everything that the phone was told, `keys` what was pressed or written."""

    id: str
    number: str
    kind: str = Field(description="call or sms")
    attempt_id: str | None
    is_inbound: bool = Field(description="Written at the phone, without a message to answer")
    state: str = Field(
        description="ringing, answered, ended; of a message sent, delivered, undelivered, replied, received"
    )
    outcome: str | None
    said: str
    keys: str
    key_meanings: dict[str, str] = Field(description="What each key means while the call is answered")
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None


class PhoneShown(BaseModel):
    """A phone: its behaviour, what it is doing, and its newest call and message."""

    number: str
    answer_after_s: float | None
    then: str
    sms_reply: str | None
    is_set: bool
    doing: str = Field(description="quiet, ringing, in_call")
    call: CallShown | None
    message: CallShown | None


class Pressed(BaseModel):
    """Keys, the first of which counts."""

    digits: str = Field(pattern=r"^[0-9*#]{1,20}$", examples=["1"])


class Written(BaseModel):
    """A text message from this phone."""

    text: str = Field(min_length=1, max_length=200, examples=["1"])

    @field_validator("text")
    @classmethod
    def _storable(cls, value: str) -> str:
        if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise ValueError("holds characters that are no text")
        return value


@router.get("/phones")
def list_phones(network: Network, user: Reader, paging: Paging) -> Page[PhoneShown]:
    """Every number that was ever called or set."""
    phones, following = network.phones(after=paging.after or "", limit=paging.limit)
    return Page(items=[phone_shown(phone) for phone in phones], next_cursor=encode_cursor(following))


@router.get("/phones/{number}")
def get_phone(number: Number, network: Network, user: Reader) -> PhoneShown:
    phone = network.phone(number)
    if phone is None:
        raise NotFound("this number was never called nor set")
    return phone_shown(phone)


@router.put("/phones/{number}")
def set_phone(given: BehaviourGiven, number: Number, network: Network, user: User) -> PhoneShown:
    """Set how a phone behaves, from its next call on."""
    return phone_shown(network.set_phone(number, Behaviour(given.then, given.answer_after_s, given.sms_reply)))


@router.post("/phones/{number}/answer")
def answer(number: Number, network: Network, user: User) -> CallShown:
    """Pick up; 409 when the phone does not ring."""
    return call_shown(network.answer(number))


@router.post("/phones/{number}/hangup")
def hang_up(number: Number, network: Network, user: User) -> CallShown:
    """Hang up, or refuse a ringing call; 409 when the phone is quiet."""
    return call_shown(network.hang_up_phone(number))


@router.post("/phones/{number}/press")
def press(given: Pressed, number: Number, network: Network, user: User) -> CallShown:
    """Press a key; 409 when nobody is on the line."""
    return call_shown(network.press(number, given.digits))


@router.post("/phones/{number}/sms")
def text(given: Written, number: Number, centre: CentreDep, network: Network, user: User) -> CallShown:
    """Write a message: a reply to the newest one, if there is one; one that answers nothing is put on a list."""
    written = network.text_from(number, given.text)
    if learnt.of_text(given.text) is None and (written.is_inbound or not learnt.is_answer(given.text)):
        calls_in.wrote(centre, number, given.text)
    return call_shown(written)


@router.get("/log")
def read_log(
    network: Network,
    user: Reader,
    paging: Paging,
    number: Annotated[str | None, Query(max_length=40, description="Only this number, as the log has it")] = None,
    attempt_id: Annotated[str | None, Query(max_length=36)] = None,
) -> Page[CallShown]:
    """Every call and message, newest first."""
    calls, following = network.log(before=paging.after, limit=paging.limit, number=number, attempt_id=attempt_id)
    return Page(items=[call_shown(call) for call in calls], next_cursor=encode_cursor(following))


def call_shown(call: Call) -> CallShown:
    return CallShown(
        id=call.id, number=call.number, kind=call.kind, attempt_id=call.attempt_id, is_inbound=call.is_inbound,
        state=call.state, outcome=call.outcome, said=call.said, keys=call.keys, key_meanings=call.key_meanings,
        started_at=call.started_at, answered_at=call.answered_at, ended_at=call.ended_at,
    )  # fmt: skip


def phone_shown(phone: Phone) -> PhoneShown:
    return PhoneShown(
        number=phone.number, answer_after_s=phone.behaviour.answer_after_s, then=phone.behaviour.then,
        sms_reply=phone.behaviour.sms_reply, is_set=phone.is_set, doing=phone.doing,
        call=call_shown(phone.call) if phone.call else None,
        message=call_shown(phone.message) if phone.message else None,
    )  # fmt: skip
