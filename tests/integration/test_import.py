"""Import into the registry on both databases: what is kept, what is refused, and that nothing is half done."""

import csv
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from core.db import Database
from core.errors import Conflict
from registry import bulk_write
from registry.bulk import Entry
from registry.elder_intake import ElderNew
from registry.id_numbers import check_digit
from registry.import_grid import UnreadableFile
from registry.secrets import verify_secret
from tests.import_site import ImportSite, count_of, csv_text

ELDERS = csv_text(
    ["姓名", "性别", "出生日期（必填）", "电话", "地址", "社区", "纬度", "经度", "坐标系", "疾病", "用药", "过敏"],
    ["赵桂明", "女", "1941/3/5", "139 0000 0001", "人民路1号", "人民路", "34.3296", "108.7093", "GCJ-02",
     "高血压；冠心病", "阿司匹林;二甲双胍", ""],
    ["王秀英", "男", "1938年12月1日", "", "", "", "", "", "", "", "", "青霉素"],
)  # fmt: skip


@pytest.fixture
def site(db: Database, tmp_path: Path) -> ImportSite:
    return ImportSite(db, tmp_path)


def with_elders(site: ImportSite) -> ImportSite:
    assert site.import_text("elders", ELDERS).written == 2
    return site


def test_elders_are_kept_as_the_single_ones_are(site: ImportSite) -> None:
    with_elders(site)

    wang, zhao = site.rows("elders")
    single = site.registry.elders.add(
        ElderNew.model_validate({
            "name": "赵桂明", "sex": "female", "birth_date": "1941-03-05", "phone": "13900000001",
            "address": "人民路1号", "area": "人民路", "lat": 34.3296, "lon": 108.7093, "crs": "gcj02",
            "health": {"conditions": ["高血压", "冠心病"], "medication": ["阿司匹林", "二甲双胍"]},
        })
    )  # fmt: skip
    assert {k: v for k, v in zhao.items() if k != "id"} == {k: v for k, v in single.items() if k != "id"}
    assert wang["health"] == {"allergies": ["青霉素"]}
    assert wang["birth_date"] == date(1938, 12, 1)
    assert wang["lat"] is wang["home_given"] is wang["phone"] is None


@pytest.mark.parametrize(
    ("columns", "cells"),
    [
        (["elder_phone"], ["+86 139 0000 0001"]),
        (["老人姓名", "老人出生日期"], ["赵桂明", "1941-03-05"]),
        (["elder_phone", "elder_name"], ["13900000001", "赵桂明"]),
    ],
)
def test_contact_finds_its_elder(site: ImportSite, columns: list[str], cells: list[str]) -> None:
    zhao = with_elders(site).rows("elders")[1]

    header = [*columns, "姓名", "角色", "电话", "顺序", "关系", "钥匙"]
    report = site.import_text("contacts", csv_text(header, [*cells, "赵丽", "家属", "13800000001", "1", "女儿", "是"]))

    assert report.written == 1
    [contact] = site.rows("contacts")
    assert contact["elder_id"] == zhao["id"]
    assert (contact["role"], contact["phone"], contact["is_key_holder"]) == ("family", "+8613800000001", True)


def test_contact_of_nobody_or_of_two_is_refused(site: ImportSite) -> None:
    with_elders(site).import_text("elders", csv_text(["name", "phone"], ["赵先生", "13900000001"]))

    header = ["elder_id", "elder_phone", "elder_name", "name", "role", "phone", "rank"]
    rest = ["赵丽", "family", "13800000001", "1"]
    report = site.import_text(
        "contacts",
        csv_text(
            header, ["", "13900000001", "", *rest], ["", "13900000009", "", *rest], ["", "13900000001", "别人", *rest],
            ["", "", "", *rest], ["", "", "王秀英", *rest], ["nobody", "", "", *rest], ["", "12", "", *rest],
        ),
    )  # fmt: skip

    named = "the elder is named by elder_id, elder_phone, or elder_name and elder_birth_date"
    assert report.refusals == (
        (2, "elder_phone", "2 elders fit: say more about which one"),
        (3, "elder_phone", "there is no such elder"),
        (4, "elder_phone", "there is no such elder"),
        (5, "elder_id", named),
        (6, "elder_id", named),
        (7, "elder_id", "there is no such elder"),
        (8, "elder_phone", "this phone number has too few digits"),
    )
    assert site.count("contacts") == 0


def test_devices_bring_their_secrets_in_a_file_of_their_own(site: ImportSite) -> None:
    zhao = with_elders(site).rows("elders")[1]

    report = site.import_text(
        "devices", csv_text(["设备编号", "老人电话", "状态"], ["cb-1", "13900000001", "已安装"], ["cb-2"])
    )

    assert report.secrets_file is not None
    assert stat.S_IMODE(report.secrets_file.stat().st_mode) == 0o600
    with report.secrets_file.open(encoding="utf-8", newline="") as file:
        secrets = {row["uid"]: row["secret"] for row in csv.DictReader(file)}
    first, second = site.rows("devices")
    assert (first["elder_id"], first["state"]) == (zhao["id"], "installed")
    assert (second["elder_id"], second["state"]) == (None, "stock")
    assert all(verify_secret(secrets[row["uid"]], row["secret_hash"]) for row in (first, second))
    assert dict(site.secrets_told) == secrets
    assert not any(secret in line for line in report.lines() for secret in secrets.values())


def test_a_secrets_file_is_not_overwritten(site: ImportSite) -> None:
    kept = site.folder / "devices.file.secrets.csv"
    kept.write_text("earlier")

    with pytest.raises(UnreadableFile, match="is there already"):
        site.import_text("devices", "uid\ncb-1\n")

    assert kept.read_text() == "earlier"
    assert site.count("devices") == 0


def test_resources_keep_their_datum(site: ImportSite) -> None:
    report = site.import_text(
        "resources",
        csv_text(
            ["类型", "名称", "纬度", "经度", "坐标系", "电话"], ["医院", "中心医院", "34.33", "108.71", "百度", "120"]
        ),
    )

    assert report.written == 1
    [hospital] = site.rows("resources")
    assert hospital["given"] == {"lat": 34.33, "lon": 108.71, "crs": "bd09"}
    assert (hospital["kind"], hospital["phone"]) == ("hospital", "120")
    assert hospital["lat"] != 34.33


@pytest.mark.parametrize(("kind", "what"), [("elders", ""), ("resources", "police")])
def test_lat_and_lon_the_wrong_way_round_are_told(site: ImportSite, kind: str, what: str) -> None:
    head, row = ["name", "lat", "lon", *(["kind"] if what else [])], ["赵桂明", 108.7, 34.3, *([what] if what else [])]

    report = site.import_text(kind, csv_text(head, row))

    assert list(report.refusals) == [(2, "lat", "lat and lon are the wrong way round")]


FILES = {
    "elders": ELDERS,
    "contacts": csv_text(["elder_phone", "name", "role", "phone", "rank"],
                         ["13900000001", "赵丽", "family", "13800000001", 1]),
    "devices": "uid\ncb-1\ncb-2\n",
    "resources": csv_text(["kind", "name", "lat", "lon", "crs"], ["police", "派出所", 34.1, 108.1, "gcj02"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_second_run_adds_nothing(site: ImportSite, kind: str) -> None:
    if kind != "elders":
        with_elders(site)
    site.import_text(kind, FILES[kind])
    held = site.rows(kind)

    again = site.import_text(kind, FILES[kind])
    skipping = site.import_text(kind, FILES[kind], skip_refused=True)

    assert {reason for _, _, reason in again.refusals} == {"is there already"}
    assert again.refused == skipping.refused == again.read == len(held)
    assert again.written == skipping.written == 0
    assert site.rows(kind) == held


@pytest.mark.parametrize("kind", FILES)
def test_dry_run_writes_nothing(site: ImportSite, kind: str) -> None:
    if kind != "elders":
        with_elders(site)
    before = site.count(kind)

    report = site.import_text(kind, FILES[kind], dry_run=True) if kind != "elders" else site.import_text(
        "elders", csv_text(["name"], ["李"], ["周"]), dry_run=True
    )  # fmt: skip

    assert report.refused == report.written == 0
    assert report.good == report.read > 0
    assert report.lines()[-1].startswith("Dry run")
    assert site.count(kind) == before
    assert not list(site.folder.glob("*.secrets.csv"))


def test_every_fault_is_named_with_row_and_column_and_nobody_is_kept(site: ImportSite) -> None:
    text = csv_text(
        ["姓名", "电话", "birth_date", "lat", "lon", "性别"],
        ["好人", "13900000003", "1940-01-01", "", "", ""],
        ["张三", "13812", "1940-02-30", "34.1", "", "猫"],
        [],
        ["", "120", "2030-01-01", "134.1", "x", ""],
        ["李四", "13900000004", "1899-01-01", "", "", "", "多余"],
        ["好人", "+8613900000003", "", "", "", ""],
        ["看不\u202e见", "", "", "", "", ""],
        ["周", "", "2030-01-01", "", "", ""],
        ["吴", "119", "", "", "", ""],
        ["郑", "", "", "34.1", "", ""],
    )

    report = site.import_text("elders", text)

    assert report.written == site.count("elders") == 0
    assert report.refused == 8
    told = {(row, column) for row, column, _ in report.refusals}
    assert told == {
        (3, "birth_date"), (3, "性别"), (5, "lat"), (5, "lon"), (6, "birth_date"), (6, ""), (7, "姓名"), (8, "姓名"),
        (9, "birth_date"), (10, "电话"), (11, "lat"), (5, "姓名"),
    }  # fmt: skip
    assert "is the same as in row 2" in {reason for row, _, reason in report.refusals if row == 7}
    whole = "\n".join(report.lines())
    assert not any(value in whole for value in ("张三", "13812", "1940-02-30", "猫", "李四", "多余", "13900000003"))
    assert report.report_file is not None
    with report.report_file.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["row", "column", "reason"]
    assert [tuple(row) for row in rows[1:]] == [(str(row), column, reason) for row, column, reason in report.refusals]


def test_skipping_keeps_the_rows_that_are_right(site: ImportSite) -> None:
    report = site.import_text(
        "elders", csv_text(["name", "phone"], ["甲", "13900000001"], ["乙", "1"]), skip_refused=True
    )

    assert (report.written, report.refused) == (1, 1)
    assert [row["name"] for row in site.rows("elders")] == ["甲"]


def test_names_are_stored_exactly(site: ImportSite) -> None:
    names = [
        "𠮷田",
        "👵 O'Neil",
        '"引号"',
        "<script>alert(1)</script>",
        "=1+1",
        "e\u0301",
        "Robert'); DROP TABLE elders;--",
    ]

    assert site.import_text("elders", csv_text(["name"], *([name] for name in names))).written == len(names)

    assert sorted(row["name"] for row in site.rows("elders")) == sorted(names)


def test_a_registry_that_changed_after_the_check_is_not_written_to(site: ImportSite) -> None:
    bulk = site.registry.bulk
    plan = bulk.plan("elders", [Entry(2, {"name": "甲", "phone": "13900000001"}), Entry(3, {"name": "乙"})])
    site.registry.elders.add(ElderNew(name="甲", phone="13900000001"))

    with pytest.raises(Conflict):
        bulk_write.write(bulk, plan)

    assert site.count("elders") == 1


def test_an_elder_who_left_after_the_check_gets_no_contact(site: ImportSite) -> None:
    zhao = with_elders(site).rows("elders")[1]
    values = {"elder_id": zhao["id"], "name": "赵丽", "role": "family", "phone": "13800000001", "rank": 1}
    plan = site.registry.bulk.plan("contacts", [Entry(2, values)])
    site.registry.elders.remove(zhao["id"])

    with pytest.raises(Conflict):
        bulk_write.write(site.registry.bulk, plan)

    assert site.count("contacts") == 0


def test_many_rows_take_few_statements(site: ImportSite) -> None:
    from sqlalchemy import event

    statements: list[str] = []
    event.listen(site.db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    rows = [[f"甲{n}", f"139{n:08d}"] for n in range(1500)]
    assert site.import_text("elders", csv_text(["name", "phone"], *rows)).written == 1500
    contacts = [[f"139{n:08d}", "乙", "family", f"138{n:08d}", 1] for n in range(1500)]
    header = ["elder_phone", "name", "role", "phone", "rank"]
    assert site.import_text("contacts", csv_text(header, *contacts)).written == 1500

    assert len(statements) < 600  # Of them 40 for the rows; the rest is the search's index, a hundred files at a time.


KILLED = """
import os, signal, sys
from pathlib import Path
from core.db import Database
from tests.import_site import ImportSite
from tests.world import VAULT

def say(what, done, total):
    if what == "written":
        os.kill(os.getpid(), signal.SIGKILL)

site = ImportSite(Database(sys.argv[1], VAULT), Path(sys.argv[2]))
site.import_text("elders", "name\\n" + "\\n".join(f"elder {n}" for n in range(1200)), say=say)
"""


def test_killed_while_writing_leaves_nothing(db: Database, db_url: str, tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, db_url, str(tmp_path)], cwd=Path(__file__).parents[2], timeout=60, check=False
    )

    assert killed.returncode == -9
    assert count_of(db, "elders") == 0
    assert ImportSite(db, tmp_path).import_text("elders", "name\nelder 1\n").written == 1


NUMBER = "610402194103050022"


def full_elder(number: str = NUMBER, name: str = "赵桂明", **more: str) -> str:
    cells = {
        "姓名": name, "身份证号": number, "服务卡号": "XY-0042", "人员类别": "退役军人、独居", "来电标记": "重要客户",
        "入网日期": "2020-01-02", "植入物": "心脏起搏器", "血型": "O", "健康备注": "怕冷", "钥匙持有人": "门卫老刘",
        "楼层": "5", "养狗": "有", "称呼": "赵奶奶",
    } | more  # fmt: skip
    return csv_text(list(cells), list(cells.values()))


def test_every_member_of_a_file_has_a_column(site: ImportSite) -> None:
    assert site.import_text("elders", full_elder(full_number())).refusals == ()

    (row,) = site.rows("elders")
    assert (row["birth_date"], row["sex"]) == (date(1941, 3, 5), "female")
    assert (row["kinds"], row["marks"]) == (["veteran", "living_alone"], ["important"])
    assert row["health"] == {"implants": ["心脏起搏器"], "blood_group": "O", "notes": "怕冷"}
    assert row["access"] == {"key_holder": "门卫老刘", "floor": "5", "dog": True}
    assert (row["addressed_as"], row["service_card"]) == ("赵奶奶", "XY-0042")


def full_number() -> str:
    return NUMBER[:17] + check_digit(NUMBER[:17])


@pytest.mark.parametrize(
    ("number", "more", "column"),
    [
        (NUMBER[:17] + ("1" if check_digit(NUMBER[:17]) != "1" else "2"), {}, "身份证号"),
        ("610402410305002", {}, "身份证号"),
        (full_number(), {"出生日期": "1941-03-06"}, "出生日期"),
        (full_number(), {"区域代码": "999999"}, "区域代码"),
        (full_number(), {"人员类别": "国王"}, "人员类别"),
    ],
)
def test_what_contradicts_the_number_is_refused_beside_its_column(
    site: ImportSite, number: str, more: dict[str, str], column: str
) -> None:
    report = site.import_text("elders", full_elder(number, **more))

    assert [(row, name) for row, name, _ in report.refusals] == [(2, column)]
    assert site.count("elders") == 0


def test_one_id_number_is_imported_once(site: ImportSite) -> None:
    site.import_text("elders", full_elder(full_number()))
    twice = site.import_text(
        "elders", full_elder(full_number(), "另一人") + full_elder(full_number(), "又一人").partition("\n")[2]
    )

    assert [(row, name) for row, name, _ in twice.refusals] == [(2, "身份证号"), (3, "身份证号")]


def test_a_contact_with_all_that_the_registry_keeps(site: ImportSite) -> None:
    site.import_text("elders", "姓名,电话\n赵桂明,13900000007\n")
    report = site.import_text(
        "contacts",
        "老人电话,姓名,角色,电话,顺序,其他电话,可联系时间,外出,方言,备注,纬度,经度\n"
        "13900000007,李娜,家属,13900000001,1,029 8123 4567 单位;13900000002,周一至周五 8:00-18:00；周末 10:00-12:00,"
        "2026-01-20至2026-02-10 过年,陕西话;普通话,夜班,34.33,108.71\n",
    )

    assert report.refusals == ()
    [row] = site.rows("contacts")
    assert row["more_phones"] == [{"phone": "+862981234567", "label": "单位"}, {"phone": "+8613900000002"}]
    assert [span["days"] for span in row["hours"]] == [[1, 2, 3, 4, 5], [6, 7]]
    assert row["away"] == [{"from": "2026-01-20", "to": "2026-02-10", "note": "过年"}]
    assert (row["languages"], row["note"], row["lat"]) == (["陕西话", "普通话"], "夜班", 34.33)


def test_a_contact_with_hours_nobody_can_read_or_who_is_the_elder(site: ImportSite) -> None:
    site.import_text("elders", "姓名,电话\n赵桂明,13900000007\n")
    report = site.import_text(
        "contacts",
        "老人电话,姓名,角色,电话,顺序,可联系时间\n13900000007,李娜,家属,13900000001,1,白天\n"
        "13900000007,赵桂明,家属,13900000007,2,\n13900000007,王芳,家属,13900000003,3,\n",
    )

    assert {one[:2] for one in report.refusals} == {(2, "可联系时间"), (3, "姓名")}
    assert site.count("contacts") == 0
