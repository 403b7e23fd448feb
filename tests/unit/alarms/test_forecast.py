"""What a chain would do if nobody answered, without calling anybody."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alarms.forecast import MOST_RINGS, Forecast, forecast
from alarms.ladder import Person
from registry.profile import Rung
from tests.unit.alarms.rehearsal import DAUGHTER, DOCTOR, GUARD, NEIGHBOUR, OFFICER, SON, START, climbing, ladder


def told(found: Forecast) -> list[tuple[float, float, str]]:
    return [(ring.at_s, ring.until_s, ring.name) for ring in found.rings]


def test_each_phone_rings_when_the_one_before_is_given_up() -> None:
    found = forecast(ladder(officer_ring_s=15, round_pause_s=30), START)
    assert told(found) == [
        (0, 20, DAUGHTER.name), (20, 40, SON.name), (40, 60, NEIGHBOUR.name), (60, 80, DOCTOR.name),
        (80, 95, OFFICER.name), (95, 110, OFFICER.name),
    ]  # fmt: skip
    assert (found.officers_at_s, found.again_at_s) == (80, 110)


def test_rungs_have_their_own_times_and_officers_ring_beside_the_chain() -> None:
    found = forecast(climbing(Rung("security", ring_s=40), Rung("officer"), Rung("doctor", ring_s=5)), START)
    assert told(found)[:3] == [(0, 40, GUARD.name), (40, 45, DOCTOR.name), (40, 55, OFFICER.name)]


def test_who_is_away_is_called_behind_the_others_and_it_is_said() -> None:
    trip = [{"from": "2026-11-21", "to": "2026-11-22"}]
    people = ladder(replace(DAUGHTER, away=trip), SON)
    found = forecast(people, START)
    assert [(ring.name, ring.detail is None) for ring in found.rings[:2]] == [(SON.name, True), (DAUGHTER.name, False)]
    assert forecast(people, START + timedelta(days=2)).rings[0].name == DAUGHTER.name


def test_a_fault_of_the_device_rings_the_officers() -> None:
    assert {ring.purpose for ring in forecast(ladder(), START, kind="low_battery").rings} == {"officer"}


@pytest.mark.parametrize("officers", [(), (OFFICER,)])
def test_where_nobody_can_be_called_it_ends_as_well(officers: tuple[Person, ...]) -> None:
    nobody = replace(ladder(), rungs=(), on_duty=lambda: officers, elder=None)
    assert len(forecast(nobody, START).rings) <= MOST_RINGS
