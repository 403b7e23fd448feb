"""Hours, absences and further numbers as people write them in a form or a cell: one a line, or between semicolons.

`Mon-Fri 08:00-18:00`, `周一至周五 8:00-18:00`, `6,7 22:00-06:00`, `daily 09:00-21:00`;
`2026-01-20 - 2026-02-10 holiday`; `138 0100 0123 office`.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import Any

_DAYS = {
    "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7,
    "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "日": 7, "天": 7,
}  # fmt: skip
_EVERY_DAY = frozenset({"daily", "everyday", "每天", "天天"})
_WORKDAYS = frozenset({"workdays", "weekdays", "工作日"})
_WEEKEND = frozenset({"weekend", "weekends", "周末"})
ENGLISH = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CHINESE = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_TO = r"\s*(?:-|~|至|到|–|—)\s*"
_SPAN = re.compile(rf"(?P<days>.*?)\s*(?P<from>\d{{1,2}}:\d\d){_TO}(?P<to>\d{{1,2}}:\d\d)")
_DAY = re.compile(r"(?:周|星期|礼拜)?([一二三四五六日天1-7]|mon|tue|wed|thu|fri|sat|sun)[a-z]*")
_ABSENCE = re.compile(rf"(\d{{4}}-\d\d-\d\d)(?:{_TO}(\d{{4}}-\d\d-\d\d))?\s*(.*)")
_NUMBER = re.compile(r"(\+?[\d\s().\-]*\d)\s*(.*)")

Rows = list[dict[str, Any]]


def read_hours(text: str) -> Rows:
    """Raises ValueError for a line that is none."""
    return [_span(line) for line in _lines(text)]


def read_absences(text: str) -> Rows:
    """Raises ValueError for a line that is none; whether the days exist is checked later."""
    found: Rows = []
    for line in _lines(text):
        fits = _ABSENCE.fullmatch(line)
        if fits is None:
            raise ValueError("write an absence as 2026-01-20 - 2026-02-10")
        begins, ends, note = fits.groups()
        found.append({"from": begins, "to": ends or begins} | ({"note": note} if note else {}))
    return found


def read_numbers(text: str) -> Rows:
    """Raises ValueError for a line that does not begin with a number."""
    found: Rows = []
    for line in _lines(text):
        fits = _NUMBER.fullmatch(line)
        if fits is None:
            raise ValueError("write a number and then, if you like, whose telephone it is")
        phone, label = fits.groups()
        found.append({"phone": phone.strip()} | ({"label": label} if label else {}))
    return found


def hours_lines(hours: Collection[Mapping[str, Any]] | None, language: str) -> list[str]:
    """As `read_hours` reads them, in the words of the reader."""
    return [f"{days_text(one['days'], language)} {one['from']}-{one['to']}" for one in hours or ()]


def absence_lines(away: Collection[Mapping[str, Any]] | None) -> list[str]:
    return [f"{one['from']} - {one['to']} {one.get('note', '')}".strip() for one in away or ()]


def number_lines(more: Collection[Mapping[str, Any]] | None) -> list[str]:
    return [f"{one['phone']} {one.get('label', '')}".strip() for one in more or ()]


def days_text(days: Collection[int], language: str) -> str:
    """Days that follow each other as a range: Mon-Fri, 周一至周五."""
    names, to, comma = (CHINESE, "至", "、") if language.startswith("zh") else (ENGLISH, "-", ",")
    if len(set(days)) == len(names):
        return "每天" if language.startswith("zh") else "daily"
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    parts = []
    for run in runs:
        first, last = names[run[0] - 1], names[run[-1] - 1]
        parts.append(first if len(run) == 1 else f"{first}{to if len(run) > 2 else comma}{last}")
    return comma.join(parts)


def _lines(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", text)
    return (line.strip() for line in re.split(r"[\n;]", plain) if line.strip())


def _span(line: str) -> dict[str, Any]:
    fits = _SPAN.fullmatch(line)
    if fits is None:
        raise ValueError("write hours as Mon-Fri 08:00-18:00")
    begins, ends = (f"{at:0>5}" for at in (fits["from"], fits["to"]))
    return {"days": _days(fits["days"].strip().casefold()), "from": begins, "to": ends}


def _days(text: str) -> list[int]:
    if not text or text in _EVERY_DAY:
        return [1, 2, 3, 4, 5, 6, 7]
    if text in _WORKDAYS:
        return [1, 2, 3, 4, 5]
    if text in _WEEKEND:
        return [6, 7]
    days: set[int] = set()
    for part in re.split(r"[,、/\s]+", re.sub(_TO, "-", text)):
        ends = [_day(one) for one in part.split("-")]
        if len(ends) > 2:
            raise ValueError("write hours as Mon-Fri 08:00-18:00")
        first, last = ends[0], ends[-1]
        days |= set(range(first, last + 1)) if first <= last else {*range(first, 8), *range(1, last + 1)}
    return sorted(days)


def _day(text: str) -> int:
    fits = _DAY.fullmatch(text)
    if fits is None:
        raise ValueError("write hours as Mon-Fri 08:00-18:00")
    return _DAYS.get(fits[1]) or int(fits[1])
