"""Whom an alarm may climb to, as plain values: the contacts in dialling order, the duty officers, the elder."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from registry.profile import CALL_ORDER, OFFICER_RUNG, PolicySettings

DEFAULT_TIMING = PolicySettings()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be called; `phone` is E.164, `id` a contact's, a user's or an elder's.

    `more_phones` are rung after it in their order; `wrong_phones` are those of both that are said to be wrong.
    `hours` and `away` are as `registry.hours` reads them, empty for who can always be reached.
    """

    id: str
    name: str
    role: str
    phone: str
    language: str = "zh-CN"
    more_phones: tuple[str, ...] = ()
    wrong_phones: frozenset[str] = frozenset()
    hours: Sequence[Mapping[str, Any]] | None = None
    away: Sequence[Mapping[str, Any]] | None = None
    takes_texts: bool = True

    @property
    def phones(self) -> tuple[str, ...]:
        return (self.phone, *self.more_phones)

    @property
    def good_phones(self) -> tuple[str, ...]:
        """The numbers that are not known to be wrong."""
        if not self.wrong_phones:
            return self.phones
        return tuple(phone for phone in self.phones if phone not in self.wrong_phones)

    @property
    def good_phone(self) -> str:
        """The number to try first."""
        return next(iter(self.good_phones), self.phone)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Shape: rungs are in dialling order (`arranged` makes it) and may be empty.

    `on_duty` gives the duty officers; it is asked only where one must be rung, which a press seldom needs. `resource`
    is the help nearby that an officer's click names; its role is its kind, its phone may be empty.
    """

    rungs: tuple[Person, ...] = ()
    on_duty: Callable[[], tuple[Person, ...]] = tuple
    elder: Person | None = None
    others: tuple[Person, ...] = ()
    timing: PolicySettings = DEFAULT_TIMING
    timezone: str = "Asia/Shanghai"
    resource: Person | None = None

    @property
    def officers(self) -> tuple[Person, ...]:
        return self.on_duty()

    @property
    def officer_ring_s(self) -> int:
        rung = self.timing.rung(OFFICER_RUNG)
        return rung.ring_s if rung is not None and rung.ring_s is not None else self.timing.officer_ring_s

    def ring_s_of(self, person: Person) -> int:
        """How long this person's phone rings."""
        rung = self.timing.rung(person.role)
        return rung.ring_s if rung is not None and rung.ring_s is not None else self.timing.ring_s

    def tries_of(self, person: Person) -> int:
        """How often each of this person's numbers is called in a round."""
        rung = self.timing.rung(person.role)
        return rung.tries if rung is not None and rung.tries is not None else self.timing.tries_per_contact

    def officers_join(self, person: Person, *, is_again: bool) -> bool:
        """Whether the policy has the duty officers rung by the time that this person's turn has come."""
        roles = [rung.role for rung in self.timing.rungs]
        if OFFICER_RUNG not in roles:
            return False
        return is_again or person.role not in roles[: roles.index(OFFICER_RUNG)]

    def person(self, contact_id: str | None) -> Person | None:
        """Anybody of this ladder by id, the contacts that only an officer calls included."""
        everybody = (*self.rungs, *self.others, *self.officers, *((self.elder,) if self.elder else ()))
        return next((p for p in everybody if p.id == contact_id), None)


def arranged(people: Sequence[Person], timing: PolicySettings) -> tuple[tuple[Person, ...], tuple[Person, ...]]:
    """Whom an alarm climbs through, and whom only an officer calls; `people` are by rank within their role.

    Where nobody stands on any rung of the policy, the usual roles are climbed: no policy may leave an elder alone.
    """
    for roles in (timing.roles, CALL_ORDER):
        if rungs := tuple(p for role in roles for p in people if p.role == role):
            return rungs, tuple(p for p in people if p.role not in roles)
    return (), tuple(people)


def polite_time(at: datetime, timing: PolicySettings, timezone: str) -> datetime:
    """When a follow-up that is wanted at `at` may ring: then, or at the next polite local hour."""
    local = at.astimezone(ZoneInfo(timezone))
    if timing.follow_up_at_night or timing.polite_from_hour <= local.hour < timing.polite_to_hour:
        return at
    morning = local.replace(hour=timing.polite_from_hour, minute=0, second=0, microsecond=0)
    if morning <= local:
        morning = (morning.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=local.tzinfo)
    return morning.astimezone(at.tzinfo)
