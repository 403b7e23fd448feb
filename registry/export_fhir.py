"""An elder with contacts and health as FHIR R4 resources. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

from registry.export_rows import SEALED, value_of
from registry.fhir_elements import GEOLOCATION
from registry.fhir_own import CONTACT_MEMBERS, ELDER_MEMBERS, ID_NUMBER, LABEL, SERVICE_CARD, extensions_of
from registry.import_columns import HEALTH_LISTS, HEALTH_TEXTS
from registry.store import Row

_ROLE_CODES = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/{}-clinical"
_RELATION = {"community": "NBOR", "family": "FAMMEMB"}
Resource = dict[str, Any]


def entries_of(elder: Row, contacts: Sequence[Row], *, with_sealed: bool) -> Iterator[Resource]:
    """The patient first, then what refers to them."""
    yield _patient(elder, with_sealed=with_sealed)
    if with_sealed:
        yield from _health(elder)
    yield from (_related(elder["id"], contact) for contact in contacts)


def _patient(elder: Row, *, with_sealed: bool) -> Resource:
    made: Resource = {"resourceType": "Patient", "id": elder["id"], "active": True, "name": [{"text": elder["name"]}]}
    own = {name: _said(elder, name) for name in ELDER_MEMBERS if with_sealed or name not in SEALED}
    if extensions := extensions_of(own):
        made["extension"] = extensions
    numbers = [(SERVICE_CARD, elder["service_card"])]
    if with_sealed:
        numbers.insert(0, (ID_NUMBER, elder["id_number"]))
    identifiers = [{"system": system, "value": value} for system, value in numbers if value]
    if identifiers:
        made["identifier"] = identifiers
    if elder["phone"]:
        made["telecom"] = [{"system": "phone", "value": elder["phone"]}]
    if elder["sex"]:
        made["gender"] = elder["sex"]
    if elder["birth_date"]:
        made["birthDate"] = elder["birth_date"].isoformat()
    home = _home(elder)
    if home:
        made["address"] = [home]
    made["communication"] = [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": elder["language"]}]}}]
    return made


def _said(elder: Row, member: str) -> Any:
    if member not in (*HEALTH_LISTS, *HEALTH_TEXTS):
        return value_of("elders", member, elder)
    texts = _texts(elder["health"] or {}, "notes" if member == "health_notes" else member)
    return texts if member in HEALTH_LISTS else "；".join(texts)


def _home(elder: Row) -> Resource:
    home = _place(elder)
    if elder["address"]:
        home["text"] = elder["address"]
    return home and home | {"use": "home"}


def _place(row: Row) -> Resource:
    """The part of an address that says where it is; a datum other than WGS-84 is unknown to FHIR."""
    if row["lat"] is None:
        return {}
    place = [{"url": "latitude", "valueDecimal": row["lat"]}, {"url": "longitude", "valueDecimal": row["lon"]}]
    return {"extension": [{"url": GEOLOCATION, "extension": place}]}


def _health(elder: Row) -> Iterator[Resource]:
    health, patient = elder["health"] or {}, {"reference": f"Patient/{elder['id']}"}
    for number, text in enumerate(_texts(health, "conditions")):
        yield {
            "resourceType": "Condition", "id": f"{elder['id']}-c{number}", "subject": patient, "code": {"text": text},
            "clinicalStatus": {"coding": [{"system": _CLINICAL.format("condition"), "code": "active"}]},
        }  # fmt: skip
    for number, text in enumerate(_texts(health, "allergies")):
        yield {
            "resourceType": "AllergyIntolerance", "id": f"{elder['id']}-a{number}", "patient": patient,
            "code": {"text": text},
            "clinicalStatus": {"coding": [{"system": _CLINICAL.format("allergyintolerance"), "code": "active"}]},
        }  # fmt: skip
    for number, text in enumerate(_texts(health, "medication")):
        yield {
            "resourceType": "MedicationStatement", "id": f"{elder['id']}-m{number}", "status": "active",
            "subject": patient, "medicationCodeableConcept": {"text": text},
        }  # fmt: skip


def _texts(health: Resource, member: str) -> list[str]:
    told = health.get(member)
    found = told if isinstance(told, list) else [told] if told else []
    return [text for text in map(_text, found) if text]


def _text(note: Any) -> str:
    """A structured note says its name first."""
    if isinstance(note, dict):
        return str(note.get("name") or note.get("text") or "").strip()
    return str(note).strip()


def _related(elder_id: str, contact: Row) -> Resource:
    relationship: Resource = {}
    code = _RELATION.get(contact["role"])
    if code:
        relationship["coding"] = [{"system": _ROLE_CODES, "code": code}]
    if contact["relation"]:
        relationship["text"] = contact["relation"]
    own = {name: value_of("contacts", name, contact) for name in CONTACT_MEMBERS}
    made: Resource = {
        "resourceType": "RelatedPerson", "id": contact["id"], "active": True,
        "extension": extensions_of(own | {"away": contact["away"]}),
        "patient": {"reference": f"Patient/{elder_id}"}, "name": [{"text": contact["name"]}],
        "telecom": [*_telecom(contact)],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": contact["language"]}]}}],
    }  # fmt: skip
    if relationship:
        made["relationship"] = [relationship]
    if place := _place(contact):
        made["address"] = [place]
    return made


def _telecom(contact: Row) -> Iterator[Resource]:
    yield {"system": "phone", "value": contact["phone"], "rank": 1}
    for rank, one in enumerate((one for one in contact["more_phones"] or () if one.get("phone")), 2):
        label = {"extension": [{"url": LABEL, "valueString": one["label"]}]} if one.get("label") else {}
        yield {"system": "phone", "value": one["phone"], "rank": rank} | label
