"""Somebody to be called, as what comes in says it."""

from typing import Annotated, Any

from pydantic import Field

from registry.hours_intake import Absences, Hours
from registry.intake import (
    ContactRole,
    Crs,
    Given,
    Id,
    Language,
    Lat,
    Lon,
    Name,
    Note,
    Patch,
    Phone,
    Placed,
    Rank,
    Short,
    YesNo,
)

MOST_NUMBERS = 8  # Besides the first; each may be rung in turn while somebody waits.

PERSON_MEMBERS = frozenset({
    "name", "phone", "language", "more_phones", "hours", "away", "languages", "lat", "lon", "given",
    "verified_at", "opted_out_at", "wrong_number_at",
})  # fmt: skip
"""What is the person's and so the same in all rows of one; the rest belongs to the link with one elder."""


class MorePhone(Given):
    """One more number of the same person."""

    phone: Phone
    label: Short | None = Field(default=None, examples=["office"])


MorePhones = Annotated[list[MorePhone], Field(max_length=MOST_NUMBERS, description="Rung in this order after `phone`")]
Languages = Annotated[list[Short], Field(max_length=10, examples=[["zh-CN", "Shaanxi dialect"]])]


class _Rest(Placed):
    relation: Short | None = Field(default=None, examples=["daughter"])
    more_phones: MorePhones | None = None
    hours: Hours | None = None
    away: Absences | None = None
    languages: Languages | None = Field(default=None, description="All that they speak; `language` is that of calls")
    lat: Lat | None = None
    lon: Lon | None = None
    crs: Crs = Field(default="wgs84", description="The datum of lat and lon")
    note: Note | None = None


class ContactNew(_Rest):
    """Somebody to be called for an elder."""

    elder_id: Id
    name: Name
    role: ContactRole
    phone: Phone
    rank: Rank
    language: Language = "zh-CN"
    is_key_holder: YesNo = False
    same_person_as: Id | None = Field(
        default=None,
        description="A contact of another elder who is this very person: name, numbers, hours and all that is theirs "
        "come from there, and what is given here for them is left aside",
    )


class ContactPatch(_Rest, Patch):
    """What is new about a contact; what belongs to the person is new for every elder they are called for."""

    NULLABLE = frozenset({"relation", "more_phones", "hours", "away", "languages", "lat", "lon", "note"})
    name: Name | None = None
    role: ContactRole | None = None
    phone: Phone | None = None
    rank: Rank | None = None
    language: Language | None = None
    is_key_holder: YesNo | None = None


class ContactOrder(Given):
    """All contacts of one elder, in the order in which they are called."""

    elder_id: Id
    contact_ids: Annotated[list[Id], Field(min_length=1, max_length=200)]


class TestCall(Given):
    """Which of their numbers to ring."""

    phone: Phone | None = Field(default=None, description="One of the contact's numbers; without it the first")


class SamePerson(Given):
    """Who this contact is as well."""

    contact_id: Id


class Verified(Given):
    """A number that was found to be right without a test call, and how that is known."""

    phone: Phone | None = Field(default=None, description="Which of their numbers; without it the first")
    note: Note | None = Field(default=None, examples=["rang from the office, spoke to her"])


def stored(values: dict[str, Any], given: Any) -> dict[str, Any]:
    """The lists among the values as rows keep them; an empty list is none."""
    rows: dict[str, list[Any]] = {}
    for name in ("more_phones", "hours", "away"):
        if name in values:
            told = getattr(given, name) or ()
            rows[name] = [one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in told]
    if "languages" in values:
        rows["languages"] = list(values["languages"] or ())
    return values | {name: found or None for name, found in rows.items()}
