"""The commands an administrator types, as they are typed: refusals in one line, health, a good end."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from alarms.events import Press
from alarms.service import AlarmService
from carebell import doctor
from core.clock import SystemClock
from core.db import Database
from core.errors import Rejected
from core.settings import load_settings
from core.wake import Wake
from tests.live_centre import PATIENCE_S, LiveCentre, free_port, until
from tests.made_up_streets import write_streets


def environment(folder: Path, **settings: object) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("CAREBELL_")}
    env |= {"CAREBELL_DATA_DIR": str(folder / "data")}
    return env | {f"CAREBELL_{name.upper()}": str(value) for name, value in settings.items()}


def typed(folder: Path, *words: str, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "carebell", *words], env=environment(folder, **settings), cwd=folder,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"timezone": "Mars/Olympus"}, 2), ({"notifier": "pigeon"}, 2), ({"http_port": "99999"}, 2)],
)
def test_impossible_settings_end_the_start_with_one_line(tmp_path: Path, settings: dict[str, str], code: int) -> None:
    done = typed(tmp_path, "up", **settings)
    assert done.returncode == code
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"carebell: CAREBELL_{next(iter(settings)).upper()}:")


@pytest.mark.parametrize(("setting", "whom"), [("http_port", "browsers"), ("mqtt_port", "devices")])
def test_an_address_that_is_taken_ends_the_start_with_one_line(
    tmp_path: Path, taken: int, setting: str, whom: str
) -> None:
    ports = {"http_port": free_port(), "mqtt_port": free_port()} | {setting: taken}
    done = typed(tmp_path, "up", **ports)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"carebell: cannot listen for {whom} on 127.0.0.1 port {taken}")
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_certificate_is_said(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("nothing of the kind")
    given = {"mqtt_tls_cert": tmp_path / "no.pem", "mqtt_tls_key": tmp_path / "no.pem", "http_port": free_port()}
    done = typed(tmp_path, "up", **given)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("carebell: CAREBELL_MQTT_TLS_CERT")
    assert "FAIL  mqtt certificate" in typed(tmp_path, "doctor", **given).stdout


def test_the_doctor_is_content_with_a_new_place_and_not_with_a_broken_one(tmp_path: Path) -> None:
    well = typed(tmp_path, "doctor")
    assert (well.returncode, "FAIL" in well.stdout) == (0, False)
    key = {"database_url": "postgresql+psycopg://u@127.0.0.1:1/x", "secret_key": "x" * 32}
    broken = typed(tmp_path, "doctor", mqtt_url="mqtt://a:b@127.0.0.1:1", **key)
    assert broken.returncode == 1
    assert [line[6:].split(":")[0] for line in broken.stdout.splitlines() if line.startswith("FAIL")] == [
        "database", "data key", "clock", "mqtt broker",
    ]  # fmt: skip


def test_a_basemap_that_cannot_be_drawn_is_told_by_the_doctor_and_ends_the_start(tmp_path: Path) -> None:
    file = tmp_path / "city.pmtiles"
    write_streets(file, 34.33, 108.71, zooms=range(2))
    assert "ok    basemaps: ok" in typed(tmp_path, "doctor", pmtiles=file).stdout

    file.write_bytes(file.read_bytes()[:200])

    assert f"FAIL  basemaps: basemap {file} is cut short" in typed(tmp_path, "doctor", pmtiles=file).stdout
    started = typed(tmp_path, "up", pmtiles=file, http_port=free_port(), mqtt_port=free_port())
    assert started.returncode == 1
    assert started.stderr.strip().splitlines()[-1].startswith(f"carebell: basemap {file} is cut short")


def test_the_doctor_points_at_presses_that_could_not_be_stored(tmp_path: Path) -> None:
    settings = load_settings({"CAREBELL_DATA_DIR": str(tmp_path)})
    spool = tmp_path / "spool" / "presses.jsonl"
    spool.parent.mkdir()
    spool.write_text('{"what": "press"}\n{"what": "press"}\n')
    found = next(f for f in doctor.examine(settings, SystemClock()) if f.what == "spool")
    assert found.is_well
    assert found.line.startswith("warn  spool: 2 messages")


def test_a_signal_ends_a_centre_in_good_order_with_streams_and_devices_open(tmp_path: Path) -> None:
    centre = LiveCentre(tmp_path)
    centre.settle_in()
    home = centre.household()
    home.press()
    signed_in = {"Authorization": f"Bearer {centre.token}"}
    with httpx.stream("GET", f"{centre.url}/api/v1/events", headers=signed_in, timeout=15) as events:
        lines = events.iter_lines()
        next(lines)
        centre.stop()
        assert list(lines)[-1:] in ([], [""])
    text = centre.log_text()
    assert "Traceback" not in text
    assert "ERROR" not in text
    for personal in (home.name, str(home.elder["phone"]), str(home.elder["address"]), str(home.contact["phone"])):
        assert personal not in text


def test_a_signal_ends_a_centre_that_has_not_quite_started(tmp_path: Path) -> None:
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", "carebell", "up"], cwd=tmp_path, stdout=log, stderr=log,
            env=environment(tmp_path, http_port=port, mqtt_port=free_port()),
        )  # fmt: skip
    try:
        until(lambda: "listening for browsers" in (tmp_path / "log").read_text(), "the address is taken")
        started.terminate()  # Devices, engine and calendar are not there yet.
        assert started.wait(PATIENCE_S) == 0
    finally:
        started.kill()
        started.wait()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_what_the_database_cannot_hold_is_refused_and_not_tried_for_ever(db: Database) -> None:
    clock = SystemClock()
    service = AlarmService(db, clock, Wake(db))
    press = Press("dev-7", "p-1", clock.now(), content={"note": "half\x00"})
    if db.is_sqlite:  # Its JSON is text, which may hold a NUL.
        assert service.presses([press])[0].is_new
        return
    with pytest.raises(Rejected):
        service.presses([press])


def test_a_data_key_is_changed_and_the_wrong_one_is_told(tmp_path: Path) -> None:
    old, new = "an old key of some length", "a new key of some length"
    assert typed(tmp_path, "db", "upgrade", data_keys=old).returncode == 0
    elders = tmp_path / "elders.csv"
    elders.write_text("name,conditions\n赵桂明,高血压\n", encoding="utf-8")
    assert typed(tmp_path, "import", "elders", str(elders), data_keys=old).returncode == 0
    assert "FAIL  data key" in typed(tmp_path, "doctor", data_keys=new).stdout

    left = typed(tmp_path, "db", "rekey", data_keys=new)
    changed = typed(tmp_path, "db", "rekey", data_keys=f"{new},{old}")

    assert (left.returncode, changed.returncode) == (1, 0)
    assert "2 sealed anew" in changed.stdout  # A file, and where the log ends.
    assert "ok    data key" in typed(tmp_path, "doctor", data_keys=new).stdout


def test_the_log_is_verified_from_the_command_line(tmp_path: Path) -> None:
    assert typed(tmp_path, "db", "upgrade").returncode == 0

    whole = typed(tmp_path, "audit", "verify")

    assert whole.returncode == 0
    last_hash = whole.stdout.split()[-1]
    assert typed(tmp_path, "audit", "verify", "--expect", last_hash).returncode == 0
    cut = typed(tmp_path, "audit", "verify", "--expect", "f" * 64)
    assert (cut.returncode, cut.stderr.count("\n")) == (1, 1)


def test_a_short_command_does_not_load_what_it_does_not_need() -> None:
    """An administrator's `carebell doctor` should answer at once."""
    heavy = ("fastapi", "folium", "pypinyin", "aiohttp", "openpyxl", "fhir", "uvicorn")
    loaded = f"import sys, carebell.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
