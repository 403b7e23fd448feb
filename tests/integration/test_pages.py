"""The pages without a browser: who may open them, what they say, and what they never say."""

import re
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import select

from alarms.models import Attempt
from console.deps import COOKIE
from console.links import LINK_LIFETIME, make_link
from core.settings import load_settings
from registry.models import table_of
from tests.console_site import PASSWORD, ConsoleSite
from tests.world import DAUGHTER, World

KEY = "a key for the tests, long enough"
HTML = {"accept": "text/html"}
OURS = HTML | {"sec-fetch-site": "same-origin"}


@pytest.fixture
def site(world: World) -> ConsoleSite:
    made = ConsoleSite(world.db, world.clock, load_settings({"CAREBELL_SECRET_KEY": KEY}))
    made.centre.alarms, made.centre.sandbox = world.alarms, world.network
    return made


def signed_in(site: ConsoleSite, role: str = "officer", language: str = "en") -> Any:
    """A browser whose user has signed in at the page."""
    site.add_user(f"page-{role}", role)
    browser = site.open(**OURS)
    answer = browser.post(
        "/sign-in", data={"username": f"page-{role}", "password": PASSWORD, "next": "/"}, follow_redirects=False
    )
    begins_at = "/registry" if role == "registrar" else "/"
    assert (answer.status_code, answer.headers["location"]) == (303, begins_at)
    # The cookies are read from the answer: the test's address is not the one they are secured for.
    browser.cookies.set(COOKIE, answer.cookies[COOKIE])
    browser.cookies.set("carebell_lang", language)
    return browser


def relative_token(world: World, alarm_id: str) -> str:
    with world.db.read() as session:
        attempts = table_of(Attempt)
        wanted = select(attempts.c.id).where(attempts.c.alarm_id == alarm_id, attempts.c.contact_id == DAUGHTER.id)
        attempt_id = session.scalars(wanted).first()
    assert attempt_id is not None
    return make_link("http://x", KEY, attempt_id, world.clock.now() + LINK_LIFETIME).rpartition("/")[2]


def test_who_is_not_signed_in_is_led_to_the_door(site: ConsoleSite) -> None:
    answer = site.open(**HTML).get("/", follow_redirects=False)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


def test_a_wrong_password_is_told_on_the_page(site: ConsoleSite) -> None:
    answer = site.open(**OURS).post("/sign-in", data={"username": "nobody", "password": "wrong"})

    assert answer.status_code == 401
    assert "用户名或密码不对" in answer.text


@pytest.mark.parametrize("following", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x"])
def test_nobody_is_led_to_another_site(site: ConsoleSite, following: str) -> None:
    site.add_user("min", "officer")
    data = {"username": "min", "password": PASSWORD, "next": following}

    answer = site.open(**OURS).post("/sign-in", data=data, follow_redirects=False)

    assert answer.headers["location"] == "/"


def test_the_desk_shows_open_alarms_and_what_an_empty_one_means(site: ConsoleSite, world: World) -> None:
    browser = signed_in(site)
    assert "No open alarm." in browser.get("/").text

    world.press()

    page = browser.get("/").text
    assert "赵桂明" in page
    assert 'data-look="unclaimed"' in page


@pytest.mark.parametrize("uid", ["dev-stock", "dev-unknown"])
def test_an_alarm_of_nobody_known_is_shown_like_any_other(site: ConsoleSite, world: World, uid: str) -> None:
    browser, alarm_id = signed_in(site), world.press(uid, problems=("not JSON",), raw=b"\xff").alarm_id

    for path in ("/", f"/?alarm={alarm_id}", f"/desk/lines?id={alarm_id}", f"/alarms/{alarm_id}"):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert uid in answer.text, path
    assert browser.get(f"/alarms/{alarm_id}/map").status_code == 200
    assert browser.get("/desk/alarms.geojson").json()["features"] == []
    browser.post(f"/alarms/{alarm_id}/claim")
    assert (
        browser.post(
            f"/alarms/{alarm_id}/close",
            data={"disposition": "device_fault", "contact": "yes", "safe": "yes", "steps": "yes"},
        ).status_code
        == 200
    )
    assert uid in browser.get("/alarms").text


def test_the_buttons_work_without_scripts(site: ConsoleSite, world: World) -> None:
    alarm_id, browser = world.press().alarm_id, signed_in(site)

    answer = browser.post(f"/alarms/{alarm_id}/claim", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, f"/alarms/{alarm_id}")
    assert "yours" in browser.get(f"/alarms/{alarm_id}").text


def test_a_button_that_comes_too_late_says_so(site: ConsoleSite, world: World) -> None:
    alarm_id, browser = world.press().alarm_id, signed_in(site, language="zh-CN")
    site.as_("supervisor").post(f"/api/v1/alarms/{alarm_id}/claim")

    answer = browser.post(f"/alarms/{alarm_id}/claim")

    assert answer.status_code == 409
    assert "另一位座席已接此警" in answer.text


def test_another_sites_page_can_press_no_button(site: ConsoleSite, world: World) -> None:
    alarm_id, browser = world.press().alarm_id, signed_in(site)

    answer = browser.post(f"/alarms/{alarm_id}/claim", headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 403


def test_health_is_folded_until_the_alarm_is_taken_or_a_reason_is_given(site: ConsoleSite, world: World) -> None:
    alarm_id, browser = world.press().alarm_id, signed_in(site)
    assert "心脏病" not in browser.get(f"/alarms/{alarm_id}").text

    assert browser.post(f"/alarms/{alarm_id}/health", data={"text": " "}).status_code == 422
    opened = browser.post(f"/alarms/{alarm_id}/health", data={"text": "ambulance asks"}).text
    assert "心脏病" in opened
    assert "ambulance asks" in opened  # Looking leaves a mark.

    browser.post(f"/alarms/{alarm_id}/claim")
    assert "心脏病" in browser.get(f"/alarms/{alarm_id}").text


def test_a_closed_alarm_is_found_among_the_closed(site: ConsoleSite, world: World) -> None:
    alarm_id, browser = world.press().alarm_id, signed_in(site)
    assert "No alarm has been closed yet." in browser.get("/alarms").text

    browser.post(f"/alarms/{alarm_id}/claim")
    browser.post(f"/alarms/{alarm_id}/close", data={
        "disposition": "helped", "satisfaction": "", "text": "safe", "contact": "yes", "safe": "yes", "steps": "yes",
    })  # fmt: skip

    assert "Helped on the spot" in browser.get("/alarms").text


def test_the_sandbox_shows_the_phone_that_rings(site: ConsoleSite, world: World) -> None:
    world.press()

    page = signed_in(site).get("/sandbox").text

    assert "赵丽" in page
    assert 'data-do="answer"' in page


def test_maps_are_drawn_and_can_be_taken_along(site: ConsoleSite, world: World) -> None:
    alarm_id, browser = world.press().alarm_id, signed_in(site)

    sheet = browser.get(f"/alarms/{alarm_id}/map")
    file = browser.get(f"/alarms/{alarm_id}/map?download=1")

    assert "赵桂明" in sheet.text
    assert browser.get(f"/alarms/{alarm_id}/map.js").headers["content-type"].startswith("text/javascript")
    assert file.headers["content-disposition"].startswith("attachment")
    assert not re.search(r"""(src|href)=["']/""", file.text)
    assert browser.get("/desk/alarms.geojson").json()["features"][0]["properties"]["state"] == "unclaimed"
    assert "carebell.live" in browser.get("/desk/map.js").text


def test_no_page_holds_a_script_or_style_of_its_own(site: ConsoleSite, world: World) -> None:
    alarm_id, browser = world.press().alarm_id, signed_in(site)
    for path in ("/", f"/?alarm={alarm_id}", f"/alarms/{alarm_id}", "/alarms", "/sandbox", f"/alarms/{alarm_id}/map"):
        page = browser.get(path)
        assert page.status_code == 200, path
        inline = re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>", page.text)
        assert (path, inline) == (path, [])
        assert not re.search(r"<style|\sstyle=|\son\w+=", page.text), path
        assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", page.text), path


def test_an_unknown_address_gets_a_page_that_says_what_to_do(site: ConsoleSite) -> None:
    answer = signed_in(site).get("/alarms/nothing-like-that")

    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_language_and_theme_are_kept_in_the_browser(site: ConsoleSite) -> None:
    answer = site.open(**OURS).post("/preferences", data={"language": "en", "next": "/sign-in"}, follow_redirects=False)

    assert answer.cookies["carebell_lang"] == "en"
    assert answer.headers["location"] == "/sign-in"


def test_a_relative_sees_what_happens_and_no_illness(site: ConsoleSite, world: World) -> None:
    token = relative_token(world, world.press().alarm_id)

    page = site.open().get(f"/r/{token}").text

    assert "赵桂明需要帮助" in page
    assert "渭阳西路" in page
    assert "心脏病" not in page
    assert "<script>" not in page


def test_a_relative_says_that_they_are_going(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id
    token, browser = relative_token(world, alarm_id), site.open()

    page = browser.post(f"/r/{token}", data={"answer": "going", "eta_min": "15"})

    assert "您正在前往" in page.text
    alarm = site.as_("officer").get(f"/api/v1/alarms/{alarm_id}").json()
    assert (alarm["state"], alarm["accepted_by"]["name"], alarm["eta_min"]) == ("accepted", "赵丽", 15)


def test_a_relative_who_cannot_is_told_that_others_are_called(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id
    token = relative_token(world, alarm_id)

    page = site.open().post(f"/r/{token}", data={"answer": "cannot"})

    assert "正在联系其他人" in page.text
    assert site.as_("officer").get(f"/api/v1/alarms/{alarm_id}").json()["state"] == "open"


def test_an_answer_to_a_closed_alarm_changes_nothing(site: ConsoleSite, world: World) -> None:
    alarm_id = world.press().alarm_id
    token, officer = relative_token(world, alarm_id), site.as_("officer")
    officer.post(f"/api/v1/alarms/{alarm_id}/claim")
    officer.post(f"/api/v1/alarms/{alarm_id}/close", json={"satisfaction": "satisfied"})

    page = site.open().post(f"/r/{token}", data={"answer": "going"})

    assert "已经结束" in page.text
    assert officer.get(f"/api/v1/alarms/{alarm_id}").json()["state"] == "closed"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", ["x", "a" * 300, "é", "forged"])
def test_a_link_that_was_not_made_here_gets_a_kind_page(
    site: ConsoleSite, world: World, token: str, method: str
) -> None:
    if token == "forged":
        real = relative_token(world, world.press().alarm_id)
        token = real[:10] + ("A" if real[10] != "A" else "B") + real[11:]

    answer: httpx.Response = site.open().request(method, f"/r/{token}", data={"answer": "going"})

    assert answer.status_code == 410
    assert "链接已失效" in answer.text


def test_a_link_runs_out_after_a_day(site: ConsoleSite, world: World) -> None:
    token = relative_token(world, world.press().alarm_id)
    world.clock.advance(seconds=86_400)

    assert site.open().get(f"/r/{token}").status_code == 410
