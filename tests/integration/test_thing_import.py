"""The columns of devices and of help near by that an import file may have besides."""

from pathlib import Path

from core.db import Database
from tests.import_site import ImportSite, csv_text


def test_a_device_comes_with_its_triggers_and_its_card(db: Database, tmp_path: Path) -> None:
    site = ImportSite(db, tmp_path)
    header = ["设备编号", "触发器", "SIM卡号", "SIM卡号码", "批次", "心跳秒数", "固件", "备注"]
    good = ["cb-1", "key; pendant", "8986 0012 3456 7890 1238", "1440012345678", "2026-11", "600", "1.4.2", "挂件防水"]

    refused = site.import_text("devices", csv_text(header, ["cb-2", "", "89860012345678901239", "", "", "", "", ""]))
    report = site.import_text("devices", csv_text(header, good))

    assert [(member, reason[:15]) for _, member, reason in refused.refusals] == [("SIM卡号", "the check digit")]
    assert report.written == 1
    [row] = site.rows("devices")
    assert (row["triggers"], row["sim_iccid"], row["heartbeat_s"]) == (["key", "pendant"], "89860012345678901238", 600)
    assert (row["sim_phone"], row["batch"], row["firmware"]) == ("+861440012345678", "2026-11", "1.4.2")


def test_help_comes_with_its_hours(db: Database, tmp_path: Path) -> None:
    site = ImportSite(db, tmp_path)
    header = ["类型", "名称", "纬度", "经度", "开放时间", "服务能力"]

    report = site.import_text(
        "resources", csv_text(header, ["药店", "益民药店", "34.33", "108.71", "周一至周五 8:00-21:30", "夜间售药;送药"])
    )

    assert report.written == 1
    [row] = site.rows("resources")
    assert row["hours"] == [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "21:30"}]
    assert row["capabilities"] == ["night_medicine", "送药"]
