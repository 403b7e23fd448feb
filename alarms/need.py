"""In which order alarms need somebody: the rule of the queue, for one alarm and as SQL for all of them.

Nobody has it, help is late, the chain runs, help is coming, it is there; tests last. Among equals the more urgent one
first, then the one that waits longer.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from sqlalchemy import ColumnElement, Float, and_, case, tuple_, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnClause, FunctionElement, literal

from alarms.models import Alarm
from core.db import UtcDateTime
from core.errors import Rejected
from registry.models import table_of

LATE_AFTER = timedelta(minutes=5)  # A helper who said 8 minutes and takes 12 is not late yet.
UNCLAIMED, LATE, CALLING, ACCEPTED, ARRIVED, REST, TEST = 0, 1, 2, 3, 4, 5, 8
MOST_URGENT = 99_999
_STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"  # Always the same length: with and without a fraction would not sort as text.
_ALARMS = table_of(Alarm)


class Need(NamedTuple):
    """Sorts with the neediest first; its text does so as well."""

    rank: int
    urgency: int
    received_at: datetime
    number: int

    def __str__(self) -> str:
        return f"{self.rank}.{self.urgency:05d}.{self.received_at.astimezone(UTC):{_STAMP}}.{self.number:010d}"

    @classmethod
    def read(cls, text: str) -> Self:
        """A need from its text. Raises Rejected when it is none of ours."""
        try:
            rank, urgency, rest = text.split(".", 2)
            at, number = rest.rsplit(".", 1)
            return cls(int(rank), int(urgency), datetime.strptime(at, _STAMP).replace(tzinfo=UTC), int(number))
        except ValueError:
            raise Rejected("cursor is not one that this list gave out") from None


def is_late(alarm: Mapping[str, Any], now: datetime) -> bool:
    """The helper should have been there; `alarm` is as `alarms.views` gives it."""
    if alarm["state"] != "accepted" or not alarm["accepted_at"] or alarm["eta_min"] is None:
        return False
    accepted_at = datetime.fromisoformat(alarm["accepted_at"])
    return now > accepted_at + timedelta(minutes=alarm["eta_min"]) + LATE_AFTER


def need_of(alarm: Mapping[str, Any], now: datetime) -> Need:
    """What one alarm needs, compared with the others."""
    urgency = MOST_URGENT - max(0, min(MOST_URGENT, int(alarm["priority"])))
    return Need(_rank(alarm, now), urgency, datetime.fromisoformat(alarm["received_at"]), alarm["number"])


def _rank(alarm: Mapping[str, Any], now: datetime) -> int:
    if alarm["is_test"]:
        return TEST
    if alarm["state"] == "open":
        return CALLING if alarm["claimed_by"] else UNCLAIMED
    if is_late(alarm, now):
        return LATE
    return {"accepted": ACCEPTED, "arrived": ARRIVED}.get(str(alarm["state"]), REST)


class _MinutesSince(FunctionElement[float]):
    """Minutes from the first instant to the second."""

    inherit_cache = True
    type = Float()


@compiles(_MinutesSince, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    since, now = (compiler.process(one, **more) for one in element.clauses)
    return f"((julianday({now}) - julianday({since})) * 1440.0)"


@compiles(_MinutesSince, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    since, now = (compiler.process(one, **more) for one in element.clauses)
    return f"(extract(epoch from ({now}) - ({since})) / 60.0)"


def rank(now: datetime) -> ColumnElement[int]:
    """The first part of the need of each row of `alarms`."""
    columns = _ALARMS.c
    allowed = columns.eta_min + LATE_AFTER.total_seconds() / 60
    gone = _MinutesSince(columns.accepted_at, literal(now, UtcDateTime()))
    return case(
        (columns.is_test, TEST),
        (and_(columns.state == "open", columns.claimed_by.is_(None)), UNCLAIMED),
        (columns.state == "open", CALLING),
        (and_(columns.state == "accepted", type_coerce(gone, Float()) > allowed), LATE),
        (columns.state == "accepted", ACCEPTED),
        (columns.state == "arrived", ARRIVED),
        else_=REST,
    )


def urgency() -> ColumnElement[int]:
    """The second part: 0 is the most urgent."""
    priority: ColumnClause[int] = _ALARMS.c.priority
    return case((priority < 0, MOST_URGENT), (priority > MOST_URGENT, 0), else_=MOST_URGENT - priority)


def needier_first(now: datetime) -> tuple[ColumnElement[Any], ...]:
    """The order of the queue."""
    return rank(now), urgency(), _ALARMS.c.received_at, _ALARMS.c.number


def after(need: Need, now: datetime) -> ColumnElement[bool]:
    """What stands behind that one in the queue."""
    at = literal(need.received_at, UtcDateTime())
    return tuple_(*needier_first(now)) > tuple_(literal(need.rank), literal(need.urgency), at, literal(need.number))
