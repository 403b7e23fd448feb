"""Who may sign in: accounts and their passwords."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from core.clock import Clock
from core.db import Database
from core.errors import Conflict
from core.ids import new_id
from registry import sessions, store
from registry.intake import BadMember, account_name
from registry.passwords import Passwords
from registry.phones import Phones
from registry.scope import unknown_codes
from registry.sessions import SignedIn
from registry.store import USERS, Row
from registry.user_intake import UserNew, UserPatch


@dataclass(frozen=True, slots=True)
class Users:
    """One transaction for each call; rows are given without their password hash."""

    db: Database
    clock: Clock
    phones: Phones
    passwords: Passwords = field(default_factory=Passwords)

    def add(self, given: UserNew) -> Row:
        """Raises Conflict for a username that is taken."""
        values = given.model_dump(exclude={"password"})
        values["display_name"] = given.display_name or given.username
        row = self._phoned(values) | {"id": new_id(), "is_active": True, "created_at": self.clock.now()}
        password_hash = self.passwords.make_hash(given.password)
        with self.db.write() as session:
            if store.find(session, USERS, USERS.c.username == given.username):
                raise Conflict("there is a user with this name")
            _check_areas(session, values["areas"])
            store.add(session, USERS, row | {"password_hash": password_hash})
        return row

    def change(self, user_id: str, patch: UserPatch) -> Row:
        """A new password, another role or the end of an account signs the user out everywhere.

        Raises NotFound; Conflict when nobody would be left to administer the centre.
        """
        values = self._phoned(patch.said())
        password = values.pop("password", None)
        if password is not None:
            values["password_hash"] = self.passwords.make_hash(password)
        with self.db.write() as session:
            admins = store.hold(session, USERS, USERS.c.role == "admin", USERS.c.is_active)
            user = store.get(session, USERS, user_id)
            _check_areas(session, values.get("areas"))
            stays_admin = values.get("role", "admin") == "admin" and values.get("is_active", True)
            if [a["id"] for a in admins] == [user_id] and not stays_admin:
                raise Conflict("this is the last administrator")
            if values:
                user = store.change(session, USERS, user_id, values)
            if values.keys() & {"password_hash", "role", "is_active"}:
                sessions.end_all(session, user_id)
        return _without_hash(user)

    def sign_in(self, username: str, password: str) -> tuple[str, SignedIn] | None:
        """A token and whose it is; None when name and password do not fit, after the same time whichever it is."""
        with self.db.read() as session:
            fits = (USERS.c.username == account_name(username), USERS.c.is_active)
            user = store.find(session, USERS, *fits)
        if not self.passwords.check(password, user["password_hash"] if user else None) or user is None:
            return None
        better = self.passwords.make_hash(password) if self.passwords.is_outdated(user["password_hash"]) else None
        with self.db.write() as session:
            return self._begin(session, user, better, self.clock.now())

    def _begin(
        self, session: Session, user: Row, better_hash: str | None, now: datetime
    ) -> tuple[str, SignedIn] | None:
        if better_hash is not None:
            store.change(session, USERS, user["id"], {"password_hash": better_hash})
        token = sessions.begin(session, user["id"], now)
        found = sessions.find(session, token, now)
        return None if found is None else (token, found)

    def sign_out(self, token: str) -> None:
        with self.db.write() as session:
            sessions.end(session, token)

    def _phoned(self, values: Row) -> Row:
        if values.get("phone") is None:
            return values
        try:
            return values | {"phone": self.phones.to_e164(values["phone"])}
        except ValueError as fault:
            raise BadMember("phone", str(fault)) from None


def _check_areas(session: Session, codes: list[str] | None) -> None:
    if codes and (missing := unknown_codes(session, codes)):
        raise BadMember("areas", f"there is no area {missing[0]}")


def _without_hash(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "password_hash"}
