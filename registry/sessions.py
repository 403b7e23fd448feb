"""Signed-in browsers and machines: an opaque random token, of which only the SHA-256 is kept.

A *session* begins with a password and is prolonged while it is in use; a *token* is made for a machine, has a name and
ends on its day.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlmodel import Session

from core.errors import NotFound
from registry.models import User, UserSession, table_of
from registry.rights import permissions_of
from registry.scope import EVERYWHERE, Scope, scope_of
from registry.store import Row

LIFETIME = timedelta(hours=24)  # A shift and the hand-over after it; what is in use is prolonged.
NOTED_EVERY = timedelta(minutes=5)  # How exactly it is known when something was last used.
MOST_SHOWN = 200
LONGEST_TOKEN_DAYS = 366
_ID_LENGTH = 24  # Of the hash's 64 digits: enough to tell one from another.
Kind = Literal["session", "token"]
SESSIONS = table_of(UserSession)
_S, _U = SESSIONS.c, table_of(User).c


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is asking, for as long as one request takes; `name` is how officers call each other, `scope` is whose files
    they see, `kind` what they came with."""

    id: str
    username: str
    name: str
    role: str
    permissions: frozenset[str]
    language: str
    expires_at: datetime
    scope: Scope = EVERYWHERE
    kind: Kind = "session"
    session_id: str = ""
    noted_at: datetime | None = None
    must_change_password: bool = False
    has_second_factor: bool = False

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def is_unnoted(self, now: datetime) -> bool:
        """Whether it should be noted that this is in use."""
        return self.noted_at is None or now - self.noted_at >= NOTED_EVERY


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def begin(session: Session, user_id: str, now: datetime, name: str | None = None) -> str:
    """A new session's token; forgets what has run out."""
    session.connection().execute(delete(SESSIONS).where(_S.expires_at <= now))
    return _new(session, user_id, "session", name, now, now + LIFETIME)


def make_token(session: Session, user_id: str, name: str, now: datetime, expires_at: datetime) -> str:
    """A machine's token, which nobody can read again."""
    return _new(session, user_id, "token", name, now, expires_at)


def _new(session: Session, user_id: str, kind: Kind, name: str | None, now: datetime, expires_at: datetime) -> str:
    token = secrets.token_urlsafe(32)
    row = {
        "token_hash": token_hash(token), "user_id": user_id, "created_at": now, "expires_at": expires_at,
        "kind": kind, "name": name, "last_used_at": now if kind == "session" else None,
    }  # fmt: skip
    session.connection().execute(insert(SESSIONS).values(row))
    return token


def find(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Whose token this is; None when nobody's, run out, or its user may no longer sign in."""
    hashed = token_hash(token)
    row = (
        session.connection()
        .execute(
            select(
                _U.id, _U.username, _U.display_name, _U.role, _U.language, _U.areas, _U.must_change_password,
                _U.totp_confirmed_at, _S.expires_at, _S.kind, _S.last_used_at,
            )
            .join_from(SESSIONS, table_of(User), _U.id == _S.user_id)
            .where(_S.token_hash == hashed, _S.expires_at > now, _U.is_active)
        )
        .one_or_none()
    )  # fmt: skip
    if row is None:
        return None
    return SignedIn(
        id=row.id, username=row.username, name=row.display_name, role=row.role, permissions=permissions_of(row.role),
        language=row.language, expires_at=row.expires_at, scope=scope_of(session, row.areas), kind=row.kind,
        session_id=hashed[:_ID_LENGTH], noted_at=row.last_used_at, must_change_password=row.must_change_password,
        has_second_factor=row.totp_confirmed_at is not None,
    )  # fmt: skip


def note_use(session: Session, token: str, now: datetime) -> None:
    """It is in use: a session lives on, a token ends on its day all the same."""
    mine = update(SESSIONS).where(_S.token_hash == token_hash(token))
    session.connection().execute(mine.values(last_used_at=now))
    session.connection().execute(mine.where(_S.kind == "session").values(expires_at=now + LIFETIME))


def end(session: Session, token: str) -> None:
    """Sign out; ending what has ended is fine. A token is revoked, not signed out."""
    session.connection().execute(delete(SESSIONS).where(_S.token_hash == token_hash(token), _S.kind == "session"))


def end_all(session: Session, user_id: str) -> None:
    """Sign a user out everywhere and revoke their tokens, as a lost right demands."""
    session.connection().execute(delete(SESSIONS).where(_S.user_id == user_id))


def end_sessions(session: Session, user_id: str, *, but: str | None = None) -> int:
    """Sign a user's browsers out, all or all `but` the one with this id; their tokens stay."""
    wanted = delete(SESSIONS).where(_S.user_id == user_id, _S.kind == "session")
    if but is not None:
        wanted = wanted.where(~_is(but))
    return session.connection().execute(wanted).rowcount


def end_one(session: Session, user_id: str, kind: Kind, session_id: str) -> None:
    """Raises NotFound."""
    wanted = delete(SESSIONS).where(_S.user_id == user_id, _S.kind == kind, _is(session_id))
    if session.connection().execute(wanted).rowcount == 0:
        raise NotFound(f"there is no such {kind}")


def of_user(session: Session, user_id: str, kind: Kind, now: datetime) -> list[Row]:
    """A user's sessions or tokens, the newest first; their `id` is not the secret."""
    wanted = (
        select(_S.token_hash, _S.name, _S.created_at, _S.last_used_at, _S.expires_at)
        .where(_S.user_id == user_id, _S.kind == kind, _S.expires_at > now)
        .order_by(_S.created_at.desc(), _S.token_hash)
        .limit(MOST_SHOWN)
    )
    return [
        {"id": row.token_hash[:_ID_LENGTH], "name": row.name, "created_at": row.created_at,
         "last_used_at": row.last_used_at, "expires_at": row.expires_at}
        for row in session.connection().execute(wanted)
    ]  # fmt: skip


def count(session: Session, user_id: str, kind: Kind, now: datetime) -> int:
    wanted = select(func.count()).where(_S.user_id == user_id, _S.kind == kind, _S.expires_at > now)
    return int(session.connection().execute(wanted).scalar_one())


def _is(session_id: str) -> ColumnElement[bool]:
    return func.substr(_S.token_hash, 1, _ID_LENGTH) == session_id
