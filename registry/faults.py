"""What pydantic finds wrong with a member, in plain words: who reads it keeps files and knows no patterns or types.

The HTTP interface, forms and imports say it alike."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_DATE = re.compile(r"datetime\.date\((\d+), (\d+), (\d+)\)")  # As pydantic tells of a day.
_PLAIN = {
    "missing": "is needed",
    "string_type": "must be a text",
    "string_pattern_mismatch": "is not written as it should be",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be yes or no",
    "bool_parsing": "must be yes or no",
    "date_type": "is not a day that there is",
    "date_parsing": "is not a day that there is",
    "date_from_datetime_parsing": "is not a day that there is",
    "date_from_datetime_inexact": "is not a day that there is",
    "datetime_type": "is not a time that there is",
    "datetime_parsing": "is not a time that there is",
    "datetime_from_date_parsing": "is not a time that there is",
    "datetime_object_invalid": "is not a time that there is",
    "timezone_aware": "needs its time zone, as 2026-01-31T08:00:00+08:00",
    "list_type": "must be a list",
    "dict_type": "must be an object with members",
    "model_type": "must be an object with members",
    "model_attributes_type": "must be an object with members",
    "int_parsing_size": "must be a whole number",
    "extra_forbidden": "is not known here",
}
_LIMITED = {
    "string_too_long": ("is too long: {} characters are the most", "max_length"),
    "string_too_short": ("is too short: {} characters are the least", "min_length"),
    "too_long": ("has too many entries: {} are the most", "max_length"),
    "too_short": ("has too few entries: {} are the least", "min_length"),
    "greater_than_equal": ("is too small: {} is the least", "ge"),
    "greater_than": ("is too small: must be above {}", "gt"),
    "less_than_equal": ("is too large: {} is the most", "le"),
    "less_than": ("is too large: must be below {}", "lt"),
}


def fault_text(kind: str, message: str, context: Mapping[str, Any]) -> str:
    """A fault's `type`, `msg` and `ctx` as pydantic has them; what a validator of ours says stays as it is."""
    if kind == "value_error":
        return str(context.get("error", message)).removeprefix("Value error, ")
    if kind == "string_too_short" and context.get("min_length", 1) <= 1:
        return _PLAIN["missing"]
    if kind == "literal_error":
        return f"must be one of: {str(context['expected']).replace(' or ', ', ').replace(chr(39), '')}"
    if kind in _LIMITED:
        text, limit = _LIMITED[kind]
        return text.format(_plainly(context[limit]))
    return _PLAIN.get(kind, message)


def faults(errors: Iterable[Mapping[str, Any]], given: Any) -> dict[str, str]:
    """What is wrong, by its place in what was given (`rungs.0.role`); several texts where there was a choice."""
    found: dict[str, list[str]] = {}
    for error in errors:
        text = fault_text(error["type"], error["msg"], error.get("ctx", {}))
        texts = found.setdefault(place(error["loc"], given, is_missing=error["type"] == "missing"), [])
        if text not in texts:
            texts.append(text)
    return {where: ", or ".join(texts) for where, texts in found.items()}


def place(loc: Sequence[str | int], given: Any, *, is_missing: bool) -> str:
    """Pydantic also names which branch of a choice it tried, and that is no place in what was given."""
    parts = []
    for number, part in enumerate(loc, 1):
        if _holds(given, part):
            given = given[part]
        elif not (is_missing and number == len(loc)):
            continue
        parts.append(str(part))
    return ".".join(parts)


def _holds(given: Any, part: str | int) -> bool:
    if isinstance(given, list):
        return isinstance(part, int) and part < len(given)
    return isinstance(given, Mapping) and part in given


def _plainly(limit: Any) -> str:
    if isinstance(limit, float):
        return f"{limit:g}"
    return _DATE.sub(lambda day: "-".join(f"{int(part):02}" for part in day.groups()), str(limit))
