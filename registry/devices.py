"""One-key phones: registered, linked to their elder, given a secret, taken out of service."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from core.clock import Clock
from core.db import Database
from core.errors import Conflict
from core.ids import new_id
from registry import store
from registry.device_intake import DeviceNew, DevicePatch
from registry.intake import BadMember
from registry.secrets import hash_secret, new_secret
from registry.store import DEVICES, ELDERS, Row

SecretHook = Callable[[str, str], None]
"""Told (uid, secret) after a secret was issued: where devices log in at the site's broker, it must learn them."""


def tell_nobody(_uid: str, _secret: str) -> None:
    """Where devices log in at our own endpoint, the hash in the registry is enough."""


@dataclass(frozen=True, slots=True)
class Devices:
    """One transaction for each call. `key` is a device's uid or its id. A retired device keeps its link and its
    secret, because a press of it is still a press."""

    db: Database
    clock: Clock
    on_secret: SecretHook = tell_nobody

    def add(self, given: DeviceNew) -> tuple[Row, str]:
        """The row and the secret, which is not kept. Raises Conflict for a uid that is taken."""
        row, secret = self.new_row(given)
        with self.db.write() as session:
            _check_elder(session, given.elder_id)
            if store.find(session, DEVICES, DEVICES.c.uid == given.uid):
                raise Conflict("there is a device with this uid")
            store.add(session, DEVICES, row)
        self.on_secret(given.uid, secret)
        return row, secret

    def new_row(self, given: DeviceNew) -> tuple[Row, str]:
        """A new device's row, ready to be written where its uid is free, and its secret."""
        now, secret = self.clock.now(), new_secret()
        row = given.model_dump() | {"id": new_id(), "version": 1, "created_at": now, "updated_at": now}
        return row | {"secret_hash": hash_secret(secret)}, secret

    def change(self, key: str, patch: DevicePatch, version: int | None = None) -> Row:
        version = version or patch.version
        with self.db.write() as session:
            device = store.get_device(session, key)
            values = patch.said()
            if not values and version in (None, device["version"]):
                return device
            _check_elder(session, values.get("elder_id"))
            values["updated_at"] = self.clock.now()
            return store.change(session, DEVICES, device["id"], values, version=version)

    def retire(self, key: str, version: int | None = None) -> Row:
        return self.change(key, DevicePatch(state="retired"), version)

    def renew_secret(self, key: str) -> tuple[Row, str]:
        """A new secret; the old one stops working at once."""
        secret = new_secret()
        with self.db.write() as session:
            device = store.get_device(session, key)
            values = {"secret_hash": hash_secret(secret), "updated_at": self.clock.now()}
            row = store.change(session, DEVICES, device["id"], values)
        self.on_secret(row["uid"], secret)
        return row, secret


def _check_elder(session: Session, elder_id: str | None) -> None:
    if elder_id is not None and not store.hold(session, ELDERS, ELDERS.c.id == elder_id):
        raise BadMember("elder_id", "there is no such elder")
