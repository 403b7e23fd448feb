"""What a chain would do if nobody answered: the rules themselves, played through against phones that ring in vain.

Nothing is stored and nobody is called.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alarms.case import decide
from alarms.events import CallReport, Deadline, Event, Press
from alarms.ladder import Ladder
from alarms.values import Attempt, Case, changed

MOST_RINGS = 60
LONGEST_S = 3600.0
_NAME = "forecast"


@dataclass(frozen=True, slots=True)
class Ring:
    """A phone rings from `at_s` to `until_s` after the press. `purpose` is `help` or `officer`; `detail` says what is
    not as usual about the call, None where nothing is."""

    at_s: float
    until_s: float
    purpose: str
    role: str
    name: str
    phone: str
    contact_id: str | None
    try_no: int
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The rings in order, with the officers' beside the chain's; `again_at_s` is when the chain starts anew."""

    rings: tuple[Ring, ...]
    again_at_s: float | None = None

    @property
    def officers_at_s(self) -> float | None:
        return next((ring.at_s for ring in self.rings if ring.purpose == "officer"), None)


def forecast(ladder: Ladder, at: datetime, *, kind: str = "sos") -> Forecast:
    """One round of the chain of a press at that time, every phone ringing until it is given up."""
    return _Play(ladder, at, kind).play()


class _Play:
    def __init__(self, ladder: Ladder, at: datetime, kind: str) -> None:
        self._ladder, self._begin, self._now = ladder, at, at
        self._rings: dict[str, Ring] = {}
        self._case = _named(decide(None, Press(_NAME, _NAME, at, kind=kind), ladder, now=at).case)

    def play(self) -> Forecast:
        while len(self._rings) < MOST_RINGS:
            soonest = min(self._due(), key=lambda each: each[0], default=None)
            if soonest is None or (soonest[0] - self._begin).total_seconds() > LONGEST_S:
                break
            at, attempt = soonest
            self._now = max(self._now, at)
            if attempt is None:
                self._decide(Deadline(_NAME, self._now))
            elif attempt.state == "due":
                self._ring(attempt)
            else:
                self._decide(CallReport(str(attempt.id), "no_answer", self._now))
            if self._case.round > 1:
                return Forecast(tuple(self._rings.values()), self._since(self._now))
        return Forecast(tuple(self._rings.values()))

    def _due(self) -> Iterator[tuple[datetime, Attempt | None]]:
        """When what happens next: the alarm's own deadline passes (None), or an attempt begins or is given up."""
        if self._case.due_at is not None:
            yield self._case.due_at, None
        for attempt in self._case.attempts:
            if attempt.is_call and attempt.is_live:
                begun = attempt.started_at
                yield (attempt.due_at if begun is None else begun + timedelta(seconds=attempt.ring_s)), attempt

    def _ring(self, attempt: Attempt) -> None:
        self._case = self._case.with_attempt(changed(attempt, state="sending", started_at=self._now))
        self._decide(CallReport(str(attempt.id), "ringing", self._now))
        at_s = self._since(self._now)
        self._rings[str(attempt.id)] = Ring(
            at_s, at_s + attempt.ring_s, attempt.purpose, attempt.role, attempt.name, attempt.phone,
            attempt.contact_id, attempt.try_no, attempt.detail,
        )  # fmt: skip

    def _decide(self, event: Event) -> None:
        self._case = _named(decide(self._case, event, self._ladder, now=self._now).case)

    def _since(self, at: datetime) -> float:
        return (at - self._begin).total_seconds()


def _named(case: Case) -> Case:
    """With the ids that the store would give."""
    attempts = tuple(changed(a, id=a.id or f"{_NAME}-{a.seq}") for a in case.attempts)
    return changed(case, id=_NAME, attempts=attempts)
