"""A chain drawn in time: whose phone rings from when to when, as the bars of a picture. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from alarms.forecast import Forecast, Ring, forecast
from alarms.ladder import Ladder, Person, arranged
from registry.profile import PolicySettings

STEPS_S = (5, 10, 15, 20, 30, 60, 120, 300, 600)
MOST_TICKS = 7
GAP = 0.3  # Per cent, so that rings that follow each other can be counted.
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # The people made up here can be reached at any time.


@dataclass(frozen=True, slots=True)
class Bar:
    """From `at_s` to `until_s` after the press; `x` and `width` are per cent of the picture."""

    at_s: float
    until_s: float
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    """One person's phone, or one role's."""

    name: str
    role: str
    is_officer: bool
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """`ticks_s` are evenly spaced from 0 to the right edge; the chain begins anew at `again_at_s`."""

    lines: tuple[Line, ...]
    ticks_s: tuple[int, ...]
    again_at_s: float | None


def of_policy(settings: PolicySettings) -> Picture:
    """The chain of somebody with one person on each rung and one duty officer, when nobody answers."""
    people = [Person(role, "", role, f"+86154{n:08}") for n, role in enumerate(settings.roles)]
    rungs, others = arranged(people, settings)
    officer = Person("officer", "", "officer", "+8615499999999")
    ladder = Ladder(rungs=rungs, others=others, on_duty=lambda: (officer,), timing=settings)
    return drawn(forecast(ladder, SOME_DAY))


def drawn(found: Forecast) -> Picture:
    """Everybody once, in the order in which they are first rung."""
    end_s = max((ring.until_s for ring in found.rings), default=1.0)
    step = next((step for step in STEPS_S if end_s / step <= MOST_TICKS), math.ceil(end_s / MOST_TICKS))
    width_s = step * math.ceil(end_s / step)
    theirs: dict[tuple[str, str, str], list[Ring]] = {}
    for ring in found.rings:
        theirs.setdefault((ring.purpose, ring.role, ring.contact_id or ring.name), []).append(ring)
    lines = tuple(
        Line(rings[0].name, role, purpose == "officer", _bars(rings, width_s))
        for (purpose, role, _), rings in theirs.items()
    )
    return Picture(lines, tuple(range(0, width_s + 1, step)), found.again_at_s)


def _bars(rings: Sequence[Ring], width_s: float) -> tuple[Bar, ...]:
    return tuple(
        Bar(
            ring.at_s,
            ring.until_s,
            100 * ring.at_s / width_s,
            max(100 * (ring.until_s - ring.at_s) / width_s - GAP, 0.5),
        )
        for ring in rings
    )
