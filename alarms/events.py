"""Everything that can happen to an alarm, as frozen values. All instants are aware UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ALARM_KINDS = (
    "sos", "fall", "smoke", "gas", "flood", "inactivity", "duress", "low_battery", "mains_lost", "tamper",
)  # fmt: skip
STATES = ("open", "accepted", "arrived", "follow_up", "closed")
DISPOSITIONS = ("helped", "medical", "false_alarm", "test", "device_fault", "other")
SATISFACTIONS = ("satisfied", "dissatisfied", "unreachable")

CALL_OUTCOMES = (
    "accepted", "declined", "no_key", "voicemail", "busy", "no_answer", "rejected", "failed", "cancelled",
)  # fmt: skip
MESSAGE_OUTCOMES = ("sent", "delivered", "undelivered", "replied", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Press:
    """A device's alarm message, read as far as it could be read.

    `msg_id` is never empty: the gateway makes one from the bytes when the device gave none that can be used, and then
    `has_own_id` is false. `location` is a `geo.position.Fix` as a plain object, or None. `problems` are short English
    words for what could not be read; `content` holds every member that could be, known or not; `raw` the bytes.
    """

    device_uid: str
    msg_id: str
    received_at: datetime
    kind: str = "sos"
    has_own_id: bool = True
    pressed_at: datetime | None = None
    location: dict[str, Any] | None = None
    is_test: bool = False
    problems: tuple[str, ...] = ()
    content: dict[str, Any] = field(default_factory=dict)
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Cancel:
    """The person says that it was a mistake; `alarm_msg_id` names the press if the device knows it."""

    device_uid: str
    msg_id: str
    received_at: datetime
    alarm_msg_id: str | None = None
    content: dict[str, Any] = field(default_factory=dict)
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class CallReport:
    """What a channel says became of an attempt.

    `status` is ringing, answered, completed (over, for no other reason known), or an outcome of CALL_OUTCOMES or
    MESSAGE_OUTCOMES; `digits` are the keys pressed or the text replied, None when this report is not about keys, and
    "" when keys were asked for and none came. Reports may be late, repeated and out of order.
    """

    attempt_id: str
    status: str
    at: datetime
    digits: str | None = None
    channel: str | None = None
    provider_ref: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class RelativeAnswer:
    """The button on a relative's page; `attempt_id` comes from the signed link."""

    attempt_id: str
    is_going: bool
    at: datetime
    eta_min: int | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why something stays open at the closing: one of `alarms.closing.WAIVERS`, and words of the officer's own."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """What whoever closes says to each item that is open: it is so, or why not."""

    confirmed: frozenset[str] = frozenset()
    waived: Mapping[str, Waiver] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfficerAction:
    """A click at the desk. `action` is one of `alarms.officer.STEPS`; `to_user_id` is the colleague whom it names.

    `answers` None: nobody was asked (a script closes), so what is open is written down and not demanded. `reason` is
    why an alarm that was closed long ago is supplemented; `resource_id` names help nearby.
    """

    alarm_id: str
    action: str
    user_id: str
    user_name: str
    at: datetime
    may_override: bool = False
    text: str | None = None
    contact_id: str | None = None
    phone: str | None = None
    eta_min: int | None = None
    who: str | None = None  # Who is going, where it is none of the contacts.
    disposition: str | None = None
    satisfaction: str | None = None
    other_alarm_id: str | None = None
    to_user_id: str | None = None
    to_user_name: str = ""
    answers: Answers | None = None
    reason: str | None = None
    resource_id: str | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """The alarm's or an attempt's time is over; `attempt_id` None means the alarm's own `due_at`."""

    alarm_id: str
    at: datetime
    attempt_id: str | None = None


@dataclass(frozen=True, slots=True)
class Located:
    """A new fix of a device outside a press; `location` as a press has it. News only where its alarm is open."""

    device_uid: str
    at: datetime
    location: dict[str, Any]

    @property
    def pressed_at(self) -> datetime:
        """A fix without a time of its own is as old as its message."""
        return self.at


@dataclass(frozen=True, slots=True)
class LineEngaged:
    """A call that is due cannot begin: its phone is ringing, or held, for another alarm of ours."""

    attempt_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CallMade:
    """A call that an officer dialled by hand; `outcome` is one of CALL_OUTCOMES. Who is no contact has a name."""

    at: datetime
    outcome: str
    contact_id: str | None = None
    name: str | None = None
    phone: str | None = None
    role: str = "other"


@dataclass(frozen=True, slots=True)
class Afterwards:
    """补录: what was done while the system was down, with its real times, entered at `at`.

    Without `closed_at` the case goes on from its last step. `add_to` is an alarm that it belongs to; `is_certain` says
    that it is another case than the one that looks like it.
    """

    elder_id: str
    user_id: str
    user_name: str
    at: datetime
    pressed_at: datetime
    kind: str = "sos"
    device_uid: str | None = None
    calls: tuple[CallMade, ...] = ()
    helper_id: str | None = None
    helper_name: str | None = None
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    closed_at: datetime | None = None
    disposition: str | None = None
    satisfaction: str | None = None
    text: str | None = None
    add_to: str | None = None
    is_certain: bool = False


Event = Press | Cancel | CallReport | RelativeAnswer | OfficerAction | Deadline | LineEngaged | Located | Afterwards
