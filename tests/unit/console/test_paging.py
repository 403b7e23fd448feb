import pytest

from console.paging import decode_cursor, encode_cursor
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
