"""Signing in, for the API and the sign-in page: bounded in how fast anybody may guess and how much it may cost."""

import functools
import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import Request, Response
from itsdangerous import BadSignature, Signer

from console.centre import Centre
from console.deps import Memory, token_of
from console.session_cookie import COOKIE
from core.errors import CarebellError, TryAgain
from registry.entry import Locked
from registry.intake import BadMember, account_name
from registry.passwords import AT_ONCE
from registry.sessions import LIFETIME, SignedIn

KNOWN_COOKIE: Final = "carebell_known"
HALF_COOKIE: Final = "carebell_half"
HALF_WAY: Final = timedelta(minutes=5)
NO_KEY: Final = secrets.token_hex(32)  # Tests have none; a running centre always has one.
KNOWN_FOR_S: Final = 15_552_000  # Half a year.
FREE_TRIES: Final = 5
LONGEST_WAIT_S: Final = 60
MOST_NAMES: Final = 10_000
MOST_WAITING: Final = 50
MOST_OF_A_NAME: Final = 120
SECRET_MEMBERS: Final = frozenset({"old_password", "password", "code"})
Result = TypeVar("Result")


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

    def forgive(self, name: str) -> None:
        """Somebody has let this user in again, wherever they try from."""
        for who in [who for who in self._failures if who[0] == name]:
            del self._failures[who]


async def sign_in(
    request: Request, centre: Centre, username: str, password: str, code: str | None = None
) -> tuple[str, SignedIn]:
    """A token and whose it is. Raises WrongPassword, CodeRequired, TooManyTries, TryAgain."""
    name = account_name(username)
    entry = centre.registry.entry
    return await _enter(
        request, centre, name,
        functools.partial(
            entry.sign_in, username, password, code, browser=browser_of(request),
            is_known=is_known(request, centre, name),
        ),
    )  # fmt: skip


async def finish(request: Request, centre: Centre, code: str) -> tuple[str, SignedIn]:
    """The second step on the sign-in page. Raises as `sign_in` does; WrongPassword when the first is too long ago."""
    half = _half_of(request, centre)
    if half is None:
        raise WrongPassword("the password has to be given again")
    user_id, name = half
    entry = centre.registry.entry
    return await _enter(
        request, centre, name,
        functools.partial(
            entry.finish, user_id, code, browser=browser_of(request), is_known=is_known(request, centre, name)
        ),
    )  # fmt: skip


async def _enter(
    request: Request, centre: Centre, name: str, do: Callable[[], tuple[str, SignedIn] | None]
) -> tuple[str, SignedIn]:
    guard: Guard = request.app.state.guard
    who = name, request.client.host if request.client else ""
    guard.admit(who, centre.clock.now())
    try:
        found = await anyio.to_thread.run_sync(do, limiter=guard.limiter, abandon_on_cancel=False)
    except Locked as locked:
        raise TooManyTries(max(1, round((locked.until - centre.clock.now()).total_seconds()))) from None
    if found is None:
        guard.failed(who, centre.clock.now())
        raise WrongPassword("name, password and code do not fit together")
    guard.succeeded(who)
    return found


def half_way(response: Response, centre: Centre, user_id: str, username: str) -> None:
    """Remember in the browser for a few minutes that the password was right."""
    until = int((centre.clock.now() + HALF_WAY).timestamp())
    value = signer(centre, "half").sign(f"{until}.{user_id}.{account_name(username).encode().hex()}").decode()
    response.set_cookie(
        HALF_COOKIE, value, max_age=int(HALF_WAY.total_seconds()), path="/sign-in", httponly=True, samesite="lax",
        secure=centre.settings.public_url.startswith("https:"),
    )  # fmt: skip


def is_half_way(request: Request, centre: Centre) -> bool:
    return _half_of(request, centre) is not None


def _half_of(request: Request, centre: Centre) -> tuple[str, str] | None:
    """(user id, username) of who has given the right password a moment ago."""
    try:
        told = signer(centre, "half").unsign(request.cookies.get(HALF_COOKIE, "")).decode()
        until, user_id, name = told.split(".")
        is_fresh = int(until) > centre.clock.now().timestamp()
        return (user_id, bytes.fromhex(name).decode()) if is_fresh else None
    except (BadSignature, ValueError):
        return None


class Confirming:
    """What asks for one's own password or code again: as slow to guess at as the front door, and as few at once."""

    def __init__(self, request: Request, centre: Centre, user: SignedIn) -> None:
        self._guard: Guard = request.app.state.guard
        self._now, self._who = centre.clock.now, (user.username, "account")

    async def run(self, do: Callable[..., Result], *given: object) -> Result:
        """Raises what `do` raises, TooManyTries, TryAgain."""
        self._guard.admit(self._who, self._now())
        try:
            done = await anyio.to_thread.run_sync(functools.partial(do, *given), limiter=self._guard.limiter)
        except BadMember as wrong:
            if wrong.member in SECRET_MEMBERS:
                self._guard.failed(self._who, self._now())
            raise
        self._guard.succeeded(self._who)
        return done


def browser_of(request: Request) -> str | None:
    """What the browser calls itself, so that somebody knows their sessions apart; no address is kept."""
    told = request.headers.get("user-agent", "")
    text = "".join(sign for sign in told if sign.isprintable())[:MOST_OF_A_NAME].strip()
    return text or None


def is_known(request: Request, centre: Centre, name: str) -> bool:
    """Whether this user has signed in with this browser before: then others' wrong passwords do not lock it out."""
    try:
        return signer(centre, "known").unsign(request.cookies.get(KNOWN_COOKIE, "")).decode() == name.encode().hex()
    except (BadSignature, UnicodeError):
        return False


def signer(centre: Centre, what: str) -> Signer:
    """Signs what a browser keeps for us; each kind apart."""
    return Signer(centre.settings.secret_key or NO_KEY, salt=f"carebell.{what}")


async def sign_out(request: Request, centre: Centre) -> None:
    """End the session this request came with."""
    token = token_of(request)
    if token is not None:
        memory: Memory = request.app.state.memory
        await anyio.to_thread.run_sync(centre.registry.entry.sign_out, token)
        memory.forget(token)


def set_cookie(response: Response, centre: Centre, token: str, user: SignedIn) -> None:
    """The session, and that this user has been here."""
    secure = centre.settings.public_url.startswith("https:")
    known = signer(centre, "known").sign(user.username.encode().hex()).decode()
    for name, value, lives_s in ((COOKIE, token, int(LIFETIME.total_seconds())), (KNOWN_COOKIE, known, KNOWN_FOR_S)):
        response.set_cookie(name, value, max_age=lives_s, path="/", httponly=True, samesite="lax", secure=secure)
    response.delete_cookie(HALF_COOKIE, path="/sign-in", httponly=True, samesite="lax")


def clear_cookie(response: Response) -> None:
    response.delete_cookie(HALF_COOKIE, path="/sign-in", httponly=True, samesite="lax")
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
