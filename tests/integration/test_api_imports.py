"""A file goes up over HTTP, is worked off in the background, and what became of each row comes down."""

import base64
import io
import threading
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import text
from starlette.testclient import TestClient

from console.import_jobs import LOST_AFTER
from registry import import_store
from registry.importing import MOST_BESIDE_PRESSES, TOO_MANY_IN_ONE
from tests.console_site import ConsoleSite, open_database, problem_of
from tests.import_site import workbook

IMPORTS = "/api/v1/imports"


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ConsoleSite]:
    db = open_database(request.param, tmp_path, "imports")
    made = ConsoleSite(db)
    yield made
    made.app.state.imports.close()
    db.close()


def settled(site: ConsoleSite, job_id: str, client: TestClient) -> dict[str, Any]:
    """The job when it is over: its worker takes one after the other, so one more waits for it."""
    through = threading.Event()
    site.app.state.imports._worker.submit(through.set)
    assert through.wait(30)
    return dict(client.get(f"{IMPORTS}/{job_id}").json())


def started(client: TestClient, kind: str, content: bytes, **options: Any) -> str:
    answer = client.post(f"{IMPORTS}/{kind}", files={"file": ("a.csv", content)}, data=options)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def test_tried_written_and_told_row_by_row(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    content = workbook(["姓名", "电话"], ["甲", "13900000001"], ["乙", "12"])

    tried = settled(site, started(registrar, "elders", content, dry_run=True), registrar)
    assert (tried["state"], tried["read"], tried["added"], tried["refused"]) == ("done", 2, 0, 1)
    job_id = started(registrar, "elders", content, rows="good")
    done = settled(site, job_id, registrar)

    assert (done["added"], done["refused"], done["problem"]) == (1, 1, None)
    assert done["refusals"] == [{"row": 3, "column": "电话", "reason": "this phone number has too few digits"}]
    assert [item["name"] for item in registrar.get("/api/v1/elders").json()["items"]] == ["甲"]
    result = load_workbook(io.BytesIO(registrar.get(f"{IMPORTS}/{job_id}/result").content))
    assert [cell.value for cell in result.worksheets[0]["C"]] == ["结果", "新增", "拒绝"]


def test_only_who_started_it_sees_it(site: ConsoleSite) -> None:
    job_id = started(site.as_("registrar"), "elders", "name\n甲\n".encode())
    settled(site, job_id, site.as_("registrar"))

    problem_of(site.as_("admin").get(f"{IMPORTS}/{job_id}"), 404)
    problem_of(site.as_("officer").get(f"{IMPORTS}/{job_id}"), 403)


def test_secrets_are_had_once(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    job_id = started(registrar, "devices", b"uid\ncb-1\n")

    assert settled(site, job_id, registrar)["has_secrets"]
    first = registrar.post(f"{IMPORTS}/{job_id}/secrets")
    assert first.text.splitlines()[0] == "uid,secret"
    assert [uid for uid, _ in site.secrets_told] == ["cb-1"]
    problem_of(registrar.post(f"{IMPORTS}/{job_id}/secrets"), 409)


def test_secrets_outlive_their_console_and_an_interruption(site: ConsoleSite) -> None:
    registrar, other = site.as_("registrar"), another_console(site)
    job_id = started(registrar, "devices", b"uid\ncb-1\ncb-2\n", rows="good")
    settled(site, job_id, registrar)
    with site.db.write() as session:  # As a killed process leaves it: with one device made.
        import_store.tell(session, job_id, state="running", seen_at=site.clock.now() - 2 * LOST_AFTER)
        session.connection().execute(text("UPDATE devices SET uid = 'cb-9' WHERE uid = 'cb-2'"))
        raw = str(session.connection().exec_driver_sql("SELECT content FROM import_parts").all())
    assert other.get(f"{IMPORTS}/{job_id}").json()["has_secrets"]
    again = registrar.post(f"{IMPORTS}/{job_id}/continue").json()["id"]
    settled(site, again, registrar)

    had = other.post(f"{IMPORTS}/{again}/secrets").text.splitlines()
    assert [line.split(",")[0] for line in had] == ["uid", "cb-1", "cb-2", "cb-2"]
    assert not any(line.split(",")[1] in raw for line in had[1:])
    problem_of(registrar.post(f"{IMPORTS}/{again}/secrets"), 409)
    assert not registrar.get(f"{IMPORTS}/{again}").json()["has_secrets"]


def test_a_file_that_is_none_and_one_that_is_too_large(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")

    job = settled(site, started(registrar, "elders", b"%PDF-1.7 \x00"), registrar)
    assert (job["state"], job["read"]) == ("failed", None)
    assert "no text file" in job["problem"]
    problem_of(registrar.post(f"{IMPORTS}/elders", files={"file": ("a", b"x" * (67 << 20))}), 413)
    problem_of(registrar.post(f"{IMPORTS}/nonsense", files={"file": ("a", b"x")}), 422)
    problem_of(registrar.post("/api/v1/elders", content=b"x" * (2 << 20)), 413)


def test_no_press_waits_for_thousands_of_rows_in_one_piece(site: ConsoleSite) -> None:
    registrar, rows = site.as_("registrar"), MOST_BESIDE_PRESSES + 1
    content = ("kind,name,lat,lon\n" + "".join(f"clinic,{n},34.1,108.2\n" for n in range(rows))).encode()

    whole = settled(site, started(registrar, "resources", content, dry_run=True), registrar)
    good = settled(site, started(registrar, "resources", content, dry_run=True, rows="good"), registrar)

    assert (good["state"], good["read"]) == ("done", rows)
    if site.db.is_sqlite:
        assert (whole["state"], whole["problem"]) == ("failed", TOO_MANY_IN_ONE)
    else:
        assert (whole["state"], whole["problem"]) == ("done", None)


def test_the_page_tries_first_and_writes_when_told(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    text = "姓名,电话\n甲,13900000001\n".encode("gb18030")

    assert 'type="file"' in registrar.get("/registry/import").text
    up = {"file": ("老人.csv", text)}
    sent = registrar.post("/registry/import", files=up, data={"kind": "elders"}, follow_redirects=False)
    where = sent.headers["location"]
    settled(site, where.rpartition("/")[2], registrar)
    assert "老人.csv" in registrar.get(where).text
    assert registrar.get("/api/v1/elders").json()["items"] == []
    written = registrar.post(f"{where}/write", follow_redirects=False).headers["location"]
    settled(site, written.rpartition("/")[2], registrar)

    assert [item["name"] for item in registrar.get("/api/v1/elders").json()["items"]] == ["甲"]
    assert registrar.get(f"{written}/result").content.startswith(b"\xef\xbb\xbf")
    assert "老人.csv" in registrar.get("/registry/import").text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("姓名,电话\n甲,12\n甲,12\n", "号码位数太少"),
        ("姓名,性别\n甲,x\n", "须为以下之一：male, female, other"),
        ("姓名,鞋码\n甲,42\n", "第 1 行有无法识别的列：鞋码"),
        ("姓名\n", "列名下面没有内容"),
    ],
)
def test_the_page_says_in_chinese_what_is_wrong(site: ConsoleSite, content: str, told: str) -> None:
    registrar = site.as_("registrar")
    up = {"file": ("老人.csv", content.encode("gb18030"))}
    sent = registrar.post("/registry/import", files=up, data={"kind": "elders"}, follow_redirects=False)
    where = sent.headers["location"]
    settled(site, where.rpartition("/")[2], registrar)

    assert told in registrar.get(where).text


def test_the_page_takes_files_out_for_a_reason(site: ConsoleSite) -> None:
    site.make("elders")
    registrar = site.as_("registrar")

    given = {"kind": "elders", "format": "csv"}
    assert registrar.post("/registry/import/export", data=given, follow_redirects=False).status_code == 303
    taken = registrar.post("/registry/import/export", data=given | {"reason": "半年核对"})
    assert taken.headers["content-disposition"] == 'attachment; filename="elders.csv"'
    problem_of(site.as_("officer").post("/registry/import/export", data=given), 403)


def test_another_console_tells_of_it_and_writes_what_was_tried(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    job_id = started(registrar, "elders", "姓名,电话\n甲,13900000001\n乙,12\n".encode(), dry_run=True)
    settled(site, job_id, registrar)

    other = another_console(site)
    seen = other.get(f"{IMPORTS}/{job_id}").json()

    assert (seen["state"], seen["read"], seen["refused"]) == ("done", 2, 1)
    assert seen["refusals"][0]["row"] == 3
    assert "拒绝" in other.get(f"{IMPORTS}/{job_id}/result").content.decode("utf-8-sig")
    assert f"/registry/import/{job_id}" in other.get("/registry/import").text


def test_import_whose_console_died_is_interrupted_and_goes_on(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    job_id = started(registrar, "elders", "姓名,电话\n甲,13900000001\n乙,13900000002\n".encode(), rows="good")
    settled(site, job_id, registrar)
    with site.db.write() as session:  # As a killed process leaves it: the first row written, nobody there any more.
        news = {"state": "running", "seen_at": site.clock.now() - 2 * LOST_AFTER}
        import_store.tell(session, job_id, **news)
        session.connection().execute(text("DELETE FROM elders WHERE name = '乙'"))

    told = registrar.get(f"{IMPORTS}/{job_id}").json()
    assert told["state"] == "interrupted"
    assert "继续" in registrar.get(f"/registry/import/{job_id}").text
    again = registrar.post(f"{IMPORTS}/{job_id}/continue")
    assert again.status_code == 202
    settled(site, again.json()["id"], registrar)

    names = sorted(item["name"] for item in registrar.get("/api/v1/elders").json()["items"])
    assert names == ["乙", "甲"]
    problem_of(registrar.post(f"{IMPORTS}/{job_id}/continue"), 404)
    problem_of(registrar.post(f"{IMPORTS}/{again.json()['id']}/continue"), 409)


def test_what_was_imported_lies_sealed_and_the_oldest_are_forgotten(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    ids = [started(registrar, "elders", f"姓名\n甲{n}\n".encode()) for n in range(3)]
    settled(site, ids[-1], registrar)
    with site.db.read() as session:
        raw = str(session.connection().exec_driver_sql("SELECT content FROM import_parts").all())
        own = session.connection().exec_driver_sql("SELECT user_id FROM import_jobs").scalars().first()
        old = import_store.old(session, str(own), 1, site.clock.now() - timedelta(days=7))

    assert "甲" not in raw
    assert base64.b64encode(zlib.compress("姓名\n甲0\n".encode(), 6)).decode() not in raw
    assert sorted(old) == sorted(ids[:2])


def another_console(site: ConsoleSite) -> TestClient:
    """A second process's console at the same database, with the same registrar."""
    other = ConsoleSite(site.db, site.clock)
    return other.open(authorization=f"Bearer {other.token('some-registrar')}")
