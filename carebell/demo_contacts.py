"""What fills the contacts of the demo city: people of several elders, second numbers, hours, and some work to do."""

import random
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from registry.findings import Found

SECOND_NUMBER_SHARE, HOURS_SHARE, VERIFIED_SHARE, AWAY_SHARE = 0.3, 0.15, 0.8, 0.03
SECOND_BLOCK = "+861542"  # Of the range that belongs to nobody; see `demo_city`.
LABELS = ("单位", "家里", "老伴的手机")
WORKING = [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00"}]
NIGHTS_OFF = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "07:00", "to": "22:00"}]
HOLIDAY_DAYS = 9
FARTHEST_DEG = 0.02  # Two kilometres.
LEFT_ALONE = 2  # The first elders' contacts are those of the first minutes' stories.

Row = dict[str, Any]


def furnish(contacts: list[Row], elders: list[Row], now: datetime, rng: random.Random) -> list[Found]:
    """Fill the rows in place; what the registrar finds to do about some of them."""
    told_of = {elder["id"] for elder in elders[:LEFT_ALONE]}
    by_phone: dict[str, list[Row]] = defaultdict(list)
    for row in contacts:
        by_phone[row["phone"]].append(row)
    homes = {elder["id"]: (elder["lat"], elder["lon"]) for elder in elders}
    for phone, rows in by_phone.items():
        theirs = _of_person(phone, rows[0], now, rng, is_plain=any(row["elder_id"] in told_of for row in rows))
        theirs |= _place(phone, rows[0], homes[rows[0]["elder_id"]])
        for row in rows:
            row |= theirs | {"person_id": rows[0]["id"] if len(rows) > 1 else None}
    return _work(contacts, told_of, now)


def second_numbers(contacts: list[Row]) -> dict[str, str]:
    """Number → role, for the sandbox's telephones."""
    return {more["phone"]: row["role"] for row in contacts for more in row["more_phones"] or ()}


def _place(phone: str, row: Row, home: tuple[float | None, float | None]) -> Row:
    """Where relatives live, mostly a few streets away; of the others it is not known."""
    dice = random.Random(phone)  # Each number's own, so that whoever is added changes nobody else.
    if row["role"] != "family" or home[0] is None or home[1] is None:
        return {"lat": None, "lon": None}
    return {
        "lat": home[0] + dice.uniform(-FARTHEST_DEG, FARTHEST_DEG),
        "lon": home[1] + dice.uniform(-FARTHEST_DEG, FARTHEST_DEG),
    }


def _of_person(phone: str, row: Row, now: datetime, rng: random.Random, *, is_plain: bool) -> Row:
    """Every person has the same members, so that the rows go into the table together."""
    theirs: Row = {
        "more_phones": [], "hours": [], "away": [], "languages": ["普通话", "陕西话"] if rng.random() < 0.6 else [],
        "verified_at": None, "opted_out_at": None, "wrong_number_at": None, "note": None,
    }  # fmt: skip
    if rng.random() < VERIFIED_SHARE:
        theirs["verified_at"] = now - timedelta(days=rng.randrange(3, 200))
    if is_plain:
        return theirs
    if rng.random() < SECOND_NUMBER_SHARE:
        theirs["more_phones"] = [{"phone": SECOND_BLOCK + phone[-7:], "label": rng.choice(LABELS)}]
    if row["role"] in ("community", "doctor") and rng.random() < HOURS_SHARE * 2:
        theirs["hours"] = WORKING
    elif row["role"] == "family" and rng.random() < HOURS_SHARE:
        theirs["hours"] = NIGHTS_OFF
    if row["role"] == "family" and rng.random() < AWAY_SHARE:
        begins = now.date() - timedelta(days=rng.randrange(HOLIDAY_DAYS))
        ends = begins + timedelta(days=HOLIDAY_DAYS)
        theirs["away"] = [{"from": begins.isoformat(), "to": ends.isoformat(), "note": "出差"}]
    return theirs


def _work(contacts: list[Row], told_of: set[str], now: datetime) -> list[Found]:
    """A wrong number, two who want no messages: enough to see what the list is for."""
    family = [row for row in contacts if row["role"] == "family" and row["elder_id"] not in told_of]
    found = []
    for kind, row in zip(("wrong_number", "opted_out", "opted_out"), family[4::7], strict=False):
        row[f"{kind}_at"] = now - timedelta(hours=30)
        if kind == "wrong_number":
            row["verified_at"] = None
        found.append(Found(kind, "contact", row["id"], row["elder_id"]))
    return found
