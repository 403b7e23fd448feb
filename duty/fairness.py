"""Whose turn a missed call is. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who could call back; `open_calls` they have not called back yet, `last_given_at` when they got one."""

    user_id: str
    is_present: bool
    is_on_shift: bool
    is_leader: bool = False
    open_calls: int = 0
    last_given_at: datetime | None = None


def whose_turn(people: Iterable[OnDuty]) -> str | None:
    """Who has the fewest open, then who has had none for longest; None where nobody is there.

    On the roster and at a console goes before at a console, and that before the roster alone. Of those who are
    there in the same way, leaders have their turn last.
    """
    there = [one for one in people if one.is_present or one.is_on_shift]
    return min(there, key=_place).user_id if there else None


def _place(one: OnDuty) -> tuple[int, bool, int, datetime, str]:
    tier = 0 if one.is_present and one.is_on_shift else 1 if one.is_present else 2
    return tier, one.is_leader, one.open_calls, one.last_given_at or LONG_AGO, one.user_id
