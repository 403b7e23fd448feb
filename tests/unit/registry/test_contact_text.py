from typing import Any

import pytest

from registry.contact_text import (
    absence_lines,
    days_text,
    hours_lines,
    number_lines,
    read_absences,
    read_hours,
    read_numbers,
)

WORKDAYS = {"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00"}


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("", []),
        ("Mon-Fri 08:00-18:00", [WORKDAYS]),
        ("Monday – Friday 8:00 – 18:00", [WORKDAYS]),
        ("周一至周五 8:00至18:00", [WORKDAYS]),
        ("星期一到星期五 08:00-18:00", [WORKDAYS]),
        ("工作日 08:00-18:00", [WORKDAYS]),
        ("1-5 08:00-18:00", [WORKDAYS]),
        ("1，2，3，4，5 08：00－18：00", [WORKDAYS]),  # full width
        ("6,7 22:00-06:00", [{"days": [6, 7], "from": "22:00", "to": "06:00"}]),
        ("周末 00:00-24:00", [{"days": [6, 7], "from": "00:00", "to": "24:00"}]),
        ("Sat-Mon 09:00-10:00", [{"days": [1, 6, 7], "from": "09:00", "to": "10:00"}]),
        ("09:00-21:00", [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "09:00", "to": "21:00"}]),
        ("Mon-Fri 08:00-18:00；周末 10:00-12:00", [WORKDAYS, {"days": [6, 7], "from": "10:00", "to": "12:00"}]),
    ],
)
def test_hours_as_people_write_them(text: str, hours: list[dict[str, Any]]) -> None:
    assert read_hours(text) == hours


@pytest.mark.parametrize("text", ["mornings", "Mon-Fri", "8-18", "Mon-Tue-Wed 08:00-18:00", "0-5 08:00-18:00"])
def test_what_is_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write hours as"):
        read_hours(text)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("days", [[1, 2, 3, 4, 5], [6, 7], [1, 3, 5], [1, 2, 3, 4, 5, 6, 7], [7]])
def test_what_is_written_is_read_again(days: list[int], language: str) -> None:
    hours = [{"days": days, "from": "08:00", "to": "18:00"}]

    assert read_hours("\n".join(hours_lines(hours, language))) == hours


def test_days_in_both_languages() -> None:
    assert days_text([1, 2, 3, 5], "en") == "Mon-Wed,Fri"
    assert days_text([1, 2, 3, 5], "zh-CN") == "周一至周三、周五"


def test_absences_and_numbers() -> None:
    away = [{"from": "2026-01-20", "to": "2026-02-10", "note": "过年"}, {"from": "2026-05-01", "to": "2026-05-01"}]
    more = [{"phone": "+8613800000000", "label": "office"}, {"phone": "029 8123 4567"}]

    assert read_absences("2026-01-20 - 2026-02-10 过年\n2026-05-01") == away
    assert read_absences("\n".join(absence_lines(away))) == away
    assert read_numbers("\n".join(number_lines(more))) == more
    for wrong in ("tomorrow", "2026-1-2"):
        with pytest.raises(ValueError, match="write an absence as"):
            read_absences(wrong)
    with pytest.raises(ValueError, match="write a number"):
        read_numbers("office 138")
