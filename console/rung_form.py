"""The rungs of a policy in a form: rows of fields, and buttons that add, move and take one away without a script."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from starlette.datastructures import FormData

from registry.intake import ContactRole
from registry.policy_intake import MOST_RUNGS
from registry.profile import CALL_ORDER, OFFICER_RUNG

ROLES: tuple[str, ...] = (*get_args(ContactRole), OFFICER_RUNG)
FIELDS = ("rung_role", "rung_ring_s", "rung_tries")

RungRow = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Moved:
    """The rungs after a press of a button; the field of the one at `at` has the focus then, none at -1."""

    rungs: list[RungRow]
    at: int = -1


def rungs_in(data: FormData) -> list[RungRow]:
    """What was typed, in order; a row without a role is none."""
    columns = ([str(value) for value in data.getlist(name)] for name in FIELDS)
    return [
        {"role": role, "ring_s": _number(ring), "tries": _number(tries)}
        for role, ring, tries in zip(*columns, strict=False)
        if role
    ]


def shown_rungs(rungs: Sequence[RungRow]) -> list[RungRow]:
    """Where a policy names none, those that it climbs all the same."""
    return list(rungs) or [{"role": role, "ring_s": None, "tries": None} for role in CALL_ORDER]


def moved(rungs: Sequence[RungRow], what: str) -> Moved:
    """`what` is a button's value: `add`, `up:2`, `down:0`, `take:1`; anything else changes nothing."""
    kept = list(rungs)
    verb, _, place = what.partition(":")
    at = int(place) if place.isascii() and place.isdigit() and len(place) < 3 else -1
    if verb == "add" and len(kept) < MOST_RUNGS:
        used = {rung["role"] for rung in kept}
        role = next((role for role in ROLES if role not in used), ROLES[0])
        return Moved([*kept, {"role": role, "ring_s": None, "tries": None}], len(kept))
    if not 0 <= at < len(kept):
        return Moved(kept)
    if verb == "take":
        del kept[at]
        return Moved(kept, min(at, len(kept) - 1))
    to = at + {"up": -1, "down": 1}.get(verb, 0)
    if not 0 <= to < len(kept):
        return Moved(kept, at)
    kept[at], kept[to] = kept[to], kept[at]
    return Moved(kept, to)


def _number(text: str) -> int | str | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else text or None
