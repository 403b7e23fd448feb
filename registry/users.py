"""Who may sign in: accounts, kept by administrators."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from core.clock import Clock
from core.db import Database
from core.errors import Conflict, Forbidden
from core.ids import new_id
from registry import audit, password_rules, sessions, store
from registry.audit import Actor, Deed
from registry.intake import BadMember
from registry.passwords import Passwords
from registry.phones import Phones
from registry.scope import scope_of, unknown_codes
from registry.store import USERS, Row
from registry.user_intake import UserNew, UserPatch

SECRETS = ("password_hash", "past_hashes", "totp_secret", "recovery_hashes")
LOST_RIGHTS = frozenset({"password_hash", "role", "is_active"})
"""What signs a user out everywhere when it changes."""
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # Without the signs that look like another.


@dataclass(frozen=True, slots=True)
class Users:
    """One transaction for each call, logged; rows are given without their secrets."""

    db: Database
    clock: Clock
    phones: Phones
    passwords: Passwords = field(default_factory=Passwords)

    def add(self, given: UserNew, by: Actor = Actor()) -> Row:
        """Raises Conflict for a username that is taken, BadMember for what cannot be."""
        password_rules.check(given.password, given.username)
        values = given.model_dump(exclude={"password"})
        values["display_name"] = given.display_name or given.username
        now = self.clock.now()
        row = self._phoned(values) | {"id": new_id(), "is_active": True, "created_at": now, "password_changed_at": now}
        password_hash = self.passwords.make_hash(given.password)
        with self.db.write() as session:
            if store.find(session, USERS, USERS.c.username == given.username):
                raise Conflict("there is a user with this name")
            _check(session, values, by)
            store.add(session, USERS, row | {"password_hash": password_hash})
            self._log(session, by, "user.add", row["id"], role=given.role)
            return without_secrets(store.get(session, USERS, row["id"]))

    def change(self, user_id: str, patch: UserPatch, by: Actor = Actor()) -> Row:
        """A new password, another role or the end of an account signs the user out everywhere.

        Raises NotFound; Conflict when nobody would be left to administer the centre.
        """
        values = self._phoned(patch.said())
        password = values.pop("password", None)
        if password is not None:
            values |= self._new_password(user_id, password)
        with self.db.write() as session:
            admins = store.hold(session, USERS, USERS.c.role == "admin", USERS.c.is_active)
            before = _within_reach(session, user_id, by)
            _check(session, values, by, user_id)
            stays_admin = values.get("role", "admin") == "admin" and values.get("is_active", True)
            if [a["id"] for a in admins] == [user_id] and not stays_admin:
                raise Conflict("this is the last administrator")
            changed = {name: value for name, value in values.items() if value != before[name]}
            if changed:
                before = store.change(session, USERS, user_id, changed)
            if changed.keys() & LOST_RIGHTS:
                sessions.end_all(session, user_id)
            if changed:
                told = sorted("password" if name == "password_hash" else name for name in changed if name not in _QUIET)
                self._log(session, by, "user.change", user_id, members=told, **_role(changed))
        return without_secrets(before)

    def reset_password(self, user_id: str, by: Actor = Actor()) -> tuple[Row, str]:
        """A password that is shown this once and must be changed at the next sign-in; signs the user out everywhere."""
        password = "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))
        values = self._new_password(user_id, password) | {"must_change_password": True}
        return self._kept(user_id, values, by, "user.reset_password", ends_sessions=True), password

    def reset_second_factor(self, user_id: str, by: Actor = Actor()) -> Row:
        """For who has lost the telephone and the paper: the password alone lets them in again, to enrol anew."""
        values: Row = dict.fromkeys(("totp_secret", "totp_confirmed_at", "totp_last_step", "recovery_hashes"))
        return self._kept(user_id, values, by, "user.reset_second_factor", ends_sessions=True)

    def unlock(self, user_id: str, by: Actor = Actor()) -> Row:
        """End a lock that wrong passwords led to."""
        return self._kept(user_id, {"failed_count": 0, "locked_until": None}, by, "user.unlock")

    def sign_out_everywhere(self, user_id: str, by: Actor = Actor()) -> None:
        """End all sessions of somebody and revoke their tokens."""
        self._kept(user_id, {}, by, "user.sign_out_everywhere", ends_sessions=True)

    def revoke_token(self, user_id: str, token_id: str, by: Actor = Actor()) -> None:
        """Raises NotFound."""
        with self.db.write() as session:
            _within_reach(session, user_id, by)
            sessions.end_one(session, user_id, "token", token_id)
            self._log(session, by, "user.revoke_token", user_id)

    def by_name(self, username: str) -> Row:
        """The user with this name. Raises NotFound."""
        with self.db.read() as session:
            return without_secrets(store.get_user(session, username))

    def _kept(self, user_id: str, values: Row, by: Actor, action: str, *, ends_sessions: bool = False) -> Row:
        with self.db.write() as session:
            row = _within_reach(session, user_id, by)
            row = store.change(session, USERS, user_id, values) if values else row
            if ends_sessions:
                sessions.end_all(session, user_id)
            self._log(session, by, action, user_id)
        return without_secrets(row)

    def _new_password(self, user_id: str, password: str) -> Row:
        with self.db.read() as session:
            user = store.get(session, USERS, user_id)
        return next_password(user, password, self.passwords) | {"password_changed_at": self.clock.now()}

    def _phoned(self, values: Row) -> Row:
        if values.get("phone") is None:
            return values
        try:
            return values | {"phone": self.phones.to_e164(values["phone"])}
        except ValueError as fault:
            raise BadMember("phone", str(fault)) from None

    def _log(self, session: Session, by: Actor, action: str, user_id: str, **data: Any) -> None:
        audit.record(session, by, self.clock.now(), Deed(action, "user", user_id, data=data))


_QUIET = frozenset({"past_hashes", "password_changed_at", "must_change_password"})


def next_password(user: Row, password: str, passwords: Passwords, member: str = "password") -> Row:
    """What changes about a user with a new password. Raises BadMember."""
    past = [user["password_hash"], *(user["past_hashes"] or [])][: password_rules.REMEMBERED]
    password_rules.check(password, user["username"], member, passwords=passwords, past_hashes=past)
    return {
        "password_hash": passwords.make_hash(password), "past_hashes": past[: password_rules.REMEMBERED - 1],
        "must_change_password": False,
    }  # fmt: skip


def without_secrets(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in SECRETS}


def _role(changed: Row) -> Row:
    return {"role": changed["role"]} if "role" in changed else {}


def _within_reach(session: Session, user_id: str, by: Actor) -> Row:
    """The user as they are. Raises NotFound; Forbidden for one who sees more than who would change them."""
    row = store.get(session, USERS, user_id)
    if not by.scope.contains(scope_of(session, row["areas"])):
        raise Forbidden("this user sees areas that are not yours: ask who administers those")
    return row


def _check(session: Session, values: Row, by: Actor, user_id: str | None = None) -> None:
    codes = values.get("areas")
    if codes and unknown_codes(session, codes):
        raise BadMember("areas", "there is no such area")
    if (user_id is None or "areas" in values) and not by.scope.contains(scope_of(session, codes)):
        raise BadMember("areas", "must lie in your own areas")
    subject = values.get("oidc_subject")
    if subject and (other := store.find(session, USERS, USERS.c.oidc_subject == subject)) and other["id"] != user_id:
        raise BadMember("oidc_subject", "belongs to another user")
