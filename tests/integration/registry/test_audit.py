"""The log of who did what is appended to, and says so when somebody has been at it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Executable, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from core.db import Database
from registry import audit
from registry.audit import AUDIT, Actor, Deed

NOW = datetime(2026, 11, 21, 2, 0, 0, 123456, tzinfo=UTC)
QIN = Actor("user-qin", "秦亚玲")
VIEW = Deed("elder.view", "elder", "elder-zhao", reason="家属来电核实", data={"members": ["health"], "n": 1.5})


def write(db: Database, *deeds: Deed) -> None:
    with db.write() as session:
        audit.record(session, QIN, NOW, *deeds)


def lift_the_guard(db: Database) -> None:
    """As somebody with the database's own rights could."""
    with db.write() as session:
        if db.is_sqlite:
            session.execute(text("DROP TRIGGER audit_log_no_update"))
            session.execute(text("DROP TRIGGER audit_log_no_delete"))
        else:
            session.execute(text("DROP TRIGGER audit_log_append_only ON audit_log"))


def verdict(db: Database) -> audit.Verdict:
    with db.read() as session:
        return audit.verify(session)


def test_an_empty_log_is_whole(db: Database) -> None:
    assert verdict(db) == audit.Verdict(0, audit.FIRST_HASH)


def test_a_log_that_nobody_touched_is_whole(db: Database) -> None:
    write(db, VIEW, VIEW)
    write(db, VIEW)

    found = verdict(db)

    assert (found.entries, found.broken_at) == (3, None)
    with db.read() as session:
        last = session.execute(select(AUDIT).order_by(AUDIT.c.seq.desc())).first()
    assert last is not None
    assert found.last_hash == last.entry_hash
    assert (last.actor, last.reason, last.data, last.at) == ("秦亚玲", VIEW.reason, VIEW.data, NOW)


def test_what_is_rolled_back_was_never_done(db: Database) -> None:
    with db.write() as session:
        audit.record(session, QIN, NOW, VIEW)
        session.rollback()

    assert verdict(db).entries == 0


@pytest.mark.parametrize("how", [update(AUDIT).values(reason=None), delete(AUDIT)], ids=["update", "delete"])
def test_the_database_refuses_to_edit_it(db: Database, how: Executable) -> None:
    write(db, VIEW)

    with pytest.raises(DBAPIError, match="appended to only"), db.write() as session:
        session.execute(how)


@pytest.mark.parametrize(
    ("how", "broken_at"),
    [
        (update(AUDIT).where(AUDIT.c.seq == 2).values(reason="another"), 2),
        (update(AUDIT).where(AUDIT.c.seq == 2).values(actor="somebody else"), 2),
        (delete(AUDIT).where(AUDIT.c.seq == 2), 3),
        (update(AUDIT).where(AUDIT.c.seq == 3).values(seq=4), 4),
    ],
    ids=["changed", "blamed on another", "dropped", "moved"],
)
def test_who_lifts_the_guard_and_edits_is_found_out(db: Database, how: Executable, broken_at: int) -> None:
    write(db, VIEW, VIEW, VIEW)
    lift_the_guard(db)

    with db.write() as session:
        session.execute(how)

    assert verdict(db).broken_at == broken_at


@pytest.mark.parametrize("first", [3, 1], ids=["the last", "all"])
def test_an_end_cut_off_is_found_out_also_after_more_was_written(db: Database, first: int) -> None:
    write(db, VIEW, VIEW, VIEW)
    lift_the_guard(db)
    with db.write() as session:
        session.execute(delete(AUDIT).where(AUDIT.c.seq >= first))

    assert verdict(db).broken_at == first
    write(db, VIEW)
    assert verdict(db).broken_at == 4


@pytest.mark.parametrize(
    "how", [delete(audit.END), text("UPDATE audit_end SET state = 'forged'")], ids=["gone", "forged"]
)
def test_an_end_that_was_not_sealed_here_is_found_out(db: Database, how: Executable) -> None:
    write(db, VIEW, VIEW)
    lift_the_guard(db)
    with db.write() as session:
        session.execute(delete(AUDIT).where(AUDIT.c.seq == 2))
        session.execute(how)

    assert verdict(db).broken_at == 2


def test_the_log_goes_on_behind_what_an_older_version_wrote(db: Database) -> None:
    write(db, VIEW)
    with db.read() as session:
        end = session.execute(select(audit.END.c.state)).scalar()
    write(db, VIEW, VIEW)
    with db.write() as session:
        session.execute(update(audit.END).values(state=end))

    write(db, VIEW)
    assert (verdict(db).entries, verdict(db).broken_at) == (4, None)


def test_an_entry_slipped_in_is_found_out(db: Database) -> None:
    write(db, VIEW)
    with db.read() as session:
        row = dict(session.execute(select(AUDIT)).one()._mapping)
    with db.write() as session:
        session.execute(insert(AUDIT).values(row | {"seq": 2, "previous_hash": row["entry_hash"]}))

    assert verdict(db).broken_at == 2
