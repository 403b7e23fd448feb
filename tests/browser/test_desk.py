"""The duty desk in a browser, with real presses from a real device connection."""

import re

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.browser.conftest import Open
from tests.live_centre import LiveCentre, until


def test_a_press_appears_in_the_queue_and_on_the_map(open_page: Open, centre: LiveCentre) -> None:
    home = centre.household()
    page = open_page()
    expect(page.locator("#map_live .leaflet-map-pane")).to_be_attached()

    alarm_id = home.press(kind="fall")

    line = page.locator(f"#line-{alarm_id}")
    expect(line).to_contain_text(home.name)
    expect(line).to_contain_text("fall")
    expect(line).to_contain_text("unclaimed")
    expect(page.locator("#map_live .cb-pin-unclaimed", has_text=home.name)).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\(\d+\) unclaimed"))


def test_from_the_press_to_the_closed_alarm(open_page: Open, centre: LiveCentre) -> None:
    home = centre.household()
    page = open_page()
    alarm_id = home.press()
    panel = page.locator("#panel")

    page.locator(f"#line-{alarm_id}").click()
    expect(panel).to_contain_text(home.name)
    expect(panel).not_to_contain_text("高血压")  # Folded until it is taken.
    panel.get_by_role("button", name="Take it").click()
    expect(panel).to_contain_text("yours")
    expect(panel).to_contain_text("高血压")
    expect(panel).to_contain_text("ringing")

    panel.get_by_text("Somebody is going", exact=True).click()
    panel.get_by_text("15 min").click()
    panel.get_by_role("button", name="They are going").click()
    expect(panel.locator(".panel-state")).to_contain_text("on the way")
    expect(panel.locator(".part-next")).to_contain_text(f"{home.contact['name']} is going")

    panel.get_by_role("button", name="Help is there").click()
    expect(panel.locator(".panel-state")).to_contain_text("arrived")

    panel.get_by_text("Close …").click()
    panel.get_by_text("Helped on the spot").click()
    panel.get_by_text("Yes, the elder is safe").click()
    panel.get_by_text("satisfied", exact=True).click()
    panel.get_by_label("How do you know that the elder is safe?").fill("Spoke with her myself.")
    panel.get_by_role("button", name="Close the alarm").click()
    expect(panel.locator(".closed-as")).to_contain_text("Helped on the spot")
    expect(page.locator(f"#line-{alarm_id}")).to_have_count(0)
    assert centre.alarm(alarm_id)["satisfaction"] == "satisfied"


def test_the_whole_way_by_keyboard(open_page: Open, centre: LiveCentre) -> None:
    centre.claim_everything()
    page = open_page()
    alarm_id = centre.household().press()
    expect(page.locator(f"#line-{alarm_id}")).to_be_visible()
    panel = page.locator("#panel")

    page.keyboard.press("Space")
    expect(panel.locator(f"[data-alarm='{alarm_id}'] .panel-holder")).to_have_text("yours")

    page.keyboard.press("Enter")
    expect(page.locator("#act-accept")).to_have_attribute("open", "")
    page.keyboard.press("Enter")
    expect(panel.locator(".panel-state")).to_contain_text("on the way")
    page.keyboard.press("c")
    page.keyboard.press("1")
    expect(panel.locator("[name=disposition][value=helped]")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.locator("#act-close")).not_to_have_attribute("open", "")
    page.keyboard.press("?")
    expect(page.locator("dialog.keys")).to_be_visible()


def held_back(page: Page, alarm_id: str) -> list[Route]:
    """What the page asks for that alarm's file, not answered before the test says so."""
    held: list[Route] = []
    page.route(f"**/alarms/{alarm_id}", lambda route: held.append(route))
    return held


def test_the_choice_stands_while_the_alarm_shown_before_changes(open_page: Open, centre: LiveCentre) -> None:
    before, home = centre.household(), centre.household()
    shown, chosen = before.press(), home.press()
    page = open_page(f"/?alarm={shown}")
    held = held_back(page, chosen)

    with page.expect_request(f"**/alarms/{chosen}"):
        page.locator(f"#line-{chosen}").click()
    page.evaluate(
        "id => document.addEventListener('carebell:changed', e => { window.heard |= e.detail.alarm.id === id; })", shown
    )
    before.press()
    page.wait_for_function("() => window.heard")
    expect(page.locator(f"#line-{chosen}")).to_have_class(re.compile("is-chosen"))
    for route in held:
        route.continue_()

    expect(page.locator(f"#panel [data-alarm='{chosen}']")).to_be_attached()
    expect(page.locator(f"#line-{chosen} a")).to_have_attribute("aria-current", "true")


def test_an_alarm_that_cannot_be_shown_says_so_and_is_not_marked_as_chosen(open_page: Open, centre: LiveCentre) -> None:
    shown, chosen = centre.household().press(), centre.household().press()
    page = open_page(f"/?alarm={shown}")
    page.route(f"**/alarms/{chosen}", lambda route: route.fulfill(status=503))

    page.locator(f"#line-{chosen}").click()

    expect(page.locator("#toasts")).to_contain_text("could not be shown")
    expect(page.locator(f"#line-{shown} a")).to_have_attribute("aria-current", "true")
    expect(page.locator(f"#panel [data-alarm='{shown}']")).to_be_attached()
    page.unroute(f"**/alarms/{chosen}")
    page.locator(f"#line-{chosen}").click()
    expect(page.locator(f"#panel [data-alarm='{chosen}']")).to_be_attached()


def test_undo_gives_back_the_alarm_that_was_taken_whichever_is_shown_by_then(
    open_page: Open, centre: LiveCentre
) -> None:
    taken, other = centre.household().press(), centre.household().press()
    page, held = open_page(f"/?alarm={taken}"), list[Route]()
    page.route(f"**/alarms/{taken}/claim", lambda route: held.append(route))

    with page.expect_request(f"**/alarms/{taken}/claim"):
        page.locator("#panel").get_by_role("button", name="Take it").click()
    page.locator(f"#line-{other}").click()
    expect(page.locator(f"#panel [data-alarm='{other}']")).to_be_attached()
    held[0].continue_()
    expect(page.locator("#toasts")).to_contain_text(f"#{centre.alarm(taken)['number']}")
    expect(page.locator(f"#panel [data-alarm='{other}']")).to_be_attached()
    until(lambda: centre.alarm(taken)["claimed_by"] is not None, "it is taken")

    page.locator("#toasts").get_by_role("button", name="Give it back").click()
    until(lambda: centre.alarm(taken)["claimed_by"] is None, "and given back")
    expect(page.locator(f"#panel [data-alarm='{other}']")).to_be_attached()


def test_what_is_refused_is_told_although_another_alarm_is_shown_by_then(open_page: Open, centre: LiveCentre) -> None:
    refused, other = centre.household().press(), centre.household().press()
    page, held = open_page(f"/?alarm={refused}"), list[Route]()
    page.route(f"**/alarms/{refused}/claim", lambda route: held.append(route))
    number = centre.alarm(refused)["number"]

    with page.expect_request(f"**/alarms/{refused}/claim"):
        page.locator("#panel").get_by_role("button", name="Take it").click()
    page.locator(f"#line-{other}").click()
    expect(page.locator(f"#panel [data-alarm='{other}']")).to_be_attached()
    page.locator("#note-text").fill("About the other one")
    centre.ask("POST", f"/api/v1/alarms/{refused}/claim")
    held[0].continue_()

    expect(page.locator("#toasts")).to_contain_text(f"That did not work: #{number} – ")
    expect(page.locator(f"#panel [data-alarm='{other}']")).to_be_attached()
    expect(page.locator("#note-text")).to_have_value("About the other one")


def test_a_button_is_pressed_though_its_alarm_changes_under_it(open_page: Open, centre: LiveCentre) -> None:
    home = centre.household()
    alarm_id = home.press()
    page = open_page(f"/?alarm={alarm_id}")
    late = answered_late(page, f"**/alarms/{alarm_id}")
    home.press()
    until(lambda: written(page, late), "the alarm as it is after the second press")
    page.locator("#panel [data-act=claim] button").hover()

    page.mouse.down()
    page.evaluate("() => document.querySelectorAll('#panel [data-part]').forEach(one => { one.carebellSource = 'x'; })")
    for route, answer in late:
        route.fulfill(response=answer)
    page.evaluate("() => new Promise(done => setTimeout(done, 300))")
    page.mouse.up()

    expect(page.locator(f"#line-{alarm_id}")).to_have_attribute("data-look", "calling")
    assert centre.alarm(alarm_id)["claimed_by"]["username"] == "limin"
    page.unroute_all(behavior="wait")


def answered_late(page: Page, pattern: str) -> list[tuple[Route, APIResponse]]:
    """The first answer to that is fetched and kept back until the test lets it in; later ones pass."""
    late: list[tuple[Route, APIResponse]] = []

    def answer(route: Route) -> None:
        if late:
            route.continue_()
        else:
            late.append((route, route.fetch()))

    page.route(pattern, answer)
    return late


def written(page: Page, late: list[tuple[Route, APIResponse]]) -> bool:
    """Routes are served while the page is waited for."""
    page.wait_for_timeout(20)
    return bool(late)


def test_a_press_is_shown_although_a_queue_written_before_it_arrives_after_it(
    open_page: Open, centre: LiveCentre
) -> None:
    page = open_page()
    late = answered_late(page, "**/desk/queue?*")

    page.locator(".views [data-view=all]").click()
    until(lambda: written(page, late), "the queue is written")
    alarm_id = centre.household().press()
    expect(page.locator(f"#line-{alarm_id}")).to_be_attached()
    for route, answer in late:
        route.fulfill(response=answer)

    page.wait_for_function("() => !document.getElementById('queue').hasAttribute('aria-busy')")
    assert page.locator(f"#line-{alarm_id}").count() == 1
    page.unroute_all(behavior="wait")


def test_a_closed_alarm_does_not_come_back_with_a_line_written_before(open_page: Open, centre: LiveCentre) -> None:
    alarm_id, other = centre.household().press(), centre.household().press()
    page = open_page()
    late = answered_late(page, "**/desk/lines?*")

    page.evaluate("id => carebell.queue.want(id)", alarm_id)
    until(lambda: written(page, late), "the line is written")
    centre.ask("POST", f"/api/v1/alarms/{alarm_id}/claim")
    centre.ask("POST", f"/api/v1/alarms/{alarm_id}/close", {"disposition": "helped", "satisfaction": "satisfied"})
    expect(page.locator(f"#line-{alarm_id}")).to_have_count(0)
    with page.expect_request("**/desk/lines?*"):  # One at a time: this one leaves when the first was shown.
        page.evaluate("id => carebell.queue.want(id)", other)
        late[0][0].fulfill(response=late[0][1])

    expect(page.locator(f"#line-{alarm_id}")).to_have_count(0)
    page.unroute_all(behavior="wait")


def test_two_officers_one_alarm(open_page: Open, centre: LiveCentre) -> None:
    alarm_id = centre.household().press()
    mine, theirs = open_page(f"/?alarm={alarm_id}"), open_page(f"/?alarm={alarm_id}", user="zhou")

    mine.get_by_role("button", name="Take it").click()

    expect(theirs.locator(".panel-holder")).to_have_text("with Limin")
    expect(theirs.locator(f"#line-{alarm_id}")).to_contain_text("calling")


def test_what_is_being_typed_survives_the_next_event(open_page: Open, centre: LiveCentre) -> None:
    home = centre.household()
    alarm_id = home.press()
    page = open_page(f"/?alarm={alarm_id}")
    note = page.locator("#note-text")
    note.fill("She says that")

    home.press()

    expect(page.locator(".panel-sub")).to_contain_text("×2")
    expect(note).to_have_value("She says that")
    expect(note).to_be_focused()


def test_a_lost_stream_is_loud_and_comes_back_without_a_gap(open_page: Open, centre: LiveCentre) -> None:
    home = centre.household()
    page = open_page()
    expect(page.locator("#stale")).to_be_hidden()

    centre.kill()
    expect(page.locator("#stale")).to_contain_text("No connection since")
    centre.start()
    alarm_id = home.press()

    expect(page.locator(f"#line-{alarm_id}")).to_contain_text(home.name)
    expect(page.locator("#stale")).to_be_hidden()


def test_the_sound_can_be_muted_for_a_minute(open_page: Open) -> None:
    page = open_page()

    page.keyboard.press("m")

    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".mute-left")).to_have_text(re.compile("muted, [56]"))


def test_a_sandbox_phone_is_answered_by_hand(open_page: Open, centre: LiveCentre) -> None:
    home = centre.household()
    page = open_page("/sandbox")
    alarm_id = home.press()

    phone = page.locator(".phone", has_text=home.contact["name"])
    phone.get_by_role("button", name="Answer").click()
    phone.locator("[data-key='1']").click()

    until(lambda: centre.alarm(alarm_id)["state"] == "accepted", "key 1 accepts")
    expect(phone).to_contain_text("quiet")


def test_a_relative_answers_from_the_message(open_page: Open, centre: LiveCentre) -> None:
    home = centre.household()
    alarm_id = home.press()

    def link() -> str | None:
        for phone in centre.phones():
            if phone["number"] == home.contact["phone"] and phone["message"]:
                found = re.search(r"/r/[\w.-]+", phone["message"]["said"])
                return found[0] if found else None
        return None

    page = open_page(until(link, "the message arrives"), user=None, width=390, height=844)
    expect(page.locator("h1")).to_contain_text(home.name)
    page.get_by_text("20 min").click()
    page.get_by_role("button", name="I am going").click()

    expect(page.get_by_text("You are going.")).to_be_visible()
    alarm = centre.alarm(alarm_id)
    assert (alarm["state"], alarm["eta_min"]) == ("accepted", 20)


@pytest.mark.parametrize("width", [390, 800, 1100, 1440])
def test_no_page_is_wider_than_the_screen(open_page: Open, centre: LiveCentre, width: int) -> None:
    alarm_id = centre.household().press()
    page = open_page(f"/?alarm={alarm_id}", width=width)
    for path in (f"/?alarm={alarm_id}", "/", f"/alarms/{alarm_id}", "/alarms", "/sandbox"):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert (path, wide) == (path, width)


def test_a_small_screen_begins_with_the_queue_and_opens_the_alarm(open_page: Open, centre: LiveCentre) -> None:
    alarm_id = centre.household().press()
    page = open_page(width=390, height=844)
    expect(page.locator(f"#line-{alarm_id}")).to_be_visible()
    expect(page.locator("#map_live")).to_be_hidden()

    page.locator(f"#line-{alarm_id}").click()

    expect(page.get_by_role("button", name="Take it")).to_be_visible()
    expect(page.locator("#queue")).to_be_hidden()
