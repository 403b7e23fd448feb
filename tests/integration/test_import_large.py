"""A CSV larger than is held in memory at once: piece by piece, with the rows counted as the whole file counts them."""

import csv
import io
from pathlib import Path

import pytest

from carebell import import_large, importing
from core.db import Database
from registry.import_grid import UnreadableFile
from registry.importing import Options
from tests.import_site import ImportSite, csv_text

PEOPLE = [(f"老人{n}", "1941-03-05", f"139000{n:05}") for n in range(1, 26)]
GOOD = Options(rows="good")


@pytest.fixture
def site(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImportSite:
    monkeypatch.setattr(import_large, "PIECE_ROWS", 10)
    return ImportSite(db, tmp_path)


def taken(site: ImportSite, data: bytes, kind: str = "elders", options: Options = GOOD) -> importing.Report:
    file = site.folder / "large.csv"
    file.write_bytes(data)
    return importing.import_file(site.registry, kind, file, options, most_bytes=100)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_piece_is_written(site: ImportSite, encoding: str) -> None:
    report = taken(site, csv_text(("姓名", "出生日期", "电话"), *PEOPLE).encode(encoding))

    assert (report.read, report.written, report.refused) == (25, 25, 0)
    assert site.count("elders") == 25
    assert [path.name for path in site.folder.glob("large*")] == ["large.csv"], "nothing more is to be said"


def test_refused_row_has_its_number_in_the_whole_file(site: ImportSite) -> None:
    rows = [*PEOPLE[:12], ("坏", "1941-13-05", ""), *PEOPLE[12:24], ("", "1941-03-05", "")]
    report = taken(site, csv_text(("# 导出",), ("姓名", "出生日期", "电话"), *rows).encode())

    assert [(row, column) for row, column, _ in report.refusals] == [(15, "出生日期"), (28, "姓名")]
    assert (report.written, report.refused) == (24, 2)
    assert report.result_file is not None
    told = list(csv.reader(io.StringIO(report.result_file.read_text(encoding="utf-8-sig"), newline="")))
    assert len(told) == 28
    assert told[14][:1] + told[14][3:4] == ["坏", "拒绝"]
    assert [row[3] for row in told[2:4]] == ["新增", "新增"]
    assert report.result_file.stat().st_mode & 0o077 == 0


def test_import_that_broke_off_goes_on(site: ImportSite) -> None:
    data = csv_text(("姓名", "出生日期", "电话"), *PEOPLE).encode()
    taken(site, csv_text(("姓名", "出生日期", "电话"), *PEOPLE[:13]).encode())

    report = taken(site, data, options=Options(rows="good", on_existing="skip"))

    assert (report.outcome.skipped, report.written, site.count("elders")) == (13, 12, 25)


def test_secrets_of_every_piece_are_in_one_file(site: ImportSite) -> None:
    report = taken(site, csv_text(("uid", "model"), *((f"cb-{n:04}", "X1") for n in range(25))).encode(), "devices")

    assert report.secrets_file is not None
    assert len(report.secrets_file.read_text().splitlines()) == 26


@pytest.mark.parametrize(
    ("data", "options", "reason"),
    [
        (csv_text(("姓名",), *(("老人",) for _ in range(40))).encode(), Options(), "--rows good"),
        (csv_text(("姓名",), *(("老人",) for _ in range(40))).encode() + b'"', GOOD, "line 42"),
        (csv_text(("姓名",), *(("老人",) for _ in range(40))).encode() + b"\xe8\xb5\n", GOOD, "damaged"),
        (b"\xff\xff\xff" * 50, GOOD, "neither UTF-8 nor GB18030"),
        (csv_text(("who",), *(("x" * 9,) for _ in range(40))).encode(), GOOD, "does not name the columns"),
    ],
)
def test_what_cannot_be_read_is_refused_before_anything_is_written(
    site: ImportSite, data: bytes, options: Options, reason: str
) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        taken(site, data, options=options)

    assert site.count("elders") == 0
