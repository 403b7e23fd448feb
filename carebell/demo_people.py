"""How the demo city's people behave on the phone: most answer and go, some are busy, asleep, away or unable."""

import random
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session

from alarms.models import Alarm
from carebell import demo_contacts
from carebell.demo_city import City
from notifier.models import SandboxPhone
from notifier.models import table_of as phone_table
from registry.models import Contact, table_of

Row = dict[str, Any]
_PHONES, _CONTACTS, _ALARMS = phone_table(SandboxPhone), table_of(Contact), table_of(Alarm)
STUCK_AFTER = timedelta(seconds=150)  # Then somebody has come home: the demo shows drama, not despair.

GOES, DECLINES = "key:1", "key:2"
MOODS: dict[str, tuple[tuple[str, float], ...]] = {
    "family": ((GOES, 56), ("busy", 11), ("no_answer", 12), ("silence", 7), ("voicemail", 7), (DECLINES, 7)),
    "community": ((GOES, 76), ("busy", 8), ("no_answer", 8), (DECLINES, 8)),
    "doctor": ((GOES, 80), ("busy", 8), (DECLINES, 12)),
    "security": ((GOES, 80), ("no_answer", 20)),
    "volunteer": ((GOES, 70), (DECLINES, 30)),
    "elder": ((GOES, 94), ("key:3", 4), ("no_answer", 2)),
}
"""What a person of this role does, with weights. The key means yes on every kind of call, so whoever goes also says
so when the follow-up asks."""

STORIES: tuple[tuple[str, ...], ...] = (
    (GOES,),
    ("busy", "no_answer", GOES),
    ("voicemail", DECLINES, "silence", GOES),
)
"""What the contacts of the first presses do, in dialling order, so that the first minutes show the chain."""


def behaviour(mood: str, rng: random.Random) -> Row:
    """A row's members `answer_after_s` and `then` for a mood."""
    if mood == "no_answer":
        return {"answer_after_s": None, "then": "silence"}
    after_s = None if mood == "busy" else round(rng.uniform(2, 8), 1)
    return {"answer_after_s": after_s, "then": mood}


def mood_of(role: str, rng: random.Random) -> str:
    moods = MOODS[role]
    return rng.choices([mood for mood, _ in moods], [weight for _, weight in moods])[0]


def phone_rows(city: City, rng: random.Random, now: datetime) -> list[Row]:
    """The sandbox phones of the whole city. The duty officer's own phone rings until somebody answers by hand."""
    roles = {elder["phone"]: "elder" for elder in city.elders} | {c["phone"]: c["role"] for c in city.contacts}
    roles |= demo_contacts.second_numbers(city.contacts)
    rows = [_row(number, behaviour(mood_of(role, rng), rng), now) for number, role in roles.items()]
    officers = [user["phone"] for user in city.users if user["phone"]]
    by_hand = _row(officers[0], {"answer_after_s": None, "then": "manual"}, now)
    return [*rows, by_hand, *(_row(number, behaviour("no_answer", rng), now) for number in officers[1:])]


def _row(number: str, members: Row, now: datetime) -> Row:
    return {"number": number, "sms_reply": None, "is_set": True, "updated_at": now} | members


def set_moods(session: Session, moods: Iterable[tuple[str, str]], rng: random.Random, now: datetime) -> None:
    """Give phones (number, mood) another behaviour from their next call on."""
    for number, mood in moods:
        values = behaviour(mood, rng) | {"updated_at": now}
        session.execute(update(_PHONES).where(_PHONES.c.number == number).values(values))


def somebody_comes_home(session: Session, rng: random.Random, now: datetime) -> None:
    """Where nobody has gone for a while, the contacts answer from now on."""
    stuck = (
        select(_CONTACTS.c.phone)
        .join(_ALARMS, _ALARMS.c.elder_id == _CONTACTS.c.elder_id)
        .where(_ALARMS.c.state == "open", _ALARMS.c.received_at < now - STUCK_AFTER)
    )
    set_moods(session, [(number, GOES) for number in session.scalars(stuck.distinct())], rng, now)


def deal(city: City, uid: str, story: Collection[str] | None, rng: random.Random) -> list[tuple[str, str]]:
    """How the contacts of this device's elder will behave: as the story says, then by dice."""
    told = list(story or ())
    moods: list[tuple[str, str]] = []
    for contact in city.contacts_of(uid):
        moods.append((contact["phone"], told.pop(0) if told else mood_of(contact["role"], rng)))
    return moods
