"""Reads JSON as far as it can be read: whatever bytes come, an answer goes out that any database can keep."""

import json
import math
from typing import Any, NamedTuple

MAX_BYTES = 8192  # Profile v1; from the rest of a longer payload nothing is read.
MAX_DEPTH = 12  # Deeper than any device speaks, far from Python's recursion limit.
MAX_INT_DIGITS = 18  # Fits 64 bits, so no database or browser rounds it.
_BLANK = " \t\r\n"


class Reading(NamedTuple):
    """The members of the outermost object, and short words for what was wrong with the bytes.

    `members` serialises with `allow_nan=False`, holds no NUL and no lone surrogate, and is at most MAX_DEPTH deep.
    """

    members: dict[str, Any]
    problems: tuple[str, ...]


def read_object(payload: bytes) -> Reading:
    """Every whole member of a JSON object, up to the place where it breaks; never raises."""
    problems: dict[str, None] = {}  # A set that keeps the order.
    text = _text(payload, problems)
    found = _parsed(text, problems) if text.strip(_BLANK) else None
    if found is None and not problems:
        problems["empty payload" if not text else "not an object"] = None
    members = _storable(found, problems, 0) if isinstance(found, dict) else {}
    return Reading(members, tuple(problems))


def _text(payload: bytes, problems: dict[str, None]) -> str:
    if len(payload) > MAX_BYTES:
        problems["longer than 8 KiB"] = None
        payload = payload[:MAX_BYTES]
    payload = payload.removeprefix(b"\xef\xbb\xbf")
    try:
        return payload.decode()
    except UnicodeDecodeError:
        problems["not UTF-8"] = None
        return payload.decode(errors="replace")


def _parsed(text: str, problems: dict[str, None]) -> dict[str, Any] | None:
    decoder = _decoder(problems)
    try:
        found = decoder.decode(text)
    except (ValueError, RecursionError) as problem:
        problems["nested too deeply" if isinstance(problem, RecursionError) else "broken JSON"] = None
        return _whole_members(text, decoder)
    if isinstance(found, dict):
        return found
    problems["not an object"] = None
    return None


def _decoder(problems: dict[str, None]) -> json.JSONDecoder:
    def integer(digits: str) -> int | str:
        if len(digits) <= MAX_INT_DIGITS:
            return int(digits)
        problems["a number too large"] = None
        return digits

    def fraction(digits: str) -> float | str:
        value = float(digits)
        if math.isfinite(value):
            return value
        problems["a number too large"] = None
        return digits

    def constant(name: str) -> str:
        problems["NaN or Infinity"] = None
        return name

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(found)
        if len(members) < len(found):
            problems["a member given twice"] = None
        return members

    return json.JSONDecoder(
        parse_int=integer, parse_float=fraction, parse_constant=constant, object_pairs_hook=pairs, strict=False
    )


def _whole_members(text: str, decoder: json.JSONDecoder) -> dict[str, Any]:
    """The members of a broken object that stand complete, comma or brace after them, before the break."""
    members: dict[str, Any] = {}
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        return members
    try:
        while text[at : at + 1] in ("{", ","):
            name, at = decoder.raw_decode(text, _skip(text, at + 1))
            at = _skip(text, at)
            if not isinstance(name, str) or text[at : at + 1] != ":":
                break
            value, at = decoder.raw_decode(text, _skip(text, at + 1))
            at = _skip(text, at)
            if text[at : at + 1] in (",", "}"):  # Otherwise it may be cut: 8 of 83.
                members[name] = value
    except (ValueError, RecursionError):
        pass  # This is the break.
    return members


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def _storable(value: Any, problems: dict[str, None], depth: int) -> Any:
    if isinstance(value, str):
        return _storable_text(value, problems)
    if isinstance(value, dict | list) and depth >= MAX_DEPTH:
        problems["nested too deeply"] = None
        return "…"
    if isinstance(value, dict):
        return {_storable_text(k, problems): _storable(v, problems, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_storable(v, problems, depth + 1) for v in value]
    return value


def _storable_text(text: str, problems: dict[str, None]) -> str:
    if text.isascii() and "\0" not in text:
        return text
    clean = text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if clean != text:
        problems["a character that cannot be stored"] = None
    return clean
