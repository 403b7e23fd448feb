"""Ladders from the registry: whom each case of a transaction may climb to, read for all of them at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from alarms.ladder import Ladder, Person, arranged
from alarms.store import Stored
from core.errors import Rejected
from geo.fix import Fix
from registry import directory
from registry.directory import Household
from registry.policy_book import PolicyBook
from registry.profile import ContactProfile, ElderProfile, PolicyInForce, PolicySettings, Profile
from registry.rungs import policy_settings
from registry.store import RESOURCES


@dataclass(frozen=True, slots=True)
class CaseLadder(Ladder):
    """A ladder and the language its elder understands."""

    language: str = "zh-CN"


class Ladders:
    """Reads lazily what the registry knows, in a fixed number of queries however many cases there are."""

    def __init__(self, session: Session, timezone: str, book: PolicyBook, now: datetime) -> None:
        self._session, self._timezone, self._book, self._now = session, timezone, book, now
        self._households: dict[str, Household] = {}
        self._officers: tuple[Person, ...] | None = None
        self._made: dict[tuple[str | None, PolicySettings], CaseLadder] = {}

    def profiles(self, uids: Collection[str]) -> dict[str, Profile]:
        """Whose devices these are; remembers the households for `of_case`."""
        found = directory.profiles(self._session, uids)
        for profile in found.values():
            if profile.elder is not None:
                self._households[profile.elder.id] = Household(profile.elder, profile.contacts)
        return found

    def read(self, elder_ids: Collection[str | None]) -> None:
        """Read the households that are not known yet."""
        missing = {e for e in elder_ids if e is not None and e not in self._households}
        self._households |= directory.households(self._session, missing)

    def policy_for(self, profile: Profile | None, kind: str) -> PolicyInForce:
        """The policy that a case of this kind starts with."""
        default = profile.policy if profile else directory.default_policy(self._session)
        elder = profile.elder if profile else None
        return self._book.choose(
            self._session, default, elder_id=elder.id if elder else None, area_path=elder.area_path if elder else None,
            kind=kind,
        )  # fmt: skip

    def home_of(self, elder_id: str) -> ElderProfile | None:
        """The elder, once read."""
        self.read([elder_id])
        household = self._households.get(elder_id)
        return household.elder if household else None

    def policy_of_elder(self, elder: ElderProfile, kind: str) -> PolicyInForce:
        """The policy that a case of this elder starts with, whatever device there is."""
        default = directory.default_policy(self._session)
        return self._book.choose(self._session, default, elder_id=elder.id, area_path=elder.area_path, kind=kind)

    def of_profile(self, profile: Profile | None, policy: PolicySettings) -> CaseLadder:
        """The ladder of a case that opens now."""
        return self._ladder(profile.elder.id if profile and profile.elder else None, policy)

    def of_elder(self, elder_id: str, policy: PolicySettings) -> CaseLadder:
        """The ladder that an elder would have with a policy, read now."""
        self.read([elder_id])
        return self._ladder(elder_id, policy)

    def of_case(self, stored: Stored) -> CaseLadder:
        """The ladder of a stored case: the contacts as they are now, the policy it started with."""
        return self._ladder(stored.case.elder_id, policy_settings(stored.policy))

    def _ladder(self, elder_id: str | None, policy: PolicySettings) -> CaseLadder:
        known = self._made.get((elder_id, policy))
        if known is None:
            household = self._households.get(elder_id or "")
            known = self._made[elder_id, policy] = self._make(household, policy)
        return known

    def _make(self, household: Household | None, policy: PolicySettings) -> CaseLadder:
        contacts = household.contacts if household else ()
        rungs, others = arranged([_contact(c) for c in contacts], policy)
        return CaseLadder(
            rungs=rungs,
            on_duty=self._on_duty,
            elder=_elder(household.elder) if household else None,
            others=others,
            timing=policy,
            timezone=self._timezone,
            language=household.elder.language if household else "zh-CN",
        )

    def resource(self, resource_id: str) -> Person | None:
        """Help nearby, its kind as its role; an empty phone where none is registered."""
        c = RESOURCES.c
        wanted = select(c.id, c.name, c.kind, c.phone).where(c.id == resource_id, c.deleted_at.is_(None))
        row = self._session.execute(wanted).first()
        return Person(row.id, row.name, row.kind, row.phone or "") if row else None

    def _on_duty(self) -> tuple[Person, ...]:
        if self._officers is None:
            officers = directory.officers_on_duty(self._session, self._now)
            self._officers = tuple(Person(o.id, o.name, "officer", o.phone, o.language) for o in officers)
        return self._officers


def _contact(contact: ContactProfile) -> Person:
    more = contact.more_phones or ()
    wrong = [m["phone"] for m in more if m.get("wrong_at")]
    return Person(
        contact.id, contact.name, contact.role, contact.phone, contact.language,
        more_phones=tuple(m["phone"] for m in more) if more else (),
        wrong_phones=frozenset([*wrong, contact.phone] if contact.wrong_number_at else wrong),
        hours=contact.hours, away=contact.away, takes_texts=contact.opted_out_at is None,
    )  # fmt: skip


def _elder(elder: ElderProfile) -> Person | None:
    return Person(elder.id, elder.name, "elder", elder.phone, elder.language) if elder.phone else None


def last_fix(profile: Profile | None) -> Fix | None:
    """Where this device was last, if the registry has been told of a place that there is."""
    kept = profile.last_fix if profile else None
    try:
        return Fix(kept.lat, kept.lon, kept.accuracy_m, kept.fix_at, kept.source) if kept else None
    except Rejected:
        return None
