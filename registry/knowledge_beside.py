"""Which cards belong beside an alarm: those of its kind, and those that the elder's health notes ask for. Pure.

A card that names conditions is chosen by illness alone, and only by notes that the caller may show: what is beside the
alarm must not tell an illness to who may not see it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry.search_text import fold

MOST_BY_HEALTH = 3
SILENT = ("duress",)
_NOTHING = frozenset(map(fold, ("无", "没有", "正常", "好", "不详", "未知", "none", "no", "normal", "good", "unknown")))
_CLAUSES = re.compile(r"[，。；;,.\n]+")
_NOT = re.compile(r"无(?!人|力|法)|没有|否认|排除|未患|\b(?:no|not|without|denies)\b", re.IGNORECASE)
_WORDS_OF = {
    "hearing": "听力", "sight": "视力", "vision": "视力", "speech": "言语", "mobility": "行动", "implants": "植入",
    "allergies": "过敏", "medication": "用药",
}  # fmt: skip
_TELL_NO_ILLNESS = frozenset({"language", "dialect", "blood_group", "living", "lives_alone"})

Card = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Beside:
    """A card with the words of the health notes that asked for it; none for a card of the kind."""

    card: Card
    because: tuple[str, ...] = ()

    @property
    def is_by_health(self) -> bool:
        return bool(self.because)


def situations(kind: str, *, is_silent: bool, is_test: bool, is_cancelled: bool) -> tuple[str, ...]:
    """What the alarm is, the most telling first. Whoever is beside a silent caller must notice nothing, so no other
    card may be read there."""
    if is_silent or kind in SILENT:
        return SILENT
    extra = [*(["test"] if is_test else []), *(["cancelled"] if is_cancelled else [])]
    return (*extra, kind)


def beside(cards: Iterable[Card], wanted: Sequence[str], health: Mapping[str, Any] | None) -> list[Beside]:
    """The cards of the situations in their order, then those of the health notes, those for this kind first.

    `health` is None for who may not see it.
    """
    known = list(cards)
    by_kind = [
        Beside(card) for code in wanted for card in known if code in card["kinds"] and not card["conditions"]
    ]  # fmt: skip
    if health is None or tuple(wanted) == SILENT:
        return _once(by_kind)
    notes = list(_notes(health))
    ill = [(card, _because(card, notes)) for card in known if card["conditions"]]
    found = [Beside(card, because) for card, because in ill if because]
    found.sort(key=lambda one: (not set(wanted) & set(one.card["kinds"]), -len(one.because)))
    return _once(by_kind) + found[:MOST_BY_HEALTH]


def _once(found: Iterable[Beside]) -> list[Beside]:
    return list({one.card["id"]: one for one in found}.values())


def _notes(health: Mapping[str, Any]) -> Iterable[str]:
    """Each clause of the notes that says something, with what it is about before it."""
    for member, value in health.items():
        if member in _TELL_NO_ILLNESS:
            continue
        for text in _flat(value):
            for clause in _CLAUSES.split(text):
                if clause.strip() and fold(clause) not in _NOTHING:
                    yield f"{member} {_WORDS_OF.get(member, '')} {clause.strip()}"


def _flat(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _flat(one)
    elif isinstance(value, Sequence):
        for one in value:
            yield from _flat(one)


def _because(card: Card, notes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for note in notes for word in card["conditions"] if _says(note, word)))


def _says(note: str, word: str) -> bool:
    """Whether a clause names the condition, and does not deny it; in Latin letters only whole words count."""
    if word.isascii():
        found = re.search(rf"\b{re.escape(word)}s?\b", note, re.IGNORECASE)
        before = note[: found.start()] if found else ""
        return found is not None and not _NOT.search(before)
    place = fold(note).find(fold(word))
    denied = _NOT.search(note)
    return place >= 0 and not (denied and fold(note[: denied.start()]).find(fold(word)) < 0)
