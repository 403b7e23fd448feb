"""An elder, as what comes in says it."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from registry.intake import (
    Address,
    AreaCode,
    BirthDate,
    Crs,
    Given,
    Health,
    Id,
    Language,
    Lat,
    Lon,
    Name,
    Note,
    Patch,
    Phone,
    Placed,
    Sex,
    Short,
    YesNo,
    as_day,
)
from registry.vocabularies import CODE_PATTERN

NO_SUCH_KIND = "there is no such kind of person"
Mark = Literal["vip", "important", "blacklisted"]
LONGEST_YEAR_DAY = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _dog(value: object) -> object:
    word = value.strip().casefold() if isinstance(value, str) else ""
    return True if word in _A_DOG else False if word in _NO_DOG else value


def _day_of_year(text: str) -> str:
    month, _, day = text.partition("-")
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= LONGEST_YEAR_DAY[int(month) - 1]):
        raise ValueError("there is no such day in a year")
    return text


def _as_code(text: str) -> str:
    if re.fullmatch(CODE_PATTERN, text) is None:
        raise ValueError(NO_SUCH_KIND)
    return text


ElderKind = Annotated[
    str,
    AfterValidator(_as_code),
    Field(
        description="A code of the table `elder_kind`",
        examples=["veteran"],
        json_schema_extra={"pattern": CODE_PATTERN},
    ),
]
Kinds = Annotated[list[ElderKind], Field(max_length=20), AfterValidator(_once)]
Marks = Annotated[list[Mark], Field(max_length=10), AfterValidator(_once)]
Day = Annotated[date, BeforeValidator(as_day), Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
ServiceCard = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[A-Za-z0-9 \-]+$")
]
IdNumberText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=40),
    Field(
        description="18 characters with a right check digit; shown by role", json_schema_extra={"format": "password"}
    ),
]
_A_DOG, _NO_DOG = frozenset({"yes", "true", "是", "有"}), frozenset({"no", "false", "none", "否", "无", "没有"})
Dog = Annotated[YesNo | Short, BeforeValidator(_dog), Field(description="Yes, no, or what there is to know of it")]
YearDay = Annotated[
    str,
    StringConstraints(pattern=r"^\d\d-\d\d$"),
    AfterValidator(_day_of_year),
    Field(description="MM-DD", examples=["11-01"]),
]


class Access(Given):
    """How somebody gets in: who has the key, the door's code, which floor, whether there is a dog, and what else."""

    key_holder: Address | None = None
    door_code: Short | None = None
    floor: Short | None = None
    dog: Dog | None = None
    note: Note | None = None


class _ElderRest(Placed):
    sex: Sex | None = None
    birth_date: BirthDate | None = None
    id_number: IdNumberText | None = None
    service_card: ServiceCard | None = None
    kinds: Kinds | None = None
    marks: Marks | None = Field(default=None, description="Caller marks; an alarm is served whatever they say")
    phone: Phone | None = None
    address: Address | None = None
    area: Name | None = None
    area_code: AreaCode | None = None
    lat: Lat | None = None
    lon: Lon | None = None
    crs: Crs = Field(default="wgs84", description="The datum of lat and lon")
    access: Access | None = Field(default=None, description="How to get in; shown by role")
    access_notes: Note | None = Field(default=None, description="Who has the key, which floor; shown by role")
    name_reading: Name | None = Field(default=None, description="How the name is spoken: what a voice is given to read")
    addressed_as: Short | None = Field(default=None, description="How the elder is addressed")
    joined_on: Day | None = None
    service_from: Day | None = None


class ElderNew(_ElderRest):
    """An elder to be kept."""

    name: Name
    health: Health = Field(default_factory=dict)
    language: Language = "zh-CN"


class ElderPatch(_ElderRest, Patch):
    """What is new about an elder."""

    NULLABLE = frozenset(_ElderRest.model_fields) - {"crs"}
    name: Name | None = None
    health: Health | None = None
    language: Language | None = None


class _AddressRest(Placed):
    lat: Lat | None = None
    lon: Lon | None = None
    crs: Crs = Field(default="wgs84", description="The datum of lat and lon")
    access: Access | None = Field(default=None, description="How to get in; shown by role")
    access_notes: Note | None = Field(default=None, description="How to get in, in free words; shown by role")
    from_day: YearDay | None = None
    to_day: YearDay | None = None


class AddressNew(_AddressRest):
    """Where an elder lives for a part of the year; without days, for the rest of it."""

    label: Short
    address: Address

    @model_validator(mode="after")
    def _both_days(self) -> "AddressNew":
        if (self.from_day is None) != (self.to_day is None):
            raise ValueError("from_day and to_day belong together")
        return self


class AddressPatch(_AddressRest, Patch):
    """What is new about an address."""

    NULLABLE = frozenset(_AddressRest.model_fields) - {"crs"}
    label: Short | None = None
    address: Address | None = None


class HouseholdChange(Given):
    """Whom an elder lives with."""

    with_elder_id: Id
