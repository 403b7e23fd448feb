"""What headers say about a request: the version that the caller has seen, and why a file is opened."""

import re
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Header

from core.errors import Rejected


def if_match(
    if_match: Annotated[
        str | None, Header(max_length=40, description='The version seen, as `"3"`; another one now is a conflict (409)')
    ] = None,
) -> int | None:
    """None when the caller does not mind. Raises Rejected for what is no version."""
    if if_match is None or if_match.strip() == "*":
        return None
    fits = re.fullmatch(r'\s*(?:W/)?"?(\d{1,9})"?\s*', if_match)
    if fits is None:
        raise Rejected('If-Match holds a version, as in If-Match: "3"')
    return int(fits[1])


IfMatch = Annotated[int | None, Depends(if_match)]
MOST_OF_A_REASON = 300


def reason_of(
    carebell_reason: Annotated[
        str | None,
        Header(
            max_length=9 * MOST_OF_A_REASON,
            description="Why the file is opened, kept in the log; UTF-8, percent-encoded where it is not ASCII",
        ),
    ] = None,
) -> str | None:
    """None where no reason is given. Raises Rejected for one that cannot be read or is too long."""
    try:
        said = unquote(carebell_reason or "", errors="strict").strip()
    except UnicodeDecodeError:
        raise Rejected("Carebell-Reason is UTF-8, percent-encoded") from None
    if len(said) > MOST_OF_A_REASON or not said.isprintable():
        raise Rejected(f"Carebell-Reason holds at most {MOST_OF_A_REASON} characters of one line")
    return said or None


ReasonToOpen = Annotated[str | None, Depends(reason_of)]
