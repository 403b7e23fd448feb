"""The history of the schema ends at what the models say, on both databases, whoever runs it and how often."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import migrations
from core.db import Database, sqlite_url
from migrations.revise import metadata
from tests import pg_cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a table."""
    server = request.param == "postgresql"
    db = Database(pg_cluster.shared().url_for("migrations") if server else sqlite_url(tmp_path))
    yield db
    db.close()


def test_migrated_schema_is_the_models_schema(empty: Database) -> None:
    migrations.upgrade(empty)

    with empty.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": migrations.is_of_the_models}
        )
        differences = compare_metadata(context, metadata())

    assert differences == []


def test_schema_problem_is_named_until_the_upgrade(empty: Database) -> None:
    assert migrations.problem(empty) == f"the schema is at nothing, not at {migrations.head()}"

    migrations.upgrade(empty)

    assert migrations.problem(empty) is None


def test_several_roles_may_upgrade_at_once(empty: Database) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            migrations.upgrade(empty.url.render_as_string(hide_password=False))
        except BaseException as failure:  # noqa: BLE001  # the thread's failure is the test's
            failures.append(failure)

    roles = [threading.Thread(target=run) for _ in range(4)]
    for role in roles:
        role.start()
    for role in roles:
        role.join(60)

    assert failures == []
    assert migrations.problem(empty) is None


def test_upgrade_from_an_older_day_keeps_the_rows(empty: Database) -> None:
    migrations.upgrade(empty)
    with empty.write() as session:
        session.connection().exec_driver_sql(
            "INSERT INTO areas (id, code, name, level) VALUES ('a', '61', '陕西', 'province')"
        )

    migrations.upgrade(empty)

    with empty.read() as session:
        assert session.connection().exec_driver_sql("SELECT name FROM areas").scalar() == "陕西"


def test_the_triggers_that_the_search_lives_by_survive_every_migration(empty: Database) -> None:
    """SQLite rebuilds a table to change it, and what hangs on the old table goes with it."""
    migrations.upgrade(empty)

    with empty.read() as session:
        is_sqlite = session.connection().dialect.name == "sqlite"
        listed = (
            "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
            if is_sqlite
            else "SELECT event_object_table, trigger_name FROM information_schema.triggers"
        )
        found = {(table, name) for table, name in session.connection().exec_driver_sql(listed)}

    events = ("_insert", "_update", "_delete") if is_sqlite else ("",)
    watched = ("elders", "contacts", "devices", "elder_addresses")
    assert {(table, f"search_due_{table}{event}") for table in watched for event in events} <= found
