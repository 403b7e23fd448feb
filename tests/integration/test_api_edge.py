"""The console's edge: bodies of any bytes, errors of any kind, and what is logged of them, on both databases."""

import logging
from collections.abc import Iterator

import pytest

from console.head import answers_head
from tests.console_site import ConsoleSite, open_database, problem_of


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleSite]:
    db = open_database(request.param, tmp_path_factory.mktemp("edge"), "api_edge")
    yield ConsoleSite(db)
    db.close()


BAD_BODIES = [
    (b"{broken", 400), (b"\xff\xfe", 400), (b"", 422), (b"[1]", 422), (b'"x"', 422), (b"null", 422),
    (b"[" * 100_000, 422),
    (b'{"name": "a\\u0000b"}', 422), (b'{"name": "\\ud800"}', 422), (b'{"name": "\xed\xa0\x80"}', 400),
    (b'{"name": "a", "lat": NaN, "lon": 1}', 422), (b'{"name": "a", "lat": 1e999, "lon": 1}', 422),
    (b'{"name": "a", "health": {"x": Infinity}}', 422), (b'{"name": "a", "health": {"\\u0000": 1}}', 422),
    (b'{"name": "a", "lat": ' + b"9" * 5000 + b"}", 400), ('{"name": "a"}'.encode("utf-16"), 400),
    (b'{"name": "' + b"x" * (1 << 20) + b'"}', 413), (b'{"name":' * 5000, 422),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_body_of_any_bytes_is_a_problem_and_no_crash(site: ConsoleSite, body: bytes, status: int) -> None:
    answer = site.as_("registrar").post(
        "/api/v1/elders", content=body, headers={"content-type": "application/json"}
    )  # fmt: skip

    problem_of(answer, status)


def test_body_without_end_is_cut_off(site: ConsoleSite) -> None:
    parts = (b"x" * 65536 for _ in range(64))

    answer = site.as_("registrar").post("/api/v1/elders", content=parts, headers={"content-type": "application/json"})

    problem_of(answer, 413)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/api/v1/nothing", 404), ("DELETE", "/healthz", 405)])
def test_unknown_path_and_method_are_problems(site: ConsoleSite, method: str, path: str, status: int) -> None:
    problem_of(site.open().request(method, path), status)


def test_head_is_answered_as_get_is_and_leaves_no_trace(site: ConsoleSite) -> None:
    asked = sorted(answers_head(site.app.routes))
    admin, wrong = site.as_("admin"), []
    before = admin.get("/api/v1/log").json()["items"]

    for path in asked:
        get, head = admin.get(path, follow_redirects=False), admin.head(path, follow_redirects=False)
        told = (head.status_code, head.headers.keys(), head.headers.get("content-type"), head.content)
        if told != (get.status_code, get.headers.keys(), get.headers.get("content-type"), b""):
            wrong.append(f"{path}: {get.status_code} {head.status_code}")

    assert len(asked) > 60
    assert wrong == []
    assert admin.get("/api/v1/log").json()["items"] == before


@pytest.mark.parametrize(
    "path",
    ["/healthz", "/readyz", "/metrics", "/sign-in", "/", "/api/v1/elders", "/static/js/recordings.js"],
)
def test_head_is_answered_where_somebody_asks(site: ConsoleSite, path: str) -> None:
    answer = site.as_("admin").head(path)

    assert (answer.status_code, answer.content) == (200, b"")


def test_head_looks_at_nobodys_file_and_opens_no_stream(site: ConsoleSite) -> None:
    file = f"/api/v1/elders/{site.make('elders')['id']}"

    assert [site.as_("admin").head(path).status_code for path in (file, "/api/v1/events")] == [405, 405]


def test_person_is_shown_a_page_and_led_to_sign_in(site: ConsoleSite) -> None:
    person = site.open(accept="text/html")

    page = person.get("/nothing-here")
    led = person.get("/", follow_redirects=False)

    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert (led.status_code, led.headers["location"]) == (303, "/sign-in?next=/")


def test_answers_carry_what_protects_the_browser(site: ConsoleSite) -> None:
    headers = site.open().get("/api/v1/elders").headers

    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_our_own_fault_tells_nothing_and_logs_no_message(site: ConsoleSite, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("赵桂明 lives at 3-2-401")

    site.app.add_api_route("/api/v1/fault", fail)

    with caplog.at_level(logging.INFO):
        problem = problem_of(site.open().get("/api/v1/fault"), 500)

    assert "赵桂明" not in str(problem) + caplog.text
    assert "RuntimeError" in caplog.text


def test_access_log_names_the_route_and_nobody(site: ConsoleSite, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="console"):
        site.as_("registrar").get("/api/v1/elders/13801000123?q=%E8%B5%B5")

    line = next(record.getMessage() for record in caplog.records if "{elder_id}" in record.getMessage())
    assert line.startswith("GET /api/v1/elders/{elder_id} 404")
    assert "13801000123" not in line


def test_pages_and_scripts_are_packed_where_the_browser_can_unpack_them(site: ConsoleSite) -> None:
    person = site.open()

    packed = person.get("/static/js/clock.js", headers={"Accept-Encoding": "gzip"})
    plain = person.get("/static/js/clock.js", headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
