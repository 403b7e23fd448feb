"""`carebell import areas` and `carebell areas`, as typed."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from carebell.cli import app

CSV = "名称,行政区划代码\n咸阳市,610400\n陕西省,610000\n秦都区,610402\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CAREBELL_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def typed(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words))
    return done.exit_code, done.output


def test_a_file_is_tried_then_loaded(site: Path) -> None:
    file = site / "areas.csv"
    file.write_bytes(CSV.encode("gb18030"))
    assert "3 new" in typed("import", "areas", str(file), "--dry-run")[1]
    assert typed("import", "areas", str(file)) == (
        0, "file: 3 read: 3 new, 0 changed (0 of them moved), 0 as they were, 0 refused: written.\n",
    )  # fmt: skip
    assert "3 as they were" in typed("import", "areas", str(file))[1]


def test_refused_rows_are_named_and_nothing_is_written(site: Path) -> None:
    file = site / "areas.csv"
    file.write_text(CSV + "某街道,610499001\n", encoding="utf-8")
    code, said = typed("import", "areas", str(file))
    assert (code, said.splitlines()[0].split(":")[0]) == (1, "row 5, parent_code")
    assert "nothing was written" in said
    assert "3 new" in typed("import", "areas", str(file), "--skip-refused")[1]


def test_a_load_says_which_area(site: Path) -> None:
    assert typed("areas", "load")[0] == 2
    assert typed("areas", "load", "--province", "610000", "--down-to", "galaxy")[0] == 2
