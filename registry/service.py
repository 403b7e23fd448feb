"""The registry as others are given it: everything that is written goes through here."""

from core.clock import Clock
from core.db import Database
from registry.bulk import Bulk
from registry.devices import Devices, SecretHook, tell_nobody
from registry.files import Files, ToWgs84
from registry.passwords import Passwords
from registry.phones import Phones
from registry.users import Users


class RegistryService:
    """On one database: `files` (elders, contacts, resources, areas, policy), `devices`, `users`; `bulk` for many rows.

    `to_wgs84` comes from the wiring, since the registry does not know maps; `timezone` says which day it is when a
    birth date is checked.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        to_wgs84: ToWgs84,
        phones: Phones | None = None,
        timezone: str = "Asia/Shanghai",
        passwords: Passwords | None = None,
        on_device_secret: SecretHook = tell_nobody,
    ) -> None:
        phones = phones or Phones()
        self.files = Files(db, clock, phones, to_wgs84, timezone)
        self.devices = Devices(db, clock, on_device_secret)
        self.bulk = Bulk(self.files, self.devices)
        self.users = Users(db, clock, phones, passwords or Passwords())
