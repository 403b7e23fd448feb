"""What closing asks for: somebody was reached, the elder is safe, every planned step is done. Each or a reason.

"OK" was misheard, "asleep" was assumed, a family was not told: what nobody has confirmed is said, never taken for
granted. Source: the duty room's lessons, DOMAIN section 4.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from alarms.events import Answers, Waiver
from alarms.ladder import polite_time
from alarms.values import LIVE, Line
from core.errors import Rejected
from registry.profile import TECHNICAL, PolicySettings

ITEMS = ("contact", "safe", "steps")
WAIVERS: Mapping[str, tuple[str, ...]] = {
    "contact": ("spoke_with_elder", "services_there", "nobody_registered", "no_person", "other"),
    "safe": ("in_care", "services_there", "with_somebody", "no_person", "other"),
    "steps": ("not_needed", "done_otherwise", "other"),
}
"""Why something may be left open, by item; `other` is told in words."""

QUESTIONS = {
    "contact": "say whether a contact was reached, or why that is not needed",
    "safe": "say whether the elder is safe, or why nobody can say so",
    "steps": "say whether every planned step is done, or why they are left",
}
WHICH_REASON = "choose one of the reasons"
WHICH_WORDS = "write the reason in words"
WANTED_HELP = frozenset({"help", "asked", "sent", "officer", "message"})


class _Step(Protocol):
    """A call or message, as the rules or the database have it."""

    @property
    def purpose(self) -> str: ...
    @property
    def state(self) -> str: ...


class _Closable(Protocol):
    """A case, as the rules or the database have it."""

    @property
    def kind(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def is_test(self) -> bool: ...
    @property
    def accepted_at(self) -> datetime | None: ...
    @property
    def arrived_at(self) -> datetime | None: ...
    @property
    def satisfaction(self) -> str | None: ...


class Unanswered(Rejected):
    """Something is open and nobody has said why; `problems` is item → what to do."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


def missing(case: _Closable, attempts: Iterable[_Step]) -> tuple[str, ...]:
    """Which of ITEMS nobody has confirmed, in their order; nothing where nobody was to be helped."""
    if case.state == "closed" or case.is_test or case.kind in TECHNICAL:
        return ()
    found = []
    if case.accepted_at is None and case.arrived_at is None:
        found.append("contact")
    if case.satisfaction not in ("satisfied", "dissatisfied"):  # Whoever says so has spoken to somebody.
        found.append("safe")
    if case.state == "accepted" or any(is_planned(attempt) for attempt in attempts):
        found.append("steps")
    return tuple(found)


def is_planned(attempt: _Step) -> bool:
    """Whether closing would end a call or a message; the follow-up is not among them, it comes afterwards."""
    return attempt.state in LIVE and attempt.purpose in WANTED_HELP


def answered(open_items: Iterable[str], answers: Answers) -> tuple[Line, ...]:
    """The timeline's lines for the answers, without an author yet. Raises Unanswered."""
    open_items = tuple(open_items)
    problems = {item: text for item in open_items if (text := _fault(item, answers)) is not None}
    if problems:
        raise Unanswered(problems)
    confirmed = [item for item in open_items if item in answers.confirmed]
    lines = (Line("closing_confirmed", "", {"items": confirmed}),) if confirmed else ()
    waived = [(item, answers.waived[item]) for item in open_items if item not in answers.confirmed]
    return lines + tuple(
        Line("closing_waived", "", {"item": item, "reason": one.reason, "text": _words(one)}) for item, one in waived
    )


def _fault(item: str, answers: Answers) -> str | None:
    if item in answers.confirmed:
        return None
    waiver = answers.waived.get(item)
    if waiver is None:
        return QUESTIONS[item]
    if waiver.reason not in WAIVERS[item]:
        return WHICH_REASON
    return WHICH_WORDS if waiver.reason == "other" and _words(waiver) is None else None


def _words(waiver: Waiver) -> str | None:
    return (waiver.text or "").strip() or None


def asks_afterwards(
    open_items: Iterable[str], answers: Answers | None, satisfaction: str | None, *, is_test: bool
) -> bool:
    """Whether the elder is rung although something was said about satisfaction.

    "Could not be reached" of somebody whom nobody knows to be safe is a question that is still open.
    """
    is_sure = "safe" not in set(open_items) or (answers is not None and "safe" in answers.confirmed)
    return satisfaction == "unreachable" and not is_sure and not is_test


def follow_up_at(now: datetime, timing: PolicySettings, timezone: str) -> datetime:
    """When the elder is rung after a closing at `now`."""
    return polite_time(now + timedelta(seconds=timing.follow_up_after_s), timing, timezone)
