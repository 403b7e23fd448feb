"""FHIR R4 bundles, read as plain JSON: Patient is an elder, RelatedPerson a contact; Condition, AllergyIntolerance and
MedicationStatement are an elder's health. What FHIR has no element for comes in extensions of our own."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, NoReturn

from registry import fhir_own
from registry.bulk import Entry
from registry.fhir_elements import (
    BadElement,
    address_of,
    birth_date_of,
    codes_of,
    language_of,
    list_in,
    more_phones_of,
    name_of,
    phone_of,
    place_of,
    read_each,
    sex_of,
    text_in,
    text_of_concept,
    type_of,
)
from registry.fhir_own import CONTACT_MEMBERS, ELDER_MEMBERS, ID_NUMBER, SERVICE_CARD, Resource, members_in
from registry.import_columns import Table, with_access, with_health
from registry.import_fhir_check import faults_of
from registry.import_grid import UnreadableFile

WANTED = {"elders": "Patient", "contacts": "RelatedPerson"}
HEALTH = {"Condition": "conditions", "AllergyIntolerance": "allergies", "MedicationStatement": "medication"}
SUBJECT = {"Condition": "subject", "AllergyIntolerance": "patient", "MedicationStatement": "subject"}
OVER = frozenset({
    "inactive", "resolved", "remission", "refuted", "entered-in-error", "stopped", "not-taken", "completed", "intended",
})  # fmt: skip
NEIGHBOURS = frozenset({"NBOR", "FRND", "ROOM"})  # Codes of v3-RoleCode for people near by who are no family.
LABELS = fhir_own.LABELS | {
    "birth_date": "birthDate", "phone": "telecom", "sex": "gender", "lat": "address.geolocation",
    "lon": "address.geolocation", "language": "communication", "relation": "relationship",
    "elder_id": "patient", "elder_phone": "patient", "elder_name": "patient", "elder_birth_date": "patient",
    "id_number": "identifier", "service_card": "identifier", "more_phones": "telecom",
}  # fmt: skip
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


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
    if not any(isinstance(e, dict) and type_of(e.get("resource")) == WANTED[kind] for e in listed):
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
    aside = Counter(type_of(e.get("resource")) for e in listed if isinstance(e, dict))
    told = [f"{number} {name}" for name, number in sorted(aside.items()) if name.isalpha() and name not in used]
    return (f"left aside, because it belongs to other files: {', '.join(told)}",) if told else ()


def _entries(kind: str, listed: list[Any]) -> Iterator[Entry]:
    known = Counter(name for _, entry in _patient_entries(listed) for name in _names_of(entry))
    notes, misplaced = _health(listed, known) if kind == "elders" else ({}, [])
    patients = _patients(listed) if kind == "contacts" else {}
    ranks: Counter[str] = Counter()
    for number, entry in enumerate(listed, 1):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or not type_of(resource):
            yield Entry(number, {}, (("resource", "there is no resource in this entry"),))
        elif type_of(resource) == WANTED[kind]:
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
    values = read_each(
        faults, name=(name_of, patient), birth_date=(birth_date_of, patient), phone=(phone_of, patient),
        sex=(sex_of, patient), address=(address_of, patient), language=(language_of, patient),
        place=(place_of, patient), id_number=(_id_number, patient), service_card=(_service_card, patient),
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
    current = [one for one in list_in(patient, "identifier") if one.get("system") == system and one.get("use") != "old"]
    said = {value for value in (text_in(one, "value") for one in current) if value}
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
        if not isinstance(resource, dict) or type_of(resource) not in HEALTH:
            continue
        kind = type_of(resource)
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
        said |= codes_of(resource.get(member))
    return bool(said & OVER)


def _what(resource: Resource, kind: str) -> str:
    member = "medicationCodeableConcept" if kind == "MedicationStatement" else "code"
    text = text_of_concept(resource.get(member))
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
    values = read_each(
        faults, name=(name_of, person), phone=(phone_of, person), language=(language_of, person), role=(_role, person),
        relation=(_relation, person), more_phones=(more_phones_of, person), place=(place_of, person),
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
        says = read_each(
            [],
            elder_name=(name_of, patient),
            elder_phone=(phone_of, patient),
            elder_birth_date=(birth_date_of, patient),
        )
        if not says.keys() & {"elder_phone", "elder_birth_date"} and isinstance(patient.get("id"), str):
            says["elder_id"] = patient["id"]  # A name is not enough, and in an export of this registry the id is one.
        found |= dict.fromkeys(_names_of(entry), says)
    return found


def _role(person: Resource) -> str:
    codes = {code for one in list_in(person, "relationship") for code in codes_of(one)}
    return "community" if codes & NEIGHBOURS else "family"


def _relation(person: Resource) -> str | None:
    return next(filter(None, (text_of_concept(one) for one in list_in(person, "relationship"))), None)


# -- what is in the bundle


def _patient_entries(listed: list[Any]) -> Iterator[tuple[Resource, Resource]]:
    """(patient, entry) of each."""
    for entry in listed:
        if isinstance(entry, dict) and type_of(entry.get("resource")) == "Patient":
            yield entry["resource"], entry


def _names_of(entry: Resource) -> list[str]:
    """What references may call this entry's resource."""
    resource = entry["resource"]
    names = [entry.get("fullUrl")]
    if isinstance(resource.get("id"), str):
        names.append(f"{type_of(resource)}/{resource['id']}")
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
