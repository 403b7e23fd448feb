"""The citizen's number: what can be one, and what it says."""

import re
from datetime import date

import pytest

from registry.id_numbers import LENGTH, check_digit, read_id_number

# From GB 11643-1999, Annex A: the standard's own two examples.
STANDARD = ("11010519491231002X", "440524188001010014")


def made_up(head: str = "610402", born: str = "19410305", order: str = "002") -> str:
    digits = head + born + order
    return digits + check_digit(digits)


@pytest.mark.parametrize("number", STANDARD)
def test_the_standards_examples_hold(number: str) -> None:
    assert read_id_number(number).text == number


def test_number_tells_area_birth_and_sex() -> None:
    number = read_id_number(made_up())

    assert (number.area_code, number.birth_date, number.sex) == ("610402", date(1941, 3, 5), "female")
    assert read_id_number(made_up(order="003")).sex == "male"


@pytest.mark.parametrize(
    "written", ["11010519491231002x", " 110105 19491231 002X ", "１１０１０５１９４９１２３１００２Ｘ"]
)
def test_number_is_read_as_people_write_it(written: str) -> None:
    assert read_id_number(written).text == STANDARD[0]


@pytest.mark.parametrize("place", range(LENGTH - 1))
def test_every_mistyped_digit_is_found(place: int) -> None:
    number = made_up()
    wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]

    with pytest.raises(ValueError, match="check digit"):
        read_id_number(wrong)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("610402410305002", "15 digits"),
        ("61040219410305002", "18 characters"),
        ("6104021941030500XX", "18 characters"),
        ("", "18 characters"),
        ("六10402194103050026", "18 characters"),
        (made_up(head="990402"), "no place"),
        (made_up(head="610000"), "no place"),
        (made_up(born="19410230"), "day of birth"),
        (made_up(born="19411305"), "day of birth"),
        (made_up(head="999124"), "no place"),
    ],
)
def test_what_is_no_number_is_told_without_repeating_it(written: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        read_id_number(written)

    assert not re.search(r"\d{6}", str(refused.value))


@pytest.mark.parametrize(
    ("number", "area_code"),
    [(made_up(head="810000"), "810000"), (made_up(head="830000"), "830000"), ("911124198108030024", "110000")],
)
def test_numbers_of_permits_are_good(number: str, area_code: str) -> None:
    assert read_id_number(number).area_code == area_code


def test_number_from_a_dissolved_district_is_good() -> None:
    assert read_id_number(made_up(head="612126")).area_code == "612126"
