"""The sealed list in a browser that knows no Carebell and has no network: from a file, as from a stick."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.live_centre import LiveCentre

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def kept(open_page: Open, centre: LiveCentre, tmp_path: Path) -> tuple[Path, str]:
    """The list as the duty room's page gives it, on the disk, and somebody who is on it."""
    home = centre.household()
    page = open_page("/room", user="root")
    page.locator(".offline-told a").click()
    sealed = page.locator("form[action='/room/offline/file']")
    sealed.locator("[name=reason]").fill("Weekly copy")
    sealed.locator("[name=passphrase]").fill(PASSPHRASE)
    sealed.locator("[name=again]").fill(PASSPHRASE)
    with page.expect_download() as download:
        sealed.get_by_role("button", name="Make the file").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    return file, home.name


def opened(open_page: Open, file: Path, passphrase: str) -> Page:
    page = open_page("/sign-in", user=None)
    page.context.set_offline(True)
    page.goto(file.as_uri())
    page.get_by_label("Passphrase").fill(passphrase)
    page.get_by_role("button", name="Open the list").click()
    return page


def test_it_opens_without_a_network_and_finds_by_initials_and_number(open_page: Open, kept: tuple[Path, str]) -> None:
    file, name = kept
    page = opened(open_page, file, PASSPHRASE)
    expect(page.locator("header")).to_contain_text("less than a day old")
    expect(page.locator("header")).to_contain_text("Weekly copy")

    number = name.removeprefix("赵桂明")
    page.get_by_label("Name, initials, number or address").fill(f"zgm {number}号楼")
    card = page.locator(".elder", has_text=f"吴家堡{number}号楼")  # A name is the beginning of others' names and ages.
    expect(card).to_be_visible()
    expect(card).to_contain_text("高血压")
    expect(card.locator("ol li").first).to_contain_text("family")

    page.emulate_media(media="print")
    expect(page.locator("thead .mark")).to_contain_text("Weekly copy")
    expect(page.locator(".tools")).to_be_hidden()


def test_a_wrong_passphrase_says_so_and_shows_nobody(open_page: Open, kept: tuple[Path, str]) -> None:
    file, name = kept
    page = opened(open_page, file, "correct horse battery stable")

    expect(page.get_by_role("alert")).to_contain_text("This is not the passphrase")
    assert name not in page.content()


def test_a_file_that_was_cut_says_so(open_page: Open, kept: tuple[Path, str]) -> None:
    file, _ = kept
    text = file.read_text()
    last = text.rindex('<script type="text/plain" class="box">')
    file.write_text(text[:last] + text[text.index("</script>\n", last) + 10 :])

    page = opened(open_page, file, PASSPHRASE)

    expect(page.get_by_role("alert")).to_contain_text("damaged or was cut")
