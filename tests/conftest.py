"""What many tests begin with: an empty database of both kinds, and a small world in it."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

import migrations
from core.db import Database, sqlite_url
from tests import pg_cluster
from tests.world import World, open_quickly, settle_in

_NUMBERS = count(1)


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
def empty_postgresql() -> str:
    """A database at the schema's head that is copied for each test."""
    url = pg_cluster.shared().url_for("at_head")
    migrations.upgrade(url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def db_url(request: pytest.FixtureRequest, tmp_path: Path, empty_sqlite: Path) -> str:
    """The address of a database at the schema's head with nothing in it."""
    if request.param == "sqlite":
        shutil.copy(empty_sqlite, tmp_path / "carebell.db")
        return sqlite_url(tmp_path)
    return _copied(request.getfixturevalue("empty_postgresql"), f"test_{next(_NUMBERS)}")


def _copied(template: str, name: str) -> str:
    url = make_url(template)
    server = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        names = sql.Identifier(name), sql.Identifier(str(url.database))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    return url.set(database=name).render_as_string(hide_password=False)


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
