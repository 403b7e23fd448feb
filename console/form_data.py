"""The fields of a form that a browser sent, for routes that read them with `console.forms`."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

MOST_FIELDS = 400


async def form_data(request: Request) -> FormData:
    """Texts only; a file that comes along is not looked at."""
    return await request.form(max_files=0, max_fields=MOST_FIELDS)


Fields = Annotated[FormData, Depends(form_data)]
