"""The registry as others are given it: everything that is written goes through here."""

from core.clock import Clock
from core.db import Database
from registry import search, search_index
from registry.account import Account
from registry.addresses import Addresses
from registry.area_load import AreaLoads
from registry.area_shapes import AreaShapes
from registry.areas import Areas
from registry.bulk import Bulk
from registry.codes import Codes
from registry.contacts import Contacts
from registry.desk import Desk, IsOnLand, ToWgs84, anywhere
from registry.device_bulk import DeviceBulk
from registry.device_models import DeviceModels
from registry.devices import Devices, SecretHook, tell_nobody
from registry.elders import Elders, RemovalCheck, in_use_by_nobody
from registry.entry import Entry
from registry.findings import Findings
from registry.households import Households
from registry.inspection import Inspection
from registry.knowledge import Knowledge
from registry.passwords import Passwords
from registry.phone_checks import PhoneChecks
from registry.phones import Phones
from registry.photos import Photos
from registry.policies import Policies
from registry.resources import Resources
from registry.users import Users


class RegistryService:
    """On one database: a service for each kind of file, and `bulk` for many rows of one.

    `to_wgs84` and `is_on_land` come from the wiring, since the registry does not know maps; `timezone` says which day
    it is when a birth date is checked.
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
        is_on_land: IsOnLand = anywhere,
        check_removal: RemovalCheck = in_use_by_nobody,
    ) -> None:
        phones = phones or Phones()
        db = db.ending_with(search_index.refresh)
        self._db, self._clock, self._timezone = db, clock, timezone
        self.desk = Desk(db, clock, phones, to_wgs84, timezone, is_on_land)
        self.elders = Elders(self.desk, check_removal)
        self.addresses = Addresses(self.desk)
        self.households = Households(self.desk)
        self.photos = Photos(self.desk)
        self.contacts = Contacts(self.desk)
        self.findings = Findings(self.desk)
        self.inspection = Inspection(self.desk)
        self.phone_checks = PhoneChecks(self.desk, self.contacts)
        self.resources = Resources(self.desk)
        self.knowledge = Knowledge(self.desk)
        self.codes = Codes(self.desk)
        self.areas = Areas(self.desk)
        self.area_loads = AreaLoads(self.desk)
        self.area_shapes = AreaShapes(self.desk)
        self.policies = Policies(self.desk)
        self.devices = Devices(self.desk, on_device_secret)
        self.device_bulk = DeviceBulk(self.devices)
        self.device_models = DeviceModels(self.desk)
        self.bulk = Bulk(self.desk, self.elders, self.contacts, self.resources, self.devices)
        passwords = passwords or Passwords()
        self.users = Users(db, clock, phones, passwords)
        self.entry = Entry(db, clock, passwords)
        self.account = Account(db, clock, passwords)

    def search(self, wanted: search.Wanted) -> search.Answer:
        """One look; raises as `registry.search.find` does."""
        with self._db.read() as session:
            return search.find(session, wanted, vault=self._db.vault, now=self._clock.now(), timezone=self._timezone)
