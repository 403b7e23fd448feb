"""Signing in, for the API and the sign-in page: bounded in how fast anybody may guess and how much it may cost."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import Request, Response

from console.centre import Centre
from console.deps import COOKIE, Memory, token_of
from core.errors import CarebellError, TryAgain
from registry.intake import account_name
from registry.passwords import AT_ONCE
from registry.sessions import LIFETIME, SignedIn

FREE_TRIES: Final = 5
LONGEST_WAIT_S: Final = 60
MOST_NAMES: Final = 10_000
MOST_WAITING: Final = 50


class WrongPassword(CarebellError):
    """Name and password do not fit; which of the two is not told."""


class TooManyTries(CarebellError):
    """Somebody is guessing; `wait_s` until the next try counts."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many wrong passwords: try again in {wait_s} s")
        self.wait_s = wait_s


class Guard:
    """Counts wrong passwords per name and address, so that guessing slows down and the real user is not shut out."""

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, str], tuple[int, datetime]] = OrderedDict()
        self.limiter = CapacityLimiter(AT_ONCE)  # They wait on the loop, not on threads that alarms need.

    def admit(self, who: tuple[str, str], now: datetime) -> None:
        """Raises TooManyTries, or TryAgain when too many others wait."""
        _, until = self._failures.get(who, (0, now))
        if until > now:
            raise TooManyTries(max(1, round((until - now).total_seconds())))
        if self.limiter.statistics().tasks_waiting >= MOST_WAITING:
            raise TryAgain("too many people are signing in at once")

    def failed(self, who: tuple[str, str], now: datetime) -> None:
        count = self._failures.pop(who, (0, now))[0] + 1
        wait_s = min(2 ** (count - FREE_TRIES), LONGEST_WAIT_S) if count >= FREE_TRIES else 0
        self._failures[who] = (count, now + timedelta(seconds=wait_s))
        if len(self._failures) > MOST_NAMES:
            self._failures.popitem(last=False)

    def succeeded(self, who: tuple[str, str]) -> None:
        self._failures.pop(who, None)


async def sign_in(request: Request, centre: Centre, username: str, password: str) -> tuple[str, SignedIn]:
    """A token and whose it is. Raises WrongPassword, TooManyTries, TryAgain."""
    guard: Guard = request.app.state.guard
    who = account_name(username), request.client.host if request.client else ""
    guard.admit(who, centre.clock.now())
    found = await anyio.to_thread.run_sync(
        centre.registry.users.sign_in, username, password, limiter=guard.limiter, abandon_on_cancel=False
    )
    if found is None:
        guard.failed(who, centre.clock.now())
        raise WrongPassword("name and password do not fit")
    guard.succeeded(who)
    return found


async def sign_out(request: Request, centre: Centre) -> None:
    """End the session this request came with."""
    token = token_of(request)
    if token is not None:
        memory: Memory = request.app.state.memory
        await anyio.to_thread.run_sync(centre.registry.users.sign_out, token)
        memory.forget(token)


def set_cookie(response: Response, centre: Centre, token: str) -> None:
    response.set_cookie(
        COOKIE, token, max_age=int(LIFETIME.total_seconds()), path="/", httponly=True, samesite="lax",
        secure=centre.settings.public_url.startswith("https:"),
    )  # fmt: skip


def clear_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
