from datetime import date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from registry.hours import is_away, open_at
from registry.hours_intake import Absence, Span

WORKDAYS = {"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00"}
NIGHTS = {"days": [6, 7], "from": "22:00", "to": "06:00"}
ALL_SUNDAY = {"days": [7], "from": "00:00", "to": "24:00"}


@pytest.mark.parametrize(
    ("hours", "local", "fits"),
    [
        (None, "2026-03-02 03:00", None),
        ([], "2026-03-02 03:00", None),
        ([WORKDAYS], "2026-03-02 08:00", True),  # a Monday
        ([WORKDAYS], "2026-03-02 07:59", False),
        ([WORKDAYS], "2026-03-02 18:00", False),
        ([WORKDAYS], "2026-03-01 12:00", False),
        ([NIGHTS], "2026-03-01 23:30", True),
        ([NIGHTS], "2026-03-02 05:59", True),  # Sunday's night goes into Monday
        ([NIGHTS], "2026-03-02 06:00", False),
        ([NIGHTS], "2026-03-02 23:30", False),
        ([NIGHTS], "2026-02-28 03:00", False),  # Friday's night is not theirs
        ([ALL_SUNDAY], "2026-03-01 23:59", True),
        ([ALL_SUNDAY], "2026-03-02 00:00", False),
        ([WORKDAYS, ALL_SUNDAY], "2026-03-01 03:00", True),
    ],
)
def test_weekly_hours_are_read_as_people_mean_them(hours: list[Any] | None, local: str, fits: bool | None) -> None:
    assert open_at(hours, datetime.fromisoformat(local)) is fits


def test_both_ends_of_an_absence_are_away() -> None:
    trip = [{"from": "2026-01-20", "to": "2026-02-10"}]
    days = ("2026-01-19", "2026-01-20", "2026-02-10", "2026-02-11")
    assert [is_away(trip, date.fromisoformat(day)) for day in days] == [False, True, True, False]
    assert not is_away(None, date(2026, 1, 25))


def test_what_was_given_is_stored_in_one_form() -> None:
    span = Span.model_validate({"days": [5, 1, 1], "from": "22:00", "to": "06:00"})
    day = Absence.model_validate({"from": "2026-01-20", "to": "2026-01-20"})

    assert span.model_dump(mode="json") == {"days": [1, 5], "from": "22:00", "to": "06:00"}
    assert day.model_dump(mode="json", exclude_none=True) == {"from": "2026-01-20", "to": "2026-01-20"}


@pytest.mark.parametrize(
    "given",
    [
        {"days": [], "from": "08:00", "to": "18:00"},
        {"days": [0], "from": "08:00", "to": "18:00"},
        {"days": [8], "from": "08:00", "to": "18:00"},
        {"days": [1], "from": "8:00", "to": "18:00"},
        {"days": [1], "from": "24:00", "to": "18:00"},
        {"days": [1], "from": "08:00", "to": "25:00"},
        {"days": [1], "from": "08:00"},
    ],
)
def test_hours_that_cannot_be_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Span.model_validate(given)


@pytest.mark.parametrize("given", [{"from": "2026-02-10", "to": "2026-01-20"}, {"from": "2026-02-30", "to": "x"}])
def test_absences_that_cannot_be_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Absence.model_validate(given)
