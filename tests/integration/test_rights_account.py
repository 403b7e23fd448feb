"""Getting in and staying in: locks, passwords, the second factor, sessions and tokens."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from starlette.testclient import TestClient

from console.deps import COOKIE
from core.clock import ManualClock
from core.db import Database
from core.settings import Settings
from registry.audit import AUDIT
from registry.entry import FREE_TRIES, LONGEST_LOCK
from registry.sessions import LIFETIME
from tests.console_site import PASSWORD, ConsoleSite, problem_of

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
ME, NEW = "/api/v1/account", "three words in a row"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def site(db: Database, clock: ManualClock) -> ConsoleSite:
    return ConsoleSite(db, clock)


def sign_in(site: ConsoleSite, name: str, password: str = PASSWORD, **more: Any) -> Any:
    """From a new browser each time, so that the console's own brake by address is not what is tried."""
    site.app.state.guard.succeeded((name, "testclient"))
    return site.open().post("/api/v1/session", json={"username": name, "password": password} | more)


def bearer(site: ConsoleSite, token: str) -> TestClient:
    return site.open(authorization=f"Bearer {token}")


def deeds(site: ConsoleSite) -> list[str]:
    with site.db.read() as session:
        return [row.action for row in session.connection().execute(AUDIT.select().order_by(AUDIT.c.seq))]


def user_id(site: ConsoleSite, name: str) -> str:
    return str(site.registry.users.by_name(name)["id"])


# -- locks -----------------------------------------------------------------------------------------------------------


def lock(site: ConsoleSite, name: str) -> None:
    for _ in range(FREE_TRIES):
        problem_of(sign_in(site, name, "wrong"), 401)


def test_an_account_locks_itself_for_growing_but_short_times(site: ConsoleSite, clock: ManualClock) -> None:
    site.add_user("limin", "officer")
    lock(site, "limin")
    waits = []
    for _ in range(8):
        refused = sign_in(site, "limin")
        problem_of(refused, 429)
        waits.append(int(refused.headers["retry-after"]))
        clock.advance(seconds=waits[-1])
        problem_of(sign_in(site, "limin", "wrong"), 401)

    assert waits == [15, 30, 60, 120, 240, 300, 300, 300]
    clock.advance(seconds=LONGEST_LOCK.total_seconds())
    assert sign_in(site, "limin").status_code == 200
    assert deeds(site).count("user.lock") == 9


def test_a_lock_holds_at_another_console_and_an_admin_ends_it(site: ConsoleSite, clock: ManualClock) -> None:
    site.add_user("limin", "officer")
    lock(site, "limin")
    other = ConsoleSite(site.db, clock)

    problem_of(sign_in(other, "limin"), 429)
    shown = site.as_("admin").post(f"/api/v1/users/{user_id(site, 'limin')}/unlock").json()

    assert shown["locked_until"] is None
    assert sign_in(other, "limin").status_code == 200
    assert "user.unlock" in deeds(site)


def test_who_is_unlocked_need_not_wait_at_this_console_either(site: ConsoleSite) -> None:
    site.add_user("limin", "officer")
    tries = {"username": "limin", "password": "wrong"}
    while site.open().post("/api/v1/session", json=tries).status_code != 429:
        pass

    site.as_("admin").post(f"/api/v1/users/{user_id(site, 'limin')}/unlock")
    assert site.open().post("/api/v1/session", json=tries | {"password": PASSWORD}).status_code == 200


def test_a_browser_that_was_here_before_is_not_locked_out_by_others(site: ConsoleSite) -> None:
    site.add_user("limin", "officer")
    browser = site.open()
    given = {"username": "limin", "password": PASSWORD}
    assert browser.post("/api/v1/session", json=given).status_code == 200
    lock(site, "limin")
    site.app.state.guard.succeeded(("limin", "testclient"))

    problem_of(sign_in(site, "limin"), 429)
    assert browser.post("/api/v1/session", json=given).status_code == 200


# -- passwords -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    ["password1", "PASSWORD1", "limin.li", "LiMin.Li", "aaaaaaaa", "12121212", "12345678", "zyxwvuts", "kurz-1"],
)
def test_a_password_that_is_tried_first_is_refused(site: ConsoleSite, password: str) -> None:
    given = {"username": "limin.li", "password": password, "role": "officer"}

    told = problem_of(site.as_("admin").post("/api/v1/users", json=given), 422)

    assert told["errors"][0]["where"] == "body.password"
    assert password not in str(told)


def test_who_changes_their_password_stays_and_is_signed_out_elsewhere(site: ConsoleSite) -> None:
    here, elsewhere = site.as_("officer"), bearer(site, site.token("some-officer"))
    token = here.post(f"{ME}/tokens", json={"name": "wall"}).json()["token"]

    problem_of(here.put(f"{ME}/password", json={"old_password": "wrong", "new_password": NEW}), 422)
    problem_of(here.put(f"{ME}/password", json={"old_password": PASSWORD, "new_password": PASSWORD}), 422)
    assert here.put(f"{ME}/password", json={"old_password": PASSWORD, "new_password": NEW}).status_code == 204

    assert here.get(f"{ME}/sessions").status_code == 200
    problem_of(elsewhere.get(f"{ME}/sessions"), 401)
    assert bearer(site, token).get("/api/v1/session").status_code == 200
    problem_of(sign_in(site, "some-officer"), 401)
    problem_of(here.put(f"{ME}/password", json={"old_password": NEW, "new_password": PASSWORD}), 422)
    assert sign_in(site, "some-officer", NEW).status_code == 200


def test_guessing_the_old_password_is_as_slow_as_at_the_door(site: ConsoleSite) -> None:
    officer = site.as_("officer")
    for _ in range(5):
        problem_of(officer.put(f"{ME}/password", json={"old_password": "wrong", "new_password": NEW}), 422)

    problem_of(officer.put(f"{ME}/password", json={"old_password": PASSWORD, "new_password": NEW}), 429)


def test_a_password_that_an_admin_set_must_be_changed_first(site: ConsoleSite) -> None:
    site.add_user("limin", "officer")
    told = site.as_("admin").post(f"/api/v1/users/{user_id(site, 'limin')}/reset-password").json()

    problem_of(sign_in(site, "limin"), 401)
    signed = sign_in(site, "limin", told["password"]).json()
    client = bearer(site, signed["token"])

    assert "password" in signed["must"]
    problem_of(client.get("/api/v1/alarms"), 403)
    page = client.get("/", headers={"accept": "text/html"}, follow_redirects=False)
    assert (page.status_code, page.headers["location"]) == (303, "/account")
    given = {"old_password": told["password"], "new_password": NEW}
    assert client.put(f"{ME}/password", json=given).status_code == 204
    assert client.get("/api/v1/alarms").status_code == 200
    assert told["password"] not in str(deeds(site))


# -- second factor ---------------------------------------------------------------------------------------------------


def enrolled(site: ConsoleSite, clock: ManualClock, role: str = "officer") -> tuple[pyotp.TOTP, list[str], TestClient]:
    client = site.as_(role)
    begun = client.post(f"{ME}/second-factor").json()
    assert begun["address"].startswith("otpauth://totp/Carebell:some-")
    totp = pyotp.TOTP(begun["secret"])
    problem_of(client.post(f"{ME}/second-factor/confirm", json={"code": "000000"}), 422)
    answer = client.post(f"{ME}/second-factor/confirm", json={"code": totp.at(clock.now())})
    assert answer.status_code == 200, answer.text
    return totp, answer.json()["recovery_codes"], client


def test_the_second_factor_is_asked_for(site: ConsoleSite, clock: ManualClock) -> None:
    totp, _, _ = enrolled(site, clock)
    clock.advance(seconds=30)

    told = problem_of(sign_in(site, "some-officer"), 401)
    assert told["code_required"] is True
    assert "code_required" not in problem_of(sign_in(site, "some-officer", "wrong"), 401)
    problem_of(sign_in(site, "some-officer", code="000000"), 401)
    code = totp.at(clock.now())
    assert sign_in(site, "some-officer", code=f"{code[:3]} {code[3:]}").status_code == 200
    problem_of(sign_in(site, "some-officer", code=code), 401)  # A code that was seen over a shoulder is worth nothing.


def test_a_recovery_code_lets_in_once(site: ConsoleSite, clock: ManualClock) -> None:
    _, codes, _ = enrolled(site, clock)

    assert len(set(codes)) == 10
    assert sign_in(site, "some-officer", code=codes[0].upper()).status_code == 200
    problem_of(sign_in(site, "some-officer", code=codes[0]), 401)
    assert sign_in(site, "some-officer", code=codes[1].replace("-", "")).status_code == 200


def test_wrong_codes_lock_the_account_too(site: ConsoleSite, clock: ManualClock) -> None:
    enrolled(site, clock)
    for _ in range(FREE_TRIES):
        problem_of(sign_in(site, "some-officer", code="000000"), 401)

    problem_of(sign_in(site, "some-officer", code="000000"), 429)


def test_the_second_factor_goes_with_both_factors_or_by_an_admin(site: ConsoleSite, clock: ManualClock) -> None:
    totp, codes, client = enrolled(site, clock)
    remove = f"{ME}/second-factor/remove"

    problem_of(client.post(f"{ME}/second-factor"), 409)
    problem_of(client.post(remove, json={"password": PASSWORD, "code": "000000"}), 422)
    problem_of(client.post(remove, json={"password": "wrong", "code": codes[0]}), 422)
    assert client.post(remove, json={"password": PASSWORD, "code": codes[0]}).status_code == 204
    assert sign_in(site, "some-officer").status_code == 200

    enrolled(site, clock)
    site.as_("admin").post(f"/api/v1/users/{user_id(site, 'some-officer')}/reset-second-factor")
    problem_of(client.get("/api/v1/session"), 401)
    assert sign_in(site, "some-officer").status_code == 200
    assert "user.reset_second_factor" in deeds(site)
    with site.db.engine.connect() as connection:
        raw = connection.exec_driver_sql("SELECT totp_secret FROM users").scalars().all()
    assert totp.secret not in str(raw)


def test_a_role_may_need_a_second_factor(db: Database, clock: ManualClock) -> None:
    site = ConsoleSite(db, clock, Settings(require_totp=("admin",)))
    admin = site.as_("admin")

    assert "second factor" in admin.get("/api/v1/session").json()["must"]
    problem_of(admin.get("/api/v1/users"), 403)
    assert site.as_("officer").get("/api/v1/alarms").status_code == 200
    enrolled(site, clock, "admin")
    assert admin.get("/api/v1/users").status_code == 200


# -- sessions and tokens ---------------------------------------------------------------------------------------------


def test_sessions_are_listed_and_ended(site: ConsoleSite, clock: ManualClock) -> None:
    site.add_user("limin", "officer")
    given = {"username": "limin", "password": PASSWORD}
    first = site.open(**{"user-agent": "Firefox\x07 on a tablet"}).post("/api/v1/session", json=given).json()["token"]
    clock.advance(seconds=60)
    second = bearer(site, site.token("limin"))

    items = second.get(f"{ME}/sessions").json()["items"]
    assert [item["is_this"] for item in items] == [True, False]
    assert items[1]["name"] == "Firefox on a tablet"
    assert first not in str(items)
    problem_of(second.delete(f"{ME}/sessions/{'0' * 24}"), 404)
    assert second.delete(f"{ME}/sessions/{items[1]['id']}").status_code == 204
    problem_of(bearer(site, first).get("/api/v1/session"), 401)
    third = site.token("limin")
    assert second.delete(f"{ME}/sessions").status_code == 204
    for token in (third, second.headers["authorization"].removeprefix("Bearer ")):
        problem_of(bearer(site, token).get("/api/v1/session"), 401)


def test_a_token_is_its_users_until_its_day(site: ConsoleSite, clock: ManualClock) -> None:
    officer = site.as_("officer")
    made = officer.post(f"{ME}/tokens", json={"name": "the wall's screen", "days": 30}).json()
    machine = bearer(site, made["token"])

    assert machine.get("/api/v1/alarms").status_code == 200
    shown = officer.get(f"{ME}/tokens").json()["items"]
    assert [(one["name"], one["last_used_at"]) for one in shown] == [("the wall's screen", "2026-11-21T08:00:00Z")]
    assert made["token"] not in str(shown)
    for path, body in (("tokens", {"name": "another"}), ("second-factor", None)):
        problem_of(machine.post(f"{ME}/{path}", json=body), 403)
    assert machine.delete("/api/v1/session").status_code == 204  # A machine that signs out does not lose its token.
    clock.advance(seconds=LIFETIME.total_seconds() * 2)
    site.app.state.memory.forget()
    assert machine.get("/api/v1/alarms").status_code == 200
    clock.advance(seconds=timedelta(days=28).total_seconds())
    problem_of(machine.get("/api/v1/alarms"), 401)


def test_a_token_is_revoked_by_its_user_or_an_admin(site: ConsoleSite) -> None:
    officer, path = site.as_("officer"), f"{ME}/tokens"
    made = [officer.post(path, json={"name": f"machine {n}"}).json() for n in range(2)]
    theirs = f"/api/v1/users/{user_id(site, 'some-officer')}/tokens"

    assert {one["id"] for one in site.as_("admin").get(theirs).json()["items"]} == {one["id"] for one in made}
    problem_of(site.as_("supervisor").delete(f"{theirs}/{made[0]['id']}"), 403)
    assert site.as_("admin").delete(f"{theirs}/{made[0]['id']}").status_code == 204
    assert officer.delete(f"{path}/{made[1]['id']}").status_code == 204

    for one in made:
        problem_of(bearer(site, one["token"]).get("/api/v1/session"), 401)
    problem_of(officer.delete(f"{path}/{made[1]['id']}"), 404)
    assert deeds(site).count("user.revoke_token") == 2


def test_nobody_ends_what_is_not_theirs(site: ConsoleSite) -> None:
    made = site.as_("officer").post(f"{ME}/tokens", json={"name": "mine"}).json()

    problem_of(site.as_("registrar").delete(f"{ME}/tokens/{made['id']}"), 404)


def test_users_are_shown_without_their_secrets(site: ConsoleSite, clock: ManualClock) -> None:
    totp, codes, _ = enrolled(site, clock)
    text = site.as_("admin").get("/api/v1/users").text

    assert '"has_second_factor":true' in text
    for secret in (totp.secret, codes[0], "argon2", "hash", COOKIE):
        assert secret not in text
