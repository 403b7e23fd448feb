"""A person's data is told whole on request, and lets go of whole; the figures of the alarms stay."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select, update

from alarms import personal, retention
from core.db import Database
from core.errors import Conflict, NotFound, Rejected
from geo.crs import to_wgs84
from registry import audit
from registry.audit import Actor
from registry.elders import NAMELESS
from registry.service import RegistryService
from registry.store import DEVICES, ELDERS
from tests.world import DAUGHTER, ELDER, START, World

ALARMS, ATTEMPTS, TIMELINE, PRESSES = personal.ALARMS, personal.ATTEMPTS, personal.TIMELINE, personal.PRESSES
PERSONAL = ("赵桂明", "赵丽", "13900000001", "13900000007", "渭阳西路", "34.32", "心脏病", "摔倒")


def lived_through(world: World) -> str:
    """An alarm that the daughter took and the officer closed; its id."""
    receipt = world.press(
        raw=b'{"msg_id": "1", "note": "\xe8\xb5\xb5\xe6\xa1\x82\xe6\x98\x8e"}', content={"name": "赵桂明"}
    )
    world.phone("daughter").says("1")
    world.click("claim")
    world.click("note", text="赵桂明摔倒了")
    world.click("close", disposition="helped", satisfaction="satisfied")
    with world.db.write() as session:
        check = {"id": "check-1", "contact_id": DAUGHTER.id, "name": DAUGHTER.name, "phone": DAUGHTER.phone,
                 "language": "zh-CN", "asked_by": "秦亚玲", "state": "accepted",
                 "started_at": START, "ends_by": START}  # fmt: skip
        session.execute(insert(personal.CHECKS).values(check))
        todo = {
            "id": "todo-1",
            "text": "问赵丽回家没有",
            "due_at": START,
            "created_at": START,
            "created_by": "李敏",
            "version": 1,
        }
        session.execute(insert(personal.TO_DOS), [todo | {"elder_id": ELDER.id, "alarm_id": receipt.alarm_id}])
    return receipt.alarm_id


def take_the_device_back(db: Database) -> None:
    with db.write() as session:
        session.execute(update(DEVICES).values(elder_id=None))


def everything_in(db: Database) -> str:
    """What somebody with the database in hand would read, sealed columns opened, the staff's own names aside."""
    found = []
    with db.read() as session:
        for name in ("elders", "contacts", "alarms", "attempts", "timeline", "presses", "elder_addresses",
                     "elder_photos", "sandbox_calls", "device_fixes", "findings", "phone_checks", "todos"):  # fmt: skip
            table = ELDERS.metadata.tables[name]
            for row in session.execute(select(table)):
                if getattr(row, "role", "") != "officer":
                    found.append(str(tuple(row)))
    return "\n".join(found)


def test_everything_about_a_person_is_told(world: World) -> None:
    lived_through(world)

    with world.db.read() as session:
        found = personal.told(session, ELDER.id)

    assert json.loads(json.dumps(found)) == found
    assert found["elder"]["health"] == {"conditions": ["心脏病"]}
    assert {c["name"] for c in found["contacts"]} >= {DAUGHTER.name}
    assert len(found["alarms"]) == 1
    assert found["presses"][0]["content"] == {"name": "赵桂明"}
    assert "secret_hash" not in found["devices"][0]
    assert (len(found["phone_checks"]), len(found["todos"])) == (1, 1)


def test_a_person_is_taken_out_of_everything_and_the_figures_stay(world: World) -> None:
    alarm_id = lived_through(world)
    take_the_device_back(world.db)

    with world.db.write() as session:
        personal.make_nameless(session, ELDER.id, world.clock.now())

    left = everything_in(world.db)
    assert [word for word in PERSONAL if word in left] == []
    with world.db.read() as session:
        alarm = session.execute(select(ALARMS).where(ALARMS.c.id == alarm_id)).one()
        outcomes = set(session.scalars(select(ATTEMPTS.c.outcome).where(ATTEMPTS.c.role == "family")))
    assert (alarm.disposition, alarm.satisfaction, alarm.accepted_at is None) == ("helped", "satisfied", False)
    assert alarm.elder_id == ELDER.id
    assert alarm.accepted_by == {"role": "family", "name": NAMELESS}
    assert "accepted" in outcomes


def test_the_year_of_birth_stays_for_the_figures(world: World) -> None:
    take_the_device_back(world.db)
    with world.db.write() as session:
        session.execute(update(ELDERS).values(birth_date=date(1944, 7, 9)))
        personal.make_nameless(session, ELDER.id, world.clock.now())

    with world.db.read() as session:
        assert session.execute(select(ELDERS.c.birth_date)).scalar() == date(1944, 1, 1)


def test_nobody_is_forgotten_while_they_may_need_help(world: World) -> None:
    with pytest.raises(Conflict, match="device"), world.db.write() as session:
        personal.make_nameless(session, ELDER.id, world.clock.now())
    world.press()
    with pytest.raises(Conflict, match="not closed"), world.db.write() as session:
        personal.make_nameless(session, ELDER.id, world.clock.now())
    with pytest.raises(NotFound), world.db.write() as session:
        personal.make_nameless(session, "nobody", world.clock.now())


def test_a_file_stays_while_its_alarm_is_open_and_nothing_of_an_erased_one_comes_back(world: World) -> None:
    registry = RegistryService(world.db, world.clock, to_wgs84=to_wgs84, check_removal=personal.refuse_open_alarm)
    world.press()
    take_the_device_back(world.db)
    with pytest.raises(Conflict, match="not closed"):
        registry.elders.remove(ELDER.id)

    world.click("claim")
    world.click("close", disposition="helped", satisfaction="satisfied")
    registry.elders.remove(ELDER.id)
    with world.db.write() as session:
        personal.make_nameless(session, ELDER.id, world.clock.now())
    with pytest.raises(Conflict, match="erased"):
        registry.elders.restore(ELDER.id)


def test_each_kind_is_let_go_of_after_its_own_time(world: World) -> None:
    alarm_id = lived_through(world)
    retention.let_go(world.db, world.clock)
    with world.db.read() as session:
        assert session.execute(select(PRESSES.c.raw).where(PRESSES.c.alarm_id == alarm_id)).scalar() != b""

    world.clock.advance(timedelta(days=200).total_seconds())
    first = retention.let_go(world.db, world.clock)
    with world.db.read() as session:
        assert session.execute(select(PRESSES.c.raw).where(PRESSES.c.alarm_id == alarm_id)).scalar() == b""
        assert session.execute(select(ALARMS.c.location)).scalar() is not None
    assert (first["presses"], first["places"]) == (1, 0)

    world.clock.advance(timedelta(days=1000).total_seconds())
    assert retention.let_go(world.db, world.clock)["people_in_alarms"] == 1
    assert retention.let_go(world.db, world.clock)["people_in_alarms"] == 0
    with world.db.read() as session:
        assert DAUGHTER.phone not in set(session.scalars(select(ATTEMPTS.c.phone)))
        assert audit.verify(session).broken_at is None


def test_an_alarm_that_is_still_open_keeps_everything(world: World) -> None:
    world.press(raw=b"{}")
    world.clock.advance(timedelta(days=4000).total_seconds())

    assert retention.let_go(world.db, world.clock)["presses"] == 0


def test_a_removed_file_is_kept_for_its_time_and_then_made_nameless(world: World) -> None:
    take_the_device_back(world.db)
    with world.db.write() as session:
        session.execute(update(ELDERS).values(deleted_at=START))
    assert retention.let_go(world.db, world.clock)["removed_files"] == 0

    world.clock.advance(timedelta(days=366).total_seconds())

    assert retention.let_go(world.db, world.clock)["removed_files"] == 1
    assert retention.let_go(world.db, world.clock)["removed_files"] == 0


def test_a_period_is_the_sites_to_set(world: World) -> None:
    by = Actor("user-root", "root")
    retention.set_period(world.db, world.clock, "presses", 30, by)
    retention.set_period(world.db, world.clock, "presses", None, by)

    with world.db.read() as session:
        kept = {k.kind: k.keep_days for k in retention.periods(session)}
    assert (kept["presses"], kept["places"]) == (None, 365)
    for wrong in (0, 6, 10**6):
        with pytest.raises(Rejected):
            retention.set_period(world.db, world.clock, "presses", wrong, by)
    with pytest.raises(NotFound):
        retention.set_period(world.db, world.clock, "audit_log", 30, by)
