"""Writing who is called for an elder."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session

from core.errors import Conflict
from registry import audit, findings, numbers, store
from registry.audit import Actor, Deed
from registry.contact_intake import PERSON_MEMBERS, ContactNew, ContactOrder, ContactPatch, Verified, stored
from registry.desk import Desk
from registry.findings import Found, key_of
from registry.intake import BadMember
from registry.numbers import numbers_of, person_of
from registry.profile import CALL_ORDER
from registry.store import CONTACTS, ELDERS, Row

RANK_STEP = 10  # Between two contacts in an order that was set, so that one fits between without writing all.
MOST_ALIKE = 20
SYSTEM = Actor()


@dataclass(frozen=True, slots=True)
class Contacts:
    """One transaction for each call; raises as `registry.elders.Elders` does.

    What belongs to the person is written to all rows of the person, what belongs to the link to its row only.
    """

    desk: Desk

    def add(self, given: ContactNew, by: Actor = SYSTEM) -> Row:
        row = self.row(given)
        with self.desk.db.write() as session:
            elder = self._elder(session, given.elder_id)
            if given.same_person_as is not None:
                row |= self._joined(session, given, row)
            refuse_the_elder(row, elder)
            store.add(session, CONTACTS, row)
            self._look_after(session, row, elder)
            self._log(session, by, "add", row)
            return store.get(session, CONTACTS, row["id"])

    def row(self, given: ContactNew) -> Row:
        """A new contact's row, ready to be written where there is such an elder. Raises BadMember."""
        values = given.model_dump(exclude={"same_person_as"})
        return self.desk.new(self._values(values, given))

    def change(
        self, contact_id: str, patch: ContactPatch, version: int | None = None, by: Actor = SYSTEM
    ) -> Row:  # fmt: skip
        values = self._values(patch.said(), patch)
        with self.desk.db.write() as session:
            before = store.get(session, CONTACTS, contact_id)
            rows = self._hold_person(session, before)
            values |= self._what_was_known(before, values)
            for row in rows:
                own = values if row["id"] == contact_id else _of_person(values)
                refuse_the_elder(row | own, self._elder(session, row["elder_id"]))
            after = self.desk.change(session, CONTACTS, contact_id, values, version or patch.version)
            self._change_others(session, rows, contact_id, _of_person(values))
            self._after_change(session, before, after, by)
            if values:
                self._log(session, by, "change", after, members=sorted(values))
            return after

    def remove(self, contact_id: str, version: int | None = None, by: Actor = SYSTEM) -> None:
        with self.desk.db.write() as session:
            row = store.get(session, CONTACTS, contact_id)
            now = self.desk.clock.now()
            store.bury(session, CONTACTS, contact_id, now, version=version)
            keys = [key_of("shared_phone", contact_id)]
            others = [one for one in self._hold_person(session, row) if one["id"] != contact_id]
            if not others:
                keys += [key_of(kind, person_of(row)) for kind in ("wrong_number", "opted_out", "no_texts")]
            findings.settle(session, now, keys, by=by.name)
            if not self._is_called(session, row["elder_id"]):
                findings.open_all(session, now, [Found("no_contacts", "elder", row["elder_id"], row["elder_id"])])
            self._log(session, by, "remove", row)

    def restore(self, contact_id: str, by: Actor = SYSTEM) -> Row:
        """Undo a removal; one that is there stays as it is."""
        with self.desk.db.write() as session:
            fits = (CONTACTS.c.id == contact_id, CONTACTS.c.deleted_at.is_not(None))
            values = {"deleted_at": None, "version": CONTACTS.c.version + 1, "updated_at": self.desk.clock.now()}
            changed = session.connection().execute(update(CONTACTS).where(*fits).values(values)).rowcount
            row = store.get(session, CONTACTS, contact_id)
            if changed:
                self._look_after(session, row, self._elder(session, row["elder_id"]))
                self._log(session, by, "restore", row)
            return row

    def order(self, given: ContactOrder, by: Actor = SYSTEM) -> list[Row]:
        """Set the order in which an elder's contacts are called.

        Raises Conflict when the elder has others than these: somebody added or removed one meanwhile.
        """
        with self.desk.db.write() as session:
            self._elder(session, given.elder_id)
            rows = {row["id"]: row for row in self._hold_elder(session, given.elder_id)}
            if len(set(given.contact_ids)) != len(given.contact_ids) or rows.keys() != set(given.contact_ids):
                raise Conflict("somebody changed this elder's contacts meanwhile: look at them again")
            now, moved = self.desk.clock.now(), 0
            for place, contact_id in enumerate(given.contact_ids, 1):
                if rows[contact_id]["rank"] != place * RANK_STEP:
                    store.change(
                        session, CONTACTS, contact_id, {"rank": place * RANK_STEP, "updated_at": now}
                    )  # fmt: skip
                    moved += 1
            if moved:
                deed = Deed("contact.order", "elder", given.elder_id, data={"moved": moved})
                audit.record(session, by, now, deed)
            return self._hold_elder(session, given.elder_id)

    def verified(self, contact_id: str, given: Verified, by: Actor = SYSTEM) -> Row:
        """A number is right, by somebody's word. Raises BadMember for one that the contact does not have."""
        with self.desk.db.write() as session:
            row = store.get(session, CONTACTS, contact_id)
            phone = self.number(row, given.phone)
            now = self.desk.clock.now()
            numbers.learn(session, now, "verified", phone, contact_id, by=by.name, note=given.note)
            self._log(session, by, "verify", row, reason=given.note)
            return store.get(session, CONTACTS, contact_id)

    def heard_from(self, phone: str, what: numbers.What) -> int:
        """What a message out of the blue says of its number (STOP); how many contacts have it."""
        with self.desk.db.write() as session:
            return numbers.learn(session, self.desk.clock.now(), what, phone)

    def number(self, row: Row, written: str | None) -> str:
        """One of a contact's numbers as E.164, the first one without `written`. Raises BadMember."""
        if written is None:
            return str(row["phone"])
        phone = self._e164("phone", written)
        if phone not in numbers_of(row):
            raise BadMember("phone", "this contact does not have that number")
        return phone

    def alike(self, session: Session, row: Row) -> list[Row]:
        """Contacts of other elders who seem to be the same person: the same first number and the same name."""
        wanted = (
            select(CONTACTS)
            .where(CONTACTS.c.phone == row["phone"], CONTACTS.c.deleted_at.is_(None))
            .where(CONTACTS.c.elder_id != row["elder_id"])
            .order_by(CONTACTS.c.id)
            .limit(MOST_ALIKE)
        )
        others = [dict(each._mapping) for each in session.connection().execute(wanted)]
        mine = person_of(row)
        return [one for one in others if same_name(one["name"], row["name"]) and person_of(one) != mine]

    def join(self, contact_id: str, other_id: str, by: Actor = SYSTEM) -> Row:
        """These two are one person: from now on they share what the other one's file says.

        Raises Conflict for two contacts of one elder.
        """
        with self.desk.db.write() as session:
            row, other = store.get(session, CONTACTS, contact_id), store.get(session, CONTACTS, other_id)
            person = self._person(session, other, but=row["elder_id"])
            theirs = _of_person(other) | {"person_id": person}
            for each in self._hold_person(session, row):
                refuse_the_elder(each | theirs, self._elder(session, each["elder_id"]))
                store.change(session, CONTACTS, each["id"], theirs | {"updated_at": self.desk.clock.now()})
            self._log(session, by, "join", row)
            return store.get(session, CONTACTS, contact_id)

    def _values(self, values: Row, given: Any) -> Row:
        read = self.desk.phones.to_e164
        values = self.desk.placed(self.desk.phoned(values, read), given.model_fields_set, "given")
        values = stored(values, given)
        if values.get("more_phones"):
            read_all = [one | {"phone": self._e164("more_phones", one["phone"])} for one in values["more_phones"]]
            values["more_phones"] = read_all
        all_numbers = [values.get("phone"), *(one["phone"] for one in values.get("more_phones") or ())]
        if len(set(all_numbers)) != len(all_numbers):
            raise BadMember("more_phones", "holds the same number twice")
        return values

    def _e164(self, member: str, written: str) -> str:
        try:
            return self.desk.phones.to_e164(written)
        except ValueError as fault:
            raise BadMember(member, str(fault)) from None

    @staticmethod
    def _elder(session: Session, elder_id: str) -> Row:
        held = store.hold(session, ELDERS, ELDERS.c.id == elder_id)
        if not held:
            raise BadMember("elder_id", "there is no such elder")
        return held[0]

    @staticmethod
    def _hold_person(session: Session, row: Row) -> list[Row]:
        """All rows of the person, in one order whoever asks: two changes must not wait for each other."""
        c = CONTACTS.c
        whose = c.person_id == row["person_id"] if row["person_id"] else c.id == row["id"]
        wanted = select(CONTACTS).where(whose, c.deleted_at.is_(None)).order_by(c.id).with_for_update()
        return [dict(each._mapping) for each in session.connection().execute(wanted)]

    @staticmethod
    def _hold_elder(session: Session, elder_id: str) -> list[Row]:
        c = CONTACTS.c
        wanted = select(CONTACTS).where(c.elder_id == elder_id, c.deleted_at.is_(None)).order_by(c.rank, c.id)
        return [dict(each._mapping) for each in session.connection().execute(wanted.with_for_update())]

    def _joined(self, session: Session, given: ContactNew, row: Row) -> Row:
        """What a new contact has from the person whom they are already."""
        other = store.find(session, CONTACTS, CONTACTS.c.id == given.same_person_as)
        if other is None:
            raise BadMember("same_person_as", "there is no such contact")
        if not same_name(other["name"], row["name"]) or row["phone"] not in numbers_of(other):
            raise BadMember("same_person_as", "that contact has another name or another number")
        try:
            return _of_person(other) | {"person_id": self._person(session, other, but=given.elder_id)}
        except Conflict as fault:
            raise BadMember("same_person_as", str(fault)) from None

    def _person(self, session: Session, other: Row, *, but: str) -> str:
        """The other's person, made where they had one row only. Raises Conflict when this elder has them already."""
        if any(one["elder_id"] == but for one in self._hold_person(session, other)):
            raise Conflict("this person is one of the elder's contacts already")
        if other["person_id"] is None:
            store.change(session, CONTACTS, other["id"], {"person_id": other["id"]})
        return person_of(other)

    @staticmethod
    def _what_was_known(before: Row, values: Row) -> Row:
        """A new number is not verified, nor wrong, nor blocked; one that stays keeps what was learnt about it."""
        known = {one["phone"]: one for one in before["more_phones"] or ()}
        first = {"verified_at": before["verified_at"], "wrong_at": before["wrong_number_at"]}
        known[before["phone"]] = {k: at.isoformat() for k, at in first.items() if at is not None}
        more: Row = {}
        if values.get("more_phones"):
            more["more_phones"] = [
                {k: v for k, v in known.get(one["phone"], {}).items() if k.endswith("_at")} | one
                for one in values["more_phones"]
            ]
        if values.get("phone", before["phone"]) != before["phone"]:
            more |= {"verified_at": None, "wrong_number_at": None, "opted_out_at": None}
        return more

    def _change_others(self, session: Session, rows: Sequence[Row], contact_id: str, values: Row) -> None:
        for row in rows:
            if values and row["id"] != contact_id:
                store.change(session, CONTACTS, row["id"], values | {"updated_at": self.desk.clock.now()})

    def _after_change(self, session: Session, before: Row, after: Row, by: Actor) -> None:
        now, person = self.desk.clock.now(), person_of(after)
        mended = []
        if after["phone"] != before["phone"]:
            mended += [key_of(kind, person) for kind in ("opted_out", "no_texts")]
        if after["wrong_number_at"] is None and not any(one.get("wrong_at") for one in after["more_phones"] or ()):
            mended.append(key_of("wrong_number", person))
        findings.settle(session, now, mended, by=by.name)
        self._look_after(session, after, self._elder(session, after["elder_id"]))
        if after["role"] != before["role"] and not self._is_called(session, after["elder_id"]):
            findings.open_all(session, now, [Found("no_contacts", "elder", after["elder_id"], after["elder_id"])])

    def _look_after(self, session: Session, row: Row, elder: Row) -> None:
        """Open and settle what this contact's row says about the elder's file."""
        now, shared = self.desk.clock.now(), key_of("shared_phone", row["id"])
        if elder["phone"] is not None and elder["phone"] in numbers_of(row):
            findings.open_all(session, now, [Found("shared_phone", "contact", row["id"], row["elder_id"])])
        else:
            findings.settle(session, now, [shared])
        if row["role"] in CALL_ORDER:
            findings.settle(session, now, [key_of("no_contacts", row["elder_id"])])

    @staticmethod
    def _is_called(session: Session, elder_id: str) -> bool:
        fits = (CONTACTS.c.elder_id == elder_id, CONTACTS.c.role.in_(CALL_ORDER))
        return store.find(session, CONTACTS, *fits) is not None

    def _log(
        self, session: Session, by: Actor, what: str, row: Row, *, members: Sequence[str] = (),
        reason: str | None = None,
    ) -> None:  # fmt: skip
        data: dict[str, Any] = {"elder_id": row["elder_id"]} | ({"members": list(members)} if members else {})
        deed = Deed(f"contact.{what}", "contact", row["id"], reason=reason[:500] if reason else None, data=data)
        audit.record(session, by, self.desk.clock.now(), deed)


def same_name(one: str, other: str) -> bool:
    """Whether two names are written alike, spaces, width and case aside."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def refuse_the_elder(row: Row, elder: Row, member: str = "name") -> None:
    """Raise BadMember for a contact who is the elder: they would be rung about themselves."""
    if elder["phone"] in numbers_of(row) and same_name(row["name"], elder["name"]):
        raise BadMember(member, "this is the elder: name somebody else who can come")


def _of_person(row: Row) -> Row:
    return {name: value for name, value in row.items() if name in PERSON_MEMBERS}
