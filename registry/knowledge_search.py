"""Finding a card by words, by pinyin and by initials, and where in it they stand. Pure.

A centre has some dozens of cards, so each is looked through; every word of the question must stand somewhere in one
language of the card.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from registry.search_names import Reading, readings, syllable_places, typed
from registry.search_text import fold, folded_places

MOST_WORDS = 6
SHORTEST_LETTERS = 2  # One letter is the initial of too much.
LISTS = ("steps", "ask", "say", "avoid", "red_flags")
LANGUAGES = ("zh", "en")
_LETTERS = re.compile(r"[a-z]+")
_WEIGHTS = {"title": 0, "conditions": 1, "phones": 1}
_ELSEWHERE = 2

Card = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a word stands: the language, the member, its text, and from where to where in it."""

    language: str
    member: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """A card and why; without a question there is no why."""

    card: Card
    why: tuple[Hit, ...] = ()


def find(cards: Iterable[Card], question: str, *, kind: str | None = None) -> list[Found]:
    """The cards that answer, the best first; all of them, in their order, for no question."""
    words = list(dict.fromkeys(filter(None, map(fold, question.split()))))[:MOST_WORDS]
    fitting = [card for card in cards if kind is None or kind in card["kinds"]]
    if not words:
        return [Found(card) for card in fitting] if not question.strip() else []
    ranked = [(rank, at, found) for at, card in enumerate(fitting) for rank, found in _answers(card, words)]
    return [found for _, _, found in sorted(ranked, key=lambda one: one[:2])]


def _answers(card: Card, words: Sequence[str]) -> Iterator[tuple[int, Found]]:
    found = []
    for language in LANGUAGES:
        told = list(_texts(card, language))
        hits = [_best(told, language, word) for word in words]
        kept = [hit for hit in hits if hit is not None]
        if len(kept) == len(words):
            found.append((max(_WEIGHTS.get(hit.member, _ELSEWHERE) for hit in kept), Found(card, tuple(kept))))
    yield from sorted(found, key=lambda one: one[0])[:1]


def _texts(card: Card, language: str) -> Iterator[tuple[str, str]]:
    """(member, text) of one language, what counts most first; conditions count in both."""
    text = card[language]
    if text is None:
        return
    yield "title", text["title"]
    for condition in card["conditions"]:
        yield "conditions", condition
    for phone in text["phones"]:
        yield "phones", f"{phone['label']} {phone['number']}"
    for member in LISTS:
        for line in text[member]:
            yield member, line


def _best(told: Iterable[tuple[str, str]], language: str, word: str) -> Hit | None:
    for member, text in told:
        place = _written(text, word) or (_spoken(text, word) if member in ("title", "conditions") else None)
        if place is not None:
            return Hit(language, member, text, *place)
    return None


def _written(text: str, word: str) -> tuple[int, int] | None:
    folded, places = folded_places(text)
    at = folded.find(word)
    return None if at < 0 else (places[at], places[at + len(word) - 1] + 1)


def _spoken(text: str, word: str) -> tuple[int, int] | None:
    """Where a word of letters is what a run of characters sounds like."""
    if len(word) < SHORTEST_LETTERS or not _LETTERS.fullmatch(word):
        return None
    for reading, places in _sounds(text):
        for at in range(len(reading)):
            length = _syllables(reading[at:], typed(word))
            if length:
                return places[at][0], places[at + length - 1][1]
    return None


@lru_cache(maxsize=4096)
def _sounds(text: str) -> tuple[tuple[Reading, Sequence[tuple[int, int]]], ...]:
    if not any("\u3400" <= character <= "\u9fff" for character in text):
        return ()  # Words in letters are found as they are written.
    found = [(reading, syllable_places(text, reading)) for reading in readings(text)]
    return tuple((reading, places) for reading, places in found if places is not None)


def _syllables(reading: Sequence[str], letters: str) -> int:
    """How many syllables the letters stand for, each typed whole or by its initial, the last one begun; 0 for none."""
    if not reading:
        return 0
    first = reading[0]
    if first.startswith(letters):
        return 1
    initial = 2 if first[1:2] == "h" and letters.startswith(first[:2]) else 1
    for length in (len(first), initial, 1):
        if letters.startswith(first[:length]):
            rest = _syllables(reading[1:], letters[length:])
            if rest:
                return rest + 1
    return 0
