"""Signed-in browsers and machines: an opaque random token, of which only the SHA-256 is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session

from registry.models import User, UserSession, table_of
from registry.rights import permissions_of
from registry.scope import EVERYWHERE, Scope, scope_of

LIFETIME = timedelta(hours=24)  # A shift and the hand-over after it; what is in use is prolonged.
_RENEW_BELOW = LIFETIME / 2
_S, _U = table_of(UserSession).c, table_of(User).c


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is asking, for as long as one request takes; `name` is how officers call each other, `scope` is whose files
    they see."""

    id: str
    username: str
    name: str
    role: str
    permissions: frozenset[str]
    language: str
    expires_at: datetime
    scope: Scope = EVERYWHERE

    def may(self, permission: str) -> bool:
        return permission in self.permissions

    def is_ending(self, now: datetime) -> bool:
        """Whether the session should be prolonged, since it is in use."""
        return self.expires_at - now < _RENEW_BELOW


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def begin(session: Session, user_id: str, now: datetime) -> str:
    """A new token for a user; forgets the sessions that have run out."""
    sessions = table_of(UserSession)
    session.connection().execute(delete(sessions).where(_S.expires_at <= now))
    token = secrets.token_urlsafe(32)
    row = {"token_hash": token_hash(token), "user_id": user_id, "created_at": now, "expires_at": now + LIFETIME}
    session.connection().execute(insert(sessions).values(row))
    return token


def find(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Whose token this is; None when nobody's, run out, or its user may no longer sign in."""
    row = (
        session.connection()
        .execute(
            select(_U.id, _U.username, _U.display_name, _U.role, _U.language, _U.areas, _S.expires_at)
            .join_from(table_of(UserSession), table_of(User), _U.id == _S.user_id)
            .where(_S.token_hash == token_hash(token), _S.expires_at > now, _U.is_active)
        )
        .one_or_none()
    )
    if row is None:
        return None
    return SignedIn(
        id=row.id, username=row.username, name=row.display_name, role=row.role, permissions=permissions_of(row.role),
        language=row.language, expires_at=row.expires_at, scope=scope_of(session, row.areas),
    )  # fmt: skip


def prolong(session: Session, token: str, now: datetime) -> None:
    session.connection().execute(
        update(table_of(UserSession)).where(_S.token_hash == token_hash(token)).values(expires_at=now + LIFETIME)
    )


def end(session: Session, token: str) -> None:
    """Sign out; ending what has ended is fine."""
    session.connection().execute(delete(table_of(UserSession)).where(_S.token_hash == token_hash(token)))


def end_all(session: Session, user_id: str) -> None:
    """Sign a user out everywhere, as a new password or a lost right demands."""
    session.connection().execute(delete(table_of(UserSession)).where(_S.user_id == user_id))
