"""Prepared statements on both databases: they store, find and fail exactly as SQLAlchemy's own way does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.db import Database, Json, UtcDateTime
from core.prepared import Among, Prepared, insert_into

NOON = datetime(2026, 5, 1, 12, 0, 0, 250, tzinfo=UTC)
THINGS = sa.Table(
    "things", sa.MetaData(), sa.Column("number", sa.Integer, primary_key=True), sa.Column("id", sa.String, unique=True),
    sa.Column("at", UtcDateTime), sa.Column("is_loud", sa.Boolean), sa.Column("how", Json),
    sa.Column("where", sa.Float), sa.Column("raw", sa.LargeBinary),
)  # fmt: skip
COLUMNS = [column for column in THINGS.c if column.name != "number"]
INSERT = insert_into(THINGS)
BY_ID = Among(
    lambda among: (
        select(*COLUMNS).where(among(THINGS.c.id), THINGS.c.id.in_(("night", "empty", "day"))).order_by(THINGS.c.number)
    )
)
NIGHT: dict[str, Any] = {
    "id": "night", "at": NOON, "is_loud": True, "how": {"名": ["赵", 1.5, None]}, "where": 34.33, "raw": b"\x00\xff",
}  # fmt: skip
EMPTY: dict[str, Any] = dict.fromkeys(NIGHT) | {"id": "empty"}


@pytest.fixture
def things(db: Database) -> Iterator[Database]:
    THINGS.metadata.create_all(db.engine)
    yield db
    THINGS.metadata.drop_all(db.engine)


def stored(db: Database) -> list[dict[str, Any]]:
    with db.read() as session:
        return [dict(row) for row in session.execute(select(*COLUMNS).order_by(THINGS.c.number)).mappings()]


@pytest.mark.parametrize("rows", [[NIGHT], [EMPTY], [NIGHT, EMPTY]])
def test_rows_go_in_and_come_out_as_they_were(things: Database, rows: list[dict[str, Any]]) -> None:
    with things.write() as session:
        INSERT.run(session.connection(), rows)

    assert stored(things) == rows
    with things.read() as session:
        found = BY_ID.rows(session.connection(), [row["id"] for row in rows])
    assert found == [tuple(row.values()) for row in rows]


def test_what_is_empty_is_null_in_a_column_of_json_too(things: Database) -> None:
    with things.write() as session:
        INSERT.run(session.connection(), [EMPTY])

    with things.read() as session:
        assert session.scalar(select(func.count()).where(sa.text("how IS NULL")).select_from(THINGS)) == 1


def test_one_key_and_several_find_the_same(things: Database) -> None:
    with things.write() as session:
        session.connection().execute(sa.insert(THINGS), [NIGHT, EMPTY])

    with things.read() as session:
        assert (
            BY_ID.rows(session.connection(), ["night", "nobody"]) == BY_ID.rows(session.connection(), ["night"]) != []
        )
        assert BY_ID.rows(session.connection(), ["nobody"]) == []


def test_an_update_takes_constants_and_parameters(things: Database) -> None:
    quiet = Prepared(
        sa.update(THINGS)
        .where(THINGS.c.id == bindparam("key"), THINGS.c.is_loud)
        .values(is_loud=False, how=None, at=bindparam("until"))
    )
    later = (NOON + timedelta(hours=1)).astimezone(timezone(timedelta(hours=8)))
    with things.write() as session:
        INSERT.run(session.connection(), [NIGHT, NIGHT | {"id": "day"}])

        quiet.run(session.connection(), [{"key": "night", "until": later}])

    assert stored(things) == [NIGHT | {"is_loud": False, "how": None, "at": later}, NIGHT | {"id": "day"}]
    with pytest.raises(KeyError), things.write() as session:
        quiet.run(session.connection(), [{"key": "night"}])


def test_a_transaction_that_fails_leaves_nothing(things: Database) -> None:
    with pytest.raises(IntegrityError) as refused, things.write() as session:
        INSERT.run(session.connection(), [EMPTY, NIGHT, NIGHT])

    assert stored(things) == []
    assert "赵" not in str(refused.value)


def test_a_naive_instant_is_refused(things: Database) -> None:
    with pytest.raises(ValueError, match="naive"), things.write() as session:
        INSERT.run(session.connection(), [NIGHT | {"at": NOON.replace(tzinfo=None)}])


def test_the_drivers_error_is_told_as_sqlalchemys(things: Database) -> None:
    unknown = Prepared(select(THINGS.c.id).where(func.no_such_function(THINGS.c.id) == bindparam("key")))

    with pytest.raises(DBAPIError) as prepared, things.read() as session:
        unknown.rows(session.connection(), key="x")
    with pytest.raises(DBAPIError) as usual, things.read() as session:
        session.scalars(select(THINGS.c.id).where(func.no_such_function(THINGS.c.id) == "x"))

    assert type(prepared.value) is type(usual.value)
    assert type(prepared.value.orig) is type(usual.value.orig)


def test_a_connection_that_was_cut_is_not_used_again(things: Database) -> None:
    def cut() -> None:
        with things.write() as session:
            session.connection().connection.driver_connection.close()  # type: ignore[union-attr]  # a driver has one
            BY_ID.rows(session.connection(), ["night"])

    with pytest.raises(DBAPIError) as problem:
        cut()
    assert problem.value.connection_invalidated

    with things.write() as session:
        INSERT.run(session.connection(), [NIGHT])

    assert stored(things) == [NIGHT]
