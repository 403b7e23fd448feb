"""What a file is found by: plain tokens, made of an elder with the contacts and devices. Pure.

A token is a letter for its kind and a folded text. Nothing sealed is among them: an ID number is found by its keyed
hash in the elder's row, and health and access notes are not found at all.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from registry.search_names import Reading, readings
from registry.search_text import SHORTEST_CODE, SHORTEST_DIGITS, dialled, fold, pairs, runs

LONGEST_START = 8  # Letters of a reading that are looked up; what follows is compared with the file itself.
LONGEST_WHOLE = 120
ADDRESS_RUN = 3
LONGEST_SYLLABLE = 6  # zhuang, chuang, shuang.
RISKS = ("no_device", "no_contact", "no_key_holder", "no_place", "living_alone")

WHOLE, NAME_FIRST, NAME, SPOKEN_FIRST, SPOKEN = "=", "n", "m", "p", "q"
CONTACT_NAME, DIGITS, CODE, ADDRESS = "c", "d", "u", "a"
AREA, AREA_NAME, KIND, MARK, STATE, RISK, SEX = "@", "i", "k", "v", "s", "r", "x"
BORN, BORN_DECADE = "y", "z"
BORN_ON = "=@"  # One thing from end to end, and nothing that a text folds to.


@dataclass(frozen=True, slots=True)
class FileContact:
    """Somebody who is called; `phones` as they are kept (E.164)."""

    name: str
    role: str
    phones: tuple[str, ...]
    is_key_holder: bool = False


@dataclass(frozen=True, slots=True)
class FileDevice:
    uid: str
    state: str


@dataclass(frozen=True, slots=True)
class File:
    """What of an elder's file is searched and shown in a list of found ones."""

    id: str
    name: str
    name_reading: str | None = None
    sex: str | None = None
    birth_date: date | None = None
    phone: str | None = None
    address: str | None = None
    area: str | None = None
    area_path: str | None = None
    service_card: str | None = None
    kinds: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    has_place: bool = False
    contacts: tuple[FileContact, ...] = ()
    devices: tuple[FileDevice, ...] = ()
    addresses: tuple[str, ...] = field(default=())

    @property
    def readings(self) -> list[Reading]:
        return readings(self.name, self.name_reading)

    @property
    def numbers(self) -> Iterator[str]:
        """Every telephone number of the file, as it is dialled here."""
        for number in (self.phone, *(number for contact in self.contacts for number in contact.phones)):
            if number:
                yield dialled(number)

    @property
    def codes(self) -> Iterator[str]:
        yield from (fold(device.uid) for device in self.devices)
        if self.service_card:
            yield fold(self.service_card)

    @property
    def risks(self) -> list[str]:
        found = {
            "no_device": all(device.state == "retired" for device in self.devices),
            "no_contact": not self.contacts,
            "no_key_holder": not any(contact.is_key_holder for contact in self.contacts),
            "no_place": not self.has_place,
            "living_alone": "living_alone" in self.kinds,
        }
        return [risk for risk in RISKS if found[risk]]


def tokens_of(file: File) -> list[str]:
    """The tokens, sorted, each once."""
    return sorted({token for token in _tokens(file) if len(token) > 1})


def whole(text: str) -> str:
    """The token of a text that is one thing from end to end; PostgreSQL takes none above 2 KB."""
    return WHOLE + text[:LONGEST_WHOLE]


def _tokens(file: File) -> Iterator[str]:
    yield from _of_name(file.name)
    for reading in file.readings:
        yield from _of_reading(reading)
    for contact in file.contacts:
        yield from _each(CONTACT_NAME, pairs(fold(contact.name)))
    for number in file.numbers:
        yield whole(number)
        yield from _each(DIGITS, runs(number, SHORTEST_DIGITS))
    for code in file.codes:
        yield whole(code)
        yield from _each(CODE, [*runs(code, SHORTEST_CODE), *runs(code, SHORTEST_CODE + 1)])
    for address in (file.address, file.area, *file.addresses):
        text = fold(address or "")
        # Pairs alone are in too many addresses: what is longer is looked up by its threes.
        yield from _each(ADDRESS, [*pairs(text), *runs(text, ADDRESS_RUN)])
    yield from _filters(file)


def _of_name(name: str) -> Iterator[str]:
    text = fold(name)
    yield whole(text)
    for at, character in enumerate(text):
        kind = NAME if at else NAME_FIRST
        if not character.isascii():  # One letter of an alphabet is in half of all names.
            yield kind + character
        if at + 1 < len(text):
            yield kind + text[at : at + 2]


def _of_reading(reading: Reading) -> Iterator[str]:
    yield whole("".join(reading))
    yield whole("".join(syllable[0] for syllable in reading))
    for at in range(len(reading)):
        kind = SPOKEN if at else SPOKEN_FIRST
        for text in ("".join(reading[at:]), "".join(syllable[0] for syllable in reading[at:])):
            yield from _starts(kind, text)
        if len(reading[at]) > LONGEST_SYLLABLE:  # A word of letters: what follows in it is found as a syllable is.
            yield from _starts(SPOKEN, "".join(reading[at:])[LONGEST_SYLLABLE:])


def _starts(kind: str, text: str) -> Iterator[str]:
    return (kind + text[:end] for end in range(1, min(len(text), LONGEST_START) + 1))


def _filters(file: File) -> Iterator[str]:
    yield from area_tokens((file.area_path or "").split("/"))
    yield AREA_NAME + fold(file.area or "")
    yield from _each(KIND, map(fold, file.kinds))
    yield from _each(MARK, map(fold, file.marks))
    yield from _each(STATE, (fold(device.state) for device in file.devices))
    yield from _each(RISK, map(fold, file.risks))
    yield SEX + fold(file.sex or "")
    if file.birth_date is not None:
        yield born_on(file.birth_date)
        yield f"{BORN}{file.birth_date.year}"
        yield f"{BORN_DECADE}{file.birth_date.year // 10}"


def born_on(day: date) -> str:
    """The token of who was born on that day."""
    return f"{BORN_ON}{day:%Y%m%d}"


def area_tokens(codes: Iterable[str]) -> list[str]:
    """An area's token is in the files of everything that lies in it."""
    return [AREA + fold(code) for code in codes if code]


def _each(kind: str, texts: Iterable[str]) -> Iterator[str]:
    return (kind + text for text in texts)


def file_of(
    elder: Mapping[str, Any],
    contacts: Sequence[Mapping[str, Any]],
    devices: Sequence[Mapping[str, Any]],
    addresses: Sequence[str] = (),
) -> File:
    """A file from its rows."""
    return File(
        elder["id"], elder["name"], elder["name_reading"], elder["sex"], elder["birth_date"], elder["phone"],
        elder["address"], elder["area"], elder["area_path"], elder["service_card"],
        tuple(elder["kinds"] or ()), tuple(elder["marks"] or ()), elder["lat"] is not None,
        tuple(
            FileContact(row["name"], row["role"], tuple(_phones(row)), bool(row["is_key_holder"])) for row in contacts
        ),
        tuple(FileDevice(row["uid"], row["state"]) for row in devices), tuple(addresses),
    )  # fmt: skip


def _phones(contact: Mapping[str, Any]) -> Iterator[str]:
    yield contact["phone"]
    for more in contact["more_phones"] or ():
        number = more.get("phone")
        if isinstance(number, str) and re.search(r"\d", number):
            yield number
