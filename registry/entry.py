"""Signing in: name, password and, where there is one, the second factor; and what too many wrong ones lead to.

An account locks itself for growing times, never for longer than LONGEST_LOCK: who guesses is slowed to a crawl, and
nobody can shut the duty officer out of the duty room. A browser that this user has signed in with before is not locked
(`is_known`); the console slows it by itself.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError
from sqlmodel import Session

from core.clock import Clock
from core.db import Database
from core.errors import CarebellError
from core.ids import new_id
from registry import audit, second_factor, sessions, store
from registry.audit import Actor, Deed
from registry.intake import account_name
from registry.passwords import Passwords
from registry.sessions import SignedIn
from registry.store import USERS, Row
from registry.user_intake import UserNew

FREE_TRIES = 10
NO_PASSWORD = "none"  # noqa: S105  # Fits no password: they come by the site's sign-in service only.
FIRST_LOCK = timedelta(seconds=15)
LONGEST_LOCK = timedelta(minutes=5)


class CodeRequired(CarebellError):
    """Name and password fit; the account has a second factor, and no code came with them."""

    def __init__(self, user_id: str) -> None:
        super().__init__("this account needs a code as well")
        self.user_id = user_id


class Locked(CarebellError):
    """Too many wrong passwords, whoever typed them."""

    def __init__(self, until: datetime) -> None:
        super().__init__("this account is locked for a while, because of too many wrong passwords")
        self.until = until


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction for each step; who gets in is noted in the log, and so is a lock."""

    db: Database
    clock: Clock
    passwords: Passwords

    def sign_in(
        self, username: str, password: str, code: str | None = None, *, browser: str | None = None,
        is_known: bool = False,
    ) -> tuple[str, SignedIn] | None:  # fmt: skip
        """A token and whose it is; None when they do not fit, after the same time whichever it is.

        Raises CodeRequired, Locked.
        """
        with self.db.read() as session:
            user = store.find(session, USERS, USERS.c.username == account_name(username), USERS.c.is_active)
        self._refuse_locked(user, is_known=is_known)
        fits = self.passwords.check(password, user["password_hash"] if user else None)
        if user is None:
            return None
        if not fits:
            self._failed(user["id"])
            return None
        better = self.passwords.make_hash(password) if self.passwords.is_outdated(user["password_hash"]) else None
        return self._with_code(user, code, browser, {"password_hash": better} if better else {})

    def finish(
        self, user_id: str, code: str, *, browser: str | None = None, is_known: bool = False
    ) -> tuple[str, SignedIn] | None:
        """The second step of somebody whose password was right a moment ago. Raises CodeRequired, Locked."""
        with self.db.read() as session:
            user = store.find(session, USERS, USERS.c.id == user_id, USERS.c.is_active)
        self._refuse_locked(user, is_known=is_known)
        if user is None or user["totp_confirmed_at"] is None:
            return None
        return self._with_code(user, code, browser, {})

    def _refuse_locked(self, user: Row | None, *, is_known: bool) -> None:
        until = user["locked_until"] if user is not None and not is_known else None
        if until is not None and until > self.clock.now():
            raise Locked(until)

    def _with_code(self, user: Row, code: str | None, browser: str | None, change: Row) -> tuple[str, SignedIn] | None:
        if user["totp_confirmed_at"] is None:
            return self._enter(user["id"], browser, change, "password")
        if not (code or "").strip():
            raise CodeRequired(user["id"])
        with self.db.write() as session:
            now = self.clock.now()
            used = use_code(store.held(session, USERS, user["id"]), code or "", now)
            if used is not None:
                return self._let_in(session, user["id"], browser, change | used, "second_factor", now)
        self._failed(user["id"])
        return None

    def vouched_for(
        self, subject: str, username: str | None, display_name: str | None, *, create_role: str | None,
        browser: str | None = None,
    ) -> tuple[str, SignedIn] | None:  # fmt: skip
        """Let in whom the site's own sign-in service vouches for: the user linked with its `subject`; else the one with
        that name, who is linked from now on; else a new one, where there is a role for such. None for nobody."""
        name = account_name(username) if username else ""
        with self.db.write() as session:
            now = self.clock.now()
            user = store.find(session, USERS, USERS.c.oidc_subject == subject)
            if user is None and name:
                by_name = store.find(session, USERS, USERS.c.username == name)
                if by_name is not None and by_name["oidc_subject"] is None:
                    user = by_name
                elif by_name is None and create_role is not None:
                    user = self._made(session, name, display_name, create_role, now)
            if user is None or not user["is_active"]:
                return None
            change: Row = {} if user["oidc_subject"] else {"oidc_subject": subject}
            entered = self._let_in(session, user["id"], browser, change, "sign_in_service", now)
            if change and entered is not None:
                actor = Actor(user["id"], user["display_name"])
                audit.record(session, actor, now, Deed("user.link", "user", user["id"]))
            return entered

    def _made(self, session: Session, name: str, display_name: str | None, role: str, now: datetime) -> Row | None:
        try:
            given = UserNew.model_validate({
                "username": name, "display_name": display_name or name, "role": role,
                "password": secrets.token_urlsafe(32),
            })  # fmt: skip
        except ValidationError:
            return None  # A name that cannot be one here.
        row = given.model_dump(exclude={"password"}) | {
            "id": new_id(), "is_active": True, "created_at": now, "password_hash": NO_PASSWORD,
        }  # fmt: skip
        store.add(session, USERS, row)
        audit.record(session, Actor(), now, Deed("user.add", "user", row["id"], data={"role": role}))
        return store.get(session, USERS, str(row["id"]))

    def _enter(self, user_id: str, browser: str | None, change: Row, how: str) -> tuple[str, SignedIn] | None:
        with self.db.write() as session:
            return self._let_in(session, user_id, browser, change, how, self.clock.now())

    def _let_in(
        self, session: Session, user_id: str, browser: str | None, change: Row, how: str, now: datetime
    ) -> tuple[str, SignedIn] | None:
        store.change(
            session, USERS, user_id, change | {"failed_count": 0, "locked_until": None, "last_signed_in_at": now}
        )
        token = sessions.begin(session, user_id, now, browser)
        found = sessions.find(session, token, now)
        if found is None:
            return None
        audit.record(session, Actor(found.id, found.name), now, Deed("user.sign_in", "user", user_id, data={"by": how}))
        return token, found

    def _failed(self, user_id: str) -> None:
        with self.db.write() as session:
            user = store.held(session, USERS, user_id)
            now, count = self.clock.now(), user["failed_count"] + 1
            lock = lock_after(count)
            until = now + lock if lock else user["locked_until"]
            store.change(session, USERS, user_id, {"failed_count": count, "locked_until": until})
            if lock:
                data = {"failures": count, "for_s": int(lock.total_seconds())}
                audit.record(session, Actor(), now, Deed("user.lock", "user", user_id, data=data))

    def sign_out(self, token: str) -> None:
        with self.db.write() as session:
            sessions.end(session, token)


def lock_after(failures: int) -> timedelta | None:
    """How long an account is locked after so many wrong passwords in a row."""
    if failures < FREE_TRIES:
        return None
    doublings = min(failures - FREE_TRIES, 10)
    return min(timedelta(seconds=FIRST_LOCK.total_seconds() * (1 << doublings)), LONGEST_LOCK)


def use_code(user: Row, code: str, now: datetime) -> Row | None:
    """What changes about a user who gives this code, of the authenticator or from paper; None when it is wrong."""
    step = second_factor.step_of(user["totp_secret"], code, now, user["totp_last_step"])
    if step is not None:
        return {"totp_last_step": step}
    left = second_factor.without_used(user["recovery_hashes"], code)
    return None if left is None else {"recovery_hashes": left}
