"""What the oncoming leader reads besides the sheet."""

from typing import Any

from duty.since import changes


def alarm(key: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "number": 1, "state": "open", "held_by": None, "eta_min": None, "next_action_at": "x"} | more


def sheet(*alarms: dict[str, Any], todos: tuple[str, ...] = (), has_more: bool = False) -> dict[str, Any]:
    return {"alarms": list(alarms), "todos": [{"id": key} for key in todos], "has_more": has_more}


def told(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["what"], (one.get("alarm") or one["todo"])["id"]) for one in changes(before, after)]


def test_nothing_has_changed_when_only_the_clock_has() -> None:
    assert told(sheet(alarm("a")), sheet(alarm("a", next_action_at="y"))) == []


def test_new_ended_and_changed_alarms() -> None:
    before = sheet(alarm("a"), alarm("b"), alarm("c"))
    after = sheet(alarm("d"), alarm("a", state="accepted"), alarm("c", held_by="李敏"))

    assert told(before, after) == [("opened", "d"), ("changed", "a"), ("changed", "c"), ("ended", "b")]


def test_new_and_finished_work() -> None:
    assert told(sheet(todos=("x", "y")), sheet(todos=("y", "z"))) == [("parked", "z"), ("done", "x")]


def test_a_list_that_was_cut_off_says_nothing_of_what_ended() -> None:
    assert told(sheet(alarm("a")), sheet(alarm("b"), has_more=True)) == [("opened", "b")]
