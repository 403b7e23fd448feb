"""Text as it is searched: folded to one spelling, and cut into the pieces by which a fragment is found. Pure."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

SHORTEST_DIGITS = 4  # A run of a number that is found; shorter ones fit too many people.
SHORTEST_CODE = 3
_LANDLINE_AREA = re.compile(r"0[1-9]")


@lru_cache(maxsize=40_000)
def fold_character(character: str) -> str:
    """What is left of one character: no accents, no case, full-width made plain; nothing of marks and of spaces."""
    kept = []
    for part in unicodedata.normalize("NFKD", character).casefold():
        category = unicodedata.category(part)
        if category[0] in "MZCP" or (part.isascii() and not part.isalnum()):
            continue
        kept.append(part)
    return "".join(kept)


def fold(text: str) -> str:
    """The text without spaces and marks, in one spelling: `3号楼 2-401` is `3号楼2401`, `LÜ` is `lu`."""
    return "".join(map(fold_character, text))


def folded_places(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters where it stood in the text."""
    kept: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for part in fold_character(character):
            kept.append(part)
            places.append(place)
    return "".join(kept), places


def runs(text: str, length: int) -> list[str]:
    """Every piece of that length, once, in order."""
    return list(dict.fromkeys(text[at : at + length] for at in range(len(text) - length + 1)))


def pairs(text: str) -> Iterator[str]:
    """Every two characters that stand beside each other."""
    return (first + second for first, second in pairwise(text))


def dialled(number: str) -> str:
    """A number's digits as people here say them: without +86, a landline with its 0."""
    digits = "".join(character for character in fold(number) if character.isdecimal())
    for prefix in ("0086", "86"):
        own = digits.removeprefix(prefix)
        if own != digits and len(own) in (10, 11, 12) and (number.lstrip().startswith("+") or len(digits) > 11):
            return own if re.fullmatch(r"1\d{10}", own) or _LANDLINE_AREA.match(own) else f"0{own}"
    return digits
