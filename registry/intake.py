"""What comes in, checked and frozen before it becomes a row. Phones, dates and datums need the site's settings and are
finished by `registry.service`."""

import json
import re
import unicodedata
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticKnownError

from core.errors import Rejected

MAX_HEALTH_BYTES = 16_384
MAX_CONFIG_BYTES = 4096  # A device takes messages of 8 KiB.
SHORTEST_REASON = 2  # Characters, wherever somebody has to say why: 核对 is a reason.
EARLIEST_BIRTH = date(1900, 1, 1)
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # They can make a name read as another.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(n) for n in range(0xFE00, 0xFE10)}
"""Letters and marks that draw nothing by themselves: fillers, the empty Braille cell, choosers of a variant."""

ContactRole = Literal["family", "community", "doctor", "security", "volunteer", "other"]
ResourceKind = Literal[
    "hospital", "clinic", "pharmacy", "police", "fire", "community", "volunteer", "service", "other"
]  # fmt: skip
DeviceState = Literal["stock", "issued", "installed", "in_service", "faulty", "retired"]
UserRole = Literal["officer", "supervisor", "registrar", "tester", "auditor", "admin"]
AreaLevel = Literal["province", "city", "district", "street", "community"]
Crs = Literal["wgs84", "gcj02", "bd09"]
Language = Literal["zh-CN", "en"]
Sex = Literal["male", "female", "other"]


class BadMember(Rejected):
    """One member of the input is wrong; the text is for a person."""

    def __init__(self, member: str, what: str) -> None:
        super().__init__(f"{member}: {what}")
        self.member, self.what = member, what


def _can_be_seen(character: str) -> bool:
    return not (character.isspace() or character in _BLANK or unicodedata.category(character) == "Cf")


def _one_line(text: str) -> str:
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp") or c in _BIDI for c in text):
        raise ValueError("holds characters that cannot be seen")
    if text and not any(_can_be_seen(c) for c in text):
        raise PydanticKnownError("string_too_short", {"min_length": 1})
    return text


def _lines(text: str) -> str:
    _one_line(text.replace("\n", "").replace("\t", "").replace("\r", ""))
    return text


def as_day(value: object) -> object:
    """For a member that is a day."""
    # Pydantic would take a number as seconds since 1970.
    if value is not None and not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        raise ValueError("must be a day as YYYY-MM-DD")
    return value


def _bounded(value: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")) > MAX_HEALTH_BYTES:
        raise ValueError(f"is larger than {MAX_HEALTH_BYTES} bytes")
    return value


def _fits_a_device(value: dict[str, Any]) -> dict[str, Any]:
    if "command" in value:
        raise ValueError("cannot have a member named command")
    if len(json.dumps(value)) > MAX_CONFIG_BYTES:
        raise ValueError(f"is larger than {MAX_CONFIG_BYTES} bytes")
    return value


def _not_the_centre(uid: str) -> str:
    if uid == "centre":
        raise ValueError("is the centre's own topic")
    return uid


def account_name(written: str) -> str:
    """The one spelling under which a user's name is kept, so that nobody can sign in as a look-alike."""
    return unicodedata.normalize("NFKC", written.strip()).casefold()


_Visible = AfterValidator(_one_line)

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), _Visible]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), _Visible]
Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), _Visible]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), AfterValidator(_lines)]
Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=40),
    Field(description="As people write it; kept as E.164", examples=["+8613801000123"]),
]
Lat = Annotated[
    float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False, description="Degrees", examples=[34.3296])
]
Lon = Annotated[
    float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False, description="Degrees", examples=[108.7093])
]
Rank = Annotated[int, Field(strict=True, ge=0, le=1000, description="Who is called first within a role: the lowest")]
BirthDate = Annotated[date, BeforeValidator(as_day), Field(ge=EARLIEST_BIRTH, examples=["1941-03-05"])]
Health = Annotated[
    dict[str, Any], AfterValidator(_bounded), Field(description="Free notes on illness; shown by role, at most 16 KiB")
]
_Setting = (
    Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]
    | Annotated[float, Field(strict=True, allow_inf_nan=False)]
    | Annotated[str, StringConstraints(max_length=200), _Visible]
)
DeviceConfig = Annotated[
    dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")], _Setting],
    Field(max_length=32, description="Settings by name, as the model has them; at most 4 KiB"),
    AfterValidator(_fits_a_device),
]
Id = Annotated[str, StringConstraints(min_length=1, max_length=64), _Visible]
Uid = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:~\-]{0,63}$"),
    AfterValidator(_not_the_centre),
    Field(description="The device's name in its topics; `centre` is the centre's own", examples=["cb-000123"]),
]
Trigger = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-]{0,39}$"),
    Field(description="As the device names it in a press", examples=["key", "pendant"]),
]
HeartbeatS = Annotated[int, Field(strict=True, ge=10, le=604_800, description="Seconds between two signs of life")]
AreaCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9\-]{1,20}$"), Field(examples=["610402"])]
Username = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\s\x00-\x1f\x7f]+$"),
    _Visible,
    AfterValidator(account_name),
]
NewPassword = Annotated[
    str, StringConstraints(min_length=8, max_length=200), Field(json_schema_extra={"format": "password"})
]
YesNo = Annotated[bool, Field(strict=True)]


class Given(BaseModel):
    """An input: frozen, and a member that nobody knows is refused rather than lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def said(self) -> dict[str, Any]:
        """The members that were given, `version` aside."""
        return {name: getattr(self, name) for name in self.model_fields_set if name != "version"}


def _looks_swapped(given: Any) -> bool:
    """China's degrees the wrong way round, which no home anywhere has: they would lie in the Arctic, or nowhere."""
    lat, lon = (given.get("lat"), given.get("lon")) if isinstance(given, dict) else (None, None)
    return isinstance(lat, int | float) and isinstance(lon, int | float) and 73 <= lat <= 136 and 3 <= lon <= 54


class Placed(Given):
    """An input with `lat` and `lon`; the two the wrong way round are told as that, beside all else that is wrong."""

    @model_validator(mode="wrap")
    @classmethod
    def _not_swapped(cls, given: Any, check: ModelWrapValidatorHandler[Self]) -> Self:
        if not _looks_swapped(given):
            return check(given)
        fault = ValueError("lat and lon are the wrong way round")
        faults = [InitErrorDetails(type="value_error", loc=("lat",), input=given["lat"], ctx={"error": fault})]
        try:
            check(given)
        except ValidationError as wrong:
            faults += [cast(InitErrorDetails, one) for one in wrong.errors() if one["loc"] != ("lat",)]
        raise ValidationError.from_exception_data(cls.__name__, faults)


class Change(Given):
    """A change: members that are left out stay as they are, null empties those of NULLABLE."""

    NULLABLE: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _no_null(self) -> Self:
        for name in self.model_fields_set - self.NULLABLE - {"version"}:
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class Patch(Change):
    """A change of what has a version."""

    version: int | None = Field(
        default=None,
        ge=1,
        le=2**31 - 1,
        description="The version this change was made on; another one now is a conflict (409)",
    )
