"""What the registry knows at the moment of a press, as plain values for the rules and the screens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from registry.access import DOUBTFUL_AFTER_DAYS, access_sentence, is_doubtful

CALL_ORDER = ("family", "community", "doctor")
"""The roles an emergency climbs through by itself; the others are for an officer to call."""

DEFAULT_POLICY = "default"
OFFICER_RUNG = "officer"
"""The rung at which the duty officers begin to be rung, beside whoever comes next."""

TECHNICAL = frozenset({"low_battery", "mains_lost", "tamper"})
"""Kinds of alarm that trouble the device, not the elder: they ring the duty officers, not the family."""

CONTACT_ROLES = ("family", "community", "doctor", "security", "volunteer", "other")
USER_ROLES = ("officer", "supervisor", "registrar", "tester", "auditor", "admin")
RESOURCE_KINDS = (
    "hospital", "clinic", "pharmacy", "police", "fire", "community", "volunteer", "service", "other",
)  # fmt: skip
DEVICE_STATES = ("stock", "issued", "installed", "in_service", "faulty", "retired")


@dataclass(frozen=True, slots=True)
class Rung:
    """The contacts of one role: each rings for `ring_s`, up to `tries` times a round; None: as the policy has it."""

    role: str
    ring_s: int | None = None
    tries: int | None = None


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """How an alarm climbs; every time is in seconds. Without `rungs` it climbs through CALL_ORDER.

    Source of the defaults: 25 s is about five rings; helper at the door within 45 min of acceptance for 90 % of
    cases (service levels of the duty room); an unconfirmed round is repeated after 10 s; an unanswered follow-up goes
    to the next step at once, because asking twice lost hours elsewhere.
    """

    ring_s: int = 25
    tries_per_contact: int = 1
    follow_up_after_s: int = 1800
    follow_up_tries: int = 1
    follow_up_retry_s: int = 120
    follow_up_at_night: bool = True
    officer_ring_s: int = 20
    round_pause_s: int = 10
    arrival_within_s: int = 2700
    polite_from_hour: int = 8
    polite_to_hour: int = 21
    send_messages: bool = True
    rungs: tuple[Rung, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of contacts it climbs through, in order."""
        named = tuple(dict.fromkeys(r.role for r in self.rungs if r.role != OFFICER_RUNG))
        return named if self.rungs else CALL_ORDER

    def rung(self, role: str) -> Rung | None:
        """What is said about a role; where it is named twice, the first counts."""
        return next((r for r in self.rungs if r.role == role), None)


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """The policy an alarm starts with, by name; `generation` is the default's alone (`registry.policy_book`)."""

    settings: PolicySettings = PolicySettings()
    name: str = DEFAULT_POLICY
    version: int = 0
    title: str | None = None
    generation: int = 0


@dataclass(frozen=True, slots=True)
class ContactProfile:
    """Somebody to call; `phone` is E.164, and what follows `is_key_holder` is as `registry.models.Contact` keeps it."""

    id: str
    name: str
    role: str
    phone: str
    rank: int
    language: str = "zh-CN"
    relation: str | None = None
    is_key_holder: bool = False
    more_phones: list[dict[str, Any]] | None = None
    hours: list[dict[str, Any]] | None = None
    away: list[dict[str, Any]] | None = None
    opted_out_at: datetime | None = None
    wrong_number_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ElderProfile:
    """An elder as an alarm needs them at once; what is sealed is asked for by `directory.private_notes`."""

    id: str
    name: str
    sex: str | None = None
    birth_date: date | None = None
    phone: str | None = None
    address: str | None = None
    area: str | None = None
    lat: float | None = None
    lon: float | None = None
    home_given: dict[str, Any] | None = None
    language: str = "zh-CN"
    area_path: str | None = None


@dataclass(frozen=True, slots=True)
class PrivateNotes:
    """What is told of an elder only to who may see or hear it, and how to call them."""

    health: Mapping[str, Any] = field(default_factory=dict)
    access: Mapping[str, Any] | None = None
    access_notes: str | None = None
    access_confirmed_on: date | None = None
    name_reading: str | None = None
    addressed_as: str | None = None

    def way_in(self, language: str, today: date, doubtful_after_days: int = DOUBTFUL_AFTER_DAYS) -> str | None:
        """All that is known of the way in, in one sentence, which says so when it was confirmed too long ago."""
        is_old = self.access_confirmed_on is not None and is_doubtful(
            self.access_confirmed_on, today, doubtful_after_days
        )
        return access_sentence(self.access, self.access_notes, language, is_doubtful=is_old)


@dataclass(frozen=True, slots=True)
class Housemate:
    """Somebody who lives with the elder and has a file of their own."""

    id: str
    name: str
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Caller marks, kinds of person, whether there is a photo, and who else lives there."""

    marks: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    has_photo: bool = False
    housemates: tuple[Housemate, ...] = ()


@dataclass(frozen=True, slots=True)
class OfficerProfile:
    """A duty officer who can be rung."""

    id: str
    name: str
    phone: str
    language: str = "zh-CN"


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    id: str
    uid: str
    model: str | None = None
    state: str = "stock"


@dataclass(frozen=True, slots=True)
class LastFix:
    """The last position a device told of, in WGS-84."""

    lat: float
    lon: float
    accuracy_m: float | None
    fix_at: datetime
    source: str | None


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything a press needs: whose it is, whom to call in dialling order, and where the device was last.

    `policy` is the default one.
    """

    device: DeviceProfile
    elder: ElderProfile | None = None
    contacts: tuple[ContactProfile, ...] = ()
    policy: PolicyInForce = PolicyInForce()
    last_fix: LastFix | None = None
