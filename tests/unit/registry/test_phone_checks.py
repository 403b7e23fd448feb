import pytest

from core.ids import new_id
from registry.phone_checks import PREFIX, after, is_check


@pytest.mark.parametrize(
    ("state", "status", "digits", "becomes"),
    [
        ("sending", "ringing", None, "ringing"),
        ("ringing", "answered", None, "answered"),
        ("answered", "ringing", None, None),  # Out of order.
        ("ringing", "busy", None, "busy"),
        ("ringing", "completed", None, "no_answer"),
        ("answered", "completed", None, "no_key"),
        ("answered", "answered", "1", "accepted"),
        ("ringing", "answered", " 1", "accepted"),
        ("answered", "answered", "2", "declined"),
        ("answered", "no_key", "", "no_key"),
        ("accepted", "completed", None, None),  # An outcome never goes back.
        ("accepted", "answered", "2", None),
        ("no_answer", "answered", "1", "accepted"),  # A key that comes late still is somebody's word.
        ("busy", "failed", None, None),
    ],
)
def test_what_a_report_makes_of_a_test_call(state: str, status: str, digits: str | None, becomes: str | None) -> None:
    assert after(state, status, digits) == becomes


def test_a_test_call_is_told_from_an_attempt_by_its_id() -> None:
    assert is_check(PREFIX + new_id().replace("-", "")[2:])
    assert not is_check(new_id())
