"""What is there already is refused, changed or left aside, as was asked; and each row says what became of it."""

import csv
import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from core.db import Database
from core.errors import TryAgain
from registry import bulk_write
from registry.elder_intake import ElderNew
from tests.import_site import ImportSite, csv_text, workbook

NUMBER, OTHER_NUMBER = "610402194103050024", "610402194512250019"


@pytest.fixture
def site(db: Database, tmp_path: Path) -> ImportSite:
    return ImportSite(db, tmp_path)


def one(site: ImportSite, kind: str = "elders") -> dict[str, object]:
    (row,) = site.rows(kind)
    return row


def results(site: ImportSite, kind: str = "elders") -> list[list[str]]:
    text = (site.folder / f"{kind}.file.result.csv").read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_a_file_is_brought_up_to_date_and_what_it_does_not_say_stays(site: ImportSite) -> None:
    site.registry.elders.add(
        ElderNew(
            name="赵桂明", phone="13900000001", address="旧址1号", health={"conditions": ["高血压"], "blood_group": "A"}
        )
    )

    report = site.import_text(
        "elders", csv_text(["姓名", "电话", "地址", "用药"], ["赵桂明", "13900000001", "新址2号", "阿司匹林"]),
        on_existing="update",
    )  # fmt: skip

    row = one(site)
    assert (report.outcome.added, report.outcome.changed, report.refused) == (0, 1, 0)
    assert (row["address"], row["version"]) == ("新址2号", 2)
    assert row["health"] == {"conditions": ["高血压"], "blood_group": "A", "medication": ["阿司匹林"]}
    assert results(site) == [
        ["姓名", "电话", "地址", "用药", "结果", "原因"],
        ["赵桂明", "13900000001", "新址2号", "阿司匹林", "已更新", ""],
    ]


def test_nothing_new_changes_nothing(site: ImportSite) -> None:
    text = csv_text(
        ["name", "phone", "birth_date", "lat", "lon", "crs"], ["甲", "13900000001", "1941-03-05", 34.3, 108.7, "gcj02"]
    )
    site.import_text("elders", text)

    report = site.import_text("elders", text, on_existing="update")

    assert (report.outcome.same, report.outcome.changed) == (1, 0)
    assert one(site)["version"] == 1
    assert report.lines()[-1] == "1 read, 0 refused, 1 with nothing new: nothing was written."


def test_the_id_number_goes_before_the_card_and_the_card_before_name_and_phone(site: ImportSite) -> None:
    header = ["name", "phone", "id_number", "service_card"]
    site.import_text("elders", csv_text(header, ["甲", "13900000001", NUMBER, "XY-1"]))

    renamed = site.import_text("elders", csv_text(header, ["乙", "13900000002", NUMBER, ""]), on_existing="update")
    assert (renamed.outcome.changed, one(site)["name"], one(site)["service_card"]) == (1, "乙", "XY-1")
    by_card = site.import_text("elders", csv_text(header, ["丙", "13900000003", "", "XY-1"]), on_existing="update")
    assert (by_card.outcome.changed, one(site)["name"]) == (1, "丙")


def test_a_row_about_two_files_and_another_persons_number_are_refused(site: ImportSite) -> None:
    header = ["name", "phone", "id_number", "service_card"]
    site.import_text("elders", csv_text(header, ["甲", "13900000001", NUMBER, ""], ["乙", "13900000002", "", "XY-2"]))

    mixed = site.import_text("elders", csv_text(header, ["甲", "13900000001", NUMBER, "XY-2"]), on_existing="update")
    assert mixed.refusals == ((2, "id_number", "belongs to another file than the rest of the row"),)
    other = site.import_text("elders", csv_text(header, ["甲", "13900000001", OTHER_NUMBER, ""]), on_existing="update")
    assert [(row, member) for row, member, _ in other.refusals] == [(2, "id_number")]


def test_all_or_nothing_holds_for_changes_as_well(site: ImportSite) -> None:
    site.import_text("elders", "name,phone,birth_date\n甲,13900000001,1941-03-05\n乙,13900000002,1942-03-05\n")
    text = f"name,phone,address,id_number\n甲,13900000001,新址,\n乙,13900000002,新址,{NUMBER}\n丙,13900000003,新址,\n"

    report = site.import_text("elders", text, on_existing="update")

    assert report.refusals == ((3, "id_number", "does not fit the birth date on file"),)
    assert [(row["name"], row["address"]) for row in site.rows("elders")] == [("乙", None), ("甲", None)]
    assert [line[-2] for line in results(site)[1:]] == ["right, but not written", "refused", "right, but not written"]
    good = site.import_text("elders", text, on_existing="update", rows="good")
    assert (good.outcome.added, good.outcome.changed, good.refused) == (1, 1, 1)
    assert site.count("elders") == 3


def test_a_dry_run_tries_changes_and_takes_them_back(site: ImportSite) -> None:
    site.import_text("elders", "name,phone\n甲,13900000001\n")

    report = site.import_text("elders", "name,phone,address\n甲,13900000001,新址\n", on_existing="update", dry_run=True)

    assert (report.good, report.outcome.results) == (1, {2: "changed"})
    assert (one(site)["address"], one(site)["version"]) == (None, 1)


def test_contacts_devices_and_resources_are_changed_by_their_own_rules(site: ImportSite) -> None:
    site.import_text("elders", "name,phone\n甲,13900000001\n乙,13900000002\n")
    contact = "elder_phone,name,role,phone,rank\n13900000001,李强,family,13800000001,{}\n"
    site.import_text("contacts", contact.format(1))
    site.import_text("devices", "uid,elder_phone\ncb-1,13900000001\n")
    place = "kind,name,lat,lon,phone\nclinic,卫生站,34.3,108.7,{}\n"
    site.import_text("resources", place.format("029-33123456"))

    assert site.import_text("contacts", contact.format(5), on_existing="update").outcome.changed == 1
    assert site.import_text("devices", "uid,elder_phone\ncb-1,13900000002\n", on_existing="update").outcome.changed == 1
    assert site.import_text("resources", place.format("120"), on_existing="update").outcome.changed == 1
    in_service = site.import_text("devices", "uid,state\ncb-1,in_service\n", on_existing="update")

    assert one(site, "contacts")["rank"] == 5
    assert one(site, "resources")["phone"] == "120"
    assert one(site, "devices")["elder_id"] == next(r["id"] for r in site.rows("elders") if r["name"] == "乙")
    assert in_service.refused == 1


def test_who_is_called_for_themselves_is_refused(site: ImportSite) -> None:
    site.import_text("elders", "name,phone\n甲,13900000001\n")

    report = site.import_text("contacts", "elder_phone,name,role,phone,rank\n13900000001,甲,family,13900000001,1\n")

    assert report.refusals == ((2, "name", "this is the elder: name somebody else who can come"),)


def test_an_import_that_broke_off_goes_on_without_doubling(site: ImportSite) -> None:
    names = [f"甲{n}" for n in range(bulk_write.FEW * 3)]
    text = csv_text(["name", "phone"], *([name, f"139{n:08d}"] for n, name in enumerate(names)))
    broken = 0

    def break_off(what: str, done: int, _total: int) -> None:
        nonlocal broken
        if what == "written" and done >= bulk_write.FEW * 2:
            broken = done
            raise TryAgain("the power went off")

    with pytest.raises(TryAgain):
        site.import_text("elders", text, rows="good", say=break_off)
    assert site.count("elders") == broken == bulk_write.FEW * 2
    report = site.import_text("elders", text, rows="good", on_existing="skip")

    assert (report.outcome.added, report.outcome.skipped) == (bulk_write.FEW, bulk_write.FEW * 2)
    assert site.count("elders") == len(names)


def test_the_result_is_a_workbook_where_the_file_is_one_and_can_be_imported_again(site: ImportSite) -> None:
    report = site.import_bytes(
        "elders", workbook(["姓名", "电话"], ["甲", "123"], ["=1+1", "13900000002"], ["-乙", "13900000003"])
    )
    path = site.folder / "elders.file.result.xlsx"

    told = [[cell.value for cell in row] for row in load_workbook(path).active.iter_rows()]
    assert told[0] == ["姓名", "电话", "结果", "原因"]
    assert told[1][2] == "拒绝"
    assert told[3] == ["-乙", "13900000003", "正确，未写入", None]
    assert report.refused == 2
    again = site.import_bytes("elders", path.read_bytes(), rows="good")
    assert (again.outcome.added, again.refused) == (1, 2)
    assert one(site)["name"] == "-乙"


def test_cells_that_begin_a_formula_are_harmless_and_come_back_as_they_were(site: ImportSite) -> None:
    site.import_text("elders", "name,phone\n@甲,13900000001\n@甲,13900000001\n")
    path = site.folder / "elders.file.result.csv"

    assert "'@甲" in path.read_text("utf-8-sig")
    site.import_bytes("elders", path.read_bytes(), rows="good")
    assert one(site)["name"] == "@甲"


def test_a_bundle_is_answered_with_an_operation_outcome(site: ImportSite) -> None:
    from fhir.resources.R4B.operationoutcome import OperationOutcome

    patient = {"resourceType": "Patient", "name": [{"text": "甲"}], "telecom": [{"system": "phone", "value": "123"}]}
    entries = [{"resource": patient}, {"resource": {"resourceType": "Patient", "name": [{"text": "乙"}]}}]

    site.import_json("elders", {"resourceType": "Bundle", "type": "collection", "entry": entries})

    told = json.loads((site.folder / "elders.file.result.json").read_text())
    OperationOutcome.model_validate(told)
    assert [(issue["severity"], issue["expression"]) for issue in told["issue"]] == [
        ("error", ["Bundle.entry[0].resource.telecom"]), ("information", ["Bundle.entry[1]"]),
    ]  # fmt: skip
