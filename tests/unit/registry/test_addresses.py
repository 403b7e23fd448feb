"""Which of several addresses is in force on a day of the year."""

from typing import Any

import pytest

from registry.addresses import in_force

HOME: dict[str, Any] = {"id": "home", "from_day": None, "to_day": None}
WINTER: dict[str, Any] = {"id": "winter", "from_day": "11-01", "to_day": "03-15"}
AUGUST: dict[str, Any] = {"id": "august", "from_day": "08-01", "to_day": "08-31"}


@pytest.mark.parametrize(
    ("day", "where"),
    [
        ("10-31", "home"), ("11-01", "winter"), ("12-31", "winter"), ("01-01", "winter"), ("02-29", "winter"),
        ("03-15", "winter"), ("03-16", "home"), ("07-31", "home"), ("08-01", "august"), ("08-31", "august"),
    ],
)  # fmt: skip
def test_days_count_whole_and_go_over_new_year(day: str, where: str) -> None:
    found = in_force([HOME, WINTER, AUGUST], day)

    assert found is not None
    assert found["id"] == where


def test_where_nothing_is_said_nobody_moves() -> None:
    assert in_force([AUGUST], "01-01") is None
