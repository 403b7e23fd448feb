"""FHIR R4 bundles, read as plain JSON: Patient is an elder, RelatedPerson a contact; Condition, AllergyIntolerance and
MedicationStatement are an elder's health. What FHIR has no element for comes in extensions of our own."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NoReturn

from registry import fhir_own
from registry.bulk import Entry
from registry.fhir_own import CONTACT_MEMBERS, ELDER_MEMBERS, ID_NUMBER, LABEL, SERVICE_CARD, members_in, value_in
from registry.import_columns import Table, with_access, with_health
from registry.import_fhir_check import faults_of
from registry.import_grid import UnreadableFile

WANTED = {"elders": "Patient", "contacts": "RelatedPerson"}
HEALTH = {"Condition": "conditions", "AllergyIntolerance": "allergies", "MedicationStatement": "medication"}
SUBJECT = {"Condition": "subject", "AllergyIntolerance": "patient", "MedicationStatement": "subject"}
OVER = frozenset({
    "inactive", "resolved", "remission", "refuted", "entered-in-error", "stopped", "not-taken", "completed", "intended",
})  # fmt: skip
GEOLOCATION = "http://hl7.org/fhir/StructureDefinition/geolocation"
NEIGHBOURS = frozenset({"NBOR", "FRND", "ROOM"})  # Codes of v3-RoleCode for people near by who are no family.
LABELS = fhir_own.LABELS | {
    "birth_date": "birthDate", "phone": "telecom", "sex": "gender", "lat": "address.geolocation",
    "lon": "address.geolocation", "language": "communication", "relation": "relationship",
    "elder_id": "patient", "elder_phone": "patient", "elder_name": "patient", "elder_birth_date": "patient",
    "id_number": "identifier", "service_card": "identifier", "more_phones": "telecom",
}  # fmt: skip
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

Resource = dict[str, Any]


class BadElement(Exception):
    """An element of a resource that is not as FHIR R4 has it, or cannot be kept."""

    def __init__(self, member: str, reason: str) -> None:
        super().__init__(reason)
        self.member, self.reason = member, reason


def bundle_table(kind: str, data: bytes) -> Table:
    """The bundle's elders or contacts. Raises UnreadableFile."""
    if kind not in WANTED:
        raise UnreadableFile("a FHIR bundle can hold elders and contacts: take the others as CSV or XLSX")
    bundle = _json(data)
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise UnreadableFile("this JSON is no FHIR bundle: its resourceType must be Bundle")
    listed = bundle.get("entry")
    if not isinstance(listed, list) or not listed:
        raise UnreadableFile("this FHIR bundle has no entries")
    if not any(isinstance(e, dict) and _type_of(e.get("resource")) == WANTED[kind] for e in listed):
        raise UnreadableFile(f"there is no {WANTED[kind]} in this FHIR bundle")
    return Table("entry", _entries(kind, listed), LABELS, _left_aside(kind, listed))


def _json(data: bytes) -> Any:
    def no_constant(name: str) -> NoReturn:
        raise ValueError(name)

    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=no_constant)
    except json.JSONDecodeError as fault:
        raise UnreadableFile(f"line {fault.lineno}: this is not JSON as it should be") from None
    except (ValueError, RecursionError):
        raise UnreadableFile("this is not JSON in UTF-8 as it should be") from None


def _left_aside(kind: str, listed: list[Any]) -> tuple[str, ...]:
    used = {"Patient", *HEALTH} if kind == "elders" else {"Patient", "RelatedPerson"}
    aside = Counter(_type_of(e.get("resource")) for e in listed if isinstance(e, dict))
    told = [f"{number} {name}" for name, number in sorted(aside.items()) if name.isalpha() and name not in used]
    return (f"left aside, because it belongs to other files: {', '.join(told)}",) if told else ()


def _entries(kind: str, listed: list[Any]) -> Iterator[Entry]:
    known = Counter(name for _, entry in _patient_entries(listed) for name in _names_of(entry))
    notes, misplaced = _health(listed, known) if kind == "elders" else ({}, [])
    patients = _patients(listed) if kind == "contacts" else {}
    ranks: Counter[str] = Counter()
    for number, entry in enumerate(listed, 1):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or not _type_of(resource):
            yield Entry(number, {}, (("resource", "there is no resource in this entry"),))
        elif _type_of(resource) == WANTED[kind]:
            if faults := faults_of(resource):
                yield Entry(number, {}, tuple(faults))
            elif kind == "elders":
                yield _elder(number, resource, notes, _names_of(entry), known)
            else:
                yield _contact(number, resource, patients, ranks, known)
    yield from (Entry(number, {}, (fault,)) for number, fault in misplaced)


# -- Patient


def _elder(
    number: int, patient: Resource, notes: dict[str, dict[str, list[str]]], called: list[str], known: Counter[str]
) -> Entry:
    faults: list[tuple[str, str]] = []
    if any(known[name] > 1 for name in called):
        faults.append(("id", "another patient in this bundle has the same id or fullUrl"))
    values = _read(
        faults, name=(_name, patient), birth_date=(_birth_date, patient), phone=(_phone, patient), sex=(_sex, patient),
        address=(_address, patient), language=(_language, patient), place=(_place, patient),
        id_number=(_id_number, patient), service_card=(_service_card, patient),
    )  # fmt: skip
    own, wrong = members_in(patient, ELDER_MEMBERS)
    values |= (values.pop("place", None) or {}) | own
    faults += wrong
    health: dict[str, Any] = defaultdict(list)
    for name in called:
        for member, told in notes.get(name, {}).items():
            health[member] += told
    if patient.get("deceasedBoolean") is True or patient.get("deceasedDateTime"):
        faults.append(("deceased", "this person has died"))
    if patient.get("active") is False:
        faults.append(("active", "this file is not in use any more"))
    return Entry(number, with_access(with_health(values | health)), tuple(faults))


def _id_number(patient: Resource) -> str | None:
    return _identifier(patient, ID_NUMBER, "id_number")


def _service_card(patient: Resource) -> str | None:
    return _identifier(patient, SERVICE_CARD, "service_card")


def _identifier(patient: Resource, system: str, member: str) -> str | None:
    current = [one for one in _list(patient, "identifier") if one.get("system") == system and one.get("use") != "old"]
    said = {value for value in (_text(one, "value") for one in current) if value}
    if len(said) > 1:
        raise BadElement(member, "stands there more than once")
    return next(iter(said), None)


def _health(
    listed: list[Any], known: Counter[str]
) -> tuple[dict[str, dict[str, list[str]]], list[tuple[int, tuple[str, str]]]]:
    """Notes by what the patient is called by and by member; and what has no one patient here, by entry."""
    notes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    misplaced: list[tuple[int, tuple[str, str]]] = []
    for number, entry in enumerate(listed, 1):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or _type_of(resource) not in HEALTH:
            continue
        kind = _type_of(resource)
        if faults := faults_of(resource):
            misplaced += [(number, (f"{kind}.{path}", reason)) for path, reason in faults]
            continue
        try:
            if _is_over(resource):
                continue
            patient = _reference(resource, SUBJECT[kind], known)
            notes[patient][HEALTH[kind]].append(_what(resource, kind))
        except BadElement as fault:
            misplaced.append((number, (f"{kind}.{fault.member}", fault.reason)))
    return notes, misplaced


def _is_over(resource: Resource) -> bool:
    said: set[Any] = {s for s in [resource.get("status")] if isinstance(s, str)}
    for member in ("clinicalStatus", "verificationStatus"):
        said |= _codes(resource.get(member))
    return bool(said & OVER)


def _what(resource: Resource, kind: str) -> str:
    member = "medicationCodeableConcept" if kind == "MedicationStatement" else "code"
    text = _concept(resource.get(member))
    if not text:
        raise BadElement(member, "has neither a text nor a display")
    if _UNSTORABLE.search(text):
        raise BadElement(member, "holds characters that cannot be kept")
    return text


# -- RelatedPerson


def _contact(
    number: int, person: Resource, patients: dict[str, dict[str, Any]], ranks: Counter[str], known: Counter[str]
) -> Entry:
    faults: list[tuple[str, str]] = []
    values = _read(
        faults, name=(_name, person), phone=(_phone, person), language=(_language, person), role=(_role, person),
        relation=(_relation, person), more_phones=(_more_phones, person), place=(_place, person),
    )  # fmt: skip
    own, wrong = members_in(person, CONTACT_MEMBERS)
    values |= values.pop("place", None) or {}
    faults += wrong
    if person.get("active") is False:
        faults.append(("active", "this file is not in use any more"))
    try:
        patient = _reference(person, "patient", known)
        ranks[patient] += 1
        values |= {"rank": ranks[patient]} | patients[patient]
    except BadElement as fault:
        faults.append((fault.member, fault.reason))
        values["rank"] = 1
    return Entry(number, values | own, tuple(faults))


def _patients(listed: list[Any]) -> dict[str, dict[str, Any]]:
    """What contacts find their elder by, by each name that the bundle has for the patient."""
    found: dict[str, dict[str, Any]] = {}
    for patient, entry in _patient_entries(listed):
        says = _read(
            [], elder_name=(_name, patient), elder_phone=(_phone, patient), elder_birth_date=(_birth_date, patient)
        )
        if not says.keys() & {"elder_phone", "elder_birth_date"} and isinstance(patient.get("id"), str):
            says["elder_id"] = patient["id"]  # A name is not enough, and in an export of this registry the id is one.
        found |= dict.fromkeys(_names_of(entry), says)
    return found


def _role(person: Resource) -> str:
    codes = {code for one in _list(person, "relationship") for code in _codes(one)}
    return "community" if codes & NEIGHBOURS else "family"


def _relation(person: Resource) -> str | None:
    return next(filter(None, (_concept(one) for one in _list(person, "relationship"))), None)


# -- elements that both have


def _read(faults: list[tuple[str, str]], **wanted: Any) -> dict[str, Any]:
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


def _name(resource: Resource) -> str | None:
    names = [one for one in _list(resource, "name") if one.get("use") not in ("old", "maiden")]
    for one in names[:1]:
        if _text(one, "text"):
            return _text(one, "text")
        given = (
            [part for part in one.get("given", []) if isinstance(part, str)]
            if isinstance(one.get("given"), list)
            else []
        )
        family = _text(one, "family") or ""
        together = [family, *given]
        if all(part.isascii() for part in together):
            return " ".join([*given, family]).strip() or None
        return "".join(together) or None
    return None


def _birth_date(resource: Resource) -> str | None:
    return _text(resource, "birthDate")


def _phone(resource: Resource) -> str | None:
    phones = _phones(resource)
    return _text(phones[0], "value") if phones else None


def _more_phones(resource: Resource) -> list[Resource] | None:
    """Each number once: one that rings and takes messages may stand there for both."""
    found: dict[str, Resource] = {}
    for one in _phones(resource):
        phone = _text(one, "value") or ""
        labels = [value_in(ours) for ours in _list(one, "extension") if ours.get("url") == LABEL]
        found.setdefault(re.sub(r"\D", "", phone), {"phone": phone} | ({"label": labels[0]} if labels else {}))
    return [*found.values()][1:] or None


def _phones(resource: Resource) -> list[Resource]:
    """Who has several is rung on the first of them."""
    phones = [one for one in _list(resource, "telecom") if one.get("system") in ("phone", "sms")]
    phones = [one for one in phones if one.get("use") != "old" and _text(one, "value")]

    def order(one: Resource) -> int:
        rank = one.get("rank")
        return rank if isinstance(rank, int) else 10**6

    return sorted(phones, key=order)


def _sex(resource: Resource) -> str | None:
    said = _text(resource, "gender")
    return None if said == "unknown" else said


def _home(resource: Resource) -> Resource | None:
    homes = [one for one in _list(resource, "address") if one.get("use") not in ("old", "billing")]
    return next((one for one in homes if one.get("use") == "home"), homes[0] if homes else None)


def _address(resource: Resource) -> str | None:
    home = _home(resource)
    if home is None:
        return None
    lines = home.get("line")
    parts = [_text(home, member) for member in ("state", "city", "district")]
    parts += [line for line in lines if isinstance(line, str)] if isinstance(lines, list) else []
    return _text(home, "text") or "".join(part for part in parts if part) or None


def _place(resource: Resource) -> dict[str, float] | None:
    """FHIR has positions in WGS-84 alone."""
    for extension in _list(_home(resource) or {}, "extension"):
        if extension.get("url") == GEOLOCATION:
            inside = {one.get("url"): one.get("valueDecimal") for one in _list(extension, "extension")}
            lat, lon = inside.get("latitude"), inside.get("longitude")
            if not isinstance(lat, int | float) or not isinstance(lon, int | float):
                raise BadElement("lat", "needs latitude and longitude as numbers")
            return {"lat": float(lat), "lon": float(lon)}
    return None


def _language(resource: Resource) -> str | None:
    """Chinese of any kind, or English; another language is left out, since nothing can be said in it."""
    spoken = [one.get("language") for one in _list(resource, "communication")]
    codes = {code.casefold().partition("-")[0] for one in spoken for code in _codes(one)}
    return "zh-CN" if "zh" in codes else "en" if "en" in codes else None


def _type_of(resource: Any) -> str:
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    return kind if isinstance(kind, str) else ""


def _patient_entries(listed: list[Any]) -> Iterator[tuple[Resource, Resource]]:
    """(patient, entry) of each."""
    for entry in listed:
        if isinstance(entry, dict) and _type_of(entry.get("resource")) == "Patient":
            yield entry["resource"], entry


def _names_of(entry: Resource) -> list[str]:
    """What references may call this entry's resource."""
    resource = entry["resource"]
    names = [entry.get("fullUrl")]
    if isinstance(resource.get("id"), str):
        names.append(f"{_type_of(resource)}/{resource['id']}")
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def _reference(resource: Resource, member: str, known: Counter[str]) -> str:
    """What it calls its patient. Raises BadElement where that is not exactly one of those `known`."""
    pointer = resource.get(member)
    target = pointer.get("reference") if isinstance(pointer, dict) else None
    if not isinstance(target, str):
        raise BadElement(member, "does not say which patient")
    if known[target] == 0:
        raise BadElement(member, "names a patient who is not in this bundle")
    if known[target] > 1:
        raise BadElement(member, "names a patient whose id or fullUrl another one has as well")
    return target


def _concept(concept: Any) -> str | None:
    if not isinstance(concept, dict):
        return None
    shown = [_text(coding, "display") for coding in _list(concept, "coding")]
    return _text(concept, "text") or next(filter(None, shown), None)


def _codes(concept: Any) -> set[str]:
    coding = _list(concept, "coding") if isinstance(concept, dict) else []
    return {code for code in (one.get("code") for one in coding) if isinstance(code, str)}


def _list(resource: Resource, member: str) -> list[Resource]:
    found = resource.get(member, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadElement(member, "is not as FHIR R4 has it")
    return found


def _text(resource: Resource, member: str) -> str | None:
    found = resource.get(member)
    if found is not None and not isinstance(found, str):
        raise BadElement(member, "is not as FHIR R4 has it")
    return found.strip() or None if found else None
