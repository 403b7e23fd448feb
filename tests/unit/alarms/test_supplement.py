"""What may be written to a closed alarm, by whom and when."""

from datetime import timedelta
from typing import Any

import pytest

from core.errors import CarebellError, Conflict, Forbidden, Rejected
from tests.unit.alarms.rehearsal import ELDER, OFFICER, SECOND_OFFICER, Rehearsal, ladder

WEEK_S = timedelta(days=7).total_seconds()


def closed(**more: Any) -> Rehearsal:
    scene = Rehearsal(ladder())
    scene.click("claim")
    scene.click("close", **({"disposition": "false_alarm", "satisfaction": "satisfied"} | more))
    return scene


@pytest.mark.parametrize(
    ("later_s", "leads", "reason", "refused"),
    [
        (0, False, None, None),
        (WEEK_S, False, None, None),
        (WEEK_S + 1, False, None, Forbidden),
        (WEEK_S + 1, False, "found out", Forbidden),
        (WEEK_S + 1, True, None, Rejected),
        (WEEK_S + 1, True, "found out", None),
    ],
)
@pytest.mark.parametrize("action", ["note", "link", "unlink", "supplement"])
def test_a_week_for_everybody_then_a_supervisor_with_a_reason(
    action: str, later_s: float, leads: bool, reason: str | None, refused: type[CarebellError] | None
) -> None:
    scene = closed()
    scene.later(later_s)
    said: dict[str, Any] = {"text": "her son phoned", "other_alarm_id": "another", "reason": reason}
    if refused is None:
        scene.click(action, SECOND_OFFICER, may_override=leads, **said)
        line = next(line for line in scene.lines[-2:] if line.data.get("supplement"))
        assert (line.author, line.data.get("late_reason")) == (SECOND_OFFICER.name, reason)
    else:
        with pytest.raises(refused) as problem:
            scene.click(action, SECOND_OFFICER, may_override=leads, **said)
        assert type(problem.value) is refused


@pytest.mark.parametrize("action", ["claim", "release", "call", "accept", "arrived", "close"])
def test_nothing_else_is_done_to_a_closed_alarm(action: str) -> None:
    scene = closed()
    with pytest.raises(Conflict):
        scene.click(action, may_override=True)


def test_a_correction_keeps_what_was_said_before() -> None:
    scene = closed()
    scene.click("supplement", disposition="medical", satisfaction="dissatisfied", text="taken to hospital")
    assert (scene.case.disposition, scene.case.satisfaction, scene.case.state) == ("medical", "dissatisfied", "closed")
    assert scene.lines[-1].data == {
        "disposition": "medical", "disposition_before": "false_alarm", "satisfaction": "dissatisfied",
        "satisfaction_before": "satisfied", "text": "taken to hospital", "supplement": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    "said", [{}, {"disposition": "false_alarm"}, {"disposition": "splendid"}, {"satisfaction": "x"}]
)
def test_a_supplement_says_something(said: dict[str, Any]) -> None:
    scene = closed()
    with pytest.raises(Rejected):
        scene.click("supplement", **said)


def test_an_open_alarm_is_not_supplemented() -> None:
    scene = Rehearsal(ladder())
    with pytest.raises(Conflict):
        scene.click("supplement", disposition="medical")


def test_who_is_known_to_be_satisfied_is_not_rung_any_more() -> None:
    scene = closed(satisfaction=None)
    assert scene.waiting == [("follow_up_elder", ELDER.name)]
    scene.click("supplement", OFFICER, satisfaction="satisfied")
    assert scene.waiting == []


def test_what_was_no_test_after_all_is_followed_up() -> None:
    scene = closed(disposition="test", satisfaction=None)
    assert scene.waiting == []
    scene.click("supplement", disposition="helped")
    assert scene.waiting == [("follow_up_elder", ELDER.name)]
