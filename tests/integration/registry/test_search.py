"""What was committed is found at once, what was deleted is not found any more, on both databases."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text, update

from core.clock import ManualClock
from core.db import Database
from core.errors import Rejected
from core.ids import new_id
from geo.crs import to_wgs84
from registry import bulk_write, search, search_index
from registry.bulk import Entry
from registry.contact_intake import ContactNew, ContactPatch
from registry.device_intake import DeviceNew, DevicePatch
from registry.elder_intake import ElderNew, ElderPatch
from registry.search_query import Filters
from registry.service import RegistryService
from registry.store import ELDERS
from tests.world import START


@pytest.fixture
def registry(db: Database) -> RegistryService:
    return RegistryService(db, ManualClock(START), to_wgs84=to_wgs84)


def add(registry: RegistryService, name: str, **members: Any) -> str:
    return str(registry.elders.add(ElderNew(name=name, **members))["id"])


def found(registry: RegistryService, text: str, filters: Filters | None = None, **more: Any) -> Sequence[str]:
    answer = registry.search(search.Wanted(text, filters or Filters(), **more))
    return [one.file.id for one in answer.found]


def test_a_file_is_found_as_soon_as_it_is_there(registry: RegistryService) -> None:
    zhao = add(registry, "赵桂明", phone="13900000007", address="渭阳西路3号院2单元501")
    add(registry, "王秀兰", phone="13900000008")

    for text_ in ("赵桂明", "桂明", "zgm", "zhaogui", "0007", "+86 139 0000 0007", "3号院", "zgm 渭阳"):
        assert found(registry, text_) == [zhao], text_


def test_what_is_new_is_found_and_what_was_before_is_not(registry: RegistryService) -> None:
    zhao = add(registry, "赵桂明", phone="13900000007")

    registry.elders.change(zhao, ElderPatch(name="赵小红"))

    assert found(registry, "zhaoxiaohong") == [zhao]
    assert found(registry, "桂明") == []


def test_contacts_and_devices_lead_to_the_elder(registry: RegistryService) -> None:
    zhao = add(registry, "赵桂明")
    contact = registry.contacts.add(
        ContactNew(elder_id=zhao, name="李强", role="family", phone="13812345678", rank=1)
    )  # fmt: skip
    device, _ = registry.devices.add(DeviceNew(uid="cb-000123", elder_id=zhao))

    assert [found(registry, q) for q in ("李强", "45678", "cb-0001", "0123")] == [[zhao]] * 4
    registry.contacts.change(contact["id"], ContactPatch(phone="13898765432"))
    registry.devices.change(device["uid"], DevicePatch(elder_id=None))
    assert [found(registry, q) for q in ("45678", "cb-0001", "98765")] == [[], [], [zhao]]
    registry.contacts.remove(contact["id"])
    assert found(registry, "98765") == []


def test_deleted_files_leave_the_index_and_nothing_of_them_stays(registry: RegistryService) -> None:
    zhao = add(registry, "赵桂明", phone="13900000007")

    registry.elders.remove(zhao)

    assert found(registry, "zgm") == []
    with registry.desk.db.read() as session:
        assert session.connection().execute(text("SELECT count(*) FROM search_files")).scalar() == 0
        if registry.desk.db.is_sqlite:
            matching = text("SELECT count(*) FROM search_words WHERE search_words MATCH '\"pzgm\"'")
            assert session.connection().execute(matching).scalar() == 0


def test_words_of_who_was_removed_leave_the_file_when_the_index_is_condensed(registry: RegistryService) -> None:
    db = registry.desk.db
    if not db.is_sqlite:
        search.condense(db)
        return
    for number in range(40):
        add(registry, f"李{number}", phone=f"138000000{number:02}")
    zhao = add(registry, "轩辕桂明", phone="13977770007")
    blocks = text("SELECT group_concat(hex(block), ' ') FROM search_words_data")
    rare = b"13977770007".hex().upper()
    registry.elders.remove(zhao)
    with db.read() as session:
        assert rare in str(session.connection().execute(blocks).scalar())

    search.condense(db)

    with db.read() as session:
        assert rare not in str(session.connection().execute(blocks).scalar())
    assert len(found(registry, "138000000", limit=50)) == 40


def test_the_exact_one_comes_first_then_who_begins_so(registry: RegistryService) -> None:
    exact = add(registry, "王芳")
    begins = add(registry, "王芳芳")
    inside = add(registry, "李王芳")

    assert found(registry, "王芳") == [exact, begins, inside]


def test_pages_hold_everything_once(registry: RegistryService) -> None:
    names = ["王芳"] * 4 + ["王芳芳"] * 5 + ["李王芳"] * 3
    ids = {add(registry, name) for name in names}
    seen: list[str] = []
    after: str | None = None

    for _ in range(20):
        answer = registry.search(search.Wanted("王芳", limit=2, after=after))
        seen += [one.file.id for one in answer.found]
        after = answer.following
        if after is None:
            break

    assert after is None
    assert len(seen) == len(names)
    assert set(seen) == ids


def test_what_is_old_is_found_behind_the_newest(registry: RegistryService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_index, "WINDOW", 4)
    zhao = add(registry, "赵桂明")
    wang = [add(registry, "王芳") for _ in range(9)]

    assert found(registry, "zgm") == [zhao]
    assert found(registry, "王芳", limit=3) == wang[:-4:-1]
    assert found(registry, "王芳") == wang[::-1]


def test_without_words_the_filters_choose_and_without_filters_all_are_there(registry: RegistryService) -> None:
    zhao, wang = add(registry, "赵桂明", birth_date="1941-03-05"), add(registry, "王秀兰", birth_date="1950-12-31")
    registry.devices.add(DeviceNew(uid="cb-1", elder_id=zhao))

    assert found(registry, "") == [wang, zhao]
    assert found(registry, "", Filters(age_from=80)) == [zhao]
    assert found(registry, "", Filters(device_states=("issued",))) == [zhao]
    assert found(registry, "", Filters(risks=("no_device",))) == [wang]
    assert found(registry, "w", Filters(age_from=80)) == []


def test_an_id_number_is_found_whole_and_by_its_keyed_hash_alone(registry: RegistryService) -> None:
    zhao = add(registry, "赵桂明")
    db = registry.desk.db
    number = "61040219410305002X"
    with db.write() as session:
        sealed = {"id_number": number, "id_number_key": db.vault.blind("id_number", number)}
        session.connection().execute(update(ELDERS).where(ELDERS.c.id == zhao).values(sealed))

    assert found(registry, number.lower()) == [zhao]
    assert found(registry, number, Filters(risks=("no_device",))) == [zhao]
    assert found(registry, number, Filters(device_states=("stock",))) == []
    assert found(registry, number[:10]) == []


def test_a_scope_hides_what_lies_elsewhere(registry: RegistryService) -> None:
    zhao = add(registry, "赵桂明")
    with registry.desk.db.write() as session:
        path = {"area_path": "/610000/610400/610402"}
        session.connection().execute(update(ELDERS).where(ELDERS.c.id == zhao).values(path))

    assert found(registry, "zgm", scopes=(("610400",),)) == [zhao]
    assert found(registry, "zgm", scopes=(("610500",),)) == []
    assert found(registry, "zgm", scopes=((),)) == []


@pytest.mark.parametrize(
    "name",
    [
        "😀王小明",
        "𠮷野家",
        'O\'Brien "Bob"',
        "<script>alert(1)</script>",
        "a AND b",
        "NEAR(x)",
        "Ünal Öz",
        "王*",
        "ﷺ" * 60,
    ],
)
def test_odd_names_are_found_by_themselves(registry: RegistryService, name: str) -> None:
    odd = add(registry, name)

    assert found(registry, name[:100]) == [odd]


@pytest.mark.parametrize(
    "asked",
    ['"', "'", "*", "a*", "(", ")", "a AND", "NOT", "NEAR(a b)", "col:a", "^a", "\x00", "王\x00芳",
     "😀", "𠮷", "\\", "a & !b",
     "' OR 1=1 --", "%", "_", "\ud800", "a" * 500, "\u202e王", "{}", "-", "=", "@610000", ";", "王:*", "a|b", "<->"],
)  # fmt: skip
def test_any_text_may_be_asked(registry: RegistryService, asked: str) -> None:
    add(registry, "赵桂明")

    found(registry, asked)


def test_a_cursor_that_was_never_given_is_refused(registry: RegistryService) -> None:
    for after in ("x", "9.1", "0", "0.x", "-1.5"):
        with pytest.raises(Rejected):
            registry.search(search.Wanted("王", after=after))


def test_many_rows_are_indexed_afterwards_a_chunk_at_a_time(registry: RegistryService) -> None:
    count = search_index.AT_ONCE + search.CHUNK + 60
    entries = [Entry(n, {"name": f"王{n}", "phone": f"139{n:08d}"}) for n in range(count)]

    bulk_write.write(registry.bulk, registry.bulk.plan("elders", entries))

    assert len(found(registry, "", limit=search.MOST)) == search.MOST
    with registry.desk.db.read() as session:
        assert search_index.due(session) == 0
    assert len(found(registry, "00000000")) == 1


def test_what_others_write_is_caught_up(db: Database) -> None:
    row = {"id": new_id(), "name": "赵桂明", "health": {}, "language": "zh-CN", "version": 1}
    with db.write() as session:
        session.connection().execute(insert(ELDERS).values(row | {"created_at": START, "updated_at": START}))
    registry = RegistryService(db, ManualClock(START + timedelta(days=1)), to_wgs84=to_wgs84)
    assert found(registry, "zgm") == []

    assert search.catch_up(db) == 1

    assert found(registry, "zgm") == [row["id"]]
    assert search.catch_up(db) == 0


def test_the_index_is_made_anew(registry: RegistryService) -> None:
    zhao = add(registry, "赵桂明")

    with registry.desk.db.write() as session:
        assert search_index.mark_all(session) == 1
    search.catch_up(registry.desk.db)

    assert found(registry, "zgm") == [zhao]
