"""Weekly hours and absences, as they are given and as they are asked about: the same for people and for places. Pure.

Local time: who asks has put the instant into the site's zone.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from registry.intake import Given, Short, as_day

MOST_SPANS = 28  # Four a day.
MOST_ABSENCES = 40
_Time = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
_Weekday = Annotated[int, Field(strict=True, ge=1, le=7)]
_Day = Annotated[date, BeforeValidator(as_day)]

Row = Mapping[str, Any]


class _Aliased(Given):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


class Span(_Aliased):
    """On these weekdays from one local time to another; over midnight where `to` is not later than `from`."""

    days: Annotated[
        list[_Weekday],
        Field(min_length=1, max_length=7, description="1 Monday to 7 Sunday"),
        AfterValidator(lambda days: sorted(set(days))),
    ]
    from_time: _Time = Field(alias="from", examples=["08:00"])
    to_time: _Time = Field(alias="to", examples=["18:00"])

    @model_validator(mode="after")
    def _begins(self) -> Self:
        if self.from_time == "24:00":
            raise ValueError("a day begins at 00:00")
        return self


class Absence(_Aliased):
    """Away from one day to another, both included."""

    from_day: _Day = Field(alias="from", examples=["2026-01-20"])
    to_day: _Day = Field(alias="to", examples=["2026-02-10"])
    note: Short | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to_day < self.from_day:
            raise ValueError("ends before it begins")
        return self


Hours = Annotated[list[Span], Field(max_length=MOST_SPANS, description="Local; empty: always")]
Absences = Annotated[list[Absence], Field(max_length=MOST_ABSENCES)]


def is_within(hours: Collection[Row] | None, local: datetime) -> bool:
    """Whether a local time lies within stored hours; without any it always does."""
    if not hours:
        return True
    clock, today = local.strftime("%H:%M"), local.isoweekday()
    yesterday = 7 if today == 1 else today - 1
    for span in hours:
        begins, ends, days = span["from"], span["to"], span["days"]
        if begins < ends:
            if today in days and begins <= clock < ends:
                return True
        elif (today in days and clock >= begins) or (yesterday in days and clock < ends):
            return True
    return False


def is_away(absences: Collection[Row] | None, on: date) -> bool:
    """Whether a local day lies in a stored absence."""
    day = on.isoformat()
    return any(absence["from"] <= day <= absence["to"] for absence in absences or ())
