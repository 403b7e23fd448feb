"""Many new rows of one kind: each checked as the single ones are, then all written in one transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session

from core.errors import Conflict, TryAgain
from registry import bulk_store, search
from registry.area_store import Resolver
from registry.contact_intake import ContactNew
from registry.contacts import Contacts, refuse_the_elder
from registry.desk import Desk
from registry.device_intake import DeviceNew
from registry.devices import Devices
from registry.elder_intake import ElderNew
from registry.elders import Elders, in_area
from registry.identity import WHAT
from registry.intake import BadMember, BirthDate, Given, Id, Name, Phone
from registry.resource_intake import ResourceNew
from registry.resources import Resources
from registry.store import CONTACTS, DEVICES, ELDERS, RESOURCES, Row

BULK_KINDS = ("elders", "contacts", "devices", "resources")
SAY_EVERY = 500
UNKNOWN_ELDER = "unknown"  # Stands in for an elder nobody found, so that the row's other faults are seen too.

Say = Callable[[str, int, int], None]
"""Told (what is done with the rows, how many so far, of how many)."""
TakeSecrets = Callable[[Sequence[tuple[str, str]]], None]
"""Takes (uid, secret) of every new device just before the commit; what it raises undoes everything."""

_TABLES = {"elders": ELDERS, "contacts": CONTACTS, "devices": DEVICES, "resources": RESOURCES}
_KEY_MEMBER = {"elders": "name", "contacts": "phone", "devices": "uid", "resources": "name"}


@dataclass(frozen=True, slots=True)
class Entry:
    """What the file says at one place (row 1 is its first): members as the HTTP interface names them.

    Contacts and devices name their elder by any of `elder_id`, `elder_phone`, `elder_name` with `elder_birth_date`.
    `faults` are (member, reason) found while reading: the entry is refused, its other members are checked.
    """

    row: int
    values: Mapping[str, Any] = field(repr=False)
    faults: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the entry at `row` cannot be kept; `reason` never repeats what the entry says."""

    row: int
    member: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What may be written and what is refused; nothing has happened yet."""

    kind: str
    rows: tuple[Row, ...] = field(repr=False)
    refusals: tuple[Refusal, ...]
    secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class NamedElder(Given):
    """How an entry names its elder; all that it says must fit."""

    elder_id: Id | None = None
    elder_phone: Phone | None = None
    elder_name: Name | None = None
    elder_birth_date: BirthDate | None = None


def nobody_listens(_what: str, _done: int, _total: int) -> None:
    """For callers without a progress bar."""


def _forget(_secrets: Sequence[tuple[str, str]]) -> None:
    """For kinds that have no secrets."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """`plan` checks and changes nothing; `write` keeps what a plan holds, or nothing."""

    desk: Desk
    elders: Elders
    contacts: Contacts
    resources: Resources
    devices: Devices

    def plan(self, kind: str, entries: Sequence[Entry], say: Say = nobody_listens) -> Plan:
        """Check every entry: by itself, against the others, against the registry."""
        refusals: list[Refusal] = []
        elder_ids: dict[int, str] = {}
        if kind in ("contacts", "devices"):
            elder_ids = self._find_elders(entries, refusals, is_needed=kind == "contacts")
        good: list[tuple[Entry, Row]] = []
        secrets: dict[str, str] = {}
        for done, entry in enumerate(entries, 1):
            row = self._checked(kind, entry, elder_ids.get(entry.row), secrets, refusals)
            if row is not None:
                good.append((entry, row))
            if done % SAY_EVERY == 0 or done == len(entries):
                say("checked", done, len(entries))
        if kind == "elders":
            self._complete(good, refusals)
        if kind == "contacts":
            self._not_the_elder(good, refusals)
        refused = {refusal.row for refusal in refusals}
        fresh = self._not_yet_there(kind, [(e, row) for e, row in good if e.row not in refused], refusals)
        rows = tuple(row for _, row in fresh)
        told = tuple((row["uid"], secrets[row["uid"]]) for row in rows) if kind == "devices" else ()
        return Plan(kind, rows, tuple(sorted(refusals, key=lambda r: r.row)), told)

    def write(self, plan: Plan, take_secrets: TakeSecrets = _forget, say: Say = nobody_listens) -> None:
        """Write the plan's rows in one transaction. Raises Conflict when the registry is not what the plan saw any
        more and nothing was written, TryAgain when the database cannot be reached."""
        try:
            with self.desk.db.write() as session:
                self._refuse_late(session, plan)
                bulk_store.add_all(session, _TABLES[plan.kind], plan.rows, say)
                take_secrets(plan.secrets)
        except IntegrityError as clash:
            raise Conflict(_CHANGED) from clash
        except OperationalError as broken:
            raise TryAgain(_NO_DATABASE) from broken
        search.catch_up(self.desk.db)

    def tell_secrets(self, plan: Plan) -> None:
        """After `write`: whoever must learn the new devices' secrets learns them."""
        for uid, secret in plan.secrets:
            self.devices.on_secret(uid, secret)

    # -- one entry

    def _checked(
        self, kind: str, entry: Entry, elder_id: str | None, secrets: dict[str, str], refusals: list[Refusal]
    ) -> Row | None:
        values = {name: value for name, value in entry.values.items() if name not in NamedElder.model_fields}
        if kind == "contacts":
            values["elder_id"] = elder_id or UNKNOWN_ELDER
        elif kind == "devices":
            values["elder_id"] = elder_id
        faults = list(entry.faults)
        row: Row | None = None
        try:
            if entry.values or not faults:  # Where nothing could be read, what is missing is no news.
                row = self._row(kind, values, secrets)
        except ValidationError as wrong:
            faults += _faults(wrong, {member for member, _ in entry.faults})
        except BadMember as wrong:
            faults.append((wrong.member, wrong.what))
        refusals += [Refusal(entry.row, member, reason) for member, reason in faults]
        return None if faults else row

    def _row(self, kind: str, values: Row, secrets: dict[str, str]) -> Row:
        if kind == "elders":
            return self.elders.row(ElderNew.model_validate(values))
        if kind == "contacts":
            return self.contacts.row(ContactNew.model_validate(values))
        if kind == "resources":
            return self.resources.row(ResourceNew.model_validate(values))
        row, secret = self.devices.new_row(DeviceNew.model_validate(values))
        secrets[row["uid"]] = secret
        return row

    # -- whose they are

    def _find_elders(self, entries: Sequence[Entry], refusals: list[Refusal], *, is_needed: bool) -> dict[int, str]:
        """The elder's id by row; an entry that names nobody, or not exactly one person, is refused."""
        named: list[tuple[Entry, NamedElder]] = []
        for entry in entries:
            says = {k: v for k, v in entry.values.items() if k in NamedElder.model_fields and v is not None}
            if not says and (entry.faults or not is_needed):
                continue
            try:
                named.append((entry, self._named(says)))
            except ValidationError as wrong:
                refusals += [Refusal(entry.row, *fault) for fault in _faults(wrong, set())]
            except BadMember as wrong:
                refusals.append(Refusal(entry.row, wrong.member, wrong.what))
        with self.desk.db.read() as session:
            register = bulk_store.Elders(session, [one for _, one in named])
        found: dict[int, str] = {}
        for entry, one in named:
            ids = register.who_fit(one)
            if len(ids) == 1:
                found[entry.row] = ids[0]
            else:
                reason = "there is no such elder" if not ids else f"{len(ids)} elders fit: say more about which one"
                refusals.append(
                    Refusal(entry.row, next(m for m in NamedElder.model_fields if m in one.model_fields_set), reason)
                )
        return found

    def _named(self, says: Row) -> NamedElder:
        one = NamedElder.model_validate(says)
        if one.elder_phone is not None:
            try:
                return one.model_copy(update={"elder_phone": self.desk.phones.to_e164(one.elder_phone)})
            except ValueError as wrong:
                raise BadMember("elder_phone", str(wrong)) from None
        if one.elder_id is None and (one.elder_name is None or one.elder_birth_date is None):
            raise BadMember(
                "elder_id", "the elder is named by elder_id, elder_phone, or elder_name and elder_birth_date"
            )
        return one

    def _not_the_elder(self, good: Sequence[tuple[Entry, Row]], refusals: list[Refusal]) -> None:
        with self.desk.db.read() as session:
            elders = bulk_store.elders_by_id(session, {row["elder_id"] for _, row in good})
        for entry, row in good:
            try:
                if row["elder_id"] in elders:
                    refuse_the_elder(row, elders[row["elder_id"]])
            except BadMember as wrong:
                refusals.append(Refusal(entry.row, wrong.member, wrong.what))

    # -- what is there already

    def _not_yet_there(
        self, kind: str, good: Sequence[tuple[Entry, Row]], refusals: list[Refusal]
    ) -> list[tuple[Entry, Row]]:
        with self.desk.db.read() as session:
            held = bulk_store.keys_held(session, kind, [row for _, row in good])
        first: dict[bulk_store.Key, int] = {}
        fresh: list[tuple[Entry, Row]] = []
        for entry, row in good:
            key = bulk_store.key_of(kind, row)
            if key in held:
                refusals.append(Refusal(entry.row, _KEY_MEMBER[kind], "is there already"))
            elif key in first:
                refusals.append(Refusal(entry.row, _KEY_MEMBER[kind], f"is the same as in row {first[key]}"))
            else:
                first[key] = entry.row
                fresh.append((entry, row))
        return fresh

    def _complete(self, good: Sequence[tuple[Entry, Row]], refusals: list[Refusal]) -> None:
        """What an elder's row needs of the registry: the area's path and name, and that nobody has the ID number."""
        vault, first = self.desk.db.vault, dict[str, int]()
        keys = {row["id_number_key"]: vault.blinds(WHAT, row["id_number"]) for _, row in good if row.get("id_number")}
        with self.desk.db.read() as session:
            look = Resolver(session)
            for entry, row in good:
                try:
                    row.update(in_area(look, row, {}))
                except BadMember as wrong:
                    refusals.append(Refusal(entry.row, wrong.member, wrong.what))
            held = bulk_store.id_keys_held(session, {blind for blinds in keys.values() for blind in blinds})
        for entry, row in good:
            key = row.get("id_number_key")
            if key is None:
                continue
            if held.intersection(keys[key]):
                refusals.append(Refusal(entry.row, "id_number", "there is another file with this ID number"))
            elif first.setdefault(key, entry.row) != entry.row:
                refusals.append(Refusal(entry.row, "id_number", f"is the same as in row {first[key]}"))

    @staticmethod
    def _refuse_late(session: Session, plan: Plan) -> None:
        if bulk_store.keys_held(session, plan.kind, plan.rows):
            raise Conflict(_CHANGED)
        needed = {row["elder_id"] for row in plan.rows if row.get("elder_id") is not None}
        if not bulk_store.hold_elders(session, needed):
            raise Conflict(_CHANGED)


_CHANGED = "somebody changed the registry meanwhile: nothing was written, run it again"
_NO_DATABASE = "the database is busy or cannot be reached: run it again, and what did get there is left as it is"


def _faults(wrong: ValidationError, known: Iterable[str]) -> list[tuple[str, str]]:
    """(member, reason) for each; a member that could not even be read is not told of twice."""
    said = [
        (str(error["loc"][0]) if error["loc"] else "", error["msg"].removeprefix("Value error, "))
        for error in wrong.errors(include_input=False, include_url=False, include_context=False)
    ]
    return [(member, reason) for member, reason in said if member not in known]
