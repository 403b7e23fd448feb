"""What FHIR R4 has no element for, as extensions of our own: one for each member, several for a list. Pure."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from registry.contact_text import read_hours
from registry.import_columns import ACCESS_MEMBERS, HEALTH_TEXTS

OWN = "urn:carebell:"
ID_NUMBER = "urn:oid:2.16.156.112604.1.2.1"  # China's resident ID numbers.
SERVICE_CARD = f"{OWN}service-card"
ELDER_MEMBERS = (
    "area", "area_code", "kinds", "marks", "joined_on", "service_from", "name_reading", "addressed_as", "access_notes",
    "implants", *HEALTH_TEXTS, *ACCESS_MEMBERS,
)  # fmt: skip
CONTACT_MEMBERS = ("role", "rank", "is_key_holder", "hours", "away", "languages", "note")
LABEL = f"{OWN}label"
_LISTS = frozenset({"kinds", "marks", "implants", "hours", "away", "languages"})
_CODES = frozenset({"kinds", "marks", "area_code", "role"})
_NOTE = f"{OWN}note"
Resource = dict[str, Any]
Fault = tuple[str, str]


def url_of(member: str) -> str:
    return OWN + member.replace("_", "-")


LABELS = {member: f"extension('{url_of(member)}')" for member in (*ELDER_MEMBERS, *CONTACT_MEMBERS)}
"""Where a report says that a member stands."""


def extensions_of(values: Mapping[str, Any]) -> list[Resource]:
    """The extensions that say these members; what is empty is left out."""
    return [
        {"url": url_of(member)} | _typed(member, one)
        for member, value in values.items()
        for one in _each(member, value)
        if one not in (None, "")
    ]


def _each(member: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    return value if member in _LISTS else ["；".join(str(one) for one in value)]


def _typed(member: str, value: Any) -> Resource:
    match value:
        case bool():
            return {"valueBoolean": value}
        case int():
            return {"valueInteger": value}
        case date():
            return {"valueDate": value.isoformat()}
        case {"from": begins, "to": ends}:
            note = value.get("note")
            more = {"extension": [{"url": _NOTE, "valueString": note}]} if note else {}
            return {"valuePeriod": {"start": begins, "end": ends} | more}
        case _:
            return {"valueCode" if member in _CODES else "valueString": str(value)}


def members_in(resource: Resource, members: Collection[str]) -> tuple[dict[str, Any], list[Fault]]:
    """What our extensions of a resource that is right as FHIR say, and what is wrong with them."""
    known = {url_of(member): member for member in members}
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for extension in resource.get("extension") or ():
        url = extension["url"]
        if not url.startswith(OWN):
            continue
        member = known.get(url)
        if member is None:  # From a newer Carebell, perhaps: left aside, it would be lost in silence.
            faults.append(("extension", "is not known here"))
            continue
        try:
            told = list(_told(member, extension))
        except ValueError as wrong:
            faults.append((member, str(wrong)))
            continue
        if member in _LISTS:
            values.setdefault(member, []).extend(told)
        elif member in values:
            faults.append((member, "stands there more than once"))
        else:
            values[member] = told[0]
    return values, faults


def value_in(extension: Resource) -> Any:
    return next((value for name, value in extension.items() if name.startswith("value")), None)


def _told(member: str, extension: Resource) -> Iterator[Any]:
    """Raises ValueError for a value of another kind than the member has."""
    value = value_in(extension)
    is_period = isinstance(value, dict) and "valuePeriod" in extension
    if value is None or isinstance(value, dict) != (member == "away") or is_period != (member == "away"):
        raise ValueError("is not as FHIR R4 has it")
    if member == "hours":
        yield from read_hours(str(value))
    elif member == "away":
        notes = [value_in(one) for one in value.get("extension") or () if one.get("url") == _NOTE]
        yield {"from": value.get("start"), "to": value.get("end")} | ({"note": notes[0]} if notes else {})
    else:
        yield value
