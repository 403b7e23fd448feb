"""Who gets in, who may do what, and what an error tells."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.deps import COOKIE
from core.clock import ManualClock
from core.db import Database
from core.settings import Settings
from registry.profile import USER_ROLES
from registry.rights import permissions_of
from registry.sessions import LIFETIME
from tests.console_site import PASSWORD, ConsoleSite, open_database, problem_of

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
MAY_READ = {
    "elders": "registry.read", "contacts": "registry.read", "devices": "registry.read", "resources": "registry.read",
    "areas": "registry.read", "users": "users.read",
}  # fmt: skip


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def site(db: Database, clock: ManualClock) -> ConsoleSite:
    return ConsoleSite(db, clock)


def test_token_signs_in_until_it_is_signed_out(site: ConsoleSite) -> None:
    officer = site.as_("officer")

    assert officer.get("/api/v1/session").json()["role"] == "officer"
    assert officer.delete("/api/v1/session").status_code == 204
    problem_of(officer.get("/api/v1/session"), 401)


@pytest.mark.parametrize("authorization", ["Bearer nonsense", "Bearer ", "Basic bGk6eA==", "nonsense", "Bearer \xff"])
def test_bad_credentials_are_401(site: ConsoleSite, authorization: str) -> None:
    problem_of(site.open().get("/api/v1/elders", headers={b"authorization": authorization.encode("latin-1")}), 401)


def test_wrong_password_and_unknown_name_are_told_alike(site: ConsoleSite) -> None:
    site.add_user("limin", "officer")
    wrong = {"username": "limin", "password": "wrong"}, {"username": "nobody", "password": PASSWORD}

    told = [problem_of(site.open().post("/api/v1/session", json=given), 401) for given in wrong]

    assert told[0] == told[1]


def test_guessing_is_slowed_down(site: ConsoleSite, clock: ManualClock) -> None:
    site.add_user("limin", "officer")
    guess = {"username": "limin", "password": "wrong"}
    for _ in range(5):
        problem_of(site.open().post("/api/v1/session", json=guess), 401)

    refused = site.open().post("/api/v1/session", json=guess | {"password": PASSWORD})

    problem_of(refused, 429)
    clock.advance(seconds=float(refused.headers["retry-after"]))
    assert site.open().post("/api/v1/session", json=guess | {"password": PASSWORD}).status_code == 200


def test_session_ends_by_itself_unless_it_is_used(site: ConsoleSite, clock: ManualClock) -> None:
    used, left = site.as_("officer"), site.as_("supervisor")
    clock.advance(seconds=LIFETIME.total_seconds() * 0.6)
    assert used.get("/api/v1/session").status_code == 200
    clock.advance(seconds=LIFETIME.total_seconds() * 0.6)

    assert used.get("/api/v1/session").status_code == 200
    problem_of(left.get("/api/v1/session"), 401)


def test_cookie_lives_as_long_as_the_session_that_is_used(site: ConsoleSite, clock: ManualClock) -> None:
    site.add_user("limin", "officer")
    browser = site.open(**{"sec-fetch-site": "same-origin"})
    browser.cookies[COOKIE] = token = site.token("limin")
    assert "set-cookie" not in browser.get("/api/v1/session").headers, "it is young"
    clock.advance(seconds=LIFETIME.total_seconds() * 0.6)

    told = browser.get("/api/v1/elders").headers["set-cookie"]

    assert told.startswith(f"{COOKIE}={token};")
    assert f"Max-Age={int(LIFETIME.total_seconds())}" in told
    assert "set-cookie" not in browser.get("/api/v1/elders").headers, "once is enough"
    clock.advance(seconds=LIFETIME.total_seconds() * 0.6)
    ended = browser.delete("/api/v1/session")
    assert ended.headers.get_list("set-cookie")[-1].partition(";")[0] == f'{COOKIE}=""', "signing out has the last word"


def test_machine_with_a_token_is_given_no_cookie(site: ConsoleSite, clock: ManualClock) -> None:
    machine = site.as_("officer")
    clock.advance(seconds=LIFETIME.total_seconds() * 0.6)

    assert "set-cookie" not in machine.get("/api/v1/session").headers


def test_deactivated_user_is_out_at_once(site: ConsoleSite) -> None:
    officer, admin = site.as_("officer"), site.as_("admin")
    user_id = officer.get("/api/v1/session").json()["id"]

    assert admin.patch(f"/api/v1/users/{user_id}", json={"is_active": False}).status_code == 200

    problem_of(officer.get("/api/v1/session"), 401)
    given = {"username": "some-officer", "password": PASSWORD}
    problem_of(site.open().post("/api/v1/session", json=given), 401)


def test_new_password_signs_out_everywhere(site: ConsoleSite) -> None:
    officer, admin = site.as_("officer"), site.as_("admin")
    user_id = officer.get("/api/v1/session").json()["id"]

    admin.patch(f"/api/v1/users/{user_id}", json={"password": "another password"})

    problem_of(officer.get("/api/v1/session"), 401)
    given = {"username": "some-officer", "password": "another password"}
    assert site.open().post("/api/v1/session", json=given).json()["role"] == "officer"


def test_last_administrator_stays(site: ConsoleSite) -> None:
    admin = site.as_("admin")
    path = f"/api/v1/users/{admin.get('/api/v1/session').json()['id']}"

    problem_of(admin.delete(path), 409)
    problem_of(admin.patch(path, json={"role": "officer"}), 409)
    site.add_user("second", "admin")
    assert admin.patch(path, json={"role": "officer"}).json()["role"] == "officer"


def test_users_are_kept_without_showing_a_hash(site: ConsoleSite) -> None:
    given = {"username": "LiMin", "password": PASSWORD, "role": "officer", "phone": "13801000123"}

    made = site.as_("admin").post("/api/v1/users", json=given)

    assert made.json()["username"] == "limin"
    assert made.json()["phone"] == "+8613801000123"
    assert "argon2" not in made.text + site.as_("admin").get("/api/v1/users").text
    problem_of(site.as_("admin").post("/api/v1/users", json=given | {"username": "ＬIMIN"}), 409)


@pytest.mark.parametrize("role", USER_ROLES)
def test_every_role_reads_what_it_may(site: ConsoleSite, role: str) -> None:
    client = site.as_(role)
    for what, permission in MAY_READ.items():
        answer = client.get(f"/api/v1/{what}")
        if permission in permissions_of(role):
            assert answer.status_code == 200
        else:
            problem_of(answer, 403)


@pytest.mark.parametrize("role", USER_ROLES)
def test_every_role_changes_what_it_may(site: ConsoleSite, role: str) -> None:
    client = site.as_(role)
    for path, method, permission in (
        ("elders", "POST", "registry.write"), ("policies/default", "PUT", "policies.write"),
        ("users", "POST", "users.write"), ("elders/x", "DELETE", "registry.write"),
        ("devices/x/command", "POST", "devices.command"),
    ):  # fmt: skip
        status = client.request(method, f"/api/v1/{path}", json={"unheard of": 1}).status_code
        assert (status != 403) == (permission in permissions_of(role)), f"{role} {method} {path}: {status}"


def test_illness_is_shown_by_role(site: ConsoleSite) -> None:
    elder = site.make("elders", health={"illness": "高血压"}, access_notes="门卫有钥匙")
    path = f"/api/v1/elders/{elder['id']}"

    assert site.as_("officer").get(path).json()["health"] == {"illness": "高血压"}
    hidden = site.as_("auditor").get(path)
    assert hidden.json()["health"] is hidden.json()["access_notes"] is None
    assert "高血压" not in site.as_("auditor").get("/api/v1/elders").text


def test_browser_is_signed_in_by_a_cookie_that_scripts_cannot_read(site: ConsoleSite) -> None:
    site.add_user("limin", "registrar")
    browser = site.open()
    answer = browser.post("/api/v1/session", json={"username": "limin", "password": PASSWORD})

    assert browser.cookies[COOKIE] == answer.json()["token"]
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]
    assert browser.get("/api/v1/session").json()["username"] == "limin"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 201),
        ({"origin": "http://testserver"}, 201),
        ({"origin": "http://127.0.0.1:8000"}, 201),  # The public address, as a proxy passes it on.
        ({"sec-fetch-site": "cross-site", "origin": "http://testserver"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_change_by_cookie_must_come_from_our_own_pages(site: ConsoleSite, headers: dict[str, str], status: int) -> None:
    site.add_user("limin", "registrar")
    browser = site.open()
    browser.cookies[COOKIE] = site.token("limin")

    assert browser.post("/api/v1/elders", json={"name": "赵"}, headers=headers).status_code == status
    assert browser.get("/api/v1/elders", headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_another_site_cannot_sign_a_browser_in(site: ConsoleSite) -> None:
    site.add_user("limin", "officer")
    given = {"username": "limin", "password": PASSWORD}

    problem_of(site.open().post("/api/v1/session", json=given, headers={"origin": "http://evil.example"}), 403)


def test_cookie_is_secure_where_the_site_is(tmp_path: Path) -> None:
    db = open_database("sqlite", tmp_path, "")
    site = ConsoleSite(db, settings=Settings(public_url="https://care.example"))
    site.add_user("limin", "officer")

    answer = site.open().post("/api/v1/session", json={"username": "limin", "password": PASSWORD})

    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]
    db.close()


def test_ready_says_what_stands_in_the_way(site: ConsoleSite) -> None:
    assert site.open().get("/healthz").json() == {"status": "ok"}
    ready = {"ready": True, "checks": {"database": None, "schema": None}, "synthetic_press": None}
    assert site.open().get("/readyz").json() == ready

    site.centre.checks = {"gateway": lambda: "the endpoint does not listen"}
    answer = site.open().get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["gateway"] == "the endpoint does not listen"


def test_figures_are_for_who_may_read_them(site: ConsoleSite) -> None:
    site.centre.figures = (lambda: {"gateway_refused_total": 3, "mqtt_connections": 2},)

    text = site.as_("admin").get("/metrics").text

    assert "# TYPE carebell_gateway_refused_total counter\ncarebell_gateway_refused_total 3.0" in text
    assert "carebell_mqtt_connections 2.0" in text
    problem_of(site.as_("officer").get("/metrics"), 403)
    problem_of(site.open().get("/metrics"), 401)
