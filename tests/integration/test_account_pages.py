"""The pages of the users and of one's own account, by forms as a browser sends them."""

import re
from datetime import UTC, datetime

import httpx2 as httpx
import pyotp
import pytest
from starlette.testclient import TestClient

from console.i18n import COOKIE as LANGUAGE
from core.clock import ManualClock
from core.db import Database
from registry.entry import FREE_TRIES
from tests.console_site import PASSWORD, ConsoleSite

OURS = {"sec-fetch-site": "same-origin", "accept": "text/html", "accept-language": "en"}
USERS, ME = "/registry/users", "/account"
CODE = re.compile(r"<code>([^<]+)</code>")
INLINE = re.compile(r'\son\w+="|\sstyle="|<style|<script(?![^>]*(src=|type="application/json"))')


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 21, 8, tzinfo=UTC))


@pytest.fixture
def site(db: Database, clock: ManualClock) -> ConsoleSite:
    return ConsoleSite(db, clock)


def browser(site: ConsoleSite, role: str = "admin") -> TestClient:
    """Somebody who signed in on the page."""
    site.as_(role)
    client = site.open(**OURS)
    client.cookies[LANGUAGE] = "en"
    answer = client.post("/sign-in", data={"username": f"some-{role}", "password": PASSWORD}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return client


def sent(client: TestClient, path: str, status: int = 303, **fields: str) -> httpx.Response:
    answer: httpx.Response = client.post(path, data=fields, follow_redirects=False)
    assert answer.status_code == status, answer.text[:2000]
    assert not INLINE.search(answer.text)
    return answer


def made_user(client: TestClient, **fields: str) -> str:
    usual = {"username": "limin", "password": PASSWORD, "role": "officer", "display_name": "李敏", "areas": ""}
    return str(sent(client, f"{USERS}/new", 303, **(usual | fields)).headers["location"])


def test_a_user_is_made_changed_closed_and_opened_again(site: ConsoleSite) -> None:
    admin = browser(site)
    path = made_user(admin, phone="13801000123")

    assert "李敏" in admin.get(USERS).text
    assert "138 0100 0123" in admin.get(path).text
    new = {
        "display_name": "李敏敏",
        "role": "supervisor",
        "phone": "",
        "language": "en",
        "areas": "",
        "oidc_subject": "",
    }
    sent(admin, f"{path}/edit", 303, **new)
    assert "李敏敏" in admin.get(f"{USERS}?role=supervisor").text
    sent(admin, f"{path}/end")
    assert "This account is closed" in admin.get(path).text
    sent(admin, f"{path}/restore")
    assert "This account is closed" not in admin.get(path).text


def test_what_is_wrong_stands_beside_its_field(site: ConsoleSite) -> None:
    admin = browser(site)
    made_user(admin)

    taken = sent(admin, f"{USERS}/new", 409, username="LiMin", password=PASSWORD, role="officer")
    assert "there is a user with this name" in taken.text
    refused = sent(admin, f"{USERS}/new", 422, username="zhou", password="password1", role="officer", areas="999999")
    assert "tried first" in refused.text
    assert "password1" not in refused.text
    assert (
        "no such area"
        in sent(admin, f"{USERS}/new", 422, username="zhou", password=PASSWORD, role="officer", areas="999999").text
    )
    me = admin.get("/api/v1/session").json()["id"]
    assert "last administrator" in sent(admin, f"{USERS}/{me}/edit", 409, role="officer", display_name="x").text


def test_a_password_is_reset_and_changed_at_the_first_sign_in(site: ConsoleSite) -> None:
    admin = browser(site)
    path = made_user(admin)
    password = CODE.findall(sent(admin, f"{path}/reset-password", 200).text)[0]

    person = site.open(**OURS)
    person.cookies[LANGUAGE] = "en"
    sent(person, "/sign-in", username="limin", password=password)
    assert person.get("/", follow_redirects=False).headers["location"] == ME
    assert "choose one of your own first" in person.get(ME).text
    wrong = sent(person, f"{ME}/password", 422, old_password="x", new_password="three words here")
    assert "is not your password" in wrong.text
    assert "three words here" not in wrong.text
    assert "is too short" in sent(person, f"{ME}/password", 422, old_password=password, new_password="short").text
    sent(person, f"{ME}/password", old_password=password, new_password="three words here")
    assert person.get("/", follow_redirects=False).status_code == 200
    assert password not in admin.get(path).text


def test_a_locked_user_is_unlocked(site: ConsoleSite) -> None:
    admin = browser(site)
    path = made_user(admin)
    for _ in range(FREE_TRIES):
        site.registry.entry.sign_in("limin", "wrong")

    assert "because of wrong passwords" in admin.get(path).text
    sent(admin, f"{path}/unlock")
    assert "because of wrong passwords" not in admin.get(path).text


def test_the_second_factor_is_set_up_asked_for_and_reset(site: ConsoleSite, clock: ManualClock) -> None:
    person = browser(site, "officer")
    begun = sent(person, f"{ME}/second-factor", 200).text
    assert "<svg" in begun
    secret = CODE.findall(begun)[0].replace(" ", "")
    again = sent(person, f"{ME}/second-factor/confirm", 422, code="000000").text
    assert secret in again.replace(" ", "")
    codes = CODE.findall(sent(person, f"{ME}/second-factor/confirm", 200, code=pyotp.TOTP(secret).at(clock.now())).text)
    assert len(codes) == 10

    clock.advance(seconds=60)
    door = site.open(**OURS)
    asked = sent(door, "/sign-in", 200, username="some-officer", password=PASSWORD, next="/alarms").text
    assert 'name="code"' in asked
    assert PASSWORD not in asked
    assert 'name="code"' in sent(door, "/sign-in", 401, code="000000", next="/alarms").text
    entered = sent(door, "/sign-in", code=pyotp.TOTP(secret).at(clock.now()), next="/alarms")
    assert entered.headers["location"] == "/alarms"
    assert 'name="password"' in sent(site.open(**OURS), "/sign-in", 401, code=codes[0]).text

    admin = browser(site)
    path = f"{USERS}/{person.get('/api/v1/session').json()['id']}"
    sent(admin, f"{path}/reset-second-factor")
    sent(site.open(**OURS), "/sign-in", username="some-officer", password=PASSWORD)


def test_the_half_way_mark_ends_soon(site: ConsoleSite, clock: ManualClock) -> None:
    person = browser(site, "officer")
    secret = CODE.findall(sent(person, f"{ME}/second-factor", 200).text)[0].replace(" ", "")
    sent(person, f"{ME}/second-factor/confirm", 200, code=pyotp.TOTP(secret).at(clock.now()))
    door = site.open(**OURS)
    sent(door, "/sign-in", 200, username="some-officer", password=PASSWORD)
    clock.advance(seconds=301)

    assert 'name="password"' in sent(door, "/sign-in", 401, code=pyotp.TOTP(secret).at(clock.now())).text


def test_browsers_and_tokens_are_listed_and_ended(site: ConsoleSite) -> None:
    person, elsewhere = browser(site, "officer"), browser(site, "officer")
    token = CODE.findall(sent(person, f"{ME}/tokens", 200, name="night report", days="30").text)[0]
    assert site.open(authorization=f"Bearer {token}").get("/api/v1/alarms").status_code == 200
    shown = person.get(ME).text
    assert token not in shown
    revoke = re.findall(r'action="(/account/tokens/\w+/revoke)"', shown)[0]
    sent(person, revoke)
    assert site.open(authorization=f"Bearer {token}").get("/api/v1/alarms").status_code == 401
    assert "is needed" in sent(person, f"{ME}/tokens", 422, name="", days="30").text

    for end in re.findall(r'action="(/account/sessions/\w{24}/end)"', shown):
        sent(person, end)
    assert elsewhere.get("/api/v1/session").status_code == 401
    sent(person, f"{ME}/sessions/end")
    assert person.get("/api/v1/session").status_code == 401


def test_a_leader_sees_users_and_changes_none(site: ConsoleSite) -> None:
    path = made_user(browser(site))
    leader = browser(site, "supervisor")

    shown = leader.get(path).text

    assert "李敏" in shown
    assert f'action="{path}' not in shown
    assert f"{USERS}/new" not in leader.get(USERS).text


def test_the_language_is_the_users(site: ConsoleSite) -> None:
    person = browser(site, "officer")
    sent(person, f"{ME}/language", language="zh-CN")

    assert "我的账号" in person.get(ME).text
    assert site.registry.users.by_name("some-officer")["language"] == "zh-CN"
