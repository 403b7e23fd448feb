from datetime import UTC, datetime, timedelta

import pytest

from console.signin import FREE_TRIES, LONGEST_WAIT_S, Guard, TooManyTries

WHO = ("limin", "10.0.0.1")
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def test_a_few_slips_cost_nothing() -> None:
    guard = Guard()
    for _ in range(FREE_TRIES - 1):
        guard.failed(WHO, NOW)

    guard.admit(WHO, NOW)


def test_guessing_slows_down_and_a_pause_helps() -> None:
    guard = Guard()
    for _ in range(FREE_TRIES + 20):
        guard.failed(WHO, NOW)

    with pytest.raises(TooManyTries) as refusal:
        guard.admit(WHO, NOW)
    assert refusal.value.wait_s == LONGEST_WAIT_S
    guard.admit(WHO, NOW + timedelta(seconds=LONGEST_WAIT_S))


def test_others_are_not_shut_out_by_somebody_who_guesses() -> None:
    guard = Guard()
    for _ in range(FREE_TRIES + 5):
        guard.failed(WHO, NOW)

    guard.admit(("limin", "10.0.0.2"), NOW)
    guard.admit(("wang", "10.0.0.1"), NOW)


def test_right_password_wipes_the_slate() -> None:
    guard = Guard()
    for _ in range(FREE_TRIES - 1):
        guard.failed(WHO, NOW)
    guard.succeeded(WHO)
    guard.failed(WHO, NOW)

    guard.admit(WHO, NOW)
