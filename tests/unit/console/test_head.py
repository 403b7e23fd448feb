import asyncio
from typing import Any

from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import ASGIApp, Message

from console.head import Head


def told(app: ASGIApp, method: str, path: str) -> list[Message]:
    sent: list[Message] = []
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "headers": []}
    scope["asgi"] = {"spec_version": "2.4"}  # As our server: nobody has to wait for the browser to hang up.

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(Head(app, frozenset({"/healthz"}))(scope, receive, send))
    assert scope["method"] == method  # The server looks at it again.
    return sent


def test_head_has_the_headers_of_get_and_no_body() -> None:
    start, body = told(PlainTextResponse("alive"), "HEAD", "/healthz")

    assert (b"content-length", b"5") in start["headers"]
    assert body["body"] == b""


def test_answer_in_pieces_has_no_body_either() -> None:
    pieces = told(StreamingResponse(iter(["a", "b"])), "HEAD", "/healthz")[1:]

    assert [one["body"] for one in pieces] == [b"", b"", b""]


def test_everything_else_passes_untouched() -> None:
    assert told(PlainTextResponse("alive"), "GET", "/healthz")[1]["body"] == b"alive"
    assert told(PlainTextResponse("alive"), "HEAD", "/elsewhere")[1]["body"] == b"alive"
