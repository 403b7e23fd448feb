"""What pydantic finds wrong with a member, in plain words: who reads it keeps files and knows no patterns or types."""

import re
from collections.abc import Mapping
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
    "extra_forbidden": "is not known here",
}
_LIMITED = {
    "string_too_long": ("is too long: {} characters are the most", "max_length"),
    "string_too_short": ("is too short: {} characters are the least", "min_length"),
    "too_long": ("has too many entries: {} are the most", "max_length"),
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


def _plainly(limit: Any) -> str:
    if isinstance(limit, float):
        return f"{limit:g}"
    return _DATE.sub(lambda day: "-".join(f"{int(part):02}" for part in day.groups()), str(limit))
