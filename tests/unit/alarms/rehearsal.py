"""A case on the table: events in, the case as it then is, with the time moved by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from alarms.case import decide
from alarms.events import CallReport, Cancel, Deadline, Event, OfficerAction, Press, RelativeAnswer
from alarms.ladder import Ladder, Person, arranged
from alarms.values import Attempt, Case, Line
from registry.profile import PolicySettings, Rung

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai: a polite hour.
DAUGHTER = Person("c-daughter", "Li Na", "family", "+8613900000001")
SON = Person("c-son", "Li Qiang", "family", "+8613900000002")
NEIGHBOUR = Person("c-station", "Zhang", "community", "+8613900000003")
DOCTOR = Person("c-doctor", "Dr Wang", "doctor", "+8613900000004")
GUARD = Person("c-guard", "Guard Sun", "security", "+8613900000008")
VOLUNTEER = Person("c-volunteer", "Volunteer Qian", "volunteer", "+8613900000009")
OFFICER = Person("u-limin", "Li Min", "officer", "+8613900000005")
SECOND_OFFICER = Person("u-zhao", "Zhao", "officer", "+8613900000006")
ELDER = Person("e-zhao", "Zhao Guiming", "elder", "+8613900000007")
PLAIN = PolicySettings(ring_s=20, follow_up_after_s=600, officer_ring_s=15, round_pause_s=10, send_messages=False)


def ladder(
    *rungs: Person, officers: tuple[Person, ...] = (OFFICER,), elder: Person | None = ELDER, **policy: Any
) -> Ladder:
    return Ladder(rungs or (DAUGHTER, SON, NEIGHBOUR, DOCTOR), lambda: officers, elder, timing=replace(PLAIN, **policy))


def climbing(*rungs: Rung, people: tuple[Person, ...] = (), **policy: Any) -> Ladder:
    """A ladder of a policy with these rungs, for a household that has somebody of every role."""
    timing = replace(PLAIN, rungs=rungs, **policy)
    climbed, others = arranged(people or (DAUGHTER, SON, NEIGHBOUR, DOCTOR, GUARD, VOLUNTEER), timing)
    return Ladder(climbed, lambda: (OFFICER,), ELDER, others, timing)


class Rehearsal:
    """What the engine and the phones would do, one step at a time."""

    def __init__(self, on: Ladder, **press: Any) -> None:
        self.ladder, self.now = on, START
        self.lines: list[Line] = []
        self.progress: list[str] = []
        self.hung_up: list[str] = []
        self.case = Case("", "sos", START)
        self._decide(None, Press("dev-7", "m-1", START, **press))

    def _decide(self, case: Case | None, event: Event) -> None:
        decision = decide(case, event, self.ladder, now=self.now)
        self.lines += decision.lines
        self.progress += decision.progress
        self.hung_up += [a.name for a in decision.hang_up]
        named = tuple(replace(a, id=a.id or f"a{a.seq}") for a in decision.case.attempts)
        self.case = replace(decision.case, id="case-1", attempts=named)

    def send(self, event: Event) -> None:
        self._decide(self.case, event)

    def press(self, msg_id: str = "m-2", **press: Any) -> None:
        self.send(Press("dev-7", msg_id, self.now, **press))

    def cancel(self) -> None:
        self.send(Cancel("dev-7", "x-1", self.now))

    def ring(self) -> Attempt:
        """The engine begins the call that is due now, and the phone rings."""
        due = min((a for a in self.case.attempts if a.is_call and a.state == "due"), key=lambda a: a.due_at)
        assert due.due_at <= self.now, f"{due.name} is due only at {due.due_at}"
        self.case = self.case.with_attempt(replace(due, state="sending", started_at=self.now))
        self.report(due, "ringing")
        return self.case.attempt(due.id)

    def report(self, attempt: Attempt, status: str, digits: str | None = None) -> None:
        self.send(CallReport(str(attempt.id), status, self.now, digits))

    def ends(self, outcome: str) -> str:
        """Ring whoever is due and let it end so; the name."""
        attempt = self.ring()
        self.report(attempt, outcome)
        return attempt.name

    def key(self, digits: str) -> str:
        attempt = self.ring()
        self.report(attempt, "answered")
        self.report(
            attempt, "completed" if digits == "hang up" else "answered", None if digits == "hang up" else digits
        )
        return attempt.name

    def silence(self) -> str:
        attempt = self.ring()
        assert attempt.ends_by is not None
        self.now = attempt.ends_by
        self.send(Deadline("case-1", self.now, attempt.id))
        return attempt.name

    def click(self, action: str, user: Person = OFFICER, **more: Any) -> None:
        self.send(OfficerAction("case-1", action, user.id, user.name, self.now, **more))

    def page(self, attempt: Attempt, *, is_going: bool, eta_min: int | None = None) -> None:
        self.send(RelativeAnswer(str(attempt.id), is_going, self.now, eta_min))

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def deadline(self) -> None:
        """Let the alarm's own deadline pass."""
        assert self.case.due_at is not None
        self.now = max(self.now, self.case.due_at)
        self.send(Deadline("case-1", self.now))

    @property
    def waiting(self) -> list[tuple[str, str]]:
        """(purpose, name) of the calls that are due or under way."""
        return [(a.purpose, a.name) for a in self.case.attempts if a.is_call and a.is_live]

    @property
    def told(self) -> list[str]:
        return [line.what for line in self.lines]
