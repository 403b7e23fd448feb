"""Whose turn it is, and on which of their numbers: pure, like the rest of the rules.

Nobody is skipped. Who is away, outside their hours, or known by a wrong number only is called behind everybody who can
be reached now, and still before the officers are rung for want of help.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alarms.ladder import Ladder, Person
from alarms.values import Attempt, Case
from registry.hours import is_away, open_at

ENGAGED = "our own call held the line"  # An attempt's detail: it never rang, so it was no try.
NOBODY_WAS_THERE = frozenset({"busy", "no_answer", "failed", "voicemail"})
"""Outcomes after which the same person's next number is rung at once: they have said nothing yet."""

PUT_BACK = ("outside_hours", "away", "engaged", "wrong_number")
"""Why somebody's turn comes later; the last is later still."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who can still be called in this round, on that number; `turns` counts those, too, in which their line
    was engaged. `why_later` is one of PUT_BACK or None."""

    person: Person
    phone: str
    turns: int
    is_asked: bool
    why_later: str | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Less is sooner; people of one place keep the order of the ladder."""
        later = 0 if self.why_later is None else 2 if self.why_later == "wrong_number" else 1
        return later, self.turns


def calls_of(case: Case, purpose: str, contact_id: str | None) -> list[Attempt]:
    """This round's calls of one purpose to one person, in order."""
    return [
        a for a in case.attempts
        if a.is_call and a.purpose == purpose and a.round == case.round and a.contact_id == contact_id
    ]  # fmt: skip


def candidates(case: Case, ladder: Ladder, now: datetime) -> list[Candidate]:
    """In the ladder's order: who has neither said no nor been called as often as the policy wants it."""
    found = (_candidate(case, ladder, person, now) for person in ladder.rungs)
    return [one for one in found if one is not None]


def next_turn(case: Case, waiting: Sequence[Candidate]) -> Candidate:
    """Who is called now; one whom an officer is having called only where there is nobody else."""
    return _other_number(case, waiting) or min(waiting, key=lambda each: (each.is_asked, each.place))


def why_later(person: Person, ladder: Ladder, now: datetime) -> str | None:
    """Why somebody is called behind the others, as far as their file says; None for those who can be reached."""
    if not person.good_phones:
        return "wrong_number"
    if not person.hours and not person.away:
        return None
    local = now.astimezone(ZoneInfo(ladder.timezone))
    if is_away(person.away, local.date()):
        return "away"
    return "outside_hours" if open_at(person.hours, local) is False else None


def _candidate(case: Case, ladder: Ladder, person: Person, now: datetime) -> Candidate | None:
    turns, asked = calls_of(case, "help", person.id), calls_of(case, "asked", person.id)
    calls = [a for a in turns if a.detail != ENGAGED]
    if any(a.outcome == "declined" for a in (*calls, *asked)):
        return None
    tries = {phone: sum(a.phone == phone for a in calls) for phone in {*person.phones, *(a.phone for a in calls)}}
    failed = {a.phone for a in calls if a.outcome == "failed"}
    left = [p for p in person.phones if p not in failed and tries[p] < ladder.tries_of(person)]
    if not left:
        return None
    good = [p for p in left if p in person.good_phones]
    why = why_later(person, ladder, now) if good else "wrong_number"
    if why is None and turns and turns[-1].detail == ENGAGED:
        why = "engaged"
    return Candidate(
        person, min(good or left, key=lambda phone: tries[phone]), max(tries.values()) + len(turns) - len(calls),
        any(a.contact_id == person.id for a in case.live("asked")), why,  # Perhaps since an earlier round.
    )  # fmt: skip


def _other_number(case: Case, waiting: Sequence[Candidate]) -> Candidate | None:
    """The next number of the person who was just rung in vain, where there is one that has had fewer tries."""
    calls = [a for a in case.attempts if a.is_call and a.purpose == "help" and a.round == case.round]
    if not calls or calls[-1].outcome not in NOBODY_WAS_THERE:
        return None
    last = calls[-1]
    one = next((c for c in waiting if c.person.id == last.contact_id), None)
    if one is None or one.is_asked or one.why_later == "wrong_number" or one.phone == last.phone:
        return None
    same = [a.phone for a in calls if a.contact_id == last.contact_id and a.detail != ENGAGED]
    return one if same.count(one.phone) < same.count(last.phone) else None
