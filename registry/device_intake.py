"""A one-key phone, as what comes in says it."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from registry.device_life import DEFAULT_TRIGGERS
from registry.intake import (
    DeviceState,
    Given,
    HeartbeatS,
    Id,
    Note,
    Patch,
    Phone,
    Short,
    Trigger,
    Uid,
)  # fmt: skip
from registry.sim_cards import read_iccid

MOST_AT_ONCE = 10_000
MAX_TRIGGERS = 20


def _once_each(triggers: list[str]) -> list[str]:
    if len(set(triggers)) < len(triggers):
        raise ValueError("each trigger is named once")
    return triggers


Triggers = Annotated[
    list[Trigger],
    Field(min_length=1, max_length=MAX_TRIGGERS, description="What can be pressed; the first where none is named"),
    AfterValidator(_once_each),
]  # fmt: skip
Iccid = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(read_iccid),
    Field(description="The SIM card's number, with its check digit", examples=["89860012345678901238"]),
]


def _not_yet_in_service(state: DeviceState) -> DeviceState:
    if state == "in_service":
        raise ValueError("a device is in service only after a test press of every trigger: register it as installed")
    return state


Reason = Annotated[Note, Field(description="Why; kept in the device's history")]


class DeviceNew(Given):
    """A one-key phone to be kept; its life begins in stock, or as issued when it comes with its elder."""

    uid: Uid
    elder_id: Id | None = None
    model: Short | None = None
    state: Annotated[DeviceState, AfterValidator(_not_yet_in_service)] | None = None
    triggers: Triggers | None = None
    sim_iccid: Iccid | None = None
    sim_phone: Phone | None = None
    batch: Short | None = None
    heartbeat_s: HeartbeatS | None = None
    firmware: Short | None = Field(default=None, description="What it should run, where that is not its model's")
    note: Note | None = None


class DevicePatch(Patch):
    """What is new about a device; null for `elder_id` takes it from its elder."""

    NULLABLE = frozenset({
        "elder_id", "model", "triggers", "sim_iccid", "sim_phone", "batch", "heartbeat_s", "firmware", "note", "reason",
    })  # fmt: skip
    elder_id: Id | None = None
    model: Short | None = None
    state: DeviceState | None = None
    triggers: Triggers | None = None
    sim_iccid: Iccid | None = None
    sim_phone: Phone | None = None
    batch: Short | None = None
    heartbeat_s: HeartbeatS | None = None
    firmware: Short | None = None
    note: Note | None = None
    reason: Reason | None = None


class Pairing(Given):
    """Who shall have a device."""

    elder_id: Id
    reason: Reason | None = Field(default=None)
    version: int | None = Field(default=None, ge=1, le=2**31 - 1)


class Replacement(Given):
    """The device that takes over, and what becomes of the one that is replaced."""

    by: Uid
    state: Literal["faulty", "retired"] = "retired"
    reason: Reason | None = None


class ManyDevices(Given):
    """New devices of one delivery: `uids`, or `count` of them numbered from `first` behind a `prefix`."""

    uids: Annotated[list[Uid], Field(min_length=1, max_length=MOST_AT_ONCE)] | None = None
    count: Annotated[int, Field(strict=True, ge=1, le=MOST_AT_ONCE)] | None = None
    prefix: Annotated[str, StringConstraints(max_length=50)] = ""
    first: Annotated[int, Field(strict=True, ge=0, le=10**12)] = 1
    digits: Annotated[int, Field(strict=True, ge=1, le=13, description="Leading zeros fill the number up to these")] = 6
    model: Short | None = None
    batch: Short | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.uids is None) == (self.count is None):
            raise ValueError("give uids, or count with a prefix")
        return self

    def names(self) -> list[str]:
        """The uids as they were given or numbered, which may not be valid ones."""
        if self.uids is not None:
            return list(self.uids)
        return [f"{self.prefix}{self.first + n:0{self.digits}d}" for n in range(self.count or 0)]


class ModelNew(Given):
    """A make of phones, and what they have in common."""

    name: Short
    triggers: Triggers = Field(default=list(DEFAULT_TRIGGERS))
    heartbeat_s: HeartbeatS | None = None
    firmware: Short | None = Field(default=None, description="What its phones should run")
    note: Note | None = None


class ModelPatch(Patch):
    """What is new about a make of phones."""

    NULLABLE = frozenset({"heartbeat_s", "firmware", "note"})
    name: Short | None = None
    triggers: Triggers | None = None
    heartbeat_s: HeartbeatS | None = None
    firmware: Short | None = None
    note: Note | None = None
