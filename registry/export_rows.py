"""A row of the registry as the cells of a line, under the columns that an import knows. Pure."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

from registry.contact_text import absence_lines, hours_lines, number_lines
from registry.import_columns import (
    ACCESS_MEMBERS,
    COLUMNS,
    DEVICE_STATES,
    HEALTH_LISTS,
    HEALTH_TEXTS,
    LANGUAGES,
    MARKS,
    RESOURCE_KINDS,
    ROLES,
    SEXES,
)
from registry.store import Row

SEALED = frozenset({*HEALTH_LISTS, *HEALTH_TEXTS, *ACCESS_MEMBERS, "access_notes", "id_number"})
_WORDS: Mapping[str, Mapping[str, str]] = {
    "sex": SEXES, "role": ROLES, "state": DEVICE_STATES, "marks": MARKS,
}  # fmt: skip
_HEALTH = {name: "notes" if name == "health_notes" else name for name in (*HEALTH_LISTS, *HEALTH_TEXTS)}
_ACCESS = {name: "note" if name == "access_note" else name for name in ACCESS_MEMBERS}
_ELDERS_OWN = {"elder_phone": "phone", "elder_name": "name", "elder_birth_date": "birth_date"}
_LINES: Mapping[str, Callable[[Any], list[str]]] = {
    "more_phones": number_lines, "hours": lambda hours: hours_lines(hours, "en"), "away": absence_lines,
}  # fmt: skip


def header_of(kind: str, left_out: Collection[str], *, in_chinese: bool) -> list[str]:
    """The members' names, or their first Chinese ones."""
    return [
        column.names[0] if in_chinese and column.names else column.member
        for column in COLUMNS[kind]
        if column.member not in left_out
    ]


def cells_of(
    kind: str, row: Row, elder: Row | None, left_out: Collection[str], words: Mapping[str, Mapping[str, str]] | None
) -> list[str | int | float | None]:
    """One line; `elder` is whose contact or device it is. `words` are those of the code tables, by member and code;
    without them codes stay codes."""
    cells: list[str | int | float | None] = []
    for column in COLUMNS[kind]:
        if column.member in left_out:
            continue
        value = value_of(kind, column.member, row, elder)
        own = None if words is None else words.get(column.member) or _words(kind, column.member)
        cells.append(_said(value, own))
    return cells


def value_of(kind: str, member: str, row: Row, elder: Row | None = None) -> Any:
    """What an import's column of that name would have to say."""
    if member in _ELDERS_OWN and kind in ("contacts", "devices"):
        return None if elder is None else elder[_ELDERS_OWN[member]]
    if member in _HEALTH and kind == "elders":
        return (row["health"] or {}).get(_HEALTH[member])
    if member in _ACCESS and kind == "elders":
        return (row["access"] or {}).get(_ACCESS[member])
    if member in ("lat", "lon", "crs"):
        given = row["home_given"] if kind == "elders" else row["given"]
        return (given or {}).get(member, row.get(member))
    if member in _LINES and kind == "contacts":
        return _LINES[member](row[member])
    return row[member]


def _said(value: Any, own: Mapping[str, str] | None) -> str | int | float | None:
    """With the Chinese words of the member's codes, or as the HTTP interface has it where there are none."""
    if value is None:
        return None
    words = own or {}
    match value:
        case bool():
            return ("yes" if value else "no") if own is None else ("是" if value else "否")
        case int() | float():
            return value
        case date():
            return value.isoformat()
        case list():
            return "；".join(words.get(str(one), str(one)) for one in value) or None
        case _:
            return words.get(str(value), str(value))


def _words(kind: str, member: str) -> dict[str, str]:
    """The first Chinese word for each code."""
    if member == "kind":
        table: Mapping[str, str] = RESOURCE_KINDS
    elif member == "language":
        table = {word: code for word, code in LANGUAGES.items() if not word.isascii()}
    elif member == "crs":
        table = {}
    else:
        table = _WORDS.get(member, {})
    found: dict[str, str] = {}
    for word, code in table.items():
        if not word.isascii():
            found.setdefault(code, word)
    return found
