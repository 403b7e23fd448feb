"""`carebell sim` as it is typed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from carebell import sim
from core.db import Database
from gateway.endpoint import Endpoint
from tests.gateway_site import SECRET, Site


@dataclass
class Desk:
    """A centre with two devices, and a command line beside it."""

    site: Site
    port: int
    folder: Path

    def types(self, *words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(sim.app, [*words, "--port", str(self.port)], input=typed)


@pytest.fixture
def desk(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAREBELL_DATA_DIR", str(tmp_path))
    site = Site(db, tmp_path)
    line = site.gateway(lambda door: Endpoint("127.0.0.1", 0, door), flush_s=0.05).lines[0]
    assert isinstance(line, Endpoint)
    uids = [site.register("dev-1"), site.register("dev-2")]
    (tmp_path / "devices.csv").write_text("uid,secret\n" + "".join(f"{uid},{SECRET}\n" for uid in uids))
    yield Desk(site, line.port, tmp_path)
    site.close()


def test_a_press_prints_its_receipt_and_what_the_device_is_told(desk: Desk) -> None:
    done = desk.types("press", "dev-1", "--kind", "fall", "--wait", "calling")
    assert done.exit_code == 0, done.output
    alarm = desk.site.alarm_rows("dev-1")[0]
    assert alarm.kind == "fall"
    assert alarm.id in done.output
    assert "calling: " in done.output
    assert SECRET not in done.output


def test_a_press_can_be_a_test_and_be_cancelled_and_speak_the_older_mqtt(desk: Desk) -> None:
    done = desk.types("press", "dev-1", "--test", "--cancel-after", "0", "--mqtt311")
    assert done.exit_code == 0, done.output
    alarm = desk.site.alarm_rows("dev-1")[0]
    assert (alarm.is_test, alarm.cancelled_at is not None) == (True, True)


@pytest.mark.parametrize("way", ["typed", "secret_file", "devices"])
def test_the_secret_comes_from_where_it_is_kept(desk: Desk, way: str) -> None:
    (desk.folder / "devices.csv").rename(desk.folder / "mine.csv")
    (desk.folder / "secret.txt").write_text(SECRET + "\n")
    words = {
        "typed": [], "secret_file": ["--secret-file", "secret.txt"], "devices": ["--devices", "mine.csv"],
    }[way]  # fmt: skip
    done = desk.types("press", "dev-1", *words, typed=f"{SECRET}\n" if way == "typed" else None)
    assert done.exit_code == 0, done.output


def test_a_wrong_secret_fails(desk: Desk) -> None:
    done = desk.types("press", "nobody", typed="wrong\n")
    assert done.exit_code == 1
    assert "user name or password" in done.output.lower()


def test_what_is_waited_for_and_does_not_come_fails(desk: Desk) -> None:
    done = desk.types("press", "dev-1", "--wait", "arrived", "--timeout", "0.3")
    assert done.exit_code == 1
    assert "arrived did not come within 0.3 s" in done.output


@pytest.mark.parametrize(
    "words",
    [
        ["press"],
        ["press", "dev-1", "--kind", "banana"],
        ["press", "dev-1", "--wait", "ever"],
        ["press", "dev-9", "--devices", "devices.csv"],
        ["press", "dev-1", "--secret-file", "none"],
        ["press", "dev-9"],
        ["run", "no-such-file.yaml"],
        ["run", "press", "--devices", "none.csv"],
        ["fleet", "--devices", "99", "--file", "devices.csv"],
        ["fleet", "--devices", "0"],
    ],
)
def test_wrong_usage_ends_with_two(desk: Desk, words: list[str]) -> None:
    assert desk.types(*words, typed="").exit_code == 2


def test_a_scenario_reports_each_step(desk: Desk) -> None:
    done = desk.types("run", "press", "--seed", "1")
    assert done.exit_code == 0, done.output
    assert "3 of 3 steps went well" in done.output


def test_a_scenario_whose_expectation_fails_ends_with_one(desk: Desk) -> None:
    (desk.folder / "s.yaml").write_text("steps: [press, {expect: {progress: closed, within_s: 0.2}}]")
    done = desk.types("run", "s.yaml")
    assert done.exit_code == 1
    assert "FAIL line   1" in done.output


def test_a_broken_scenario_ends_with_two_and_names_the_line(desk: Desk) -> None:
    (desk.folder / "s.yaml").write_text("steps:\n  - pres\n")
    done = desk.types("run", "s.yaml")
    assert done.exit_code == 2
    assert "s.yaml:2: there is no step" in done.output


def test_a_fleet_gives_its_account_as_one_line_of_json(desk: Desk) -> None:
    done = desk.types("fleet", "--devices", "2", "--rate", "20", "--seconds", "0.5", "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout.splitlines()[-1])
    assert (report["presses"], report["receipts"], report["lost"], report["ok"]) == (10, 10, 0, True)


def test_an_unknown_setting_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREBELL_NONSENSE", "1")
    assert desk.types("press", "dev-1").exit_code == 2


def test_a_fleet_registers_at_its_own_site_the_devices_that_it_lacks(
    desk: Desk, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAREBELL_DATABASE_URL", db.url.render_as_string(hide_password=False))
    monkeypatch.setenv("CAREBELL_SECRET_KEY", "a key for this test alone")

    done = desk.types("fleet", "--devices", "5", "--rate", "20", "--seconds", "0.5")

    assert done.exit_code == 0, done.output
    kept = (desk.folder / "devices.csv").read_text().splitlines()
    assert len(kept) == 1 + 5
    assert desk.types("fleet", "--devices", "5", "--rate", "20", "--seconds", "0.5").exit_code == 0
    assert (desk.folder / "devices.csv").read_text().splitlines() == kept


def test_a_fleet_begins_the_file_where_there_is_none(desk: Desk, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREBELL_DATABASE_URL", db.url.render_as_string(hide_password=False))
    monkeypatch.setenv("CAREBELL_SECRET_KEY", "a key for this test alone")
    file = desk.folder / "devices.csv"
    file.unlink()

    assert desk.types("run", "press").exit_code == 0

    assert file.read_text().startswith("uid,secret\nsim-")
    assert file.stat().st_mode & 0o077 == 0
