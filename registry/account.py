"""One's own account: password, second factor, sessions and tokens."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from core.clock import Clock
from core.db import Database
from core.errors import Conflict
from registry import audit, second_factor, sessions, store
from registry.audit import Actor, Deed
from registry.entry import use_code
from registry.intake import BadMember
from registry.passwords import Passwords
from registry.sessions import SignedIn
from registry.store import USERS, Row
from registry.users import next_password

MOST_TOKENS = 50


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator needs; shown until the first code proves that it has arrived."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class Account:
    """What somebody does to their own account; logged, a transaction for each call."""

    db: Database
    clock: Clock
    passwords: Passwords

    def change_password(self, me: SignedIn, old: str, new: str) -> None:
        """Signs out every other browser; tokens stay. Raises BadMember."""
        with self.db.read() as session:
            user = store.get(session, USERS, me.id)
        if not self.passwords.check(old, user["password_hash"]):
            raise BadMember("old_password", "is not your password")
        values = next_password(user, new, self.passwords, "new_password")
        with self.db.write() as session:
            if store.held(session, USERS, me.id)["password_hash"] != user["password_hash"]:
                raise Conflict("the password was changed meanwhile")
            store.change(session, USERS, me.id, values | {"password_changed_at": self.clock.now()})
            sessions.end_sessions(session, me.id, but=me.session_id)
            self._log(session, me, "user.change", members=["password"])

    def begin_second_factor(self, me: SignedIn, centre: str) -> Enrolment:
        """A new secret, which counts once a code of it was given. Raises Conflict when there is one that counts."""
        with self.db.write() as session:
            user = store.held(session, USERS, me.id)
            if user["totp_confirmed_at"] is not None:
                raise Conflict("there is a second factor already: take it away first")
            secret = second_factor.new_secret()
            store.change(session, USERS, me.id, {"totp_secret": secret, "totp_last_step": None})
        return Enrolment(secret, second_factor.address_of(secret, me.username, centre))

    def pending_second_factor(self, me: SignedIn, centre: str) -> Enrolment | None:
        """The secret that waits for its first code, for who shows the form again."""
        with self.db.read() as session:
            user = store.get(session, USERS, me.id)
        secret: str | None = user["totp_secret"]
        if secret is None or user["totp_confirmed_at"] is not None:
            return None
        return Enrolment(secret, second_factor.address_of(secret, me.username, centre))

    def confirm_second_factor(self, me: SignedIn, code: str) -> list[str]:
        """The recovery codes, shown this once. Raises BadMember for a wrong code, Conflict when none is waited for."""
        with self.db.write() as session:
            user = store.held(session, USERS, me.id)
            if user["totp_secret"] is None or user["totp_confirmed_at"] is not None:
                raise Conflict("begin with a new secret")
            now = self.clock.now()
            step = second_factor.step_of(user["totp_secret"], code, now, None)
            if step is None:
                raise BadMember("code", "is not the code that the authenticator shows now")
            codes = second_factor.new_recovery_codes()
            hashes = [second_factor.recovery_hash(one) for one in codes]
            store.change(
                session, USERS, me.id, {"totp_confirmed_at": now, "totp_last_step": step, "recovery_hashes": hashes}
            )
            sessions.end_sessions(session, me.id, but=me.session_id)
            self._log(session, me, "user.second_factor")
        return codes

    def remove_second_factor(self, me: SignedIn, password: str, code: str) -> None:
        """With both factors. Raises BadMember; Conflict when there is none."""
        with self.db.read() as session:
            user = store.get(session, USERS, me.id)
        if not self.passwords.check(password, user["password_hash"]):
            raise BadMember("password", "is not your password")
        with self.db.write() as session:
            user = store.held(session, USERS, me.id)
            if user["totp_confirmed_at"] is None:
                raise Conflict("there is no second factor")
            if use_code(user, code, self.clock.now()) is None:
                raise BadMember("code", "is not the code that the authenticator shows now")
            nothing = dict.fromkeys(("totp_secret", "totp_confirmed_at", "totp_last_step", "recovery_hashes"))
            store.change(session, USERS, me.id, nothing)
            self._log(session, me, "user.second_factor_removed")

    def change_language(self, me: SignedIn, language: str) -> None:
        """In which they are rung and, at their next sign-in, shown the pages."""
        with self.db.write() as session:
            store.change(session, USERS, me.id, {"language": language})

    def end_session(self, me: SignedIn, session_id: str) -> None:
        """Raises NotFound."""
        with self.db.write() as session:
            sessions.end_one(session, me.id, "session", session_id)

    def sign_out_everywhere(self, me: SignedIn) -> None:
        """Every browser, this one as well; tokens stay."""
        with self.db.write() as session:
            sessions.end_sessions(session, me.id)
            self._log(session, me, "user.sign_out_everywhere")

    def make_token(self, me: SignedIn, name: str, days: int) -> tuple[Row, str]:
        """For a machine that acts in one's name; the text is shown this once. Raises Conflict for too many."""
        now = self.clock.now()
        with self.db.write() as session:
            store.held(session, USERS, me.id)
            if sessions.count(session, me.id, "token", now) >= MOST_TOKENS:
                raise Conflict("there are fifty tokens already: revoke one first")
            until = now + timedelta(days=min(days, sessions.LONGEST_TOKEN_DAYS))
            token = sessions.make_token(session, me.id, name, now, until)
            self._log(session, me, "user.make_token", until=until.date().isoformat())
            made = next(
                one
                for one in sessions.of_user(session, me.id, "token", now)
                if sessions.token_hash(token).startswith(one["id"])
            )
        return made, token

    def revoke_token(self, me: SignedIn, token_id: str) -> None:
        """Raises NotFound."""
        with self.db.write() as session:
            sessions.end_one(session, me.id, "token", token_id)
            self._log(session, me, "user.revoke_token")

    def _log(self, session: Session, me: SignedIn, action: str, **data: Any) -> None:
        audit.record(session, Actor(me.id, me.name), self.clock.now(), Deed(action, "user", me.id, data=data))
