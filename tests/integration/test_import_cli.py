"""`carebell import` as a registrar types it, on both databases."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import SystemClock
from core.db import Database
from core.processes import Attendance
from registry.importing import MOST_BESIDE_PRESSES, TOO_MANY_AT_WORK
from tests.import_site import count_of

Run = Callable[..., "subprocess.CompletedProcess[str]"]
REPO = Path(__file__).parents[2]


@pytest.fixture
def run(db: Database, db_url: str, tmp_path: Path) -> Run:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CAREBELL_")} | {
        "CAREBELL_DATABASE_URL": db_url, "CAREBELL_DATA_DIR": str(tmp_path / "data"), "CAREBELL_SECRET_KEY": "k" * 40,
        "PYTHONPATH": str(REPO), "PYTHONIOENCODING": "utf-8",
    }  # fmt: skip

    def carebell(*words: str, command: str = "import") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "carebell", command, *words],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return carebell


def test_dry_run_then_import_then_again(run: Run, db: Database, tmp_path: Path) -> None:
    (tmp_path / "elders.csv").write_bytes("姓名,电话\n赵桂明,13900000001\n王秀英,\n".encode("gb18030"))

    tried = run("elders", "elders.csv", "--dry-run")
    assert (tried.returncode, tried.stdout) == (0, "Dry run: 2 read, 0 refused, 2 could be written; nothing was.\n")
    assert count_of(db, "elders") == 0
    done = run("elders", "elders.csv")
    assert (done.returncode, done.stdout) == (0, "2 read, 0 refused: 2 elders written.\n")
    assert not (tmp_path / "elders.csv.report.csv").exists()
    again = run("elders", "elders.csv")
    assert again.returncode == 1
    assert again.stdout.splitlines() == [
        "row 2, 姓名: is there already",
        "row 3, 姓名: is there already",
        "Everything that was refused is in elders.csv.report.csv.",
        "What became of each row is in elders.csv.result.csv: mend it there and import it again.",
        "2 read, 2 refused: nothing was written.",
    ]
    assert count_of(db, "elders") == 2


def test_refused_rows_are_skipped_when_asked(run: Run, db: Database, tmp_path: Path) -> None:
    (tmp_path / "devices.csv").write_text("uid\ncb-1\ncentre\ncb 2\n")

    whole = run("devices", "devices.csv")
    assert (whole.returncode, count_of(db, "devices")) == (1, 0)
    assert not (tmp_path / "devices.csv.secrets.csv").exists()
    done = run("devices", "devices.csv", "--skip-refused")

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "3 read, 2 refused: 1 devices written."
    assert count_of(db, "devices") == 1
    uid, secret = (tmp_path / "devices.csv.secrets.csv").read_text().splitlines()[1].split(",")
    assert uid == "cb-1"
    assert secret not in done.stdout + done.stderr


def test_wrong_use_and_unreadable_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(os.urandom(4096) + b"\0\xff\xff")

    assert run("people", "noise").returncode == 2
    assert run("elders").returncode == 2
    for file in ("noise", "nowhere.csv", "."):
        failed = run("elders", file)
        assert (failed.returncode, failed.stdout, len(failed.stderr.splitlines())) == (1, "", 1)
        assert failed.stderr.startswith(f"carebell: {file}: ")


def test_long_imports_say_how_far_they_are(run: Run, tmp_path: Path) -> None:
    (tmp_path / "resources.csv").write_text(
        "kind,name,lat,lon\n" + "".join(f"clinic,{n},34.1,108.2\n" for n in range(5500))
    )

    done = run("resources", "resources.csv")

    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        f"{rows} of 5500 rows {what}" for what in ("checked", "written") for rows in (5000, 5500)
    ]


def test_no_press_waits_for_thousands_of_rows_in_one_piece(run: Run, db: Database, tmp_path: Path) -> None:
    rows = MOST_BESIDE_PRESSES + 1
    few = (tmp_path / "few.csv", "".join(f"clinic,{n},34.1,108.2\n" for n in range(3)))
    many = (tmp_path / "many.csv", "".join(f"pharmacy,{n},34.1,108.2\n" for n in range(rows)))
    for file, lines in (few, many):
        file.write_text("kind,name,lat,lon\n" + lines)
    centre = Attendance(db, SystemClock(), "up", ["gateway"], problem=lambda: None, figures=dict)
    centre.sign()
    centre.start()

    tried, whole = run("resources", "many.csv", "--dry-run"), run("resources", "many.csv")

    assert tried.returncode == 0
    if db.is_sqlite:
        assert f"This would be refused now: {TOO_MANY_AT_WORK}." in tried.stdout.splitlines()
        assert (whole.returncode, whole.stdout) == (1, "")
        assert whole.stderr.splitlines()[-1] == f"carebell: {TOO_MANY_AT_WORK}"
        assert count_of(db, "resources") == 0
        assert run("resources", "few.csv").returncode == 0
        assert run("resources", "many.csv", "--rows", "good").returncode == 0
        centre.stop()
        again = run("resources", "many.csv", "--on-existing", "update")
        assert again.stdout.splitlines()[-1].startswith(f"{rows} read, 0 refused, {rows} with nothing new")
    else:
        centre.stop()
        assert "refused now" not in tried.stdout
        assert whole.returncode == 0


def test_a_template_is_filled_in_and_what_went_in_comes_out(run: Run, db: Database, tmp_path: Path) -> None:
    assert run("template", "elders").returncode == 0
    assert run("template", "elders").returncode == 1
    assert run("elders", "elders-template.xlsx").returncode == 0

    short = run("elders", "out.csv", "--reason", "查", command="export")
    assert (short.returncode, short.stderr) == (1, "carebell: reason: say why\n")
    done = run("elders", "out.csv", "--reason", "核对", command="export")

    assert (done.returncode, done.stdout) == (0, "out.csv is written; only you can read it.\n")
    assert (tmp_path / "out.csv").stat().st_mode & 0o077 == 0
    again = run("elders", "out.csv", "--on-existing", "update")
    assert again.stdout.splitlines()[-1] == "1 read, 0 refused, 1 with nothing new: nothing was written."


def test_a_file_that_cannot_be_written_is_named_and_nothing_is_logged(run: Run, db: Database, tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("mine")

    for file, what in (
        ("there.csv", "is there already: choose another name"),
        ("nowhere/out.csv", "there is no such file or folder"),
        ("there.csv/out.csv", "lies below something that is no folder"),
    ):
        failed = run("elders", file, "--reason", "核对", command="export")
        assert (failed.returncode, failed.stdout, len(failed.stderr.splitlines())) == (1, "", 1)
        assert failed.stderr.startswith(f"carebell: {file}: {what}")
    assert (tmp_path / "there.csv").read_text() == "mine"
    with db.read() as session:
        logged = session.connection().execute(text("SELECT 1 FROM audit_log WHERE action = 'registry.export'"))
        assert logged.all() == []


def test_a_log_that_is_not_there_is_told_in_one_line(run: Run, db: Database) -> None:
    with db.write() as session:
        session.connection().execute(text("DROP TABLE audit_log"))

    failed = run("verify", command="audit")

    assert (failed.returncode, failed.stdout, len(failed.stderr.splitlines())) == (1, "", 1)
    assert "audit_log" in failed.stderr
    assert "carebell doctor" in failed.stderr
