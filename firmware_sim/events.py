"""What can happen to a one-key phone, and what it does in return; plain values, so that a test needs no network."""

from dataclasses import dataclass
from datetime import datetime

from gateway.wire import FixMsg

# -- what happens to it


@dataclass(frozen=True, slots=True)
class Pressed:
    """Somebody presses the key, or a sensor of this `kind` fires; `trigger` names which of several it was."""

    kind: str = "sos"
    is_test: bool = False
    trigger: str | None = None


@dataclass(frozen=True, slots=True)
class PressedRaw:
    """The firmware is broken: these bytes go out as a press, once, and nothing is remembered of them."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class CancelPressed:
    """The person says that the last press was a mistake."""


@dataclass(frozen=True, slots=True)
class SentTwice:
    """The firmware sends its last press `copies` times more, with the same msg_id, receipted or not."""

    copies: int = 1


@dataclass(frozen=True, slots=True)
class Linked:
    """Connected, logged in and subscribed."""


@dataclass(frozen=True, slots=True)
class Unlinked:
    """The connection is gone."""


@dataclass(frozen=True, slots=True)
class Acked:
    """MQTT says that the other side has the message; with a broker in between that is not yet the centre."""

    msg_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """MQTT 5 says that nobody took the message; `reason` is the reason code, such as 16 or 135."""

    msg_id: str
    reason: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of the centre arrived."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class BeatDue:
    """A heartbeat is wanted now."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The receiver has a new position."""

    fix: FixMsg
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class ClockSet:
    """The phone's own clock runs `error_s` seconds before (or, negative, behind) the true time from now on."""

    error_s: float


@dataclass(frozen=True, slots=True)
class PowerSet:
    """None leaves a member as it is; `drain_pct_per_h` counts only off the mains."""

    battery_pct: float | None = None
    mains: bool | None = None
    drain_pct_per_h: float | None = None


@dataclass(frozen=True, slots=True)
class Deafened:
    """The next `receipts` receipts are lost on the way; None: all of them, 0: hears again."""

    receipts: int | None


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time has passed."""


Event = (
    Pressed | PressedRaw | CancelPressed | SentTwice | Linked | Unlinked | Acked | Refused | Heard | BeatDue | Moved
    | ClockSet | PowerSet | Deafened | Ticked
)  # fmt: skip

# -- what it does


@dataclass(frozen=True, slots=True)
class Publish:
    """A message to send; `msg_id` names the press or cancel it carries, `try_no` counts from 1."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    msg_id: str | None = None
    try_no: int = 1


@dataclass(frozen=True, slots=True)
class Receipted:
    """The centre has the press; `waited_s` since the key was pressed, `is_first` false for a further receipt."""

    msg_id: str
    alarm_id: str
    received_at: datetime
    waited_s: float
    is_first: bool


@dataclass(frozen=True, slots=True)
class ReceiptLost:
    """A receipt came and was not heard."""

    msg_id: str | None


@dataclass(frozen=True, slots=True)
class Progressed:
    """What is being done, as the device was told."""

    alarm_id: str
    stage: str
    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class Lit:
    """The lamp changes: off, waiting, not_heard, heard, calling, on_the_way or arrived."""

    lamp: str


@dataclass(frozen=True, slots=True)
class Said:
    """The speaker says something."""

    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Nobody took this message; it is sent again like one that was lost."""

    msg_id: str
    reason: int


Effect = Publish | Receipted | ReceiptLost | Progressed | Lit | Said | NotTaken
