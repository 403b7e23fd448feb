"""Where areas lie, what lies in them, and which area a text means."""

from typing import Any

import pytest
from sqlalchemy import insert, select

from core.clock import SystemClock
from core.db import Database
from core.errors import Conflict
from core.ids import new_id
from geo.crs import to_wgs84
from registry import area_store
from registry.area_intake import AreaNew, AreaPatch
from registry.intake import BadMember
from registry.service import RegistryService
from registry.store import AREAS, ELDERS, Row

XIANYANG = (
    ("610000", "陕西省", "province", None),
    ("610100", "西安市", "city", "610000"),
    ("610101", "市辖区", "district", "610100"),
    ("610400", "咸阳市", "city", "610000"),
    ("610402", "秦都区", "district", "610400"),
    ("610402001", "人民路街道", "street", "610402"),
    ("610402001-demo", "嘉惠社区", "community", "610402001"),
    ("6104020010", "城关镇", "street", "610402"),
    ("610404", "渭城区", "district", "610400"),
    ("610404001", "城关镇", "street", "610404"),
    ("610404001001", "东明社区居委会", "community", "610404001"),
)


@pytest.fixture
def registry(db: Database) -> RegistryService:
    service = RegistryService(db, SystemClock(), to_wgs84=to_wgs84)
    for code, name, level, parent in XIANYANG:
        service.areas.add(AreaNew(code=code, name=name, level=level, parent_code=parent))  # type: ignore[arg-type]
    return service


def path(db: Database, code: str) -> str:
    with db.read() as session:
        found = area_store.path_of(session, code)
        assert found is not None
        return found


def area(db: Database, code: str) -> Row:
    with db.read() as session:
        found = area_store.by_code(session, code)
        assert found is not None
        return found


def elder_in(db: Database, code: str, **members: Any) -> str:
    now = SystemClock().now()
    row: Row = {
        "id": new_id(), "name": "赵桂明", "language": "zh-CN", "version": 1, "created_at": now, "updated_at": now,
        "area_code": code, "area_path": path(db, code), "deleted_at": None,
    }  # fmt: skip
    with db.write() as session:
        session.connection().execute(insert(ELDERS), row | members)
    return str(row["id"])


def path_of_elder(db: Database, elder_id: str) -> str | None:
    with db.read() as session:
        return session.scalar(select(ELDERS.c.area_path).where(ELDERS.c.id == elder_id))


def test_a_path_names_the_areas_from_the_top_down(db: Database, registry: RegistryService) -> None:
    assert path(db, "610402001-demo") == "/610000/610400/610402/610402001/610402001-demo"


def test_what_lies_in_an_area_is_below_its_path_and_not_beside_it(db: Database, registry: RegistryService) -> None:
    with db.read() as session:
        inside = area_store.within(AREAS.c.path, path(db, "610402001"))
        found = session.scalars(select(AREAS.c.code).where(inside)).all()
    assert set(found) == {"610402001", "610402001-demo"}


def test_moving_an_area_takes_along_what_lies_in_it(db: Database, registry: RegistryService) -> None:
    elder, gone = elder_in(db, "610402001-demo"), elder_in(db, "610402001-demo", deleted_at=SystemClock().now())
    beside = elder_in(db, "6104020010")

    registry.areas.change(area(db, "610402001")["id"], AreaPatch(parent_code="610404"))

    moved = "/610000/610400/610404/610402001/610402001-demo"
    assert path(db, "610402001-demo") == path_of_elder(db, elder) == path_of_elder(db, gone) == moved
    assert path_of_elder(db, beside) == "/610000/610400/610402/6104020010"


def test_an_area_can_stand_at_the_top(db: Database, registry: RegistryService) -> None:
    registry.areas.change(area(db, "610402")["id"], AreaPatch(parent_code=None))
    assert path(db, "610402001-demo") == "/610402/610402001/610402001-demo"


def test_a_new_name_moves_nothing(db: Database, registry: RegistryService) -> None:
    before = area(db, "610402")
    changed = registry.areas.change(before["id"], AreaPatch(name="新秦都区"))
    assert changed == before | {"name": "新秦都区"}


@pytest.mark.parametrize(
    ("code", "change", "member"),
    [
        ("610402", {"parent_code": "610402"}, "parent_code"),
        ("610400", {"parent_code": "610402"}, "parent_code"),
        ("610402", {"parent_code": "999"}, "parent_code"),
        ("610402", {"parent_code": "610404"}, "level"),
        ("610402", {"level": "street"}, "level"),
        ("610402", {"level": "province"}, "level"),
    ],
)  # fmt: skip
def test_rings_and_levels_out_of_order_are_refused(
    db: Database, registry: RegistryService, code: str, change: dict[str, Any], member: str
) -> None:
    before = area(db, code)
    with pytest.raises(BadMember) as refused:
        registry.areas.change(before["id"], AreaPatch(**change))
    assert refused.value.member == member
    assert area(db, code) == before


def test_an_area_that_something_hangs_on_stays(db: Database, registry: RegistryService) -> None:
    elder_in(db, "610404001001")
    for code, why in (("610404001", "other areas"), ("610404001001", "1 elders")):
        with pytest.raises(Conflict, match=why):
            registry.areas.remove(area(db, code)["id"])


def test_an_area_of_elders_who_are_gone_can_be_removed(db: Database, registry: RegistryService) -> None:
    elder = elder_in(db, "610404001001", deleted_at=SystemClock().now())
    registry.areas.remove(area(db, "610404001001")["id"])
    assert path_of_elder(db, elder) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("610402001", "610402001"),
        (" 人民路街道 ", "610402001"),
        ("秦都区人民路街道", "610402001"),
        ("陕西省咸阳市秦都区人民路街道", "610402001"),
        ("陕西省 / 咸阳市 / 秦都区 / 人民路街道", "610402001"),
        ("咸阳市人民路街道", "610402001"),
        ("秦都区城关镇", "6104020010"),
        ("渭城区 城关镇", "610404001"),
        ("渭城区东明社区", "610404001001"),
        ("嘉惠社区", "610402001-demo"),
        ("城关镇", None),
        ("渭城区人民路街道", None),
        ("火星人民路街道", None),
        ("街道", None),
        ("", None),
        ("人" * 500, None),
    ],
)  # fmt: skip
def test_a_text_means_one_area_or_none(db: Database, registry: RegistryService, text: str, code: str | None) -> None:
    with db.read() as session:
        found = area_store.resolve(session, text)
    assert (found.code if found else None) == code
    if found is not None:
        assert found.path == path(db, found.code)


def test_a_full_name_leaves_out_what_nobody_says(db: Database, registry: RegistryService) -> None:
    registry.areas.add(AreaNew(code="610101001", name="西华门街道", level="street", parent_code="610101"))
    with db.read() as session:
        found = area_store.resolve(session, "西华门街道")
    assert found is not None
    assert found.full_name == "陕西省西安市西华门街道"
