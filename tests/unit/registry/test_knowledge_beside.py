"""Which cards stand beside an alarm, and that none tells an illness to who may not see it."""

from typing import Any

import pytest

from registry.knowledge_beside import SILENT, beside, situations
from registry.knowledge_start import starting_cards

CARDS = [{"id": key} | given.model_dump() for key, given in starting_cards()]


def keys(wanted: tuple[str, ...], health: dict[str, Any] | None = None) -> list[str]:
    return [one.card["id"] for one in beside(CARDS, wanted, health)]


@pytest.mark.parametrize(
    ("kind", "flags", "expected"),
    [
        ("sos", {}, ("sos",)),
        ("sos", {"is_test": True}, ("test", "sos")),
        ("fall", {"is_cancelled": True}, ("cancelled", "fall")),
        ("duress", {}, SILENT),
        ("sos", {"is_silent": True, "is_test": True}, SILENT),
    ],
)
def test_what_an_alarm_is(kind: str, flags: dict[str, bool], expected: tuple[str, ...]) -> None:
    given = {"is_silent": False, "is_test": False, "is_cancelled": False} | flags

    assert situations(kind, **given) == expected


def test_every_kind_has_its_own_card() -> None:
    kinds = ("sos", "fall", "smoke", "gas", "flood", "inactivity", "duress", "low_battery", "mains_lost", "tamper")

    assert [keys((kind,)) for kind in kinds] == [
        ["sos"], ["fall"], ["smoke"], ["gas"], ["flood"], ["inactivity"], ["duress"], ["device_power"],
        ["device_power"], ["tamper"],
    ]  # fmt: skip
    assert keys(("test", "sos")) == ["test", "sos"]
    assert keys(("cancelled", "fall")) == ["mistake", "fall"]


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        ({"conditions": ["冠心病", "高血压"]}, ["heart"]),
        ({"conditions": ["2型糖尿病，2010年起"], "medication": ["二甲双胍"]}, ["diabetes"]),
        ({"allergies": ["青霉素"]}, ["allergy"]),
        ({"allergies": "无"}, []),
        ({"hearing": "差"}, ["hearing"]),
        ({"hearing": "正常"}, []),
        ({"implants": "起搏器"}, ["heart"]),
        ({"conditions": "否认糖尿病、冠心病"}, []),
        ({"conditions": "高血压；无糖尿病"}, []),
        ({"conditions": "糖尿病，无过敏"}, ["diabetes"]),
        ({"notes": "无人照顾的失智老人"}, ["dementia"]),
        ({"conditions": ["Dementia"]}, ["dementia"]),  # Not TIA.
        ({"conditions": ["TIA in 2019"]}, ["stroke"]),
        ({"conditions": ["no diabetes"]}, []),
        ({"dialect": "聋哑手语"}, []),
        ({"conditions": [{"name": "癫痫"}], "blood_group": "A"}, ["seizure"]),
        ({"conditions": None, "living": "独居"}, []),
    ],
)
def test_cards_by_health(health: dict[str, Any], expected: list[str]) -> None:
    assert keys(("sos",), health) == ["sos", *expected]


def test_those_for_this_kind_come_first_and_not_too_many() -> None:
    health = {"conditions": ["糖尿病", "抑郁", "癫痫", "冠心病", "脑梗", "房颤"]}

    assert keys(("fall",), health) == ["fall", "heart", "stroke", "diabetes"]


def test_who_may_not_see_health_gets_the_card_of_the_kind_alone() -> None:
    for kind in ("sos", "fall", "inactivity"):
        for one in beside(CARDS, (kind,), None):
            assert not one.card["conditions"]
            assert not one.is_by_health


def test_beside_a_silent_alarm_no_card_is_read_out() -> None:
    assert keys(SILENT, {"conditions": ["冠心病"]}) == ["duress"]
