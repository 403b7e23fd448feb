"""A file goes up over HTTP, is worked off in the background, and what became of each row comes down."""

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

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


def test_a_file_that_is_none_and_one_that_is_too_large(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")

    job = settled(site, started(registrar, "elders", b"%PDF-1.7 \x00"), registrar)
    assert (job["state"], job["read"]) == ("failed", None)
    assert "no text file" in job["problem"]
    problem_of(registrar.post(f"{IMPORTS}/elders", files={"file": ("a", b"x" * (67 << 20))}), 413)
    problem_of(registrar.post(f"{IMPORTS}/nonsense", files={"file": ("a", b"x")}), 422)
    problem_of(registrar.post("/api/v1/elders", content=b"x" * (2 << 20)), 413)


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


def test_the_page_takes_files_out_for_a_reason(site: ConsoleSite) -> None:
    site.make("elders")
    registrar = site.as_("registrar")

    given = {"kind": "elders", "format": "csv"}
    assert registrar.post("/registry/import/export", data=given, follow_redirects=False).status_code == 303
    taken = registrar.post("/registry/import/export", data=given | {"reason": "半年核对"})
    assert taken.headers["content-disposition"] == 'attachment; filename="elders.csv"'
    problem_of(site.as_("officer").post("/registry/import/export", data=given), 403)
