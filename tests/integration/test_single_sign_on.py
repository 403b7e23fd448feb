"""Signing in by way of the site's own service, which speaks over real HTTP; and what a false one cannot do."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2 as httpx
import pytest
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from console.deps import COOKIE
from core.clock import ManualClock
from core.db import Database
from core.settings import Settings, SettingsError, load_settings
from registry.audit import AUDIT
from registry.store import USERS, find
from tests.console_site import PASSWORD, ConsoleSite
from tests.issuer import CLIENT_ID, CLIENT_SECRET, Issuer

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
THERE = "/sign-in/oidc"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer(ManualClock(START))
    yield made
    made.stop()


def site_of(db: Database, issuer: Issuer, **more: Any) -> ConsoleSite:
    settings = Settings(
        oidc_issuer=issuer.address, oidc_client_id=CLIENT_ID, oidc_client_secret=CLIENT_SECRET, secret_key="k" * 40,
        **more,
    )  # fmt: skip
    return ConsoleSite(db, issuer.clock, settings)


@pytest.fixture
def site(db: Database, issuer: Issuer) -> ConsoleSite:
    made = site_of(db, issuer)
    made.add_user("limin", "officer")
    return made


def come(site: ConsoleSite, issuer: Issuer, browser: TestClient | None = None, **there: str) -> httpx.Response:
    browser = browser or site.open()
    sent = browser.get(THERE, params=there, follow_redirects=False)
    assert sent.status_code == 303, sent.text
    answer: httpx.Response = browser.get(issuer.signed_in(sent.headers["location"]), follow_redirects=False)
    return answer


def user(site: ConsoleSite, name: str) -> dict[str, Any]:
    with site.db.read() as session:
        found = find(session, USERS, USERS.c.username == name)
    assert found is not None
    return found


def test_somebody_whom_the_service_knows_is_in(site: ConsoleSite, issuer: Issuer) -> None:
    browser = site.open()

    answer = come(site, issuer, browser, next="/alarms")

    assert (answer.status_code, answer.headers["location"]) == (303, "/alarms")
    assert browser.get("/api/v1/session").json()["username"] == "limin"
    assert user(site, "limin")["oidc_subject"] == "u-1"
    with site.db.read() as session:
        rows = session.connection().execute(AUDIT.select().order_by(AUDIT.c.seq)).all()
    assert [row.action for row in rows][-2:] == ["user.sign_in", "user.link"]


def test_the_link_and_not_the_name_counts_from_then_on(site: ConsoleSite, issuer: Issuer) -> None:
    come(site, issuer)
    issuer.claims = {"sub": "u-1", "preferred_username": "renamed"}
    assert come(site, issuer).status_code == 303

    issuer.claims = {"sub": "u-2", "preferred_username": "limin"}  # Another person who took the name over.
    answer = come(site, issuer)

    assert answer.status_code == 403
    assert COOKIE not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("claims", [{"sub": "u-9", "preferred_username": "nobody"}, {"sub": "u-9"}])
def test_nobody_else_gets_in(site: ConsoleSite, issuer: Issuer, claims: dict[str, str]) -> None:
    issuer.claims = claims

    assert come(site, issuer).status_code == 403


def test_a_closed_account_stays_closed(site: ConsoleSite, issuer: Issuer) -> None:
    with site.db.write() as session:
        session.connection().execute(USERS.update().values(is_active=False))

    assert come(site, issuer).status_code == 403


def test_a_site_may_let_new_users_in(db: Database, issuer: Issuer) -> None:
    site = site_of(db, issuer, oidc_create_role="auditor")
    browser = site.open()

    assert come(site, issuer, browser).headers["location"] == "/"
    made = user(site, "limin")

    assert (made["role"], made["display_name"], made["oidc_subject"]) == ("auditor", "李敏", "u-1")
    assert browser.get("/api/v1/session").json()["role"] == "auditor"
    given = {"username": "limin", "password": made["password_hash"]}
    assert site.open().post("/api/v1/session", json=given).status_code == 401


@pytest.mark.parametrize(("is_verified", "status"), [(True, 303), (False, 403), (None, 403), ("true", 403)])
def test_an_address_counts_when_it_was_verified(db: Database, issuer: Issuer, is_verified: object, status: int) -> None:
    site = site_of(db, issuer, oidc_username_claim="email")
    site.add_user("li@care.example", "officer")
    issuer.claims = {"sub": "u-1", "email": "Li@care.example", "email_verified": is_verified}

    assert come(site, issuer).status_code == status


SPOILT: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another issuer": lambda claims: claims | {"iss": "https://evil.example"},
    "another audience": lambda claims: claims | {"aud": "another"},
    "another party": lambda claims: claims | {"aud": ["another", CLIENT_ID], "azp": "another"},
    "expired": lambda claims: claims | {"exp": claims["iat"] - 3600},
    "from the future": lambda claims: claims | {"iat": claims["iat"] + 3600, "nbf": claims["iat"] + 3600},
    "another sign-in": lambda claims: claims | {"nonce": "another"},
    "no nonce": lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
    "no expiry": lambda claims: {name: value for name, value in claims.items() if name != "exp"},
    "no subject": lambda claims: {name: value for name, value in claims.items() if name != "sub"},
    "a subject that is no text": lambda claims: claims | {"sub": 7},
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_token_that_does_not_fit_lets_nobody_in(site: ConsoleSite, issuer: Issuer, what: str) -> None:
    issuer.spoil = SPOILT[what]

    answer = come(site, issuer)

    assert answer.status_code == 502
    assert COOKIE not in answer.headers.get("set-cookie", "")


def test_a_token_by_another_key_lets_nobody_in(site: ConsoleSite, issuer: Issuer) -> None:
    issuer.signs_with = RSAKey.generate_key(2048, {"kid": "one"})

    assert come(site, issuer).status_code == 502


def test_a_service_may_change_its_keys(site: ConsoleSite, issuer: Issuer) -> None:
    assert come(site, issuer).status_code == 303

    issuer.key = issuer.signs_with = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})

    assert come(site, issuer).status_code == 303


def test_another_browser_cannot_finish_what_this_one_began(site: ConsoleSite, issuer: Issuer) -> None:
    mine, theirs = site.open(), site.open()
    back = issuer.signed_in(theirs.get(THERE, follow_redirects=False).headers["location"])

    assert mine.get(back, follow_redirects=False).status_code == 502
    mine.get(THERE, follow_redirects=False)
    assert mine.get(back, follow_redirects=False).status_code == 502


def test_a_code_is_worth_nothing_without_its_verifier(site: ConsoleSite, issuer: Issuer) -> None:
    browser = site.open()
    back = issuer.signed_in(browser.get(THERE, follow_redirects=False).headers["location"])
    next(iter(issuer._asked.values()))["code_challenge"] = "another"

    assert browser.get(back, follow_redirects=False).status_code == 502


def test_where_to_go_on_is_on_this_site(site: ConsoleSite, issuer: Issuer) -> None:
    assert come(site, issuer, next="//evil.example/").headers["location"] == "/"


def test_passwords_go_on_while_the_service_is_away(site: ConsoleSite, issuer: Issuer) -> None:
    issuer.is_broken = True

    told = site.open().get(THERE, follow_redirects=False)

    assert told.status_code == 502
    assert 'name="password"' in told.text
    given = {"username": "limin", "password": PASSWORD}
    assert site.open().post("/api/v1/session", json=given).status_code == 200


def test_the_button_is_there_only_where_a_service_is(site: ConsoleSite, db: Database) -> None:
    assert THERE in site.open().get("/sign-in").text
    without = ConsoleSite(db, site.clock)

    assert THERE not in without.open().get("/sign-in").text
    assert without.open().get(THERE).status_code == 404


@pytest.mark.parametrize(
    ("issuer_url", "more"),
    [
        ("https://login.example", {}),
        ("http://login.example", {"CLIENT_ID": "a", "CLIENT_SECRET": "b"}),
        ("", {"CREATE_ROLE": "admin"}),
    ],
)
def test_settings_that_cannot_work_are_refused(issuer_url: str, more: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        load_settings({f"CAREBELL_OIDC_{name}": value for name, value in ({"ISSUER": issuer_url} | more).items()})


def test_a_role_that_there_is_not_cannot_need_a_second_factor() -> None:
    with pytest.raises(SettingsError):
        load_settings({"CAREBELL_REQUIRE_TOTP": "admin,emperor"})
