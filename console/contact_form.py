"""The form of a contact: lists as lines of text, and what two registrars wrote side by side."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.datastructures import FormData

from console import forms
from console.contact_words import MEMBER_WORDS
from console.forms import Checked, Form
from registry.contact_text import (
    absence_lines,
    hours_lines,
    number_lines,
    read_absences,
    read_hours,
    read_numbers,
)
from registry.store import Row

Input = TypeVar("Input", bound=BaseModel)
READERS: Mapping[str, Callable[[str], Any]] = {
    "more_phones": read_numbers, "hours": read_hours, "away": read_absences,
}  # fmt: skip


def values_of(row: Row, language: str) -> dict[str, Any]:
    """What stands in the fields of a contact's form."""
    given = row["given"] or {"lat": row["lat"], "lon": row["lon"], "crs": "wgs84"}
    lists = {
        "more_phones": number_lines(row["more_phones"]), "hours": hours_lines(row["hours"], language),
        "away": absence_lines(row["away"]), "languages": row["languages"] or [],
    }  # fmt: skip
    return row | given | {name: "\n".join(lines) for name, lines in lists.items()}


def read(model: type[Input], data: FormData, **more: Any) -> Checked[Input]:
    """As `console.forms.read`; what is wrong in a line stands beside its field."""
    lists: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, reader in READERS.items():
        if name not in data:
            continue
        try:
            lists[name] = reader(str(data[name]))
        except ValueError as fault:
            lists[name], errors[name] = [], str(fault)
    checked = forms.read(model, data, **lists, **more)
    found = {name.partition(".")[0]: fault for name, fault in checked.form.errors.items()} | errors
    form = Form(checked.form.values, found)
    return Checked(None if found else checked.given, form)


def differences(row: Row, typed: Mapping[str, Any], language: str) -> list[dict[str, str]]:
    """Where the form says something else than the file does by now."""
    now = values_of(row, language)
    found = []
    for name, words in MEMBER_WORDS.items():
        theirs, ours = _text(now.get(name)), _text(typed.get(name))
        if name in typed and theirs != ours:
            found.append({"words": words, "theirs": theirs, "ours": ours})
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):  # A tick box has a hidden field in front of it.
        return str(value[-1]) if value else ""
    return "" if value is None else "\n".join(line.strip() for line in str(value).splitlines())
