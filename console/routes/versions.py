"""`If-Match` on changes: the version that the caller has seen."""

import re
from typing import Annotated

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
