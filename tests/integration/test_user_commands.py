"""`carebell user …` as an administrator types it, on both databases."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.db import Database
from registry.store import USERS, find

Run = Callable[..., "subprocess.CompletedProcess[str]"]
REPO = Path(__file__).parents[2]


@pytest.fixture
def run(db: Database, db_url: str, tmp_path: Path) -> Run:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CAREBELL_")} | {
        "CAREBELL_DATABASE_URL": db_url, "CAREBELL_DATA_DIR": str(tmp_path / "data"), "CAREBELL_SECRET_KEY": "k" * 40,
        "PYTHONPATH": str(REPO), "PYTHONIOENCODING": "utf-8",
    }  # fmt: skip

    def carebell(*words: str, said: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "carebell", "user", *words],
            cwd=tmp_path, env=environment, input=said, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return carebell


def test_a_user_is_made_given_a_password_and_unlocked(run: Run, db: Database) -> None:
    assert run("add", "limin", "--role", "officer", said="three words here\n").returncode == 0
    with db.write() as session:
        session.connection().execute(USERS.update().values(failed_count=30))

    refused = run("password", "LiMin", said="password1\n")
    assert refused.returncode == 1
    assert "password1" not in refused.stdout + refused.stderr
    assert run("password", "limin", said="short\n").returncode == 1
    assert run("password", "nobody", said="other words here\n").returncode == 1
    assert run("password", "LiMin", said="other words here\n").returncode == 0
    assert run("unlock", "limin").returncode == 0

    with db.read() as session:
        user = find(session, USERS, USERS.c.username == "limin")
    assert user is not None
    assert user["failed_count"] == 0
    assert len(user["past_hashes"]) == 1
