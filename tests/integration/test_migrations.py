"""The history of the schema ends at what the models say, on both databases, whoever runs it and how often."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import JSON, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

import migrations
from core.db import Database, sqlite_url
from core.vault import Vault
from migrations.revise import metadata
from notifier import sandbox_store
from registry import audit, rekey
from registry.audit import Actor, Deed
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


def test_what_phones_were_told_is_sealed_on_the_way_up(empty: Database) -> None:
    old, new = "a key for made-up people", "another key for made-up people"
    url = empty.url.render_as_string(hide_password=False)
    prompt = {"attempt_id": "a", "elder_name": "赵桂明", "to_role": "family", "health": ["冠心病"]}
    given, changed = Database(url, Vault([old])), Database(url, Vault([new, old]))
    try:
        with given.write() as session:
            connection = session.connection()
            command.upgrade(migrations.configuration(connection=connection), "0016")
            connection.execute(
                text(
                    'INSERT INTO sandbox_calls (id, attempt_id, number, kind, is_inbound, state, "then", ring_s, '
                    "prompt, said, keys, times_asked, started_at, untold, version) VALUES ('c', 'a', '+86139', 'call', "
                    "false, 'ended', 'manual', 20, :prompt, '赵桂明有冠心病', '', 1, '2026-11-21 08:00:00', '[]', 1)"
                ).bindparams(bindparam("prompt", prompt, type_=JSON().with_variant(JSONB(), "postgresql")))
            )
        migrations.upgrade(given)
        rekey.rekey(changed, lambda *_: None)

        with changed.read() as session:
            raw = str(session.connection().exec_driver_sql("SELECT prompt, said FROM sandbox_calls").one())
            kept = sandbox_store.by_id(session, "c")
        assert "赵" not in raw
        assert "冠心病" not in raw
        assert kept is not None
        assert kept.call.said == "赵桂明有冠心病"
        assert kept.call.prompt is not None
        assert kept.call.prompt.health == ("冠心病",)
    finally:
        given.close()
        changed.close()


def test_the_log_written_before_the_upgrade_has_its_end_sealed(empty: Database) -> None:
    site = Database(empty.url.render_as_string(hide_password=False), Vault(["a key for made-up people"]))
    try:
        migrations.upgrade(site)
        with site.write() as session:
            audit.record(session, Actor(), datetime(2026, 11, 21, tzinfo=UTC), Deed("elder.view", "elder", "a"))
            connection = session.connection()
            command.downgrade(migrations.configuration(connection=connection), "0026")
        migrations.upgrade(site)

        with site.read() as session:
            assert audit.verify(session).broken_at is None
            assert session.connection().exec_driver_sql("SELECT count(*) FROM audit_end").scalar() == 1
    finally:
        site.close()
