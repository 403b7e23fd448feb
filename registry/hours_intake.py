"""Weekly hours and absences, as what comes in says them: of people and of places."""

from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from registry.intake import Given, Short, as_day

MOST_SPANS = 28  # Four a day.
MOST_ABSENCES = 40
_Time = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
_Weekday = Annotated[int, Field(strict=True, ge=1, le=7)]
_Day = Annotated[date, BeforeValidator(as_day)]


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
