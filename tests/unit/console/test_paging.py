import pytest

from console.paging import PageWanted, decode_cursor, encode_cursor, page_of
from core.errors import Rejected


@pytest.mark.parametrize("key", ["01a20162-f49b-7e76-9e8d-22f798e50af6", "a:b", "7"])
def test_cursor_gives_back_its_key(key: str) -> None:
    cursor = encode_cursor(key)

    assert cursor is not None
    assert decode_cursor(cursor) == key


def test_end_of_a_list_has_no_cursor() -> None:
    assert encode_cursor(None) is None


@pytest.mark.parametrize("cursor", ["999", "';--", "A" * 200, "MTo", "_-_-", "é", "\x00", "MjphYmM", "MToAYQ"])
def test_cursor_that_was_never_given_is_refused(cursor: str) -> None:
    with pytest.raises(Rejected, match="cursor"):
        decode_cursor(cursor)


def pages(everything: list[str], limit: int) -> list[list[str]]:
    found, after = [], None
    while True:
        page = page_of(everything, str, PageWanted(limit, after))
        found.append(page.items)
        if page.next_cursor is None:
            return found
        after = decode_cursor(page.next_cursor)


@pytest.mark.parametrize(
    ("everything", "limit", "told"),
    [([], 2, [[]]), (["a", "b"], 2, [["a", "b"]]), (["a", "b", "c"], 2, [["a", "b"], ["c"]]), (["a"], 50, [["a"]])],
)
def test_short_list_is_told_page_by_page(everything: list[str], limit: int, told: list[list[str]]) -> None:
    assert pages(everything, limit) == told


@pytest.mark.parametrize(
    ("meanwhile", "following"),
    [(["new", "a", "b", "c"], ["c"]), (["a", "c"], ["c"]), (["b", "c"], ["c"]), ([], [])],
)
def test_page_goes_on_behind_the_last_item_whatever_came_or_went(meanwhile: list[str], following: list[str]) -> None:
    cursor = page_of(["a", "b", "c"], str, PageWanted(2, None)).next_cursor

    assert page_of(meanwhile, str, PageWanted(2, decode_cursor(cursor or ""))).items == following


@pytest.mark.parametrize("after", ["01a20162-f49b-7e76-9e8d-22f798e50af6", "-1.a", "1.", ".a", "1234567.a", "²"])
def test_cursor_of_another_list_is_refused(after: str) -> None:
    with pytest.raises(Rejected, match="cursor"):
        page_of(["a"], str, PageWanted(2, after))
