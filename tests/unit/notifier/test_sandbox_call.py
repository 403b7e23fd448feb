"""How a sandbox phone behaves, step by step, with a clock that moves only when told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Conflict
from notifier import sandbox_call
from notifier.channel import CallOrder, Report, TextOrder
from notifier.sandbox_call import Behaviour, Call, advance, answered, cancelled, hung_up, placed, pressed, replied, sent
from notifier.script import Prompt

T0 = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PROMPT = Prompt(attempt_id="a1", elder_name="赵桂明", to_role="family")
RING_S = 20


def order(prompt: Prompt = PROMPT) -> CallOrder:
    return CallOrder("a1", "+8613900000001", RING_S, prompt, T0)


def run(behaviour: Behaviour, *, prompt: Prompt = PROMPT, is_engaged: bool = False) -> tuple[Call, list[Report]]:
    """A call from dialling to its end, every step at the moment when it falls due."""
    call, first = placed(order(prompt), behaviour, "c1", T0, is_engaged=is_engaged)
    reports = list(first)
    while call.due_at is not None:
        call, more = advance(call, call.due_at, prompt)
        reports += more
    return call, reports


@pytest.mark.parametrize(
    ("then", "answer_after_s", "outcome", "statuses", "ends_after_s"),
    [
        ("key:1", 2, "accepted", ["answered", "answered"], 2.5),
        ("key:2", 0, "declined", ["answered", "answered"], 0.5),
        ("key:9", 2, "no_key", ["answered", "no_key"], 7.5),
        ("key:3", 2, "no_key", ["answered", "no_key"], 7.5),
        ("key:1", None, "no_answer", ["no_answer"], RING_S),
        ("key:1", RING_S, "no_answer", ["no_answer"], RING_S),
        ("key:1", 3000, "no_answer", ["no_answer"], RING_S),
        ("silence", None, "no_answer", ["no_answer"], RING_S),
        ("silence", 1, "no_key", ["answered", "no_key"], 6),
        ("voicemail", 3, "voicemail", ["voicemail"], 3.5),
        ("voicemail", None, "no_answer", ["no_answer"], RING_S),
        ("busy", 5, "busy", ["busy"], 0),
        ("reject", None, "rejected", ["rejected"], 0),
        ("reject", 2, "rejected", ["rejected"], 2),
        ("unreachable", 2, "failed", ["failed"], 0),
        ("no_number", 2, "failed", ["failed"], 0),
        ("manual", 2, "no_answer", ["no_answer"], RING_S),
    ],
)
def test_behaviour(
    then: str, answer_after_s: float | None, outcome: str, statuses: list[str], ends_after_s: float
) -> None:
    call, reports = run(Behaviour(then, answer_after_s))

    assert call.outcome == outcome
    assert call.state == "ended"
    assert [r.status for r in reports] == statuses
    assert call.ended_at == T0 + timedelta(seconds=ends_after_s)


def test_only_a_key_that_was_asked_for_is_reported_as_one() -> None:
    for then, keys in (("key:1", ["1"]), ("key:2", ["2"]), ("key:3", []), ("key:9", []), ("voicemail", [])):
        _, reports = run(Behaviour(then, 1))
        assert [r.digits for r in reports if r.digits is not None] == keys


def test_a_phone_that_is_in_a_call_is_busy() -> None:
    assert run(Behaviour("key:1", 1), is_engaged=True)[0].outcome == "busy"


def test_what_was_said_is_kept_in_full() -> None:
    call, _ = run(Behaviour("key:1", 1))

    assert "赵桂明" in call.said
    assert "请马上出发" in call.said
    assert call.keys == "1"


def test_key_three_has_everything_said_again() -> None:
    call, _ = run(Behaviour("key:3", 1))

    assert call.said.count("能去现场") == 2


def test_the_words_are_those_of_the_moment_when_somebody_answers() -> None:
    call, _ = placed(order(), Behaviour("key:1", 1), "c1", T0, is_engaged=False)

    call, _ = advance(call, T0 + timedelta(seconds=1), Prompt(attempt_id="a1", elder_name="赵桂明", is_cancelled=True))

    assert "误按" in call.said


def test_whoever_answers_too_late_hears_that_it_is_over_and_can_press_nothing() -> None:
    call, _ = placed(order(), Behaviour("key:1", 1), "c1", T0, is_engaged=False)

    call, reports = advance(call, T0 + timedelta(seconds=1), None)

    assert call.outcome == "cancelled"
    assert "已经有人处理" in call.said
    assert [r.status for r in reports] == ["cancelled"]


def test_a_person_answers_listens_again_and_accepts() -> None:
    call, _ = placed(order(), Behaviour(), "c1", T0, is_engaged=False)
    call, reports = answered(call, T0 + timedelta(seconds=5), PROMPT)
    assert [r.status for r in reports] == ["answered"]
    assert call.key_meanings["1"] == "accept"

    call, reports = pressed(call, "3", T0 + timedelta(seconds=9))
    assert reports == ()
    call, reports = pressed(call, "1", T0 + timedelta(seconds=40))

    assert [(r.status, r.digits) for r in reports] == [("answered", "1")]
    assert (call.outcome, call.keys) == ("accepted", "31")


def test_a_person_who_hangs_up() -> None:
    ringing, _ = placed(order(), Behaviour(), "c1", T0, is_engaged=False)
    talking, _ = answered(ringing, T0, PROMPT)

    assert hung_up(ringing, T0)[0].outcome == "rejected"
    assert hung_up(talking, T0)[0].outcome == "no_key"


def test_keys_and_answers_need_a_call() -> None:
    ringing, _ = placed(order(), Behaviour(), "c1", T0, is_engaged=False)
    over = cancelled(ringing, T0)[0]
    acts: tuple[Callable[[], object], ...] = (
        lambda: pressed(ringing, "1", T0),
        lambda: answered(over, T0, PROMPT),
        lambda: pressed(over, "1", T0),
        lambda: hung_up(over, T0),
    )
    for act in acts:
        with pytest.raises(Conflict):
            act()
    assert cancelled(over, T0) == (over, ())


def test_a_message_is_delivered_and_answered() -> None:
    call, _ = sent(TextOrder("a1", "+8613900000001", PROMPT), Behaviour(sms_reply="1"), "m1", T0)
    seen = []
    while call.due_at is not None:
        call, reports = advance(call, call.due_at, None)
        seen += [(r.status, r.digits) for r in reports]

    assert seen == [("delivered", None), ("replied", "1")]
    assert (call.outcome, call.keys) == ("replied", "1")
    assert replied(call, "2", T0)[1][0].digits == "2"


def test_a_message_to_a_phone_that_cannot_be_reached() -> None:
    call, _ = sent(TextOrder("a1", "+8613900000001", PROMPT), Behaviour("unreachable"), "m1", T0)

    call, reports = advance(call, T0 + timedelta(seconds=1), None)

    assert [r.status for r in reports] == ["undelivered"]
    assert call.due_at is None


acts = st.lists(
    st.tuples(
        st.sampled_from(["wait", "answer", "press", "hang_up", "cancel"]), st.floats(0, 30), st.sampled_from("1239#")
    ),
    max_size=12,
)
behaviours = st.builds(
    Behaviour,
    st.sampled_from(
        ["key:1", "key:2", "key:3", "silence", "voicemail", "busy", "reject", "unreachable", "no_number", "manual"]
    ),
    st.none() | st.floats(0, 40),
)


@given(behaviours, acts)
def test_whatever_happens_a_call_ends_once_and_says_so_once(
    behaviour: Behaviour, doings: list[tuple[str, float, str]]
) -> None:
    now = T0
    call, first = placed(order(), behaviour, "c1", now, is_engaged=False)
    reports = list(first)
    outcome = call.outcome
    for act, seconds, key in [*doings, ("wait", 3600.0, "1"), ("wait", 3600.0, "1"), ("wait", 3600.0, "1")]:
        now += timedelta(seconds=seconds)
        try:
            call, more = {
                "wait": lambda: advance(call, now, PROMPT),  # noqa: B023  (called at once)
                "answer": lambda: answered(call, now, PROMPT),  # noqa: B023
                "press": lambda: pressed(call, key, now),  # noqa: B023
                "hang_up": lambda: hung_up(call, now),  # noqa: B023
                "cancel": lambda: cancelled(call, now),  # noqa: B023
            }[act]()
        except Conflict:
            continue
        reports += more
        assert outcome is None or call.outcome == outcome
        outcome = call.outcome
    assert call.state == "ended"
    assert call.due_at is None
    keys = [r.digits for r in reports if r.digits]
    endings = [r.status for r in reports if r.status != "answered"]
    assert len(keys) + len(endings) == (0 if outcome == "cancelled" else 1)
    if behaviour.then == "voicemail" and "answer" not in [act for act, *_ in doings]:
        assert outcome != "declined" or "press" in [act for act, *_ in doings]
    assert sandbox_call.report_of(call, now).attempt_id == "a1"
