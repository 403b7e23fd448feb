"""The board's SQL: the order of need is that of the rule, page by page, and the counts are those of all."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert

from alarms.board import EVERYTHING, OPEN_STATES, UNFILED, Wanted, counts, neediest, neediest_ids
from alarms.models import Alarm
from alarms.need import Need, is_late, need_of
from alarms.values import PROBE_UID
from alarms.views import alarm_briefs
from core.db import Database
from registry.models import Elder, table_of
from tests.world import START

NOW = START + timedelta(hours=2)
HOMES = {"elder-a": "/61/6104/610402/610402001", "elder-b": "/61/6104/610402/610402002", "elder-c": None}


def row(number: int, **members: Any) -> dict[str, Any]:
    return {
        "number": number, "id": f"alarm-{number}",
        "state": "open", "kind": "sos", "priority": 70, "device_uid": "dev-7",
        "is_test": False, "claimed_by": None, "accepted_at": None, "eta_min": None, "elder_id": None,
        "received_at": NOW - timedelta(minutes=1), "version": 1, "press_count": 1, "is_silent": False, "policy": {},
        "round": 1, "attempt_count": 0, "officers_wanted": False,
    } | members  # fmt: skip


def _every_kind() -> Iterator[dict[str, Any]]:
    random = Random(4)
    combined = product((*OPEN_STATES, "closed"), (None, "user-limin"), (False, True), (None, 0, 8, 70))
    for number, (state, holder, is_test, eta_min) in enumerate(combined, start=1):
        accepted_at = NOW - timedelta(minutes=random.randint(0, 90), seconds=7) if state != "open" else None
        received_at = NOW - timedelta(seconds=random.randint(0, 400), milliseconds=random.choice((0, 0, 250)))
        yield row(
            number, state=state, claimed_by=holder, is_test=is_test, eta_min=eta_min, accepted_at=accepted_at,
            received_at=received_at, priority=random.choice((-5, 10, 70, 70, 70, 200_000)),
            elder_id=random.choice((None, *HOMES)),
        )  # fmt: skip


@pytest.fixture
def crowd(db: Database) -> list[dict[str, Any]]:
    """Alarms in every state, held and not, tests and not, and one of the centre's probe."""
    rows = list(_every_kind())
    made = {"created_at": START, "updated_at": START, "language": "zh-CN", "version": 1}
    with db.write() as session:
        session.execute(
            insert(table_of(Elder)), [{"id": e, "name": e, "area_path": path} | made for e, path in HOMES.items()]
        )
        session.execute(insert(table_of(Alarm)), rows)
        session.execute(insert(table_of(Alarm)).values(row(9000, device_uid=PROBE_UID)))
    return rows


def test_the_order_in_the_database_is_that_of_the_rule(db: Database, crowd: list[dict[str, Any]]) -> None:
    with db.read() as session:
        ids, following = neediest_ids(session, NOW, seen_by=None, limit=1000)
        briefs, _ = alarm_briefs(session, NOW, states=OPEN_STATES, limit=1000)

    assert ids == [one["id"] for one in sorted(briefs, key=lambda one: need_of(one, NOW))]
    assert len(ids) == sum(one["state"] != "closed" for one in crowd)
    assert following is None


def test_the_pages_hold_every_line_once(db: Database, crowd: list[dict[str, Any]]) -> None:
    walked: list[str] = []
    after: Need | None = None
    with db.read() as session:
        whole, _ = neediest_ids(session, NOW, seen_by=None, limit=1000)
        while True:
            lines, following = neediest(session, NOW, seen_by=None, limit=7, after=after)
            walked += [one["id"] for one in lines]
            if following is None:
                break
            assert following == need_of(lines[-1], NOW)
            after = Need.read(str(following))

    assert walked == whole


def test_the_counts_are_those_of_all(db: Database, crowd: list[dict[str, Any]]) -> None:
    waiting = [one for one in crowd if one["state"] == "open" and one["claimed_by"] is None and not one["is_test"]]

    with db.read() as session:
        found = counts(session, NOW, None)
        briefs, _ = alarm_briefs(session, NOW, states=OPEN_STATES, limit=1000)

    assert found.open == sum(one["state"] != "closed" for one in crowd)
    assert found.unclaimed == len(waiting) > found.overdue > 0
    assert found.overdue == sum(NOW - one["received_at"] >= timedelta(seconds=180) for one in waiting)
    assert found.late == sum(is_late(one, NOW) for one in briefs if not one["is_test"]) > 0
    assert found.oldest == min(one["received_at"] for one in waiting)


def test_an_empty_board_counts_nothing(db: Database) -> None:
    with db.read() as session:
        found = counts(session, NOW, None)

    assert (found.open, found.unclaimed, found.overdue, found.late, found.oldest) == (0, 0, 0, 0, None)


@pytest.mark.parametrize(
    "wanted",
    [
        EVERYTHING, Wanted(held_by="user-limin"), Wanted(is_unclaimed=True), Wanted(upto=20),
        Wanted(area="/61/6104/610402"), Wanted(area="/61/6104/610402/610402002"), Wanted(area=UNFILED),
    ],
)  # fmt: skip
def test_only_what_was_wanted(db: Database, crowd: list[dict[str, Any]], wanted: Wanted) -> None:
    with db.read() as session:
        ids, _ = neediest_ids(session, NOW, seen_by=None, limit=1000, wanted=wanted)

    def is_wanted(one: dict[str, Any]) -> bool:
        path = HOMES.get(one["elder_id"])
        is_there = path is None if wanted.area == UNFILED else (path or "").startswith(wanted.area or "")
        is_mine = wanted.held_by in (None, one["claimed_by"])
        is_free = not wanted.is_unclaimed or (one["state"] == "open" and one["claimed_by"] is None)
        return bool(
            one["state"] != "closed" and is_there and is_mine and is_free and one["number"] <= (wanted.upto or 9999)
        )

    assert sorted(ids) == sorted(one["id"] for one in crowd if is_wanted(one))
    assert ids


def test_the_oldest_of_very_many_is_the_first_line(db: Database) -> None:
    """The defect this order replaced: of more than 500 open alarms only the newest numbers were shown."""
    pressed: datetime = NOW - timedelta(minutes=30)
    with db.write() as session:
        session.execute(
            insert(table_of(Alarm)), [row(n, received_at=pressed + timedelta(seconds=n)) for n in range(1, 801)]
        )

    with db.read() as session:
        lines, following = neediest(session, NOW, seen_by=None, limit=100)

    assert [one["number"] for one in lines] == list(range(1, 101))
    assert following is not None
