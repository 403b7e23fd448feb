"""Lists page by page: `limit` and an opaque `cursor` in, `items` and `next_cursor` out."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from core.errors import Rejected

DEFAULT_LIMIT = 50
MOST = 200
_LONGEST_CURSOR = 200
_MOST_DIGITS = 6
Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page; null on the last")


@dataclass(frozen=True, slots=True)
class PageWanted:
    """`after` is the key of the last item already seen, None for the first page."""

    limit: int
    after: str | None


def encode_cursor(key: str | int | None) -> str | None:
    """A key of the last item as a cursor; None (no further page) stays None."""
    if key is None:
        return None
    return base64.urlsafe_b64encode(f"1:{key}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """The key in a cursor. Raises Rejected for what was never given out."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    version, _, key = text.partition(":")
    if version != "1" or not key or not key.isprintable():
        raise Rejected("this cursor was not given by this list")
    return key


def page_wanted(
    limit: Annotated[int, Query(ge=1, le=MOST, description="At most this many items")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=_LONGEST_CURSOR, description="`next_cursor` of the page before")
    ] = None,
) -> PageWanted:
    return PageWanted(limit, decode_cursor(cursor) if cursor else None)


Paging = Annotated[PageWanted, Depends(page_wanted)]


def page_of(everything: Sequence[Item], key: Callable[[Item], str], paging: PageWanted) -> Page[Item]:
    """One page of a list that is short by nature and read as a whole.

    A cursor is the place and the key of the last item seen: behind the key it goes on, or, where that item is gone by
    now, at its place. Raises Rejected for a cursor that such a list did not give.
    """
    start = 0
    if paging.after is not None:
        place, _, last = paging.after.partition(".")
        if not (place.isascii() and place.isdigit() and len(place) <= _MOST_DIGITS and last):
            raise Rejected("this cursor was not given by this list")
        start = next((at for at, item in enumerate(everything, 1) if key(item) == last), int(place))
    items = list(everything[start : start + paging.limit])
    end = start + len(items)
    following = f"{end - 1}.{key(items[-1])}" if items and end < len(everything) else None
    return Page(items=items, next_cursor=encode_cursor(following))
