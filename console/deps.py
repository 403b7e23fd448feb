"""Who is asking and whether they may: every route that is not public depends on `allowed(…)`."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from console import session_cookie
from console.centre import Centre
from console.session_cookie import COOKIE as COOKIE  # re-exported: it is where a request is read
from console.sight import require_in_sight
from core.errors import Forbidden
from registry import sessions
from registry.audit import Actor
from registry.rights import PERMISSIONS
from registry.sessions import SignedIn

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
REMEMBERED = timedelta(seconds=2)  # How long a right that was taken away may still work; spares a query per request.
MOST_REMEMBERED = 10_000

_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="A browser's session, set by signing in.")
_bearer = HTTPBearer(auto_error=False, description="A machine's token, from POST /api/v1/session.")


class SignInNeeded(Exception):
    """No credentials, or none that hold: 401."""


class Owes(Forbidden):
    """Signed in, and something must be done on the account's page before anything else."""


class Memory:
    """Tokens seen in the last seconds, by their hash, so that a busy desk does not ask the database each time."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[SignedIn, datetime]] = {}

    def recall(self, token: str, now: datetime) -> SignedIn | None:
        user, until = self._seen.get(sessions.token_hash(token), (None, now))
        return user if user is not None and now < until and now < user.expires_at else None

    def remember(self, token: str, user: SignedIn, now: datetime) -> None:
        if len(self._seen) >= MOST_REMEMBERED:
            self._seen.clear()
        self._seen[sessions.token_hash(token)] = (user, now + REMEMBERED)

    def forget(self, token: str | None = None) -> None:
        """One token, or all of them when somebody's rights have changed."""
        if token is None:
            self._seen.clear()
        else:
            self._seen.pop(sessions.token_hash(token), None)


def get_centre(request: Request) -> Centre:
    centre: Centre = request.app.state.centre
    return centre


CentreDep = Annotated[Centre, Depends(get_centre)]


def token_of(request: Request) -> str | None:
    """The token a request carries; a header goes before a cookie."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return request.cookies.get(COOKIE)


async def optional_user(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None,
    cookie: Annotated[str | None, Depends(_cookie)] = None,
) -> SignedIn | None:
    """Who is signed in, if anybody; a browser that changes something must come from our own pages."""
    token = token_of(request)
    if token is None:
        return None
    memory: Memory = request.app.state.memory
    centre = get_centre(request)
    now = centre.clock.now()
    user = memory.recall(token, now)
    if user is None:
        user = await run_in_threadpool(_look_up, centre, token, now)
        if user is None:
            return None
        memory.remember(token, user, now)
        if bearer is None and user.kind == "session" and user.is_unnoted(now):
            session_cookie.renew(request, token, is_secure=centre.settings.public_url.startswith("https:"))
    if bearer is None and request.method not in SAFE_METHODS:
        refuse_foreign(request, needs_proof=True)
    return user


async def current_user(user: Annotated[SignedIn | None, Depends(optional_user)]) -> SignedIn:
    """Who is signed in, whatever they may do. Raises SignInNeeded."""
    if user is None:
        raise SignInNeeded
    return user


CurrentUser = Annotated[SignedIn, Depends(current_user)]


async def by_hand(user: CurrentUser) -> SignedIn:
    """A token that got into wrong hands must not be able to make itself another, or to lock its owner out."""
    if user.kind == "token":
        raise Forbidden("a token cannot change the account it belongs to: sign in")
    return user


Owner = Annotated[SignedIn, Depends(by_hand)]


def actor_of(user: SignedIn) -> Actor:
    """Who the log says it was."""
    return Actor(user.id, user.name, user.scope)


def allowed(permission: str) -> Callable[[Request, SignedIn], Awaitable[SignedIn]]:
    """A dependency that gives the user who may do this: `user: Annotated[SignedIn, Depends(allowed("alarms.read"))]`.

    What the path names must lie in the user's areas (`console.sight`); lists add `user.scope.where(TABLE)` to their
    conditions, and a body that names an elder is checked by `check_elder`.

    Raises (while routes are declared) ValueError for a permission that `registry.rights` does not know.
    """
    if permission not in PERMISSIONS:
        raise ValueError(f"no such permission: {permission}")

    async def check(request: Request, user: CurrentUser) -> SignedIn:
        if (owed := owes(user, get_centre(request))) is not None:
            raise Owes(owed)
        if not user.may(permission):
            raise Forbidden(f"your role ({user.role}) does not have the right {permission}")
        if not user.scope.is_everywhere and request.path_params:
            await run_in_threadpool(_see, get_centre(request), user, request.path_params)
        return user

    return check


def owes(user: SignedIn, centre: Centre) -> str | None:
    """What this user must do first, in words; a machine's token owes nothing, since nobody sits there."""
    if user.kind == "token":
        return None
    if user.must_change_password:
        return "your password was set by somebody else: choose one of your own first"
    if not user.has_second_factor and user.role in centre.settings.require_totp:
        return "your role needs a second factor: set it up first"
    return None


def check_elder(centre: Centre, user: SignedIn, elder_id: str | None, member: str = "elder_id") -> None:
    """For a body that names an elder. Raises BadMember when that elder lies outside the user's areas."""
    if not user.scope.is_everywhere:
        with centre.db.read() as session:
            user.scope.check_elder(session, elder_id, member)


def check_named(centre: Centre, user: SignedIn, **named: str) -> None:
    """The same for a body or a query that names another thing, by the name a path would have for it.

    Raises NotFound.
    """
    if not user.scope.is_everywhere:
        _see(centre, user, named)


def refuse_foreign(request: Request, *, needs_proof: bool = False) -> None:
    """Raise Forbidden when another site's page made the browser send this; `needs_proof` refuses silence as well.

    Every browser of today says where a request comes from; a script that does not should use a token.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        is_ours = site in ("same-origin", "none")
    elif origin is not None:
        ours = (request.headers.get("host", ""), urlsplit(get_centre(request).settings.public_url).netloc)
        is_ours = any(hmac.compare_digest(urlsplit(origin).netloc.encode(), name.encode()) for name in ours)
    else:
        is_ours = not needs_proof
    if not is_ours:
        raise Forbidden("this request does not come from the console's own pages")


async def own_pages(request: Request) -> None:
    """A dependency for what changes something without a user: only our own pages and scripts may. Raises Forbidden."""
    refuse_foreign(request)


def _see(centre: Centre, user: SignedIn, params: Mapping[str, Any]) -> None:
    with centre.db.read() as session:
        require_in_sight(session, user, params)


def _look_up(centre: Centre, token: str, now: datetime) -> SignedIn | None:
    with centre.db.read() as session:
        user = sessions.find(session, token, now)
    if user is not None and user.is_unnoted(now):
        with centre.db.write() as session:
            sessions.note_use(session, token, now)
    return user
