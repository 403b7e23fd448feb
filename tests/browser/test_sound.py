"""What the desk is heard and seen by when nobody looks at it, in Chromium with and without leave to sound."""

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import FLAGS, PATIENCE_MS, Open
from tests.live_centre import PASSWORD, LiveCentre, until

KEEP_RANG = "window.tones = []; document.addEventListener('carebell:rang', e => tones.push(e.detail));"
KEEP_CONTEXT = """
    window.made = [];
    window.AudioContext = class extends AudioContext { constructor() { super(); window.made.push(this); } };
"""


def listening(page: Page) -> Page:
    """The desk anew, with what it plays kept in `tones`."""
    page.add_init_script(KEEP_RANG + KEEP_CONTEXT)
    page.reload()
    return page


def tones(page: Page) -> list[str]:
    return [str(one) for one in page.evaluate("tones.map(one => one.tone)")]


def answered(page: Page, heard: str) -> None:
    page.locator("#sound-check-button").click()
    card = page.locator("#sound-check")
    card.get_by_role("button", name="Play the alarm tone").click()
    card.get_by_role("button", name=heard, exact=True).click()


def test_a_new_alarm_rings_at_once(open_page: Open, centre: LiveCentre) -> None:
    centre.claim_everything()
    page = listening(open_page())
    expect(page.locator("#sound-bar")).to_be_hidden()

    alarm_id = centre.household().press()

    expect(page.locator("body")).to_have_attribute("data-rang", "fresh")
    expect(page).to_have_title(re.compile(r"^\(1\) unclaimed · "))
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", "/static/icon-waiting.svg")
    centre.ask("POST", f"/api/v1/alarms/{alarm_id}/claim")
    expect(page).to_have_title(re.compile("^Duty desk"))
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", "/static/icon.svg")


def test_an_alarm_rings_while_only_ones_own_are_shown(open_page: Open, centre: LiveCentre) -> None:
    centre.claim_everything()
    page = listening(open_page())
    page.locator(".views [data-view=mine]").click()
    expect(page.locator(".views [data-view=mine]")).to_have_attribute("aria-pressed", "true")

    centre.household().press()
    until(lambda: tones(page) == ["fresh"], "the first one is heard")
    centre.household().press()
    until(lambda: tones(page).count("fresh") == 2, "and so is the second")
    expect(page).to_have_title(re.compile(r"^\(2\) unclaimed · "))


def test_of_two_tabs_one_rings(open_page: Open, centre: LiveCentre) -> None:
    centre.claim_everything()
    first = listening(open_page())
    expect(first.locator("#sound-bar")).to_be_hidden()
    second = first.context.new_page()
    second.goto("/")
    listening(second)
    expect(second.locator("#sound-bar")).to_be_hidden()

    alarm_id = centre.household().press()
    for page in (first, second):
        expect(page.locator(f"#line-{alarm_id}")).to_be_attached()
    until(lambda: first.evaluate("tones.length") + second.evaluate("tones.length"), "one of them rings")

    assert tones(first) + tones(second) == ["fresh"]

    ringer, other = (first, second) if tones(first) else (second, first)
    ringer.close()
    centre.household().press()
    until(lambda: "fresh" in tones(other), "the tab that is left rings")


def test_the_mute_is_shared_and_ends(open_page: Open, centre: LiveCentre) -> None:
    centre.claim_everything()
    first = open_page()
    second = first.context.new_page()
    second.goto("/")

    first.locator("#mute").click()
    expect(second.locator(".mute-left")).to_have_text(re.compile("muted, [56]"))
    centre.household().press()
    expect(first).to_have_title(re.compile(r"^\(1\)"))
    assert first.locator("body").get_attribute("data-rang") is None

    first.evaluate("carebell.setNow(new Date(carebell.now() + 61000).toISOString())")
    expect(first.locator("body")).to_have_attribute("data-rang", "waiting")


def test_what_nobody_took_for_three_minutes_cannot_be_muted(open_page: Open, centre: LiveCentre) -> None:
    centre.claim_everything()
    page = open_page()
    page.keyboard.press("m")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    alarm_id = centre.household().press()
    expect(page.locator(f"#line-{alarm_id}")).to_be_attached()
    grow_old = """id => {
        document.getElementById("line-" + id).dataset.received = new Date(carebell.now() - 181000).toISOString();
        return document.getElementById("mute").getAttribute("aria-pressed") === "false";
    }"""

    page.wait_for_function(grow_old, arg=alarm_id)

    expect(page.locator("body")).to_have_attribute("data-rang", "waiting")
    page.evaluate(f"id => {{ ({grow_old})(id); carebell.mute(); }}", alarm_id)
    expect(page.locator("#toasts")).to_contain_text("cannot be muted")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "false")


def test_sound_that_stops_later_is_said(open_page: Open) -> None:
    page = listening(open_page())
    bar = page.locator("#sound-bar")
    expect(bar).to_be_hidden()

    page.evaluate("made.forEach(context => context.suspend())")
    expect(bar).to_contain_text("The sound has stopped")
    bar.get_by_role("button").click()
    expect(bar).to_be_hidden()


def test_a_loudspeaker_that_is_gone_is_said(open_page: Open) -> None:
    page = open_page()
    page.add_init_script("""
        window.plugged = [{kind: "audiooutput"}];
        navigator.mediaDevices.enumerateDevices = () => Promise.resolve(window.plugged);
    """)
    page.reload()
    expect(page.locator("#sound-bar")).to_be_hidden()

    page.evaluate("plugged = []; navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")

    expect(page.locator("#sound-bar")).to_contain_text("no loudspeaker")


def test_the_volume_check_is_offered_once_and_seen_by_the_leader(open_page: Open, centre: LiveCentre) -> None:
    centre.claim_everything()
    me = next(one for one in centre.ask("GET", "/api/v1/users?limit=50")["items"] if one["username"] == "limin")
    page = open_page()
    shift = page.evaluate("[new Date(carebell.now() - 6e5), new Date(carebell.now() + 36e5)].map(d => d.toISOString())")
    centre.ask("POST", "/api/v1/shifts", {"user_id": me["id"], "starts_at": shift[0], "ends_at": shift[1]})
    page.reload()
    expect(page.locator("#sound-offer")).to_be_visible()
    page.goto("/room")
    expect(page.locator(".page-head")).to_contain_text("sound not checked")

    page.goto("/")
    answered(page, "No, I did not")
    expect(page.locator("#sound-check [data-step=help]")).to_be_visible()
    expect(page.locator("#sound-check")).to_contain_text("tell the shift leader")
    page.goto("/room")
    expect(page.locator(".page-head")).to_contain_text("did not hear the sound")

    page.goto("/")
    expect(page.locator("#sound-offer")).to_have_count(0)
    answered(page, "Yes, I heard it")
    expect(page.locator("#sound-check")).to_be_hidden()
    page.goto("/room")
    expect(page.locator(".page-head")).to_contain_text(re.compile(r"sound checked \d\d:\d\d"))


def test_a_notification_names_nobody_and_leads_to_the_alarm(open_page: Open, centre: LiveCentre) -> None:
    centre.claim_everything()
    page = open_page()
    page.context.grant_permissions(["notifications"])
    page.add_init_script("""
        window.told = [];
        window.Notification = class {
            static permission = "granted";
            constructor(title, more) { this.title = title; this.more = more; window.told.push(this); }
            close() {}
        };
        Object.defineProperty(document, "hidden", {get: () => window.isAway === true});
    """)
    page.reload()
    expect(page.locator("#sound-bar")).to_be_hidden()
    seen = centre.household().press()
    expect(page.locator(f"#line-{seen}")).to_be_attached()
    expect(page).to_have_title(re.compile(r"^\(1\)"))
    assert page.evaluate("told.length") == 0

    page.evaluate("isAway = true; localStorage.removeItem('carebell.seenAt')")
    home = centre.household()
    alarm_id = home.press(kind="fall")
    until(lambda: page.evaluate("told.length"), "a notification")

    said: Any = page.evaluate("told.map(one => one.title + JSON.stringify(one.more)).join()")
    number = centre.alarm(alarm_id)["number"]
    assert f"#{number} " in said
    assert home.name not in said
    assert "fall" not in said
    page.evaluate("told[0].onclick()")
    expect(page.locator(f"#panel [data-alarm='{alarm_id}']")).to_be_attached()


@pytest.fixture(scope="module")
def silent_chromium(chromium: Browser) -> Iterator[Browser]:
    """Chromium as it comes: it lets no page ring before somebody has clicked."""
    flags = [flag for flag in FLAGS if not flag.startswith("--autoplay-policy")]
    browser = chromium.browser_type.launch(executable_path=shutil.which("chromium"), args=flags)
    yield browser
    browser.close()


def test_without_leave_to_sound_the_desk_stops_until_it_is_given(silent_chromium: Browser, centre: LiveCentre) -> None:
    centre.claim_everything()
    context = silent_chromium.new_context(base_url=centre.url)
    token = context.request.post("/api/v1/session", data={"username": "limin", "password": PASSWORD}).json()["token"]
    context.add_cookies([
        {"name": "carebell_session", "value": token, "url": centre.url},
        {"name": "carebell_lang", "value": "en", "url": centre.url},
    ])  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/")
    gate = page.locator("#sound-gate")
    expect(gate).to_be_visible()
    expect(page.locator("#sound-bar")).to_contain_text("The sound is off")
    centre.household().press()
    expect(page).to_have_title(re.compile(r"^\(1\)"))
    assert page.locator("body").get_attribute("data-rang") is None

    page.keyboard.press("Enter")

    expect(gate).to_be_hidden()
    expect(page.locator("#sound-bar")).to_be_hidden()
    expect(page.locator("body")).to_have_attribute("data-rang", re.compile("fresh|waiting"))
    context.close()
