"""Many rows of one kind: each checked as the single ones are, and by what they would be when they are written."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError
from sqlmodel import Session

from registry import bulk_store, code_tables
from registry.area_store import Resolver
from registry.audit import Actor
from registry.bulk_match import Register, TwoFiles, keys_in_file
from registry.contact_intake import ContactNew
from registry.contacts import Contacts, refuse_the_elder
from registry.desk import Desk
from registry.device_intake import DeviceNew
from registry.devices import Devices
from registry.elder_intake import NO_SUCH_KIND, ElderNew
from registry.elders import Elders, in_area
from registry.faults import fault_text
from registry.intake import BadMember, BirthDate, Given, Id, Name, Phone
from registry.resource_intake import ResourceNew
from registry.resources import Resources
from registry.store import Row

OnExisting = Literal["refuse", "update", "skip"]
BULK_KINDS = ("elders", "contacts", "devices", "resources")
SAY_EVERY = 500
SYSTEM = Actor()
UNKNOWN_ELDER = "unknown"  # Stands in for an elder nobody found, so that the row's other faults are seen too.

Say = Callable[[str, int, int], None]
"""Told (what is done with the rows, how many so far, of how many)."""
TakeSecrets = Callable[[Session, Sequence[tuple[str, str]]], None]
"""Takes (uid, secret) of every new device just before the commit, in its transaction; what it raises undoes all."""


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
class Change:
    """What the file at `row` says of a file that is there: `said` as it was given, `meant` as it would be kept."""

    row: int
    id: str
    said: Row = field(repr=False)
    meant: Row = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What may be written and what is refused; nothing has happened yet. `numbers` are where the new `rows` stand in
    the file; `skipped` are there already and left as they are."""

    kind: str
    rows: tuple[Row, ...] = field(repr=False)
    refusals: tuple[Refusal, ...]
    secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    numbers: tuple[int, ...] = ()
    changes: tuple[Change, ...] = ()
    skipped: tuple[int, ...] = ()


class NamedElder(Given):
    """How an entry names its elder; all that it says must fit."""

    elder_id: Id | None = None
    elder_phone: Phone | None = None
    elder_name: Name | None = None
    elder_birth_date: BirthDate | None = None


def nobody_listens(_what: str, _done: int, _total: int) -> None:
    """For callers without a progress bar."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """`plan` checks and changes nothing; `registry.bulk_write` does what a plan says."""

    desk: Desk
    elders: Elders
    contacts: Contacts
    resources: Resources
    devices: Devices

    def plan(
        self,
        kind: str,
        entries: Sequence[Entry],
        say: Say = nobody_listens,
        *,
        on_existing: OnExisting = "refuse",
        by: Actor = SYSTEM,
    ) -> Plan:
        """Check every entry: by itself, against the others, against the registry and what `by` may see of it."""
        refusals: list[Refusal] = []
        elders: dict[int, Row] = {}
        if kind in ("contacts", "devices"):
            elders = self._find_elders(entries, refusals, by, is_needed=kind == "contacts")
        good: list[tuple[Entry, Row]] = []
        secrets: dict[str, str] = {}
        for done, entry in enumerate(entries, 1):
            row = self._checked(kind, entry, elders.get(entry.row), secrets, refusals)
            if row is not None:
                good.append((entry, row))
            if done % SAY_EVERY == 0 or done == len(entries):
                say("checked", done, len(entries))
        if kind == "elders":
            self._complete(good, by, refusals)
        if kind == "contacts":
            self._not_the_elder(good, refusals)
        refused = {refusal.row for refusal in refusals}
        sound = [(entry, row) for entry, row in good if entry.row not in refused]
        fresh, changes, skipped = self._sorted(kind, sound, on_existing, refusals)
        rows = tuple(row for _, row in fresh)
        told = tuple((row["uid"], secrets[row["uid"]]) for row in rows) if kind == "devices" else ()
        return Plan(
            kind, rows, tuple(sorted(refusals, key=lambda r: r.row)), told, tuple(entry.row for entry, _ in fresh),
            tuple(changes), tuple(skipped),
        )  # fmt: skip

    def tell_secrets(self, plan: Plan) -> None:
        """After `write`: whoever must learn the new devices' secrets learns them."""
        for uid, secret in plan.secrets:
            self.devices.on_secret(uid, secret)

    # -- one entry

    def _checked(
        self, kind: str, entry: Entry, elder: Row | None, secrets: dict[str, str], refusals: list[Refusal]
    ) -> Row | None:
        values = {name: value for name, value in entry.values.items() if name not in NamedElder.model_fields}
        if kind in ("contacts", "devices"):
            values["elder_id"] = elder["id"] if elder else UNKNOWN_ELDER if kind == "contacts" else None
        faults = list(entry.faults)
        row: Row | None = None
        try:
            if entry.values or not faults:  # Where nothing could be read, what is missing is no news.
                row = self._row(kind, values, secrets)
        except ValidationError as wrong:
            faults += faults_of(wrong, {member for member, _ in entry.faults})
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

    def _find_elders(
        self, entries: Sequence[Entry], refusals: list[Refusal], by: Actor, *, is_needed: bool
    ) -> dict[int, Row]:
        """The elder by row; an entry that names nobody, or not exactly one person, is refused."""
        named: list[tuple[Entry, NamedElder]] = []
        for entry in entries:
            says = {k: v for k, v in entry.values.items() if k in NamedElder.model_fields and v is not None}
            if not says and (entry.faults or not is_needed):
                continue
            try:
                named.append((entry, self._named(says)))
            except ValidationError as wrong:
                refusals += [Refusal(entry.row, *fault) for fault in faults_of(wrong)]
            except BadMember as wrong:
                refusals.append(Refusal(entry.row, wrong.member, wrong.what))
        with self.desk.db.read() as session:
            register = bulk_store.Elders(session, [one for _, one in named])
        found: dict[int, Row] = {}
        for entry, one in named:
            fit = [row for row in register.who_fit(one) if by.scope.holds(row["area_path"])]
            if len(fit) == 1:
                found[entry.row] = fit[0]
            else:
                reason = "there is no such elder" if not fit else f"{len(fit)} elders fit: say more about which one"
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

    def _sorted(
        self, kind: str, good: Sequence[tuple[Entry, Row]], on_existing: OnExisting, refusals: list[Refusal]
    ) -> tuple[list[tuple[Entry, Row]], list[Change], list[int]]:
        """What is new, what is to be changed, and the rows that are left aside."""
        with self.desk.db.read() as session:
            register = Register.near(session, kind, [row for _, row in good], self.desk.db.vault)
        first: dict[Any, int] = {}
        fresh: list[tuple[Entry, Row]] = []
        changes: list[Change] = []
        skipped: list[int] = []
        for entry, row in good:
            try:
                match = register.match(row)
            except TwoFiles as fault:
                refusals.append(Refusal(entry.row, fault.member, "belongs to another file than the rest of the row"))
                continue
            if match is not None and on_existing == "refuse":
                refusals.append(Refusal(entry.row, match.member, _THERE.get(match.member, "is there already")))
                continue
            twice = next(((m, first[k]) for m, k in keys_in_file(kind, row) if k in first), None)
            if twice is not None:
                refusals.append(Refusal(entry.row, twice[0], f"is the same as in row {twice[1]}"))
                continue
            first |= dict.fromkeys((key for _, key in keys_in_file(kind, row)), entry.row)
            if match is None:
                fresh.append((entry, row))
            elif on_existing == "skip":
                skipped.append(entry.row)
            else:
                changes.append(Change(entry.row, match.id, self._said(kind, entry, row), row))
        return fresh, changes, skipped

    @staticmethod
    def _said(kind: str, entry: Entry, row: Row) -> Row:
        said = {name: value for name, value in entry.values.items() if name not in NamedElder.model_fields}
        return said | {"elder_id": row["elder_id"]} if kind == "devices" and row["elder_id"] else said

    def _complete(self, good: Sequence[tuple[Entry, Row]], by: Actor, refusals: list[Refusal]) -> None:
        """What an elder's row needs of the registry: codes that there are, the area's path and name."""
        with self.desk.db.read() as session:
            look = Resolver(session)
            unknown = code_tables.unknown(
                session, "elder_kind", {kind for _, row in good for kind in row["kinds"] or ()}
            )
            for entry, row in good:
                try:
                    if not unknown.isdisjoint(row["kinds"] or ()):
                        refusals.append(Refusal(entry.row, "kinds", NO_SUCH_KIND))
                    row.update(in_area(look, row, {}))
                    by.scope.check_area(row.get("area_path"))
                except BadMember as wrong:
                    refusals.append(Refusal(entry.row, wrong.member, wrong.what))


_THERE = {"id_number": "there is another file with this ID number"}


def faults_of(wrong: ValidationError, known: Iterable[str] = ()) -> list[tuple[str, str]]:
    """(member, reason) for each; a member that could not even be read is not told of twice."""
    said = [
        (str(error["loc"][0]) if error["loc"] else "", fault_text(error["type"], error["msg"], error.get("ctx", {})))
        for error in wrong.errors(include_input=False, include_url=False)
    ]
    return [(member, reason) for member, reason in said if member not in known]
