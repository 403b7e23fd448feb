"""What the next page says once, and nothing that somebody else put there."""

import base64
import json

import pytest
from starlette.requests import Request

from console import flash


def request_with(cookie: str) -> Request:
    return Request({"type": "http", "headers": [(b"cookie", f"{flash.COOKIE}={cookie}".encode())]})


def told(*said: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode()


def test_it_is_said_with_the_offer_to_undo() -> None:
    answer = flash.after("/registry/elders", "Removed.", undo="/registry/elders/1/restore")
    cookie = answer.headers["set-cookie"].partition(";")[0].partition("=")[2].strip('"')

    assert flash.taken(request_with(cookie)) == flash.Flash("Removed.", "/registry/elders/1/restore")


@pytest.mark.parametrize("undo", ["//elsewhere/x", "https://elsewhere/x", 7, None])
def test_nothing_is_undone_on_another_site(undo: object) -> None:
    assert flash.taken(request_with(told("Removed.", undo))) == flash.Flash("Removed.", None)


@pytest.mark.parametrize("cookie", ["", "x", "AAAA", told(1, None), told("only a text"), "A" * 9000])
def test_what_we_did_not_write_is_not_said(cookie: str) -> None:
    assert flash.taken(request_with(cookie)) is None
