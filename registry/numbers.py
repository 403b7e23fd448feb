"""What is learnt about a telephone number, written to everybody who has it: verified, wrong, takes no texts, opted out.

It goes into the caller's transaction: an alarm's report, a test call's key, a registrar's word. Whatever makes a person
harder to reach is a finding as well, so that nobody leaves the chain in silence.
"""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import or_, select, update
from sqlmodel import Session

from registry import findings
from registry.audit import SYSTEM
from registry.findings import Found, key_of
from registry.store import CONTACTS, Row

What = Literal["verified", "wrong_number", "no_texts", "opted_out", "opted_in"]
_FOUND: tuple[What, ...] = ("wrong_number", "no_texts", "opted_out")
_MENDS: dict[What, tuple[str, ...]] = {"verified": ("wrong_number",), "opted_in": ("opted_out",)}


def person_of(row: Row) -> str:
    """What joins the rows of one person: their `person_id`, and for somebody with one row that row's id."""
    return str(row["person_id"] or row["id"])


def numbers_of(row: Row) -> list[str]:
    """All numbers of a contact, the first one first."""
    return [row["phone"], *(more["phone"] for more in row["more_phones"] or ())]


def learn(
    session: Session, now: datetime, what: What, phone: str, contact_id: str | None = None, *, by: str = SYSTEM,
    note: str | None = None,
) -> int:  # fmt: skip
    """Write it to all who have this number as their first, and to the contact's person; how many rows that were."""
    rows = _rows(session, phone, contact_id)
    news = [(row, changed) for row in rows if (changed := _changed(row, what, phone, now))]
    for row, changed in news:
        values = changed | {"version": CONTACTS.c.version + 1, "updated_at": now}
        session.connection().execute(update(CONTACTS).where(CONTACTS.c.id == row["id"]).values(values))
    people = {person_of(row): row for row in reversed(rows)}
    if what in _FOUND:
        findings.open_all(session, now, [
            Found(what, "contact", row["id"], row["elder_id"], about=person) for person, row in people.items()
        ])  # fmt: skip
    mended = [key_of(kind, person) for kind in _MENDS.get(what, ()) for person in people]
    if what == "verified":
        mended += [key_of("unverified_number", row["elder_id"]) for row in rows]
    findings.settle(session, now, mended, by=by, note=note)
    return len(news)


def _rows(session: Session, phone: str, contact_id: str | None) -> list[Row]:
    c = CONTACTS.c
    whose = [c.phone == phone]
    if contact_id is not None:
        person = select(c.person_id).where(c.id == contact_id, c.person_id.is_not(None))
        whose += [c.id == contact_id, c.person_id.in_(person)]
    wanted = select(CONTACTS).where(or_(*whose), c.deleted_at.is_(None)).order_by(c.id).with_for_update()
    rows = [dict(row._mapping) for row in session.connection().execute(wanted)]
    return [row for row in rows if phone in numbers_of(row)]


def _changed(row: Row, what: What, phone: str, now: datetime) -> dict[str, Any]:
    match what:
        case "opted_out":
            return {} if row["opted_out_at"] else {"opted_out_at": now}
        case "opted_in":
            return {"opted_out_at": None} if row["opted_out_at"] else {}
        case "verified":
            return _about_number(row, phone, verified=now, wrong=None)
        case "wrong_number":
            return _about_number(row, phone, verified=None, wrong=now)
        case _:
            return {}


def _about_number(row: Row, phone: str, *, verified: datetime | None, wrong: datetime | None) -> dict[str, Any]:
    if phone == row["phone"]:
        if wrong and row["wrong_number_at"]:
            return {}
        return {"verified_at": verified, "wrong_number_at": wrong}
    if wrong and any(one["phone"] == phone and one.get("wrong_at") for one in row["more_phones"]):
        return {}
    said = {"verified_at": verified, "wrong_at": wrong}
    more = [
        {k: v for k, v in one.items() if k not in said} | {k: at.isoformat() for k, at in said.items() if at}
        if one["phone"] == phone else one
        for one in row["more_phones"]
    ]  # fmt: skip
    return {"more_phones": more}
