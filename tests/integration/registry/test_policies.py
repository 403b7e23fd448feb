"""Policies for an elder, an area or a kind of alarm: which one a press gets, and what became of each."""

from typing import Any

import pytest
from sqlalchemy import select, update

from core.errors import Conflict, NotFound
from geo.crs import to_wgs84
from registry import area_store
from registry.area_intake import AreaNew
from registry.audit import Actor
from registry.intake import BadMember
from registry.policy_intake import PolicyPatch
from registry.service import RegistryService
from registry.store import AREAS, ELDERS
from tests.world import ELDER, World

QIN = Actor("user-qin", "秦亚玲")
XIANYANG = (
    ("610400", "咸阳市", "city", None),
    ("610402", "秦都区", "district", "610400"),
    ("610402001", "人民路街道", "street", "610402"),
    ("610404", "渭城区", "district", "610400"),
)


@pytest.fixture
def registry(world: World) -> RegistryService:
    """Elder Zhao lives in 人民路街道."""
    service = RegistryService(world.db, world.clock, to_wgs84=to_wgs84)
    for code, name, level, parent in XIANYANG:
        service.areas.add(AreaNew(code=code, name=name, level=level, parent_code=parent))  # type: ignore[arg-type]
    with world.db.write() as session:
        path = area_store.path_of(session, "610402001")
        session.connection().execute(update(ELDERS).values(area_code="610402001", area_path=path))
    return service


def put(registry: RegistryService, name: str, **members: Any) -> dict[str, Any]:
    return registry.policies.set(name, PolicyPatch(**members), by=QIN)


def policy_of_a_press(world: World, **press: Any) -> str:
    """The name of the policy that the alarm of one more press began with; the alarm is closed again."""
    world.press("dev-7", **press)
    kept = world.alarm.policy
    world.click("claim")
    world.click("close", disposition="helped", satisfaction="satisfied")
    return str(kept["name"])


def test_the_nearest_policy_wins(world: World, registry: RegistryService) -> None:
    assert policy_of_a_press(world) == "default"
    for name, scope in (
        ("gas", {"kind": "gas"}), ("elsewhere", {"area_code": "610404"}), ("draft", {}),
        ("city", {"area_code": "610400"}), ("city-gas", {"area_code": "610400", "kind": "gas"}),
        ("street", {"area_code": "610402001"}), ("street-fall", {"area_code": "610402001", "kind": "fall"}),
        ("zhao", {"elder_id": ELDER.id}),
    ):  # fmt: skip
        put(registry, name, **scope)
    order = {"sos": ["zhao", "street", "city"], "fall": ["zhao", "street-fall", "street"]}
    order["gas"] = ["zhao", "street", "city-gas", "city", "gas"]
    for kind, names in order.items():
        assert policy_of_a_press(world, kind=kind) == names[0]
    registry.policies.remove("zhao")
    assert [policy_of_a_press(world, kind=kind) for kind in order] == ["street", "street-fall", "street"]
    for gone in ("street", "street-fall"):
        registry.policies.remove(gone)
    assert [policy_of_a_press(world, kind=kind) for kind in order] == ["city", "city", "city-gas"]
    for gone in ("city", "city-gas"):
        registry.policies.remove(gone)
    assert [policy_of_a_press(world, kind=kind) for kind in order] == ["default", "default", "gas"]


def test_a_device_of_nobody_gets_the_policy_of_the_kind(world: World, registry: RegistryService) -> None:
    put(registry, "gas", kind="gas", ring_s=9)
    world.press("dev-unknown", kind="gas")
    assert world.alarm.policy["name"] == "gas"


def test_an_open_alarm_keeps_the_version_it_started_with(world: World, registry: RegistryService) -> None:
    put(registry, "street", area_code="610402001", title="人民路夜间", rungs=[{"role": "community", "ring_s": 7}])
    world.press("dev-7")
    put(registry, "street", rungs=[{"role": "doctor"}])

    kept = world.alarm.policy

    assert (kept["name"], kept["title"], kept["version"]) == ("street", "人民路夜间", 1)
    assert kept["rungs"] == [{"role": "community", "ring_s": 7, "tries": None}]
    assert world.phone("neighbour").is_ringing
    world.advance(seconds=8)
    assert world.phone("officer").is_ringing


def test_a_policy_that_changed_is_the_next_presss(world: World, registry: RegistryService) -> None:
    put(registry, "street", area_code="610402001")
    assert policy_of_a_press(world) == "street"
    put(registry, "street", area_code="610404")
    assert policy_of_a_press(world) == "default"
    put(registry, "street", area_code=None, kind="sos")
    assert policy_of_a_press(world) == "street"


def test_what_is_left_out_of_a_new_policy_is_as_in_the_default(registry: RegistryService) -> None:
    put(registry, "default", ring_s=33)
    made = put(registry, "night", officer_ring_s=44)
    assert (made["settings"]["ring_s"], made["settings"]["officer_ring_s"], made["version"]) == (33, 44, 1)


def test_versions_tell_who_made_it_what_and_can_be_gone_back_to(registry: RegistryService) -> None:
    put(registry, "night", ring_s=11, kind="fall")
    put(registry, "night", ring_s=22, kind=None)

    back = registry.policies.restore("night", 1, by=QIN)

    assert (back["version"], back["settings"]["ring_s"], back["kind"]) == (3, 11, "fall")
    with pytest.raises(NotFound):
        registry.policies.restore("night", 9)
    with pytest.raises(NotFound):
        registry.policies.restore("default", 1)


@pytest.mark.parametrize(
    ("name", "members", "wrong"),
    [
        ("default", {"kind": "gas"}, "kind"),
        ("night", {"elder_id": "nobody"}, "elder_id"),
        ("night", {"area_code": "999"}, "area_code"),
        ("night", {"polite_from_hour": 21, "polite_to_hour": 8}, "polite_from_hour"),
    ],
)  # fmt: skip
def test_policies_for_nobody_are_refused(
    registry: RegistryService, name: str, members: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(BadMember) as refused:
        put(registry, name, **members)
    assert refused.value.member == wrong


def test_a_policy_is_for_an_elder_or_an_area(world: World, registry: RegistryService) -> None:
    with pytest.raises(BadMember):
        put(registry, "both", elder_id=ELDER.id, area_code="610400")


def test_two_policies_for_the_very_same_are_refused(registry: RegistryService) -> None:
    put(registry, "one", area_code="610400", kind="gas")
    with pytest.raises(Conflict, match="one"):
        put(registry, "two", area_code="610400", kind="gas")
    put(registry, "two", area_code="610400")
    put(registry, "draft")
    put(registry, "draft-2")


def test_the_default_policy_stays(registry: RegistryService) -> None:
    with pytest.raises(Conflict):
        registry.policies.remove("default")


def test_an_area_with_a_policy_stays(world: World, registry: RegistryService) -> None:
    put(registry, "weicheng", area_code="610404")
    with world.db.read() as session:
        area_id = session.scalar(select(AREAS.c.id).where(AREAS.c.code == "610404"))
    with pytest.raises(Conflict, match="policy"):
        registry.areas.remove(str(area_id))
