"""A card of the knowledge base, as what comes in says it."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from registry.intake import Given, Name, Patch, Short, as_day

MOST_STEPS = 7  # What somebody can follow on the telephone.
MOST_LINES = 8
_PHONE_LINE = re.compile(r"(?P<label>.*\S)\s+(?P<number>[+*#\d][\d\s*#\-]{2,19})")

CardKind = Literal[
    "sos", "fall", "smoke", "gas", "flood", "inactivity", "duress", "low_battery", "mains_lost", "tamper",
    "test", "cancelled",
]  # fmt: skip
"""The kinds of alarm, and two situations: a test, and a person who says that it was a mistake."""


def _once_each(words: list[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _as_phone(value: object) -> object:
    """A line of a form, the number at its end."""
    found = _PHONE_LINE.fullmatch(value.strip()) if isinstance(value, str) else None
    return found.groupdict() if found else value


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=160)]
Lines = Annotated[list[Line], Field(max_length=MOST_LINES)]
Kinds = Annotated[list[CardKind], Field(max_length=20), AfterValidator(_once_each)]
Conditions = Annotated[
    list[Short],
    Field(max_length=60, description="Words of health notes; a card with some is chosen by illness"),
    AfterValidator(_once_each),
]
ReviewedOn = Annotated[date, BeforeValidator(as_day)]
Source = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class CardPhone(Given):
    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    number: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[+*#\d][\d\s*#\-]{2,19}$")]


class CardText(Given):
    """A card in one language; each line is one thing to do, ask, say or leave undone."""

    title: Name
    steps: Annotated[list[Line], Field(min_length=1, max_length=MOST_STEPS)]
    ask: Lines = Field(default_factory=list)
    say: Lines = Field(default_factory=list)
    avoid: Lines = Field(default_factory=list, description="What not to do or say")
    red_flags: Lines = Field(default_factory=list, description="When the ambulance is called at once")
    phones: Annotated[list[Annotated[CardPhone, BeforeValidator(_as_phone)]], Field(max_length=MOST_LINES)] = Field(
        default_factory=list
    )


class CardNew(Given):
    """A new card. The Chinese one is needed, the English one may follow."""

    kinds: Kinds = Field(default_factory=list)
    conditions: Conditions = Field(default_factory=list)
    zh: CardText
    en: CardText | None = None
    source: Source | None = None
    reviewed_by: Name | None = None
    reviewed_on: ReviewedOn | None = None


class CardPatch(Patch):
    """What is new about a card. A review holds for the words it was made on: new words need a new one."""

    NULLABLE = frozenset({"en", "source", "reviewed_by", "reviewed_on"})
    kinds: Kinds | None = None
    conditions: Conditions | None = None
    zh: CardText | None = None
    en: CardText | None = None
    source: Source | None = None
    reviewed_by: Name | None = None
    reviewed_on: ReviewedOn | None = None


def kept(values: dict[str, Any]) -> dict[str, Any]:
    """As the row keeps it: texts as plain JSON."""
    return {
        name: value.model_dump() if isinstance(value, CardText) else value for name, value in values.items()
    }  # fmt: skip
