"""The queue over HTTP: its pages, its counts, and who gets the next alarm."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import insert

from alarms.models import Alarm
from registry.models import table_of
from tests.console_site import ConsoleSite
from tests.integration.test_board import row
from tests.world import World


@pytest.fixture
def site(world: World) -> ConsoleSite:
    made = ConsoleSite(world.db, world.clock)
    made.centre.alarms, made.centre.sandbox = world.alarms, world.network
    return made


def crowd(world: World, count: int) -> None:
    """So many unclaimed alarms, a second apart, number 1 the oldest."""
    now = world.clock.now()
    rows = [row(n, device_uid=f"dev-{n}", received_at=now - timedelta(seconds=count - n)) for n in range(1, count + 1)]
    with world.db.write() as session:
        session.execute(insert(table_of(Alarm)), rows)


def numbers(html: str) -> list[int]:
    return [int(found) for found in re.findall(r'data-number="(\d+)"', html)]


def test_the_desk_begins_with_the_oldest_of_very_many_and_pages_on(site: ConsoleSite, world: World) -> None:
    crowd(world, 230)
    officer = site.as_("officer")
    desk = officer.get("/").text
    more = re.search(r'data-more="([^"]+)"', desk)
    assert more is not None

    second = officer.get("/desk/queue", params={"after": more[1]})
    third = officer.get("/desk/queue", params={"after": second.headers["x-more"]})

    assert numbers(desk) + numbers(second.text) + numbers(third.text) == list(range(1, 231))
    assert third.headers["x-more"] == ""


def test_the_counts_are_of_all_and_the_clock_moves_them(site: ConsoleSite, world: World) -> None:
    crowd(world, 230)
    officer = site.as_("officer")

    before = officer.get("/desk/counts").json()
    world.clock.advance(200)
    after = officer.get("/desk/counts").json()

    assert (before["open"], before["unclaimed"], before["overdue"]) == (230, 230, 50)
    assert (after["unclaimed"], after["overdue"]) == (230, 230)
    assert before["oldest"] == after["oldest"]


def test_mine_are_those_that_i_hold(site: ConsoleSite, world: World) -> None:
    crowd(world, 3)
    officer = site.as_("officer")
    officer.post("/api/v1/alarms/alarm-2/claim")

    assert numbers(officer.get("/desk/queue?view=mine").text) == [2]
    assert numbers(officer.get("/desk/queue?view=all").text) == [1, 3, 2]


def test_a_made_up_place_in_the_queue_is_refused(site: ConsoleSite) -> None:
    assert site.as_("officer").get("/desk/queue?after=5").status_code == 422


def test_officers_who_reach_for_the_next_at_once_get_one_each(site: ConsoleSite, world: World) -> None:
    crowd(world, 3)
    people = [site.as_(role) for role in ("officer", "supervisor", "admin")]

    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(lambda client: client.post("/desk/next"), people))
    nothing = site.as_("officer").post("/desk/next")

    assert sorted(one.headers["x-alarm"] for one in answers) == ["alarm-1", "alarm-2", "alarm-3"]
    assert "x-alarm" not in nothing.headers


def test_a_test_is_never_the_next(site: ConsoleSite, world: World) -> None:
    with world.db.write() as session:
        session.execute(insert(table_of(Alarm)).values(row(1, is_test=True)))

    assert "x-alarm" not in site.as_("officer").post("/desk/next").headers
