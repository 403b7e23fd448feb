"""What many tests begin with: an empty database of both kinds, and a small world in it."""

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import migrations
from core.db import Database, sqlite_url
from tests import pg_cluster
from tests.pg_cluster import SpareDatabase
from tests.world import World, open_quickly, settle_in


def pytest_collection_finish() -> None:
    """What was imported stays: the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file at the schema's head that is copied for each test."""
    folder = tmp_path_factory.mktemp("schema")
    db = Database(sqlite_url(folder))
    migrations.upgrade(db)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return folder / "carebell.db"


@pytest.fixture(scope="session")
def spare_postgresql() -> SpareDatabase:
    """A database at the schema's head that is emptied after each test."""
    cluster = pg_cluster.shared()
    migrations.upgrade(cluster.url_for("at_head"))
    return SpareDatabase(cluster, "at_head", kept=("alembic_version",))


@pytest.fixture(params=["sqlite", "postgresql"])
def db_url(request: pytest.FixtureRequest, tmp_path: Path, empty_sqlite: Path) -> Iterator[str]:
    """The address of a database at the schema's head with nothing in it."""
    if request.param == "sqlite":
        shutil.copy(empty_sqlite, tmp_path / "carebell.db")
        yield sqlite_url(tmp_path)
        return
    spare: SpareDatabase = request.getfixturevalue("spare_postgresql")
    yield spare.take()
    spare.give_back()


@pytest.fixture
def db(db_url: str) -> Iterator[Database]:
    """A database at the schema's head with nothing in it."""
    database = open_quickly(db_url)
    yield database
    database.close()


@pytest.fixture
def world(db: Database) -> World:
    """Elder Zhao with device dev-7, her daughter, a neighbour, a doctor and a guard, and one duty officer."""
    settle_in(db)
    return World(db)
