"""The nightly look: what is wrong is opened, what is mended is settled, and nothing is found twice."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from core.clock import ManualClock
from core.db import Database
from geo.crs import to_wgs84
from registry.access import DOUBTFUL_AFTER_DAYS
from registry.contact_intake import ContactNew, Verified
from registry.elder_intake import ElderNew, ElderPatch
from registry.findings import FINDINGS
from registry.service import RegistryService
from registry.store import CONTACTS
from tests.world import START

HOME = {"lat": 34.3296, "lon": 108.7093}
TRIP = [{"from": START.date().isoformat(), "to": (START.date() + timedelta(days=3)).isoformat()}]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def registry(db: Database, clock: ManualClock) -> RegistryService:
    return RegistryService(db, clock, to_wgs84=to_wgs84)


def elder(registry: RegistryService, **members: Any) -> str:
    return str(registry.elders.add(ElderNew.model_validate({"name": "赵桂明"} | members))["id"])


def contact(registry: RegistryService, elder_id: str, role: str = "family", **more: Any) -> str:
    base = {"elder_id": elder_id, "name": "李娜", "role": role, "phone": "13800000001", "rank": 1}
    return str(registry.contacts.add(ContactNew.model_validate(base | more))["id"])


def waiting(db: Database, elder_id: str) -> list[str]:
    with db.read() as session:
        c = FINDINGS.c
        wanted = select(c.kind).where(c.elder_id == elder_id, c.resolved_at.is_(None)).order_by(c.kind)
        return list(session.execute(wanted).scalars())


def test_what_is_wrong_is_found_once_and_settled_when_it_is_mended(db: Database, registry: RegistryService) -> None:
    one = elder(registry)
    registry.inspection.look()
    assert waiting(db, one) == ["no_contacts", "no_home_position"]

    daughter = contact(registry, one, away=TRIP)
    registry.elders.change(one, ElderPatch.model_validate(HOME))
    registry.inspection.look()
    assert waiting(db, one) == ["away_everybody", "unverified_number"]

    registry.contacts.verified(daughter, Verified())
    contact(registry, one, role="community", phone="13800000002", name="张站长")
    registry.inspection.look()
    registry.inspection.look()
    assert waiting(db, one) == []


def test_only_contacts_that_are_called_by_themselves_count(db: Database, registry: RegistryService) -> None:
    one = elder(registry, **HOME)
    contact(registry, one, role="security")
    registry.inspection.look()

    assert waiting(db, one) == ["no_contacts"]


def test_access_notes_grow_old(db: Database, registry: RegistryService, clock: ManualClock) -> None:
    one = elder(registry, access_notes="钥匙在门卫", **HOME)
    contact(registry, one)
    registry.inspection.look()
    assert "access_unconfirmed" not in waiting(db, one)

    clock.advance(timedelta(days=DOUBTFUL_AFTER_DAYS + 1).total_seconds())
    registry.inspection.look()
    assert "access_unconfirmed" in waiting(db, one)


def test_nobody_asks_for_a_file_that_was_deleted(db: Database, registry: RegistryService) -> None:
    one = elder(registry)
    registry.inspection.look()
    registry.elders.remove(one)
    registry.inspection.look()

    assert waiting(db, one) == []


def test_what_was_found_about_a_removed_contact_goes_with_the_file(db: Database, registry: RegistryService) -> None:
    one, other = elder(registry, **HOME), elder(registry, **HOME)
    contact(registry, one)
    contact(registry, other, phone="13800000005")
    for phone in ("+8613800000001", "+8613800000005"):
        registry.contacts.heard_from(phone, "opted_out")
    registry.elders.remove(one)
    registry.inspection.look()

    assert waiting(db, one) == []
    assert "opted_out" in waiting(db, other)


def test_chunk_by_chunk_and_interrupted(db: Database, registry: RegistryService) -> None:
    elders = [elder(registry) for _ in range(8)]
    looks = iter([False, True])

    assert registry.inspection.look(lambda: next(looks), chunk=3) == 3
    assert registry.inspection.look(chunk=3) == 8
    assert all(waiting(db, one) == ["no_contacts", "no_home_position"] for one in elders)


def test_second_number_that_was_verified_is_enough(db: Database, registry: RegistryService) -> None:
    one = elder(registry, **HOME)
    daughter = contact(registry, one)
    more = [{"phone": "+8613800000009", "verified_at": START.isoformat()}]
    with db.write() as session:
        session.execute(update(CONTACTS).where(CONTACTS.c.id == daughter).values(more_phones=more))
    registry.inspection.look()

    assert waiting(db, one) == []
