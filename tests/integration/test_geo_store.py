"""Nearest resources from the database are what measuring every row would say, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import event, insert, text

import migrations
from core.db import Database, sqlite_url
from geo.nearby import Resource, nearest
from geo.store import nearest_resources
from registry import models
from tests import pg_cluster

NOW = datetime(2026, 11, 21, tzinfo=UTC)
KINDS = ("hospital", "police", "community")
ASKED_FROM = {
    "in town": (34.33, 108.71),
    "in the country": (36.0, 100.0),
    "on the antimeridian": (-17.0, 179.9999),
    "at the pole": (89.9999, 12.0),
    "far from all": (-60.0, -120.0),
}


def scattered(count: int = 500) -> list[Resource]:
    """A dense town, a thin country, both sides of the antimeridian, a pole, and some at one spot."""
    dice = Random(7)
    spots = [
        lambda: (dice.uniform(34.25, 34.4), dice.uniform(108.6, 108.8)),
        lambda: (dice.uniform(20.0, 50.0), dice.uniform(80.0, 130.0)),
        lambda: (dice.uniform(-17.2, -16.8), dice.choice([-1, 1]) * dice.uniform(179.8, 180.0)),
        lambda: (dice.uniform(89.0, 90.0), dice.uniform(-180.0, 180.0)),
        lambda: (34.3301, 108.7101),
    ]
    weights = (60, 20, 10, 9, 1)
    return [
        Resource(f"r{number:05}", dice.choice(KINDS), f"第{number}站", None, None, *dice.choices(spots, weights)[0]())
        for number in range(count)
    ]


def keep(db: Database, resources: list[Resource], deleted_at: datetime | None = None) -> None:
    rows = [
        {"id": one.id, "kind": one.kind, "name": one.name, "lat": one.lat, "lon": one.lon, "deleted_at": deleted_at}
        | {"given": {}, "version": 1, "created_at": NOW, "updated_at": NOW}
        for one in resources
    ]
    with db.write() as session:
        session.connection().execute(insert(models.Resource), rows)


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def db(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    server = request.param == "postgresql"
    url = pg_cluster.shared().url_for("geo_store") if server else sqlite_url(tmp_path_factory.mktemp("geo"))
    database = Database(url)
    migrations.upgrade(database)
    keep(database, scattered())
    keep(database, [Resource("gone", "hospital", "closed in 2019", None, None, 34.33, 108.71)], deleted_at=NOW)
    yield database
    database.close()


@pytest.mark.parametrize("place", ASKED_FROM.values(), ids=ASKED_FROM)
@pytest.mark.parametrize("limit", [1, 7, 600])
@pytest.mark.parametrize("kinds", [None, {"police"}, {"police", "hospital"}, {"volunteer"}, set()])
@pytest.mark.parametrize("within_m", [None, 0.0, 900.0, 5_000_000.0])
def test_answer_is_exact(
    db: Database, place: tuple[float, float], limit: int, kinds: set[str] | None, within_m: float | None
) -> None:
    expected = nearest(scattered(), *place, limit=limit, kinds=kinds, within_m=within_m)

    with db.read() as session:
        found = nearest_resources(session, *place, kinds=kinds, limit=limit, within_m=within_m)

    assert found == expected


def test_a_near_answer_reads_an_index_and_not_the_table(tmp_path: Path) -> None:
    db = Database(sqlite_url(tmp_path))
    migrations.upgrade(db)
    keep(db, scattered())
    asked: list[tuple[str, tuple[object, ...]]] = []
    event.listen(db.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))

    with db.read() as session:
        nearest_resources(session, 34.33, 108.71, limit=5)
        queries = [query for query in asked if query[0].startswith("SELECT")]
        plans = [
            str(session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", told).all()) for sql, told in queries
        ]
        rows = session.connection().execute(text("SELECT count(*) FROM resources")).scalar_one()
    db.close()

    assert rows == 500
    assert plans
    assert all("USING INDEX ix_resources" in plan for plan in plans)
