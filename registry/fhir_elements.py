"""The elements that FHIR's resources about people have in common, each read as what the registry keeps. Pure."""

import re
from typing import Any

from registry.fhir_own import LABEL, Resource, value_in

GEOLOCATION = "http://hl7.org/fhir/StructureDefinition/geolocation"


class BadElement(Exception):
    """An element of a resource that is not as FHIR R4 has it, or cannot be kept."""

    def __init__(self, member: str, reason: str) -> None:
        super().__init__(reason)
        self.member, self.reason = member, reason


def read_each(faults: list[tuple[str, str]], **wanted: Any) -> dict[str, Any]:
    """Each member by its reader; what is missing is left out, what is wrong becomes a fault."""
    values: dict[str, Any] = {}
    for member, (read, resource) in wanted.items():
        try:
            value = read(resource)
        except BadElement as fault:
            faults.append(("lat" if member == "place" else member, fault.reason))
        else:
            if value is not None:
                values[member] = value
    return values


def name_of(resource: Resource) -> str | None:
    names = [one for one in list_in(resource, "name") if one.get("use") not in ("old", "maiden")]
    for one in names[:1]:
        if text_in(one, "text"):
            return text_in(one, "text")
        given = (
            [part for part in one.get("given", []) if isinstance(part, str)]
            if isinstance(one.get("given"), list)
            else []
        )
        family = text_in(one, "family") or ""
        together = [family, *given]
        if all(part.isascii() for part in together):
            return " ".join([*given, family]).strip() or None
        return "".join(together) or None
    return None


def birth_date_of(resource: Resource) -> str | None:
    return text_in(resource, "birthDate")


def phone_of(resource: Resource) -> str | None:
    phones = _phones(resource)
    return text_in(phones[0], "value") if phones else None


def more_phones_of(resource: Resource) -> list[Resource] | None:
    """Each number once: one that rings and takes messages may stand there for both."""
    found: dict[str, Resource] = {}
    for one in _phones(resource):
        phone = text_in(one, "value") or ""
        labels = [value_in(ours) for ours in list_in(one, "extension") if ours.get("url") == LABEL]
        found.setdefault(re.sub(r"\D", "", phone), {"phone": phone} | ({"label": labels[0]} if labels else {}))
    return [*found.values()][1:] or None


def _phones(resource: Resource) -> list[Resource]:
    """Who has several is rung on the first of them."""
    phones = [one for one in list_in(resource, "telecom") if one.get("system") in ("phone", "sms")]
    phones = [one for one in phones if one.get("use") != "old" and text_in(one, "value")]

    def order(one: Resource) -> int:
        rank = one.get("rank")
        return rank if isinstance(rank, int) else 10**6

    return sorted(phones, key=order)


def sex_of(resource: Resource) -> str | None:
    said = text_in(resource, "gender")
    return None if said == "unknown" else said


def _home(resource: Resource) -> Resource | None:
    homes = [one for one in list_in(resource, "address") if one.get("use") not in ("old", "billing")]
    return next((one for one in homes if one.get("use") == "home"), homes[0] if homes else None)


def address_of(resource: Resource) -> str | None:
    home = _home(resource)
    if home is None:
        return None
    lines = home.get("line")
    parts = [text_in(home, member) for member in ("state", "city", "district")]
    parts += [line for line in lines if isinstance(line, str)] if isinstance(lines, list) else []
    return text_in(home, "text") or "".join(part for part in parts if part) or None


def place_of(resource: Resource) -> dict[str, float] | None:
    """FHIR has positions in WGS-84 alone."""
    for extension in list_in(_home(resource) or {}, "extension"):
        if extension.get("url") == GEOLOCATION:
            inside = {one.get("url"): one.get("valueDecimal") for one in list_in(extension, "extension")}
            lat, lon = inside.get("latitude"), inside.get("longitude")
            if not isinstance(lat, int | float) or not isinstance(lon, int | float):
                raise BadElement("lat", "needs latitude and longitude as numbers")
            return {"lat": float(lat), "lon": float(lon)}
    return None


def language_of(resource: Resource) -> str | None:
    """Chinese of any kind, or English; another language is left out, since nothing can be said in it."""
    spoken = [one.get("language") for one in list_in(resource, "communication")]
    codes = {code.casefold().partition("-")[0] for one in spoken for code in codes_of(one)}
    return "zh-CN" if "zh" in codes else "en" if "en" in codes else None


def type_of(resource: Any) -> str:
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    return kind if isinstance(kind, str) else ""


def text_of_concept(concept: Any) -> str | None:
    if not isinstance(concept, dict):
        return None
    shown = [text_in(coding, "display") for coding in list_in(concept, "coding")]
    return text_in(concept, "text") or next(filter(None, shown), None)


def codes_of(concept: Any) -> set[str]:
    coding = list_in(concept, "coding") if isinstance(concept, dict) else []
    return {code for code in (one.get("code") for one in coding) if isinstance(code, str)}


def list_in(resource: Resource, member: str) -> list[Resource]:
    found = resource.get(member, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadElement(member, "is not as FHIR R4 has it")
    return found


def text_in(resource: Resource, member: str) -> str | None:
    found = resource.get(member)
    if found is not None and not isinstance(found, str):
        raise BadElement(member, "is not as FHIR R4 has it")
    return found.strip() or None if found else None
