"""Areas by the thousand: from the official list and from a site's own, brought up to date by their codes."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select

from core.clock import SystemClock
from core.db import Database
from core.errors import Conflict, NotFound
from core.ids import new_id
from geo.crs import to_wgs84
from hatch_build import pack_divisions
from registry import area_counts, area_store, store
from registry.area_assign import assign
from registry.area_load import AreaEntry, AreaPlan, say_nothing
from registry.official_areas import OfficialAreas, placed
from registry.service import RegistryService
from registry.store import AREAS, DEVICES, ELDERS

FILES = {
    "provinces": [("44", "广东省"), ("61", "陕西省")],
    "cities": [("4419", "东莞市"), ("6101", "西安市"), ("6104", "咸阳市")],
    "areas": [("441900", "东莞市"), ("610102", "新城区"), ("610402", "秦都区")],
    "streets": [("441900003", "东城街道"), ("610402001", "人民路街道"), ("610402002", "西兰路街道")],
    "villages": [("610402001001", "乐育北路社区居委会"), ("610402002001", "福园, 社区居委会")],
}


@pytest.fixture
def official(tmp_path: Path) -> OfficialAreas:
    """A small country, packed as the build does it."""
    (tmp_path / "list").mkdir()
    (tmp_path / "packed").mkdir()
    for name, lines in FILES.items():
        with (tmp_path / "list" / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("code", "name", "rest"), *((*line, "x") for line in lines)])
    pack_divisions(tmp_path / "list", tmp_path / "packed")
    return OfficialAreas(tmp_path / "packed")


@pytest.fixture
def registry(db: Database) -> RegistryService:
    return RegistryService(db, SystemClock(), to_wgs84=to_wgs84)


def entries(rows: Iterable[dict[str, Any]]) -> list[AreaEntry]:
    return [AreaEntry(number, row) for number, row in enumerate(rows, 2)]


def load(registry: RegistryService, rows: Iterable[dict[str, Any]]) -> AreaPlan:
    plan = registry.area_loads.plan(entries(rows))
    registry.area_loads.write(plan)
    return plan


def paths(db: Database) -> dict[str, str]:
    with db.read() as session:
        return {row.code: row.path for row in session.execute(select(AREAS.c.code, AREAS.c.path))}


def add_elder(db: Database, **members: Any) -> str:
    now = SystemClock().now()
    row = {"id": new_id(), "name": "赵桂明", "language": "zh-CN", "version": 1, "created_at": now, "updated_at": now}
    with db.write() as session:
        session.connection().execute(insert(ELDERS), row | members)
    return str(row["id"])


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("610000", ("province", None)), ("610400", ("city", "610000")), ("610402", ("district", "610400")),
        ("610402001", ("street", "610402")), ("610402001001", ("community", "610402001")),
        ("61", None), ("6104020010", None), ("610402001-demo-1", None), ("010000", None), ("", None),
    ],
)  # fmt: skip
def test_an_official_code_tells_where_an_area_lies(code: str, told: tuple[str, str | None] | None) -> None:
    assert placed(code) == told


def test_the_list_gives_an_area_with_what_is_above_and_below(official: OfficialAreas) -> None:
    assert [one.name for one in official.provinces()] == ["广东省", "陕西省"]
    assert [one.code for one in official.read("610400")] == [
        "610000", "610400", "610402", "610402001", "610402001001", "610402002", "610402002001",
    ]  # fmt: skip
    assert [one.name for one in official.read("610402002")] == [
        "陕西省", "咸阳市", "秦都区", "西兰路街道", "福园, 社区居委会",
    ]  # fmt: skip
    assert [(one.code, one.parent_code) for one in official.read("440000")] == [
        ("440000", None), ("441900", "440000"), ("441900003", "441900"),
    ]  # fmt: skip


@pytest.mark.parametrize("code", ["990000", "610499", "61", "../61", ""])
def test_the_list_says_what_it_does_not_have(official: OfficialAreas, code: str) -> None:
    with pytest.raises(NotFound):
        list(official.read(code))


def test_an_installation_without_the_list_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="CSV"):
        list(OfficialAreas(tmp_path / "nowhere").read("610000"))


def test_a_list_is_loaded_and_loading_it_again_changes_nothing(
    db: Database, registry: RegistryService, official: OfficialAreas
) -> None:
    whole = [one._asdict() for one in official.read("610000")]
    plan = load(registry, whole)
    assert (len(plan.added), len(plan.changed), plan.refusals) == (9, 0, ())
    assert paths(db)["610402001001"] == "/610000/610400/610402/610402001/610402001001"
    again = load(registry, whole)
    assert (len(again.added), len(again.changed), again.unchanged) == (0, 0, 9)


def test_a_plan_writes_nothing(db: Database, registry: RegistryService, official: OfficialAreas) -> None:
    registry.area_loads.plan(entries(one._asdict() for one in official.read("610000")))
    assert paths(db) == {}


def test_codes_and_names_are_enough(db: Database, registry: RegistryService) -> None:
    load(
        registry, [{"code": code, "name": "x"} for code in ("610402001001", "610402001", "610402", "610400", "610000")]
    )
    assert paths(db)["610402001001"] == "/610000/610400/610402/610402001/610402001001"


def test_what_has_a_new_name_or_place_is_brought_up_to_date(db: Database, registry: RegistryService) -> None:
    load(registry, [
        {"code": "a", "name": "A", "level": "city"}, {"code": "b", "name": "B", "level": "city"},
        {"code": "s", "name": "S", "level": "street", "parent_code": "a"},
        {"code": "c", "name": "C", "level": "community", "parent_code": "s"},
    ])  # fmt: skip
    elder = add_elder(db, area_code="c", area_path="/a/s/c")
    plan = load(registry, [
        {"code": "d", "name": "D", "level": "district", "parent_code": "b"},
        {"code": "s", "name": "新 S", "level": "street", "parent_code": "d"},
    ])  # fmt: skip
    assert (len(plan.added), len(plan.changed), plan.moved) == (1, 1, 1)
    assert paths(db) == {"a": "/a", "b": "/b", "d": "/b/d", "s": "/b/d/s", "c": "/b/d/s/c"}
    with db.read() as session:
        assert session.scalar(select(ELDERS.c.area_path).where(ELDERS.c.id == elder)) == "/b/d/s/c"


def test_two_areas_that_change_places_do(db: Database, registry: RegistryService) -> None:
    load(registry, [
        {"code": "a", "name": "A", "level": "city"},
        {"code": "b", "name": "B", "level": "district", "parent_code": "a"},
        {"code": "c", "name": "C", "level": "street", "parent_code": "b"},
    ])  # fmt: skip
    load(registry, [
        {"code": "b", "name": "B", "level": "city", "parent_code": None},
        {"code": "a", "name": "A", "level": "district", "parent_code": "b"},
    ])  # fmt: skip
    assert paths(db) == {"b": "/b", "a": "/b/a", "c": "/b/c"}


@pytest.mark.parametrize(
    ("rows", "refused"),
    [
        ([{"code": "a", "name": "A"}], [(2, "level")]),
        ([{"code": "a b", "name": "A", "level": "city"}], [(2, "code")]),
        ([{"code": "a", "level": "city"}], [(2, "name")]),
        ([{"code": "610402", "name": "x"}], [(2, "parent_code")]),
        ([{"code": "a", "name": "A", "level": "city", "parent_code": "a"}], [(2, "level")]),
        (
            [
                {"code": "a", "name": "A", "level": "city", "parent_code": "b"},
                {"code": "b", "name": "B", "level": "district", "parent_code": "a"},
            ],
            [(2, "level"), (3, "parent_code")],
        ),
        ([{"code": "a", "name": "A", "level": "city"}, {"code": "a", "name": "B", "level": "city"}], [(3, "code")]),
        ([{"code": "in", "name": "X", "level": "community"}], [(2, "level")]),
        ([{"code": "x", "name": "X", "level": "town"}], [(2, "level")]),
    ],
)
def test_rows_that_cannot_be_are_named(
    db: Database, registry: RegistryService, rows: list[dict[str, Any]], refused: list[tuple[int, str]]
) -> None:
    load(registry, [
        {"code": "in", "name": "In", "level": "street"},
        {"code": "deep", "name": "Deep", "level": "community", "parent_code": "in"},
    ])  # fmt: skip
    plan = registry.area_loads.plan(entries(rows))
    assert [(refusal.row, refusal.member) for refusal in plan.refusals] == refused


def test_a_plan_that_the_registry_has_left_behind_is_a_conflict(db: Database, registry: RegistryService) -> None:
    load(registry, [{"code": "a", "name": "A", "level": "city"}])
    plan = registry.area_loads.plan(entries([{"code": "s", "name": "S", "level": "street", "parent_code": "a"}]))
    with db.read() as session:
        area = area_store.by_code(session, "a")
    assert area is not None
    registry.areas.remove(area["id"])
    with pytest.raises(Conflict):
        registry.area_loads.write(plan)


def test_files_with_an_area_in_words_are_filed(
    db: Database, registry: RegistryService, official: OfficialAreas
) -> None:
    said = {add_elder(db, area="秦都区人民路街道"): "610402001", add_elder(db, area="乐育北路社区"): "610402001001"}
    vague = add_elder(db, area="某处")
    load(registry, [one._asdict() for one in official.read("610000")])
    stale = add_elder(db, area_code="610402", area_path="/of/old")

    found = assign(registry.desk, say_nothing)

    assert (found.looked_at, found.filed, found.mended) == (3, 2, 1)
    with db.read() as session:
        filed = {row.id: (row.area_code, row.area_path) for row in session.execute(select(ELDERS))}
    assert filed[vague] == (None, None)
    known = paths(db)
    assert {e: filed[e] for e in (*said, stale)} == {e: (c, known[c]) for e, c in (said | {stale: "610402"}).items()}


def test_counts_hold_what_lies_deeper_in_as_many_statements_for_all_lines(
    db: Database, registry: RegistryService, official: OfficialAreas
) -> None:
    load(registry, [one._asdict() for one in official.read("610000")])
    known = paths(db)
    elders = [
        add_elder(db, area_code=code, area_path=known[code])
        for code in ("610402001001", "610402001", "610402", "610400", "610102")
    ]
    add_elder(db, area_code="610402001", area_path=known["610402001"], deleted_at=SystemClock().now())
    now = SystemClock().now()
    with db.write() as session:
        for number, (elder, state) in enumerate(zip(elders, ("in_service", "retired", "stock"), strict=False)):
            device = {"id": new_id(), "uid": f"d-{number}", "elder_id": elder, "state": state, "secret_hash": ""}
            session.connection().execute(insert(DEVICES), device | {"version": 1, "created_at": now, "updated_at": now})

    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    with db.read() as session:
        rows, _ = store.page(session, AREAS, after=None, limit=50, where=[AREAS.c.parent_code == "610000"])
        statements.clear()
        found = area_counts.counted(session, rows)

    assert found == {"610100": area_counts.AreaCounts(1, 1, 0), "610400": area_counts.AreaCounts(1, 4, 2)}
    assert len([one for one in statements if one.startswith("SELECT")]) == 3
    with db.read() as session:
        rows, _ = store.page(session, AREAS, after=None, limit=50, where=[AREAS.c.parent_code.is_(None)])
        assert area_counts.counted(session, rows) == {"610000": area_counts.AreaCounts(2, 5, 2)}
