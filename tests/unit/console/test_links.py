from datetime import UTC, datetime, timedelta

import pytest

from console.links import LINK_LIFETIME, make_link, read_token

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
KEY = "a key for the tests"
ATTEMPT = "01a20176-fb20-7f2c-a76b-64680fddb375"


def token_of(link: str) -> str:
    return link.rpartition("/")[2]


def test_a_link_leads_back_to_its_attempt() -> None:
    link = make_link("https://care.example/", KEY, ATTEMPT, NOW + LINK_LIFETIME)

    assert link.startswith("https://care.example/r/")
    assert len(token_of(link)) == 56
    assert read_token(KEY, token_of(link), NOW + timedelta(hours=23)) == ATTEMPT


def test_a_link_holds_for_a_day() -> None:
    token = token_of(make_link("https://care.example", KEY, ATTEMPT, NOW + LINK_LIFETIME))

    assert read_token(KEY, token, NOW + timedelta(hours=24)) is None


def test_a_link_signed_with_another_key_is_nobodys() -> None:
    token = token_of(make_link("https://care.example", "another key", ATTEMPT, NOW + LINK_LIFETIME))

    assert read_token(KEY, token, NOW) is None


@pytest.mark.parametrize("token", ["", "x", "WyJhIiwxXQ", "." * 50, "a" * 5_000, "WyJh\x00.é", "[1,2].sig"])
def test_nonsense_is_nobodys(token: str) -> None:
    assert read_token(KEY, token, NOW) is None


def test_every_changed_character_is_noticed() -> None:
    token = token_of(make_link("https://care.example", KEY, ATTEMPT, NOW + LINK_LIFETIME))

    # The last character of a base64 text may carry bits that mean nothing.
    for place in range(len(token) - 1):
        other = "A" if token[place] != "A" else "B"
        assert read_token(KEY, token[:place] + other + token[place + 1 :], NOW) is None
