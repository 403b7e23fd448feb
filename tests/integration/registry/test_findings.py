"""The registrar's work list: found once, settled once, and in the order of need."""

from datetime import timedelta

import pytest

from core.clock import ManualClock
from core.db import Database
from core.errors import Conflict, NotFound
from geo.crs import to_wgs84
from registry import findings, numbers
from registry.audit import Actor
from registry.contact_intake import ContactNew
from registry.elder_intake import ElderNew
from registry.findings import Found
from registry.intake import BadMember
from registry.service import RegistryService
from registry.store import CONTACTS, Row, get
from tests.world import START

QIN = Actor("user-qin", "秦亚玲")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def registry(db: Database, clock: ManualClock) -> RegistryService:
    return RegistryService(db, clock, to_wgs84=to_wgs84)


def found(db: Database, *what: Found) -> None:
    with db.write() as session:
        findings.open_all(session, START, what)


def listed(db: Database, clock: ManualClock, state: str = "waiting", **asked: str) -> list[Row]:
    with db.read() as session:
        where = findings.fitting(clock.now(), state, me=QIN.id, **asked)
        return findings.page(session, after=None, limit=50, where=where)[0]


def test_the_same_is_found_once_while_it_is_open(db: Database, clock: ManualClock, registry: RegistryService) -> None:
    found(db, Found("no_contacts", "elder", "e1", "e1"), Found("no_contacts", "elder", "e1", "e1"))
    found(db, Found("no_contacts", "elder", "e1", "e1"))
    [only] = listed(db, clock)
    registry.findings.resolve(only["id"], "两位联系人已登记", QIN)

    assert listed(db, clock) == []
    found(db, Found("no_contacts", "elder", "e1", "e1"))
    assert len(listed(db, clock)) == 1
    with pytest.raises(Conflict):
        registry.findings.reopen(only["id"], QIN)


def test_gravest_first_then_oldest_page_by_page(db: Database, clock: ManualClock) -> None:
    found(db, *(Found("shared_phone", "contact", f"c{n}") for n in range(3)))  # Of one moment: in any order.
    found(db, Found("wrong_number", "contact", "c9"), Found("no_home_position", "elder", "e9"))
    seen, after = [], None
    while True:
        with db.read() as session:
            rows, after = findings.page(session, after=after, limit=2, where=findings.waiting(START))
        seen += [row["subject_id"] for row in rows]
        if after is None:
            break

    assert seen[:2] == ["c9", "e9"]
    assert sorted(seen[2:]) == ["c0", "c1", "c2"]


def test_taken_put_off_resolved_and_opened_again(db: Database, clock: ManualClock, registry: RegistryService) -> None:
    found(db, Found("access_unconfirmed", "elder", "e1", "e1"))
    [one] = listed(db, clock, owner="nobody")
    registry.findings.take(one["id"], QIN)
    assert [row["id"] for row in listed(db, clock, owner="me")] == [one["id"]]
    registry.findings.snooze(one["id"], START + timedelta(days=2), QIN)
    assert listed(db, clock) == []
    assert len(listed(db, clock, "snoozed")) == 1
    clock.advance(timedelta(days=2).total_seconds())
    assert len(listed(db, clock)) == 1

    registry.findings.resolve(one["id"], None, QIN)
    with pytest.raises(Conflict):
        registry.findings.take(one["id"], QIN)
    assert registry.findings.reopen(one["id"], QIN)["resolved_at"] is None
    with pytest.raises(NotFound):
        registry.findings.take("nobody", QIN)


def test_nothing_is_put_off_into_the_past(db: Database, clock: ManualClock, registry: RegistryService) -> None:
    found(db, Found("access_unconfirmed", "elder", "e1", "e1"))
    [one] = listed(db, clock)
    with pytest.raises(BadMember, match="until: must lie in the future"):
        registry.findings.snooze(one["id"], START - timedelta(days=2000), QIN)
    assert listed(db, clock) == [one]


def contact(registry: RegistryService, phone: str, **more: object) -> Row:
    elder = registry.elders.add(ElderNew(name="赵桂明"))
    base = {"elder_id": elder["id"], "name": "李娜", "role": "family", "phone": phone, "rank": 1}
    return registry.contacts.add(ContactNew.model_validate(base | more))


def learn(db: Database, what: numbers.What, phone: str, contact_id: str | None = None) -> int:
    with db.write() as session:
        return numbers.learn(session, START, what, phone, contact_id)


def now(db: Database, row: Row) -> Row:
    with db.read() as session:
        return get(session, CONTACTS, row["id"])


def test_wrong_number_is_wrong_for_everybody_who_has_it(
    db: Database, clock: ManualClock, registry: RegistryService
) -> None:  # fmt: skip
    first = contact(registry, "13800000001")
    joined = contact(registry, "13800000001", same_person_as=first["id"])
    stranger = contact(registry, "13800000001", name="别人")

    assert learn(db, "wrong_number", "+8613800000001") == 3
    learn(db, "wrong_number", "+8613800000001", joined["id"])

    assert all(now(db, row)["wrong_number_at"] == START for row in (first, joined, stranger))
    assert [row["kind"] for row in listed(db, clock)] == ["wrong_number", "wrong_number"]  # one for each person
    assert learn(db, "verified", "+8613800000001") == 3
    assert now(db, first)["wrong_number_at"] is None
    assert listed(db, clock) == []


def test_second_number_is_wrong_by_itself(db: Database, clock: ManualClock, registry: RegistryService) -> None:
    row = contact(registry, "13800000002", more_phones=[{"phone": "13800000003", "label": "家"}])

    assert learn(db, "wrong_number", "+8613800000003", row["id"]) == 1

    after = now(db, row)
    assert after["wrong_number_at"] is None
    assert after["more_phones"] == [{"phone": "+8613800000003", "label": "家", "wrong_at": START.isoformat()}]
    assert [one["kind"] for one in listed(db, clock)] == ["wrong_number"]


def test_stop_and_start_again(db: Database, clock: ManualClock, registry: RegistryService) -> None:
    row = contact(registry, "13800000004")

    assert registry.contacts.heard_from("+8613800000004", "opted_out") == 1
    assert now(db, row)["opted_out_at"] == START
    assert [one["kind"] for one in listed(db, clock)] == ["opted_out"]
    registry.contacts.heard_from("+8613800000004", "opted_in")
    assert now(db, row)["opted_out_at"] is None
    assert listed(db, clock) == []
