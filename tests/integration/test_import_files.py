"""The files that people bring: encodings, separators, workbooks, FHIR bundles, and what cannot be read at all."""

import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from carebell import importing
from core.db import Database
from registry import import_grid
from registry.import_grid import UnreadableFile
from tests.import_site import ImportSite, csv_text, workbook


@pytest.fixture
def site(db: Database, tmp_path: Path) -> ImportSite:
    return ImportSite(db, tmp_path)


@pytest.fixture
def db_url(tmp_path: Path, empty_sqlite: Path) -> str:
    """How a file is read does not depend on the database."""
    (tmp_path / "carebell.db").write_bytes(empty_sqlite.read_bytes())
    return f"sqlite:///{tmp_path / 'carebell.db'}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators_are_found(site: ImportSite, encoding: str, separator: str) -> None:
    text = csv_text(["姓名", "地址"], ["赵桂明", "人民路1号, 2单元; 3层"], ["王秀英", "渭阳路"], delimiter=separator)

    assert site.import_bytes("elders", text.encode(encoding)).written == 2

    assert [row["name"] for row in site.rows("elders")] == ["王秀英", "赵桂明"]
    assert site.rows("elders")[1]["address"] == "人民路1号, 2单元; 3层"


def test_utf8_with_a_damaged_character_is_not_taken_for_another_encoding(site: ImportSite) -> None:
    data = "姓名\n赵桂明\n王秀英\n".encode().replace("英".encode(), b"\xe8\x8b")

    with pytest.raises(UnreadableFile, match="line 3"):
        site.import_bytes("elders", data)


def test_workbook_with_its_own_kinds_of_values(site: ImportSite) -> None:
    data = workbook(
        ["姓名", "出生日期", "电话", "纬度", "经度", None],
        ["赵桂明", datetime(1941, 3, 5, tzinfo=UTC).replace(tzinfo=None), 13900000001, 34.3, 108, None],
        [None, None, None, None, None, None],
        ["王秀英", date(1938, 12, 1), "029-33334444", None, None, None],
    )

    assert site.import_bytes("elders", data).written == 2

    wang, zhao = site.rows("elders")
    assert (zhao["birth_date"], zhao["phone"], zhao["lon"]) == (date(1941, 3, 5), "+8613900000001", 108.0)
    assert (wang["birth_date"], wang["phone"]) == (date(1938, 12, 1), "+862933334444")


def test_merged_cells_and_formulas_are_named(site: ImportSite) -> None:
    data = workbook(
        ["name", "phone", "area"], ["甲", "13900000001", "东"], ["乙", "=B2", "东"], ["丙", None, "#N/A"],
        ["丁", None, "西"], ["戊", None, None], merged="C5:C6",
    )  # fmt: skip

    report = site.import_bytes("elders", data)

    assert report.refusals == (
        (3, "phone", "B3 holds a formula: put its value there"),
        (4, "area", "C4 holds an error of the spreadsheet"),
        (5, "area", "C5:C6 are merged cells: give each its own value"),
        (6, "area", "C5:C6 are merged cells: give each its own value"),
    )
    assert site.count("elders") == 0


def test_merged_title_above_the_columns_is_named(site: ImportSite) -> None:
    with pytest.raises(UnreadableFile, match="A1:B1 are merged"):
        site.import_bytes("elders", workbook(["老人名单", None], ["name", "phone"], ["甲", None], merged="A1:B1"))


def test_digits_that_a_spreadsheet_lost_are_asked_for_again(site: ImportSite) -> None:
    lost = "was stored as a number, of which a spreadsheet keeps 15 digits: make the cell text and write it again"
    rows: list[list[Any]] = [
        ["姓名", "身份证号", "服务卡号", "电话"],
        ["甲", 1.1010519491231e17, None, None], ["乙", 110105194912310011, None, None],
        ["丙", None, 1234567890123456, None], ["丁", None, None, 1.3900000001e15],
        ["戊", None, 123456789012345, 13900000001],
    ]  # fmt: skip

    workbooks = site.import_bytes("elders", workbook(*rows), skip_refused=True)
    text = site.import_text("elders", csv_text(rows[0], ["己", "1.10105E+17", "", ""]))

    columns = ["身份证号", "身份证号", "服务卡号", "电话"]
    assert workbooks.refusals == tuple((n, column, lost) for n, column in enumerate(columns, 2))
    assert text.refusals == ((2, "身份证号", lost),)
    [kept] = site.rows("elders")
    assert (kept["service_card"], kept["phone"]) == ("123456789012345", "+8613900000001")


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return out.getvalue()


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "blank": (b"\r\n \n", "is empty"),
    "blank cells": (b",,\n,,\n", "is empty"),
    "header alone": (b"name,phone\n", "nothing below"),
    "no header": ("赵桂明,13900000001\n".encode(), "row 1 does not name the columns"),
    "unknown column": (b"name,shoe size\nA,42\n", "names columns nobody knows: shoe size; the columns are name 姓名,"),
    "missing column": (b"phone\n13900000001\n", "columns are missing: name"),
    "two columns for one": ("name,姓名\nA,B\n".encode(), "two columns mean the same: name and 姓名"),
    "one column twice": (b"name,name\nA,B\n", "two columns name"),
    "noise": (bytes(range(256)) * 40, "neither UTF-8 nor GB18030|no text file"),
    "picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "neither UTF-8 nor GB18030|no text file"),
    "nul": (b"name\nA\0B\n", "no text file"),
    "open quote": (b'name\n"A\nB\n', "line 2"),
    "old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old .xls"),
    "no workbook": (zipped(hello=b"world"), "damaged"),
    "half a workbook": (workbook(["name"], ["A"])[:900], "damaged"),
    "half a bundle": (b'{"resourceType": "Bundle", "entry": [', "line 1: this is not JSON"),
    "deep bundle": (b"[" * 200_000, "not JSON"),
    "other JSON": (b'[{"name": "A"}]', "no FHIR bundle"),
    "no entries": (b'{"resourceType": "Bundle"}', "no entries"),
    "no patients": (b'{"resourceType": "Bundle", "entry": [{}, 7]}', "no Patient"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read_gets_one_clear_line(site: ImportSite, what: str) -> None:
    data, reason = UNREADABLE[what]

    with pytest.raises(UnreadableFile, match=reason) as told:
        site.import_bytes("elders", data)

    assert "\n" not in str(told.value)
    assert str(told.value).startswith(f"{site.folder / 'elders.file'}: ")
    assert "赵桂明" not in str(told.value)


def test_no_file_and_no_plain_file(site: ImportSite) -> None:
    with pytest.raises(UnreadableFile, match="No such file"):
        importing.import_file(site.registry, "elders", site.folder / "nowhere.csv")
    with pytest.raises(UnreadableFile, match="not a file"):
        importing.import_file(site.registry, "elders", site.folder)


def test_too_large_a_file_is_not_even_read(site: ImportSite) -> None:
    file = site.folder / "large.csv"
    with file.open("wb") as out:
        out.truncate(200 * 2**20)

    with pytest.raises(UnreadableFile, match="200 MB are too much at once, 64 MB is the most"):
        importing.import_file(site.registry, "elders", file)


def test_small_workbook_that_unpacks_into_very_much(site: ImportSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_grid, "MAX_UNPACKED_BYTES", 2**20)

    with pytest.raises(UnreadableFile, match="unpacked"):
        site.import_bytes("elders", zipped(sheet=bytes(2**21)))


# -- FHIR

ID_NUMBER = "urn:oid:2.16.156.112604.1.2.1"
NUMBER, OTHER_NUMBER = "610402194103050024", "610402194512240021"


def patient(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient", "id": "p1", "name": [{"family": "赵", "given": ["桂明"]}], "gender": "female",
        "birthDate": "1941-03-05", "telecom": [{"system": "phone", "value": "13900000001"}],
        "address": [{"text": "人民路1号", "extension": [{
            "url": "http://hl7.org/fhir/StructureDefinition/geolocation",
            "extension": [{"url": "latitude", "valueDecimal": 34.3}, {"url": "longitude", "valueDecimal": 108.7}],
        }]}],
    } | more  # fmt: skip


def about(kind: str, text: str, **more: Any) -> dict[str, Any]:
    member = "medicationCodeableConcept" if kind == "MedicationStatement" else "code"
    subject = "patient" if kind == "AllergyIntolerance" else "subject"
    needed = {"status": "active"} if kind == "MedicationStatement" else {}
    return {"resourceType": kind, subject: {"reference": "Patient/p1"}, member: {"text": text}} | needed | more


def relative(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "RelatedPerson", "patient": {"reference": "urn:uuid:1"}, "name": [{"text": "赵丽"}],
        "telecom": [{"system": "email", "value": "x@example.org"}, {"system": "phone", "value": "13800000001"}],
        "relationship": [{"coding": [{"code": "DAUC", "display": "daughter"}]}],
    } | more  # fmt: skip


def bundle(*resources: Any) -> dict[str, Any]:
    entries = [{"fullUrl": f"urn:uuid:{n}", "resource": one} for n, one in enumerate(resources, 1)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def test_bundle_gives_elders_with_their_health_and_contacts(site: ImportSite) -> None:
    ended = {"clinicalStatus": {"coding": [{"code": "resolved"}]}}
    whole = bundle(
        patient(), about("Condition", "高血压"), about("Condition", "肺炎", **ended),
        about("MedicationStatement", "阿司匹林"), about("AllergyIntolerance", "青霉素"), relative(),
        relative(name=[{"family": "Wang", "given": ["Jie"]}], telecom=[{"system": "phone", "value": "13800000002"}],
                 relationship=[{"coding": [{"code": "NBOR", "display": "neighbor"}]}]),
    )  # fmt: skip

    elders, contacts = site.import_json("elders", whole), site.import_json("contacts", whole)

    assert (elders.written, contacts.written) == (1, 2)
    assert "2 RelatedPerson" in elders.notes[0]
    [zhao] = site.rows("elders")
    assert zhao["health"] == {"conditions": ["高血压"], "medication": ["阿司匹林"], "allergies": ["青霉素"]}
    assert (zhao["name"], zhao["sex"], zhao["birth_date"], zhao["lat"]) == ("赵桂明", "female", date(1941, 3, 5), 34.3)
    wang, li = site.rows("contacts")
    assert (wang["name"], wang["role"], wang["rank"], wang["elder_id"]) == ("Jie Wang", "community", 2, zhao["id"])
    assert (li["name"], li["role"], li["rank"], li["relation"]) == ("赵丽", "family", 1, "daughter")


@pytest.mark.parametrize(
    ("resource", "column"),
    [
        (patient(birthDate="1941"), "birthDate"),
        (patient(name="赵"), "name"),
        (patient(name=[{"text": "\ud800"}]), "name[0].text"),
        (patient(name=[{"text": 7}]), "name[0].text"),
        (patient(active="perhaps"), "active (perhaps)"),
        (patient(maritalStatus={"coding": [{"cod": "M"}]}), "maritalStatus.coding[0].cod (M)"),
        (patient(identifier=[{"number": "610402194103050021"}]), "identifier[0].number"),
        (patient(identifier=[{"system": ID_NUMBER, "value": "610402194103050021"}]), "identifier"),
        (patient(identifier=[{"system": ID_NUMBER, "value": one} for one in (NUMBER, OTHER_NUMBER)]), "identifier"),
        (patient(identifier=[{"system": "urn:carebell:service-card", "value": "卡"}]), "identifier"),
        (patient(extension=[{"url": "urn:carebell:kinds", "valueCode": "cat"}]), "extension('urn:carebell:kinds')"),
        (
            patient(extension=[{"url": "urn:carebell:area", "valueString": one} for one in "东西"]),
            "extension('urn:carebell:area')",
        ),
        (
            patient(extension=[{"url": "urn:carebell:area", "valuePeriod": {"start": "2026"}}]),
            "extension('urn:carebell:area')",
        ),
        (patient(extension=[{"url": "urn:carebell:shoe-size", "valueInteger": 42}]), "extension"),
        (patient(multipleBirthInteger=2, multipleBirthBoolean=True), "Patient"),
        (about("MedicationStatement", "阿司匹林", status=None), "MedicationStatement.status"),
        (about("Condition", "高血压", onsetDateTime="yesterday"), "Condition.onsetDateTime (yesterday)"),
        (patient(telecom=[{"system": "phone", "value": "1"}]), "telecom"),
        (patient(gender="cat"), "gender"),
        (patient(deceasedBoolean=True), "deceased"),
        (patient(active=False), "active"),
        (patient(communication=[{"language": {"coding": "zh"}}]), "communication[0].language.coding (zh)"),
        (about("Condition", "高血压", subject={"reference": "Patient/other"}), "Condition.subject"),
        (about("Condition", "\0"), "Condition.code"),
        (about("Condition", "", code={}), "Condition.code"),
        (about("AllergyIntolerance", "花生", patient=[]), "AllergyIntolerance.patient"),
        (None, "resource"),
    ],
)
def test_fault_in_a_bundle_is_named_by_entry_and_element(site: ImportSite, resource: Any, column: str) -> None:
    if resource is not None and resource["resourceType"] == "Patient":
        resource = resource | {"id": "p2"}
    report = site.import_json("elders", bundle(patient(id="p1"), resource))

    assert {(entry, element) for entry, element, _ in report.refusals} == {(2, column)}
    assert report.unit == "entry"
    assert report.written == site.count("elders") == 0


def test_an_identifier_is_read_as_the_column_of_a_table_is(site: ImportSite) -> None:
    wrong = "610402194103050021"

    [table] = site.import_text("elders", csv_text(["name", "id_number"], ["赵桂明", wrong])).refusals
    whole = bundle(patient(identifier=[{"system": ID_NUMBER, "value": wrong}]))
    [entry] = site.import_json("elders", whole).refusals

    assert entry == (1, "identifier", table[2])


def test_a_patient_is_known_by_id_number_and_card(site: ImportSite) -> None:
    numbers = {"id_number": NUMBER, "service_card": "XY-1"}
    assert site.import_text("elders", csv_text(["name", *numbers], ["赵桂明", *numbers.values()])).written == 1
    by_number = patient(identifier=[{"system": ID_NUMBER, "value": NUMBER}], telecom=[], name=[{"text": "赵桂名"}])
    card = {"system": "urn:carebell:service-card", "value": "XY-1"}
    by_card = patient(identifier=[card, {"system": "urn:other", "value": "7"}], name=[{"text": "赵桂敏"}])

    for one, name in ((by_number, "赵桂名"), (by_card, "赵桂敏")):
        refused = site.import_json("elders", bundle(one))
        changed = site.import_json("elders", bundle(one), on_existing="update")
        assert (refused.refused, changed.outcome.changed) == (1, 1)
        [row] = site.rows("elders")
        assert (row["name"], row["id_number"], row["service_card"]) == (name, NUMBER, "XY-1")


def test_all_numbers_of_a_relative_are_taken(site: ImportSite) -> None:
    numbers = [
        {"system": "phone", "value": "029-33123456", "use": "work"},
        {"system": "phone", "value": "13800000001", "rank": 1},
        {"system": "sms", "value": "138 0000 0001"},
        {"system": "phone", "value": "13800000009", "use": "old"},
    ]
    whole = bundle(patient(), relative(telecom=numbers))
    assert site.import_json("elders", whole).written == 1

    assert site.import_json("contacts", whole).written == 1

    [row] = site.rows("contacts")
    assert (row["phone"], row["more_phones"]) == ("+8613800000001", [{"phone": "+862933123456"}])


def test_relative_of_nobody_in_the_bundle(site: ImportSite) -> None:
    report = site.import_json("contacts", bundle(patient(), relative(patient={"reference": "Patient/2"})))

    assert ("patient", "names a patient who is not in this bundle") in {r[1:] for r in report.refusals}


def test_what_could_be_about_either_of_two_patients_is_about_none(site: ImportSite) -> None:
    other, third = patient(name=[{"text": "王秀英"}], telecom=[]), {"reference": "Patient/p3"}
    whole = bundle(
        patient(), other, about("Condition", "糖尿病"), relative(patient={"reference": "Patient/p1"}),
        patient(id="p3"), about("Condition", "高血压", subject=third), relative(patient=third),
    )  # fmt: skip
    which = "names a patient whose id or fullUrl another one has as well"

    elders, contacts = (site.import_json(kind, whole, skip_refused=True) for kind in ("elders", "contacts"))

    assert elders.refusals == (
        (1, "id", "another patient in this bundle has the same id or fullUrl"),
        (2, "id", "another patient in this bundle has the same id or fullUrl"),
        (3, "Condition.subject", which),
    )
    assert [row["health"] for row in site.rows("elders")] == [{"conditions": ["高血压"]}]
    assert contacts.refusals == ((4, "patient", which),)
    assert site.count("contacts") == 1


def test_two_patients_with_one_full_url(site: ImportSite) -> None:
    whole = bundle(patient(), patient(id="p2", name=[{"text": "王秀英"}], telecom=[]), about("Condition", "糖尿病"))
    for entry in whole["entry"][:2]:
        entry["fullUrl"] = "urn:uuid:1"

    report = site.import_json("elders", whole)

    assert [(entry, where) for entry, where, _ in report.refusals] == [(1, "id"), (2, "id")]


def test_bundle_holds_no_devices(site: ImportSite) -> None:
    with pytest.raises(UnreadableFile, match="take the others as CSV or XLSX"):
        site.import_json("devices", bundle(patient()))
