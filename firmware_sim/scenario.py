"""Scenarios: what happens to one or a few simulated phones, step by step, and what is expected of the centre."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from firmware_sim.events import (
    BeatDue,
    CancelPressed,
    ClockSet,
    Deafened,
    Event,
    Moved,
    PowerSet,
    Pressed,
    PressedRaw,
    SentTwice,
)
from gateway.wire import CRS, KINDS, SOURCES, STAGES, FixMsg

LAMPS = ("off", "waiting", "not_heard", "heard", *STAGES[:-1])
DEFAULT_WITHIN_S = 5.0
LONGEST_S = 86_400.0


class BadScenario(ValueError):
    """The file cannot be played; `problems` are lines of text, each with its place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Offline:
    """The network goes away."""


@dataclass(frozen=True, slots=True)
class Online:
    """The network is back."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """Press again `times` times, each `every_s` after the one before."""

    times: int = 1
    every_s: float = 1.0


@dataclass(frozen=True, slots=True)
class WrongClock:
    """`to` is what the clock shows now; else it is `by_s` seconds fast (negative: slow)."""

    by_s: float = 0.0
    to: datetime | None = None

    def event(self, now: datetime) -> ClockSet:
        return ClockSet(self.by_s if self.to is None else (self.to - now).total_seconds())


@dataclass(frozen=True, slots=True)
class Expect:
    """What must be true within the time; members that are None are not looked at.

    `receipt` true: every press of this phone has its receipt; false: no receipt comes in all that time. `progress`: a
    stage it was told; `alarms`: how many alarms its presses made; `sent`: how often, at least, its last press was sent;
    `lost`: how many receipts, at least, it did not hear.
    """

    receipt: bool | None = None
    progress: str | None = None
    alarms: int | None = None
    lamp: str | None = None
    sent: int | None = None
    lost: int | None = None
    within_s: float = DEFAULT_WITHIN_S


Action = Event | Wait | Offline | Online | Repeat | WrongClock | Expect


@dataclass(frozen=True, slots=True)
class PhoneSpec:
    """A phone of the story; without a `uid` it is any registered device."""

    name: str
    uid: str | None = None
    secret: str | None = None
    fix: FixMsg | None = None
    heartbeat_every_s: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """`line` is where it stands in the file, `text` how it is shown."""

    line: int
    text: str
    phone: str
    action: Action


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    about: str
    phones: tuple[PhoneSpec, ...]
    steps: tuple[Step, ...]


# -- checks of single values: each gives the value or raises ValueError that says what it should be


Check = Callable[[Any], Any]


def _yes_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text")
    return value


def _number(low: float, high: float) -> Check:
    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"must be a number from {low:g} to {high:g}")
        return float(value)

    return check


def _whole(low: int, high: int) -> Check:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return check


def _one_of(*words: str) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return value

    return check


def _instant(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, datetime):
        raise ValueError("must be an instant such as 1970-01-01T00:00:00Z")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _receipts(value: Any) -> int | None:
    if value == "all":
        return None
    try:
        return int(_whole(0, 1000)(value))
    except ValueError:
        raise ValueError("must be all, or how many receipts are lost") from None


_seconds = _number(0, LONGEST_S)
FIX_MEMBERS: Mapping[str, Check] = {
    "lat": _number(-90, 90), "lon": _number(-180, 180), "accuracy_m": _number(0, 1e6), "source": _one_of(*SOURCES),
    "crs": _one_of(*CRS),
}  # fmt: skip


# -- the steps there are


@dataclass(frozen=True, slots=True)
class Verb:
    """`short` is the member that is meant when a step is given one plain value; `needs` cannot be left out."""

    make: Callable[..., Action]
    members: Mapping[str, Check]
    short: str | None = None
    needs: tuple[str, ...] = ()


def _expect(**members: Any) -> Expect:
    if not members.keys() - {"within_s"}:
        raise ValueError("expects nothing: give receipt, progress, alarms, lamp, sent or lost")
    return Expect(**members)


def _wrong_clock(**members: Any) -> WrongClock:
    if len(members) != 1:
        raise ValueError("give either to or by_s")
    return WrongClock(**members)


VERBS: Mapping[str, Verb] = {
    "press": Verb(
        lambda kind="sos", test=False, trigger=None: Pressed(kind, test, trigger),
        {"kind": _one_of(*KINDS), "test": _yes_no, "trigger": text}, "kind",
    ),
    "fall": Verb(lambda test=False: Pressed("fall", test), {"test": _yes_no}),
    "raw": Verb(lambda payload: PressedRaw(payload.encode()), {"payload": text}, "payload", ("payload",)),
    "repeat": Verb(Repeat, {"times": _whole(1, 1000), "every_s": _seconds}, "times"),
    "cancel": Verb(CancelPressed, {}),
    "wait": Verb(Wait, {"seconds": _seconds}, "seconds", ("seconds",)),
    "offline": Verb(Offline, {}),
    "online": Verb(Online, {}),
    "duplicate": Verb(SentTwice, {"copies": _whole(1, 1000)}, "copies"),
    "wrong_clock": Verb(_wrong_clock, {"to": _instant, "by_s": _number(-4e9, 4e9)}, "to"),
    "battery": Verb(
        lambda pct=None, mains=None, drain_pct_per_h=None: PowerSet(pct, mains, drain_pct_per_h),
        {"pct": _number(0, 100), "mains": _yes_no, "drain_pct_per_h": _number(0, 1e6)}, "pct",
    ),
    "heartbeat": Verb(BeatDue, {}),
    "location": Verb(lambda **fix: Moved(FixMsg(**fix)), FIX_MEMBERS, None, ("lat", "lon")),
    "drop_receipts": Verb(lambda receipts=None: Deafened(receipts), {"receipts": _receipts}, "receipts"),
    "expect": Verb(
        _expect,
        {
            "receipt": _yes_no, "progress": _one_of(*STAGES), "alarms": _whole(0, 10_000), "lamp": _one_of(*LAMPS),
            "sent": _whole(1, 10_000), "lost": _whole(1, 10_000), "within_s": _seconds,
        },
    ),
}  # fmt: skip
PHONE_MEMBERS: Mapping[str, Check] = {"uid": text, "secret": text, "heartbeat_every_s": _number(1, 86_400)}
