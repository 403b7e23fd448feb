"""The outermost layer of the console: what may come in at all, what every answer carries, what is logged.

Pure ASGI, so that event streams pass through untouched.
"""

import json
import logging
import re
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console import session_cookie
from console.problems import problem

MAX_BODY_BYTES = 1 << 20
LARGER_BODIES = (
    (re.compile(r"/(?:api/v1|registry)/elders/[^/]+/photo"), 9 << 20),
    (re.compile(r"/api/v1/imports/[a-z]+|/registry/import"), 66 << 20),
    (re.compile(r"/registry/areas/csv"), 10 << 20),
)
"""Paths that take more than others: a photo of 8 MiB, a file of 64 MB to be imported, a list of areas
of 8 MB, and the form around each."""
MAX_DEPTH = 40
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
_BAD_PERCENT = re.compile(rb"%00")
log = logging.getLogger(__name__)


class Unfit(Exception):
    """The request cannot be taken; `status` says how that is told."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


@dataclass
class Edge:
    """`headers` go onto every answer that does not set them itself."""

    app: ASGIApp
    headers: tuple[tuple[str, str], ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, told = time.perf_counter(), _Told()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                told.status = message["status"]
                self._dress(message, scope)
            await send(message)

        try:
            receive = await _vetted(scope, receive)
            await self.app(scope, receive, sending)
        except Unfit as unfit:
            if told.status == 0:
                await problem(unfit.status, unfit.detail)(scope, receive, sending)
        except Exception as failure:  # noqa: BLE001  # nobody above could answer; the text may hold personal data
            _log_failure(scope, failure)
            if told.status == 0:
                await problem(500, "This is our fault; it was noted.")(scope, receive, sending)
        finally:
            _log_access(scope, told.status, time.perf_counter() - began)

    def _dress(self, message: Message, scope: Scope) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self.headers:
            headers.setdefault(name, value)
        session_cookie.dress(scope, headers)
        if headers.get("content-type", "").startswith(("text/html", "application/json", "application/problem+json")):
            headers.setdefault("Cache-Control", "no-store")


@dataclass
class _Told:
    status: int = 0


def security_headers(public_url: str, tile_hosts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """What a browser may do with our pages: everything from here, map tiles from where the site says."""
    images = " ".join(["'self'", "data:", *sorted(set(tile_hosts))])
    policy = (
        f"default-src 'self'; img-src {images}; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'self'"
    )
    strict = (("Strict-Transport-Security", "max-age=31536000"),) if public_url.startswith("https:") else ()
    return (
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("X-Frame-Options", "SAMEORIGIN"),
        *strict,
    )


async def _vetted(scope: Scope, receive: Receive) -> Receive:
    """The request's body, read whole within its limit and checked; raises Unfit.

    NUL and lone surrogates are refused for every route here: PostgreSQL cannot store the one, UTF-8 not the other.
    """
    if "\x00" in scope["path"]:
        raise Unfit(404, "there is no such path")
    if _BAD_PERCENT.search(scope.get("query_string", b"")):
        raise Unfit(422, "the query holds a NUL character")
    headers = dict(scope["headers"])
    if scope["method"] in ("GET", "HEAD") and b"content-length" not in headers and b"transfer-encoding" not in headers:
        return receive
    most = next((size for path, size in LARGER_BODIES if path.fullmatch(scope["path"])), MAX_BODY_BYTES)
    told = headers.get(b"content-length", b"0")
    if told.isdigit() and int(told[:20]) > most:
        raise Unfit(413, _too_much(most))
    body = await _read(receive, most)
    kind = headers.get(b"content-type", b"").lower()
    if b"json" in kind and body:
        _check_json(body)
    elif b"urlencoded" in kind and (_BAD_PERCENT.search(body) or b"\x00" in body):
        raise Unfit(422, "the form holds a NUL character")
    return _replay(body, receive)


def _too_much(most: int) -> str:
    return f"at most {most >> 20} MB can be sent at once: send less, or split the file"


async def _read(receive: Receive, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Unfit(400, "the request ended early")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise Unfit(413, _too_much(most))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay


def _check_json(body: bytes) -> None:
    """Raises Unfit: 400 for what is no JSON in UTF-8, 422 for what no text or number of ours can be."""

    def refuse(name: str) -> NoReturn:
        raise Unfit(422, f"{name} is not a number")

    try:
        value = json.loads(body.decode("utf-8"), parse_constant=refuse)
    except RecursionError:
        raise Unfit(422, "the JSON is nested too deeply") from None
    except ValueError:
        raise Unfit(400, "the body is not JSON in UTF-8") from None
    _check_value(value, 0)


def _check_value(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Unfit(422, "the JSON is nested too deeply")
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise Unfit(422, "a text holds NUL or half of a character")
    elif isinstance(value, float):
        if value in (float("inf"), float("-inf")):
            raise Unfit(422, "a number is too large")
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_value(name, depth + 1)
            _check_value(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check_value(member, depth + 1)


def _log_access(scope: Scope, status: int, seconds: float) -> None:
    """Method, the route's template and never its values: a path may hold a phone number or a relative's token."""
    method = scope["method"] if scope["method"] in METHODS else "OTHER"
    template = getattr(scope.get("route"), "path", "(no route)")
    level = logging.DEBUG if template in QUIET_PATHS else logging.INFO
    log.log(level, "%s %s %d %.0f ms", method, template, status, seconds * 1000)


def _log_failure(scope: Scope, failure: Exception) -> None:
    """Where it happened, without the message: a database's message repeats the values of the row."""
    walked = traceback.walk_tb(failure.__traceback__)
    frames = "\n".join(f"  {frame.f_code.co_filename}:{line} {frame.f_code.co_qualname}" for frame, line in walked)
    template = getattr(scope.get("route"), "path", "(no route)")
    log.error("%s in %s %s\n%s", type(failure).__name__, scope["method"], template, frames)
