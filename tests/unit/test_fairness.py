"""Missed calls in turn."""

from datetime import UTC, datetime, timedelta

from duty.fairness import OnDuty, whose_turn

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def officer(name: str, **more: object) -> OnDuty:
    return OnDuty(name, **{"is_present": True, "is_on_shift": True} | more)  # type: ignore[arg-type]


def test_fewest_open_first_then_longest_without_one() -> None:
    people = [
        officer("a", open_calls=1),
        officer("b", last_given_at=NOW),
        officer("c", last_given_at=NOW - timedelta(hours=1)),
    ]
    assert whose_turn(people) == "c"
    assert whose_turn(people[:2]) == "b"


def test_who_never_had_one_comes_before_who_had() -> None:
    assert whose_turn([officer("a", last_given_at=NOW - timedelta(days=3)), officer("b")]) == "b"


def test_who_is_there_goes_before_who_is_only_on_the_roster() -> None:
    roster, passing = officer("a", is_present=False), officer("b", is_on_shift=False, open_calls=5)
    assert whose_turn([roster, passing]) == "b"
    assert whose_turn([roster, officer("c", is_present=False, is_on_shift=False)]) == "a"


def test_a_leader_only_where_there_is_nobody_else() -> None:
    leader = officer("a", is_leader=True)
    assert whose_turn([leader, officer("b", open_calls=9)]) == "b"
    assert whose_turn([leader]) == "a"


def test_nobody_is_there() -> None:
    assert whose_turn([]) is None
    assert whose_turn([officer("a", is_present=False, is_on_shift=False)]) is None


def test_in_the_long_run_everybody_gets_as_many() -> None:
    given = dict.fromkeys("abc", 0)
    last = dict.fromkeys("abc", NOW - timedelta(days=1))
    for minute in range(30):
        turn = whose_turn(officer(name, open_calls=given[name], last_given_at=last[name]) for name in "abc")
        assert turn is not None
        given[turn] += 1
        last[turn] = NOW + timedelta(minutes=minute)
    assert set(given.values()) == {10}
