"""HEAD, as load balancers and link checkers ask: answered as GET is, without the body."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

WITH_EFFECT = frozenset({
    "/api/v1/events",  # Stays open.
    "/registry/log/export",  # Is itself an entry of the log.
    "/sign-in/oidc", "/sign-in/oidc/back",  # Steps of a sign-in.
})  # fmt: skip


def answers_head(routes: Iterable[BaseRoute]) -> frozenset[str]:
    """Paths that may be asked with HEAD: one with a parameter names somebody's file, and a look at it is logged."""
    paths = {one.path for one in routes if isinstance(one, Route) and "GET" in (one.methods or ())}
    return frozenset(path for path in paths if "{" not in path) - WITH_EFFECT


@dataclass
class Head:
    """Outermost, so that everything below sees a GET."""

    app: ASGIApp
    paths: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"] not in self.paths:
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, without_body)
