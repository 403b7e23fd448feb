"""`carebell offline-list` as cron runs it: the passphrase on standard input, the file whole and for its owner alone."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.db import Database
from registry.store import ELDERS
from tests.unit.duty.test_offline_file import opened
from tests.world import START

PASSPHRASE = "correct horse battery staple"
REPO = Path(__file__).parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(db: Database, db_url: str, tmp_path: Path) -> Run:
    with db.write() as session:
        elder = {"id": "e-1", "name": "赵桂明", "created_at": START, "updated_at": START, "version": 1}
        session.connection().execute(ELDERS.insert().values(elder))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CAREBELL_")} | {
        "CAREBELL_DATABASE_URL": db_url, "CAREBELL_DATA_DIR": str(tmp_path / "data"), "CAREBELL_SECRET_KEY": "k" * 40,
        "PYTHONPATH": str(REPO), "PYTHONIOENCODING": "utf-8",
    }  # fmt: skip

    def carebell(*words: str, said: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "carebell", "offline-list", *words],
            cwd=tmp_path, env=environment, input=said, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return carebell


def test_the_list_replaces_the_older_one_whole(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "list.html"
    file.write_text("the list of yesterday")

    refused = run(str(file), "--reason", "nightly copy", said="too short\n")
    assert refused.returncode == 1
    assert "too short" not in refused.stdout + refused.stderr
    assert file.read_text() == "the list of yesterday"

    done = run(str(file), "--reason", "nightly copy", said=f"{PASSPHRASE}\n")
    assert done.returncode == 0, done.stderr
    assert PASSPHRASE not in done.stdout + done.stderr
    assert [one["name"] for box in opened(file.read_text(), PASSPHRASE)[1:] for one in box["elders"]] == ["赵桂明"]
    assert file.stat().st_mode & 0o077 == 0
    assert [one.name for one in tmp_path.iterdir() if "list" in one.name] == ["list.html"]
