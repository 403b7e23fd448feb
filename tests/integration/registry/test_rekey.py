"""A data key is changed while everything stays readable; whoever has only the old one reads nothing new."""

from collections.abc import Iterator

import pytest
from sqlalchemy import insert, select, text, update

from core.db import Database
from core.vault import Locked, Vault
from registry import rekey
from registry.models import Elder, table_of
from tests.world import ELDER, START, World

ELDERS = table_of(Elder)
OLD_KEY = "a key for made-up people"
NEW_KEY = "another key for made-up people"
ID_NUMBER = "610402194103050021"


@pytest.fixture
def both(world: World, db_url: str) -> Iterator[Database]:
    """The world's database, opened with the new key in front of the old one."""
    with world.db.write() as session:
        named = {"id_number": ID_NUMBER, "id_number_key": Vault([OLD_KEY]).blind("id_number", ID_NUMBER)}
        session.execute(update(ELDERS).values(access_notes="门卫有钥匙", access={"floor": 5}, **named))
        made = {"name": "王秀英", "language": "zh-CN", "version": 1, "created_at": START, "updated_at": START}
        session.execute(insert(ELDERS), [{"id": f"elder-{n:04}", "health": {"n": n}} | made for n in range(600)])
    database = Database(db_url, Vault([NEW_KEY, OLD_KEY]))
    yield database
    database.close()


def nobody_listens(_what: str, _done: int, _total: int) -> None: ...


def opened_with(url: str, key: str) -> dict[str, object]:
    db = Database(url, Vault([key]))
    try:
        with db.read() as session:
            return dict(session.execute(select(ELDERS).where(ELDERS.c.id == ELDER.id)).one()._mapping)
    finally:
        db.close()


def test_everything_is_sealed_with_the_new_key_and_reads_the_same(both: Database, db_url: str) -> None:
    found = rekey.rekey(both, nobody_listens)

    assert (found.resealed, found.locked) == (601, 0)
    zhao = opened_with(db_url, NEW_KEY)
    assert (zhao["health"], zhao["access_notes"]) == ({"conditions": ["心脏病"]}, "门卫有钥匙")
    assert (zhao["access"], zhao["id_number"]) == ({"floor": 5}, ID_NUMBER)
    assert zhao["id_number_key"] == Vault([NEW_KEY]).blind("id_number", ID_NUMBER)
    with pytest.raises(Locked):
        opened_with(db_url, OLD_KEY)


def test_a_second_run_finds_nothing_to_do(both: Database) -> None:
    rekey.rekey(both, nobody_listens)

    assert rekey.rekey(both, nobody_listens).resealed == 0


def test_the_version_of_a_file_does_not_change(both: Database) -> None:
    rekey.rekey(both, nobody_listens)

    with both.read() as session:
        assert set(session.scalars(select(ELDERS.c.version))) == {1}


def test_what_no_key_opens_stays_as_it_is_and_is_counted(both: Database) -> None:
    with both.write() as session:
        session.execute(text("UPDATE elders SET health = 'gAAAAA' WHERE id = 'elder-0003'"))

    found = rekey.rekey(both, nobody_listens)

    assert (found.resealed, found.locked) == (600, 1)
    with both.read() as session:
        assert session.execute(text("SELECT health FROM elders WHERE id = 'elder-0003'")).scalar() == "gAAAAA"


def test_whether_the_key_fits(both: Database, db_url: str) -> None:
    stranger = Database(db_url, Vault(["a key that sealed nothing here"]))

    assert rekey.key_fits(both)
    assert not rekey.key_fits(stranger)
    stranger.close()


def test_a_wrong_key_does_not_keep_a_phone_from_ringing(world: World, db_url: str) -> None:
    world.db.engine.dialect.carebell_vault = Vault(["a key that sealed nothing here"])  # type: ignore[attr-defined]

    world.press()

    assert world.phone("daughter").is_ringing


def test_the_number_of_a_removed_file_is_not_found_again(both: Database) -> None:
    """Somebody else's file may have that number by now."""
    with both.write() as session:
        session.execute(update(ELDERS).where(ELDERS.c.id == ELDER.id).values(deleted_at=START, id_number_key=None))
        twin = {"id_number": ID_NUMBER, "id_number_key": Vault([OLD_KEY]).blind("id_number", ID_NUMBER)}
        session.execute(update(ELDERS).where(ELDERS.c.id == "elder-0001").values(twin))

    rekey.rekey(both, nobody_listens)

    with both.read() as session:
        keys = {row.id: row.id_number_key for row in session.execute(select(ELDERS.c.id, ELDERS.c.id_number_key))}
    assert keys[ELDER.id] is None
    assert keys["elder-0001"] == Vault([NEW_KEY]).blind("id_number", ID_NUMBER)
