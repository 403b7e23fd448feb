from hypothesis import given
from hypothesis import strategies as st

from gateway.deadline_wheel import DeadlineWheel


def test_nothing_comes_early_and_nothing_is_late_by_more_than_two_ticks() -> None:
    wheel: DeadlineWheel[str] = DeadlineWheel(tick_s=0.5, now=100.0)
    wheel.schedule("a", 103.0, now=100.0)
    assert wheel.due(102.9) == []
    assert wheel.due(104.0) == ["a"]
    assert wheel.due(200.0) == []


def test_a_far_deadline_is_looked_at_within_a_minute_so_that_the_gone_are_let_go() -> None:
    wheel: DeadlineWheel[str] = DeadlineWheel(tick_s=0.5, now=0.0)
    wheel.schedule("a", 5_000.0, now=0.0)
    assert wheel.due(61.0) == ["a"]
    assert len(wheel) == 0


@given(st.lists(st.floats(0, 50), max_size=20), st.lists(st.floats(0.1, 20), max_size=10))
def test_each_thing_comes_once(deadlines: list[float], steps: list[float]) -> None:
    wheel: DeadlineWheel[int] = DeadlineWheel(tick_s=0.5, now=0.0)
    for number, at in enumerate(deadlines):
        wheel.schedule(number, at, now=0.0)
    now, seen = 0.0, []
    for step in [*steps, 100.0]:
        now += step
        seen += wheel.due(now)
    assert sorted(seen) == list(range(len(deadlines)))
