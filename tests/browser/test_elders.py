"""The elders' files in a real browser: found while typing, opened, changed with the keyboard, usable by everybody."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_for_everyone import problems
from tests.live_centre import LiveCentre

LIST = "/registry/elders"


def folded_open(page: Page) -> None:
    page.get_by_text("To bring the file up to date").click()
    page.get_by_role("button", name="Show", exact=True).click()


def test_a_file_is_found_while_typing_and_changed_with_the_keyboard(open_page: Open, centre: LiveCentre) -> None:
    home = centre.household("曾桂明")
    page = open_page(LIST, user="root")

    page.keyboard.press("/")
    page.keyboard.type(str(home.elder["name"]))
    expect(page.locator("tr[data-href]")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"{LIST}/{home.elder['id']}$"))
    expect(page.get_by_text("高血压")).to_have_count(0)
    folded_open(page)
    expect(page.get_by_text("高血压")).to_be_visible()

    page.keyboard.press("e")
    page.get_by_label("Floor").fill("5")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("button", name="Still true")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(f"{LIST}$"))
    page.keyboard.press("n")
    page.wait_for_url(re.compile(f"{LIST}/new$"))


def test_a_file_that_is_too_large_is_told_beside_its_field_before_it_is_sent(open_page: Open, tmp_path: Path) -> None:
    large = tmp_path / "all.csv"
    with large.open("wb") as file:
        file.truncate(200 << 20)
    page = open_page("/registry/import", user="root")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    field = page.get_by_label("File")

    field.set_input_files(large)
    page.get_by_role("button", name="Try the file").click()
    expect(page.get_by_role("alert")).to_contain_text("split the file")
    assert sent == []

    large.write_text("name,phone\n吴桂英,13900000077\n")
    field.set_input_files(large)
    page.get_by_role("button", name="Try the file").click()
    page.wait_for_url("**/registry/import/*")


@pytest.mark.parametrize(("theme", "width"), [("day", 1440), ("night", 390)])
def test_everybody_can_use_the_files(open_page: Open, centre: LiveCentre, theme: str, width: int) -> None:
    elder = centre.household().elder["id"]
    page = open_page(LIST, user="root", theme=theme, width=width)
    for path in (LIST, f"{LIST}/{elder}", f"{LIST}/{elder}/edit", f"{LIST}/new", f"{LIST}/{elder}/addresses/new"):
        page.goto(path)
        assert (path, problems(page)) == (path, [])
    page.goto(f"{LIST}/{elder}")
    folded_open(page)
    assert problems(page) == []
