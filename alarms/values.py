"""The case and its attempts as the rules see them: frozen values, no clocks, no SQL, no telephones."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from core.errors import Rejected

PROBE_UID = "carebell-probe"  # A device that no registry holds: the centre's own press, which is nobody's alarm.
LIVE = frozenset({"due", "sending", "ringing", "answered"})

_Value = TypeVar("_Value", "Attempt", "Case")


def changed(value: _Value, **members: Any) -> _Value:
    """A twin with other members, as dataclasses.replace gives it, at a tenth of its price: a press needs a dozen.

    Raises TypeError for a member that there is not.
    """
    if not members.keys() <= value.__dict__.keys():
        raise TypeError(f"no such member: {', '.join(members.keys() - value.__dict__.keys())}")
    twin = object.__new__(type(value))
    twin.__dict__.update(value.__dict__)
    twin.__dict__.update(members)
    return twin


@dataclass(frozen=True)
class Attempt:
    """One call or message to one person. `id` is None until it is stored; `seq` names it within the case."""

    seq: int
    purpose: str
    medium: str
    role: str
    name: str
    phone: str
    due_at: datetime
    contact_id: str | None = None
    language: str = "zh-CN"
    round: int = 1
    try_no: int = 1
    ring_s: int = 25
    state: str = "due"
    outcome: str | None = None
    detail: str | None = None
    lease_until: datetime | None = None
    ends_by: datetime | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    channel: str | None = None
    provider_ref: str | None = None
    id: str | None = None

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_call(self) -> bool:
        return self.medium == "voice"


@dataclass(frozen=True)
class Case:
    """One emergency. `attempts` holds at least those of this round and all that are live, in order.

    `offer` and `question` are as `alarms.handing` writes them; `offered_to` is the user whom the offer names,
    and `asked_at` is set while the question waits for a leader. `entered_at` is when a person entered afterwards what
    had happened without the system.
    """

    device_uid: str
    kind: str
    received_at: datetime
    id: str = ""
    elder_id: str | None = None
    state: str = "open"
    priority: int = 0
    press_count: int = 1
    is_test: bool = False
    is_silent: bool = False
    location: dict[str, Any] | None = None
    round: int = 1
    attempt_count: int = 0
    officers_wanted: bool = False
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    cancelled_at: datetime | None = None
    first_call_at: datetime | None = None
    accepted_at: datetime | None = None
    accepted_by: dict[str, Any] | None = None
    eta_min: int | None = None
    arrived_at: datetime | None = None
    closed_at: datetime | None = None
    due_at: datetime | None = None
    due_for: str | None = None
    disposition: str | None = None
    satisfaction: str | None = None
    linked_to: str | None = None
    offered_to: str | None = None
    offer: dict[str, Any] | None = None
    offer_due_at: datetime | None = None
    question: dict[str, Any] | None = None
    asked_at: datetime | None = None
    entered_at: datetime | None = None
    attempts: tuple[Attempt, ...] = ()

    @property
    def is_probe(self) -> bool:
        """The centre's own test press, which is nobody's alarm."""
        return self.device_uid == PROBE_UID

    def live(self, *purposes: str) -> tuple[Attempt, ...]:
        """Calls of these purposes that are due or under way."""
        return tuple(a for a in self.attempts if a.is_live and a.is_call and a.purpose in purposes)

    def attempt(self, attempt_id: str | None) -> Attempt:
        """Raises Rejected when the attempt belongs to another case."""
        found = next((a for a in self.attempts if a.id == attempt_id), None)
        if found is None:
            raise Rejected("that attempt belongs to another case")
        return found

    def with_attempt(self, news: Attempt) -> "Case":
        return changed(self, attempts=tuple(news if a.seq == news.seq else a for a in self.attempts))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the timeline."""

    what: str
    author: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """The case as it now is, and what follows. `hang_up` are attempts whose call must end; `progress` are stages."""

    case: Case
    lines: tuple[Line, ...] = ()
    hang_up: tuple[Attempt, ...] = ()
    progress: tuple[str, ...] = ()

    def then(self, case: Case, *lines: Line, progress: str | None = None) -> "Decision":
        return Decision(
            case, self.lines + lines, self.hang_up, self.progress + ((progress,) if progress is not None else ())
        )

    def drop(self, why: str, now: datetime, *purposes: str) -> "Decision":
        """Cancel what is due or under way for these purposes; calls under way are hung up."""
        case, hang_up = self.case, self.hang_up
        for attempt in case.live(*purposes):
            if attempt.state != "due":
                hang_up += (attempt,)
            case = case.with_attempt(ended(attempt, "cancelled", now, detail=why))
        return Decision(case, self.lines, hang_up, self.progress)

    def unsend(self, why: str, now: datetime) -> "Decision":
        """Cancel the messages that are not on their way yet."""
        case = self.case
        for message in case.attempts:
            if not message.is_call and message.state == "due":
                case = case.with_attempt(ended(message, "cancelled", now, detail=why))
        return Decision(case, self.lines, self.hang_up, self.progress)


def ended(attempt: Attempt, outcome: str, at: datetime, *, detail: str | None = None) -> Attempt:
    """The attempt with its terminal outcome."""
    return changed(
        attempt, state=outcome, outcome=outcome, ended_at=at, lease_until=None, ends_by=None,
        detail=detail or attempt.detail,
    )  # fmt: skip
