"""What somebody types, as a question to the index; and why a file answers it. Pure.

Each word must be found somewhere in the file. The index may answer a little too much (two pieces of a number may come
from two numbers), so every file is compared with the words once more, which also tells what is to be marked.
"""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from registry import search_document as doc
from registry.search_document import File
from registry.search_names import Reading, syllable_places, typed
from registry.search_text import SHORTEST_CODE, SHORTEST_DIGITS, dialled, fold, folded_places, pairs, runs

MOST_WORDS = 6
LONGEST = 120
_ID_NUMBER = re.compile(r"\d{17}[\dx]")
_NUMBER = re.compile(r"[+\d][\d\s()\-–—.]*")
_DAY = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?(?!\d)")
_ASCII_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class But:
    """The first holds and the second does not."""

    wanted: "Condition"
    without: "Condition"


Condition = str | All | Either | But
"""A token, or how conditions go together."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a file must be besides: codes of areas (anything that lies in one of them), kinds of person, marks, risks,
    states of a device, sex: one of each that are given; age in whole years, both ends included."""

    areas: tuple[str, ...] = ()
    area_name: str | None = None
    kinds: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    device_states: tuple[str, ...] = ()
    sex: str | None = None
    age_from: int | None = None
    age_to: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: `words` are folded, `tiers` the conditions of which the earlier ones are the better answers (none
    when nothing was asked that can be looked up), `id_number` what may be one."""

    words: tuple[str, ...] = ()
    tiers: tuple[Condition, ...] = ()
    id_number: str | None = None
    is_too_short: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """What of a file a word was found in: the member, its text, and from where to where in it."""

    member: str
    text: str = field(repr=False)
    start: int
    end: int


def ask(text: str, filters: Filters, *, today: date, scopes: Iterable[tuple[str, ...]] = ()) -> Asked:
    """`scopes` are lists of area codes: the file must lie in one area of each (what the user may see)."""
    words = _words(text[:LONGEST])
    fixed = [*_filtered(filters, today), *(_areas(codes) for codes in scopes)]
    if not words:
        return Asked(tiers=(_all(fixed),) if fixed else ())
    whole = "".join(words)
    found = [_anywhere(word) for word in words]
    if not all(found):
        return Asked(words, is_too_short=True)
    number = whole.upper() if _ID_NUMBER.fullmatch(whole) else None
    exact: Condition = doc.whole(whole)
    somewhere = _all([_either(parts) for parts in found])
    first = [_either(parts) for parts in map(_at_the_front, words[:1]) if parts]
    tiers: list[Condition] = [_all([exact, *fixed])]
    if first:
        front = _all([*first, *(_either(parts) for parts in found[1:])])
        tiers.append(But(_all([front, *fixed]), exact))
        tiers.append(But(_all([somewhere, *fixed]), Either((exact, front))))
    else:
        tiers.append(But(_all([somewhere, *fixed]), exact))
    return Asked(words, tuple(tiers), number)


def _words(text: str) -> tuple[str, ...]:
    """Folded, each once; a number that is written in groups is one, and so is a day however it is written."""
    text = _DAY.sub(lambda day: f" {day[1]}{day[2]:>02}{day[3]:>02} ", text)
    if _NUMBER.fullmatch(text.strip()):
        number = _typed(text.strip())
        return (number,) if number else ()
    folded = (_typed(word) if _NUMBER.fullmatch(word) else fold(word) for word in text.split())
    return tuple(dict.fromkeys(word for word in folded if word))[:MOST_WORDS]


def _typed(number: str) -> str:
    """A number or the beginning of one: +86 is nowhere in the numbers as they are dialled here."""
    digits = dialled(number)
    for prefix in ("0086", "86") if number.startswith("+") else ("0086",):
        digits = digits.removeprefix(prefix)
    return digits


def _anywhere(word: str) -> list[Condition]:
    """Each way in which a word may be found in a file."""
    ways: list[Condition] = list(_at_the_front(word))
    ways += [_all([doc.NAME + pair for pair in pairs(word)])] if len(word) > 1 else []
    if not word.isascii() and len(word) == 1:
        ways.append(doc.NAME + word)
    if word.isalpha() and word.isascii():
        ways.append(_spoken_from(doc.SPOKEN, word))
    if word.isdecimal() and len(word) >= SHORTEST_DIGITS:
        ways.append(_all([doc.DIGITS + run for run in runs(word, SHORTEST_DIGITS)]))
    if born := _day(word):
        ways.append(doc.born_on(born))
    if _ASCII_WORD.fullmatch(word) and len(word) >= SHORTEST_CODE:
        # Codes count up from 000000: what is longer is looked up by longer pieces, of which fewer are alike.
        ways.append(_all([doc.CODE + run for run in runs(word, min(len(word), SHORTEST_CODE + 1))]))
    if len(word) > 1:
        ways.append(_all([doc.ADDRESS + run for run in runs(word, min(len(word), doc.ADDRESS_RUN))]))
        ways.append(_all([doc.CONTACT_NAME + pair for pair in dict.fromkeys(pairs(word))]))
    return ways


def _day(word: str) -> date | None:
    """The day that eight digits are."""
    try:
        return date(int(word[:4]), int(word[4:6]), int(word[6:])) if re.fullmatch(r"(?:19|20)\d{6}", word) else None
    except ValueError:
        return None


def _at_the_front(word: str) -> list[Condition]:
    """The ways in which a name may begin with a word."""
    ways: list[Condition] = []
    if not word.isascii() and len(word) == 1:
        ways.append(doc.NAME_FIRST + word)
    elif len(word) > 1:
        first, *rest = pairs(word)
        ways.append(_all([doc.NAME_FIRST + first, *(doc.NAME + pair for pair in rest)]))
    if word.isalpha() and word.isascii():
        ways.append(_spoken_from(doc.SPOKEN_FIRST, word))
    return ways


def _spoken_from(kind: str, word: str) -> Condition:
    """A reading that begins so, from a syllable on. Of a long word the next syllable must fit as well: its beginning
    alone is that of too many."""
    spoken = typed(word)
    start = kind + spoken[: doc.LONGEST_START]
    if len(spoken) <= doc.LONGEST_START:
        return start
    following = (spoken[length : length + doc.LONGEST_START] for length in range(1, doc.LONGEST_SYLLABLE + 1))
    return All((start, Either(tuple(doc.SPOKEN + text for text in following))))


def _all(parts: Iterable[Condition]) -> Condition:
    kept = tuple(dict.fromkeys(parts))
    return kept[0] if len(kept) == 1 else All(kept)


def _either(parts: Iterable[Condition]) -> Condition:
    kept = tuple(dict.fromkeys(parts))
    return kept[0] if len(kept) == 1 else Either(kept)


# -- filters


def _filtered(filters: Filters, today: date) -> Iterator[Condition]:
    chosen = (
        (doc.KIND, filters.kinds), (doc.MARK, filters.marks), (doc.RISK, filters.risks),
        (doc.STATE, filters.device_states), (doc.SEX, (filters.sex,) if filters.sex else ()),
        (doc.AREA_NAME, (filters.area_name,) if filters.area_name else ()),
    )  # fmt: skip
    for kind, values in chosen:
        if values:
            yield _either(kind + fold(value) for value in values)
    if filters.areas:
        yield _areas(filters.areas)
    if filters.age_from is not None or filters.age_to is not None:
        yield _born(filters, today)


def _areas(codes: Iterable[str]) -> Condition:
    return _either(doc.area_tokens(codes) or [doc.AREA])  # No file has the bare kind: nowhere is nothing.


def _born(filters: Filters, today: date) -> Condition:
    """Years and whole decades in which somebody of that age can be born."""
    last = today.year - (filters.age_from or 0)
    first = max(today.year - filters.age_to - 1 if filters.age_to is not None else 1900, 1900)
    parts: list[str] = []
    year = first
    while year <= last:
        if year % 10 == 0 and year + 9 <= last:
            parts.append(f"{doc.BORN_DECADE}{year // 10}")
            year += 10
        else:
            parts.append(f"{doc.BORN}{year}")
            year += 1
    return _either(parts or [doc.BORN])


def is_of_age(file: File, filters: Filters, today: date) -> bool:
    """Exactly, where the tokens know the year only."""
    if filters.age_from is None and filters.age_to is None:
        return True
    if file.birth_date is None:
        return False
    born = file.birth_date
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return (filters.age_from or 0) <= age <= (200 if filters.age_to is None else filters.age_to)


# -- why


def holds(condition: Condition, tokens: AbstractSet[str]) -> bool:
    """Whether a condition holds for these tokens, as the index would say."""
    match condition:
        case str():
            return condition in tokens
        case All(parts):
            return all(holds(part, tokens) for part in parts)
        case Either(parts):
            return any(holds(part, tokens) for part in parts)
        case But(wanted, without):
            return holds(wanted, tokens) and not holds(without, tokens)


def why(words: Iterable[str], file: File) -> list[Why] | None:
    """Where each word is; None when one is nowhere."""
    found = []
    for word in words:
        hit = next(_hits(word, file), None)
        if hit is None:
            return None
        found.append(hit)
    return found


def _hits(word: str, file: File) -> Iterator[Why]:
    yield from _within(word, "name", file.name)
    if word.isascii() and word.isalpha():
        yield from _spoken(typed(word), file)
    if word.isdecimal():
        yield from _in_number(word, "phone", file.phone)
    if file.birth_date is not None and _day(word) == file.birth_date:
        yield Why("birth_date", file.birth_date.isoformat(), 0, 10)
    yield from _within(word, "service_card", file.service_card, SHORTEST_CODE)
    for device in file.devices:
        yield from _within(word, "device", device.uid, SHORTEST_CODE)
    for contact in file.contacts:
        yield from _within(word, "contact", contact.name, 2)
        for number in contact.phones if word.isdecimal() else ():
            yield from _in_number(word, "contact_phone", number)
    for address in (file.address, *file.addresses):
        yield from _within(word, "address", address, 2)
    yield from _within(word, "area", file.area, 2)


def _within(word: str, member: str, text: str | None, shortest: int = 1) -> Iterator[Why]:
    if not text or len(word) < shortest:
        return
    folded, places = folded_places(text)
    at = folded.find(word)
    if at >= 0:
        yield Why(member, text, places[at], places[at + len(word) - 1] + 1)


def _in_number(word: str, member: str, number: str | None) -> Iterator[Why]:
    """In the number as it is dialled; what is shown is that form."""
    shown = dialled(number) if number else ""
    at = shown.find(word)
    if at >= 0 and len(word) >= SHORTEST_DIGITS:
        yield Why(member, shown, at, at + len(word))


def _spoken(word: str, file: File) -> Iterator[Why]:
    for reading in file.readings:
        for first in range(len(reading)):
            sounds = _syllables_of(word, reading[first:])
            if sounds is None:
                continue
            places = syllable_places(file.name, reading)
            if places is None:
                yield Why("reading", " ".join(reading), 0, 0)
            else:
                yield Why("name", file.name, places[first][0], places[first + sounds - 1][1])


def _syllables_of(word: str, reading: Reading) -> int | None:
    """How many syllables from the first on the word takes; None when they do not begin with it."""
    initials = "".join(syllable[0] for syllable in reading)
    if initials.startswith(word):
        return len(word)
    ends, at = [0], 0
    for syllable in reading:
        at += len(syllable)
        ends.append(at)
    if not "".join(reading).startswith(word):
        return None
    return next(count for count, (start, end) in enumerate(pairwise(ends), 1) if start < len(word) <= end)
