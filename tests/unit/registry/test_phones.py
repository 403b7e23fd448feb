import pytest

from registry.phones import Phones

XIANYANG = Phones(region="CN", area_code="029")


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("+8613801000123", "+8613801000123"),
        ("13801000123", "+8613801000123"),
        ("138 0100-0123", "+8613801000123"),
        ("１３８０１０００１２３", "+8613801000123"),
        ("0086 138 0100 0123", "+8613801000123"),
        ("\u202d+8613801000123\u202c", "+8613801000123"),  # As copied from a phone's address book.
        ("029-87654321", "+862987654321"),
        ("87654321", "+862987654321"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("+8613900000009", "+8613900000009"),
        ("+8612900000001", "+8612900000001"),  # A range that is not open today.
    ],
)
def test_number_is_kept_as_it_is_dialled(written: str, dialled: str) -> None:
    assert XIANYANG.to_e164(written) == dialled


@pytest.mark.parametrize(
    "written",
    [
        "", "call me", "+", "1380100012", "138010001234", "+861380", "13801000123/13801000124",
        "13801000123 ext 5", "++8613801000123", "+99913801000123", "1" * 60, "+861381234567", "12345",
        "95588", "+8612345",
    ],
)  # fmt: skip
def test_number_that_cannot_be_rung_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="number"):
        XIANYANG.to_e164(written)


@pytest.mark.parametrize("written", ["110", "119", "120", "122", "1-1-0", "１２０"])
def test_emergency_numbers_are_rung_only_where_the_site_allows_it(written: str) -> None:
    with pytest.raises(ValueError, match="emergency"):
        XIANYANG.to_e164(written)

    allowed = Phones(allow_emergency=True).to_e164(written)

    assert allowed in {"110", "119", "120", "122"}


@pytest.mark.parametrize(
    ("written", "shown"), [("120", "120"), ("12345", "12345"), ("029-87654321", "+862987654321")]
)  # fmt: skip
def test_resource_may_have_a_short_number_that_is_only_shown(written: str, shown: str) -> None:
    assert XIANYANG.to_dial(written) == shown


def test_landline_without_area_code_is_refused_where_none_is_set() -> None:
    with pytest.raises(ValueError, match="area code"):
        Phones().to_e164("87654321")


def test_refusal_does_not_repeat_the_number() -> None:
    with pytest.raises(ValueError, match="number") as refusal:
        XIANYANG.to_e164("+86138010")

    assert "138" not in str(refusal.value)
