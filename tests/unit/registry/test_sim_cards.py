"""What is printed on a SIM card: read as people type it, refused when a digit is wrong."""

import pytest

from registry.sim_cards import machine_number, passes_luhn, read_iccid

GOOD = "89860012345678901238"


def test_the_check_digit_finds_a_wrong_digit_and_two_that_were_swapped() -> None:
    assert passes_luhn("79927398713")  # The example of the standard's own text books.
    assert read_iccid("8986 0012 3456 7890 1238") == read_iccid("8986-0012345678901238") == GOOD

    for wrong in (GOOD[:-1] + "4", GOOD[:8] + GOOD[9] + GOOD[8] + GOOD[10:]):
        with pytest.raises(ValueError, match="check digit"):
            read_iccid(wrong)


@pytest.mark.parametrize(
    "written", ["", "898600", "12345678901234567890", "89" * 11, "8986001234567890123X", "８９８６"]
)
def test_what_is_no_card_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="SIM card"):
        read_iccid(written)


@pytest.mark.parametrize(
    ("written", "kept"),
    [("1064 8123 45678", "+861064812345678"), ("+86 1440012345678", "+861440012345678"), ("13800138000", None)],
)
def test_numbers_for_machines_have_thirteen_digits(written: str, kept: str | None) -> None:
    assert machine_number(written) == kept
