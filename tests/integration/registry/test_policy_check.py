"""Which elders a policy leaves waiting, and when."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from core.clock import ManualClock
from core.db import Database
from core.ids import new_id
from geo.crs import to_wgs84
from registry import area_store, policy_check
from registry.area_intake import AreaNew
from registry.hours import always
from registry.policy_check import PolicyCheck
from registry.policy_intake import PolicyPatch
from registry.service import RegistryService
from registry.store import CONTACTS, ELDERS
from tests.world import START

ZONE = "Asia/Shanghai"
OFFICE = [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00"}]
WEEKEND = [{"days": [6, 7], "from": "00:00", "to": "24:00"}]
NIGHT = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "18:00", "to": "08:00"}]


class Town:
    """Elders with people of theirs, in areas `/a` and `/a/b`."""

    def __init__(self, db: Database) -> None:
        self.db, self.registry = db, RegistryService(db, ManualClock(START), to_wgs84=to_wgs84)
        self.registry.areas.add(AreaNew(code="a", name="A", level="city"))
        self.registry.areas.add(AreaNew(code="b", name="B", level="street", parent_code="a"))

    def elder(self, *people: dict[str, Any], area: str = "b") -> str:
        made = {"language": "zh-CN", "version": 1, "created_at": START, "updated_at": START}
        elder_id = new_id()
        with self.db.write() as session:
            path = area_store.path_of(session, area)
            row = {"id": elder_id, "name": "赵桂明", "area_code": area, "area_path": path} | made
            session.connection().execute(insert(ELDERS), row)
            for rank, one in enumerate(people):
                contact = {"id": new_id(), "elder_id": elder_id, "name": "李娜", "role": "family", "rank": rank}
                contact |= {"phone": f"+86139{rank:08}", "is_key_holder": False} | made | one
                session.connection().execute(insert(CONTACTS), contact)
        return elder_id

    def put(self, name: str, **members: Any) -> None:
        self.registry.policies.set(name, PolicyPatch(**members))

    def check(self, name: str = "default") -> PolicyCheck:
        with self.db.read() as session:
            policy = self.registry.policies.get(session, name)
            return policy_check.check(session, policy, START, ZONE)


@pytest.fixture
def town(db: Database) -> Town:
    return Town(db)


def hours_of(found: PolicyCheck) -> set[tuple[int, int]]:
    """(weekday, hour) with somebody who cannot reach anybody."""
    times = [found.begins_at + timedelta(hours=n) for n in range(len(found.hours)) if found.hours[n]]
    return {(at.isoweekday(), at.hour) for at in times}


def test_everybody_has_somebody_who_can_always_be_reached(town: Town) -> None:
    town.elder({})
    town.elder({"hours": OFFICE}, {"hours": always()})
    town.elder({"hours": OFFICE, "role": "doctor"}, {"hours": NIGHT}, {"hours": WEEKEND, "role": "community"})
    found = town.check()
    assert (found.elders, found.no_rung, found.nobody, found.worst) == (3, 0, 0, None)


def test_hours_in_which_nobody_is_reached_are_named(town: Town) -> None:
    town.elder({"hours": OFFICE})
    town.elder({"hours": NIGHT}, {"hours": OFFICE})
    found = town.check()
    assert found.worst is not None
    assert found.worst.elders == 2
    assert (found.worst.at.isoweekday(), found.worst.at.hour) == (6, 10)  # It is Saturday, 10 o'clock.
    assert found.hours[found.hours.index(1)] == 1
    assert {(day, hour) for day, hour in hours_of(found) if day < 6} == {
        (day, hour) for day in range(1, 6) for hour in range(24) if not 8 <= hour < 18
    }


def test_absence_and_a_wrong_number_count(town: Town) -> None:
    town.elder({"away": [{"from": "2026-11-22", "to": "2026-11-22"}]})
    town.elder({"wrong_number_at": START, "more_phones": [{"phone": "+8613800000000"}]})
    assert hours_of(town.check()) == {(7, hour) for hour in range(24)}
    town.elder({"wrong_number_at": START})
    assert min(town.check().hours) == 1


def test_elders_with_nobody_on_a_rung_are_counted(town: Town) -> None:
    town.put("default", rungs=[{"role": "security"}, {"role": "doctor"}])
    town.elder({"role": "doctor"})
    town.elder({"role": "family"})
    town.elder({"role": "volunteer"})
    town.elder()
    found = town.check()
    assert (found.elders, found.no_rung, found.nobody) == (4, 3, 2)


def test_whom_the_usual_roles_are_rung_for_waits_outside_their_hours(town: Town) -> None:
    town.put("default", rungs=[{"role": "doctor"}])
    town.elder({"hours": OFFICE})
    town.elder({"hours": OFFICE}, {"hours": always(), "role": "community"})
    town.elder({"hours": OFFICE, "role": "doctor"}, {})
    found = town.check()
    assert (found.no_rung, found.nobody) == (2, 0)
    assert set(found.hours) == {0, 2}
    assert (7, 3) in hours_of(found)


def test_officers_alone_on_the_rungs_leave_the_usual_roles(town: Town) -> None:
    town.put("default", rungs=[{"role": "officer"}])
    town.elder({"hours": OFFICE})
    town.elder({})
    assert (max(town.check().hours), town.check().no_rung) == (1, 2)


def test_nobody_waits_for_a_contact_whose_kind_of_alarm_rings_none(town: Town) -> None:
    town.elder()
    town.put("batteries", kind="low_battery")
    found = town.check("batteries")
    assert (found.elders, found.nobody, found.worst, found.is_for_officers) == (1, 0, None, True)
    assert not town.check().is_for_officers


def test_who_has_nobody_is_reached_by_nobody_at_every_hour(town: Town) -> None:
    town.elder()
    town.elder({"role": "volunteer"})
    town.elder({"hours": OFFICE})
    town.elder({})
    found = town.check()
    assert (found.elders, found.no_rung, found.nobody) == (4, 2, 2)
    assert set(found.hours) == {2, 3}
    assert found.worst is not None
    assert found.worst.elders == 3


def test_who_has_a_nearer_policy_is_not_the_farther_ones(town: Town) -> None:
    zhao = town.elder({})
    for area in ("a", "a", "b"):
        town.elder({}, area=area)
    assert town.check().elders == 4
    town.put("street", area_code="b")
    town.put("street-gas", area_code="b", kind="gas")
    town.put("zhao", elder_id=zhao)
    town.put("city-gas", area_code="a", kind="gas")
    assert [town.check(name).elders for name in ("default", "street", "zhao")] == [2, 1, 1]
    assert town.check("city-gas").elders == 2


def test_only_so_many_are_examined(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_check, "MOST_EXAMINED", 2)
    for _ in range(3):
        town.elder({"hours": OFFICE})
    town.elder({"hours": OFFICE, "role": "doctor"})
    town.elder()
    found = town.check()
    assert (found.examined, found.is_partial, max(found.hours)) == (2, True, 3)
    town.put("default", rungs=[{"role": "doctor"}])
    assert (town.check().examined, max(town.check().hours)) == (2, 3)
