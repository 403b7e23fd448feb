"""What the console is shown, on both databases, and that it costs the same however much there is to show."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, insert

from alarms.views import alarm_briefs, alarm_detail, changes_since, last_change, relative_view
from core.db import Database
from core.ids import new_id
from registry.models import Contact, Device, Elder, table_of
from tests.world import DAUGHTER, START, World


@contextmanager
def counting_queries(db: Database) -> Iterator[list[str]]:
    """Every statement that is sent meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def more_households(db: Database, count: int) -> None:
    made: dict[str, Any] = {"created_at": START, "updated_at": START, "version": 1}
    with db.write() as session:
        for n in range(count):
            elder = {"id": f"elder-{n}", "name": f"elder {n}", "health": {}, "language": "zh-CN"} | made
            contact = made | {"id": f"contact-{n}", "elder_id": f"elder-{n}", "name": f"contact {n}", "role": "family"}
            contact |= {"phone": f"+8613800{n:06d}", "rank": 1, "language": "zh-CN", "is_key_holder": False}
            device = {"id": new_id(), "uid": f"dev-m{n}", "elder_id": f"elder-{n}", "state": "in_service"}
            session.execute(insert(table_of(Elder)).values(elder))
            session.execute(insert(table_of(Contact)).values(contact))
            session.execute(insert(table_of(Device)).values(device | {"secret_hash": ""} | made))


def briefs(world: World, **asked: Any) -> tuple[list[dict[str, Any]], int | None]:
    with world.db.read() as session:
        return alarm_briefs(session, world.clock.now(), **asked)


def test_a_list_costs_the_same_for_one_alarm_and_for_thirty(world: World) -> None:
    world.press()
    with counting_queries(world.db) as for_one:
        briefs(world)
    more_households(world.db, 30)
    for n in range(30):
        world.press(f"dev-m{n}")
    world.click("claim")

    with counting_queries(world.db) as for_many:
        lines, _ = briefs(world)

    assert len(lines) == 31
    assert len(for_many) <= len(for_one) + 1  # The names of those who hold one.
    assert len(for_many) <= 5


def test_an_alarm_costs_the_same_however_long_its_story(world: World) -> None:
    world.press()
    with counting_queries(world.db) as at_first:
        assert world.alarm.state == "open"
    world.click("claim")
    for _ in range(10):
        world.press()
        world.click("note", text="still ringing")
    world.advance(seconds=120)

    with counting_queries(world.db) as later:
        assert len(world.alarm.timeline) > 30

    assert len(later) <= len(at_first) + 1


def test_the_list_says_what_is_happening_and_what_comes_next(world: World) -> None:
    world.press()
    (line,), _ = briefs(world)

    assert (line["state"], line["kind"], line["press_count"]) == ("open", "sos", 1)
    assert line["elder"]["name"] == "赵桂明"
    assert (line["doing"]["what"], line["doing"]["name"]) == ("ringing", "赵丽")
    assert line["next_action"]["name"] == "赵丽"
    assert line["next_action_at"] > line["received_at"]

    world.click("claim")
    (line,), _ = briefs(world)
    assert line["claimed_by"] == {"id": "user-limin", "username": "user-limin", "name": "李敏"}


def test_pages_follow_each_other_without_gap_or_repeat(world: World) -> None:
    for n in range(5):
        world.press(f"dev-unknown-{n}")

    first, cursor = briefs(world, limit=2)
    second, cursor = briefs(world, limit=2, cursor=cursor)
    third, end = briefs(world, limit=2, cursor=cursor)

    assert [line["device"]["uid"] for line in first + second + third] == [f"dev-unknown-{n}" for n in (4, 3, 2, 1, 0)]
    assert end is None


def test_lists_can_be_of_some_states_and_of_some_alarms(world: World) -> None:
    first = world.press("dev-unknown-1").alarm_id
    world.click("claim")
    world.click("close", disposition="test")
    second = world.press("dev-unknown-2").alarm_id

    assert [line["id"] for line in briefs(world, states=["closed"])[0]] == [first]
    assert [line["id"] for line in briefs(world, ids=[second])[0]] == [second]
    assert briefs(world, ids=[])[0] == []


def test_the_whole_alarm_is_plain_json_with_everything_the_contract_names(world: World) -> None:
    world.press(raw=b'{"msg_id": "press-1"}', content={"battery_pct": 83})
    world.phone("daughter").says("1")
    world.press(raw=b"\xff\xfe", problems=("not UTF-8",))
    detail = world.all_alarms()[0]

    assert json.loads(json.dumps(detail)) == detail
    for member in (
        "id", "number", "state", "kind", "priority", "press_count", "is_test", "elder", "device", "location",
        "claimed_by", "received_at", "first_call_at", "accepted_at", "arrived_at", "closed_at", "attempts",
        "next_action_at", "timeline", "disposition", "satisfaction",
    ):  # fmt: skip
        assert member in detail
    assert [press["msg_id"] for press in detail["presses"]] == ["press-1", "press-2"]
    assert detail["presses"][0]["raw"] == '{"msg_id": "press-1"}'
    assert detail["presses"][1]["raw_base64"] == "//4="
    assert detail["location"]["how"] == "home"
    assert [line["seq"] for line in detail["timeline"]] == sorted(line["seq"] for line in detail["timeline"])


def test_health_is_shown_to_those_who_may_see_it(world: World) -> None:
    alarm_id = world.press().alarm_id
    with world.db.read() as session:
        sees = alarm_detail(session, alarm_id, START, sees_health=True)
        sees_not = alarm_detail(session, alarm_id, START, sees_health=False)
        nothing = alarm_detail(session, "no-such-alarm", START, sees_health=True)

    assert "心脏病" in json.dumps(sees, ensure_ascii=False)
    assert "心脏病" not in json.dumps(sees_not, ensure_ascii=False)
    assert nothing is None


def test_changes_are_told_once_and_in_order(world: World) -> None:
    world.press()
    with world.db.read() as session:
        seen = last_change(session)
    world.phone("daughter").says("1")

    with world.db.read() as session:
        news = changes_since(session, seen, 100)
        rest = changes_since(session, news[0]["seq"], 100)

    assert [change["what"] for change in news] == ["call_answered", "accepted"]
    assert rest == news[1:]
    assert {change["alarm_id"] for change in news} == {world.alarm.id}


def test_the_relatives_page_shows_no_illness_and_who_is_going(world: World) -> None:
    world.press()
    world.advance(seconds=2)
    message = next(a["id"] for a in world.attempts if a["medium"] == "sms")
    world.page("daughter", is_going=True, eta_min=5)

    with world.db.read() as session:
        shown = relative_view(session, message, world.clock.now())
        nothing = relative_view(session, "no-such-attempt", world.clock.now())

    assert shown is not None
    assert "心脏病" not in json.dumps(shown, ensure_ascii=False, default=str)
    assert (shown["is_you"], shown["your_answer"], shown["you"]["name"]) == (True, "accepted", DAUGHTER.name)
    assert nothing is None


def test_earlier_alarms_and_linked_ones_stand_beside_a_new_one(world: World) -> None:
    first = world.press().alarm_id
    world.click("claim")
    world.click("close", disposition="helped", satisfaction="satisfied")
    other = world.press("dev-unknown").alarm_id
    world.press()
    world.click("link", other_alarm_id=other)

    history = {each["id"]: each for each in world.alarm.history}

    assert (history[first]["disposition"], history[first]["is_linked"]) == ("helped", False)
    assert history[other]["is_linked"]
