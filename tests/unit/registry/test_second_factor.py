from datetime import UTC, datetime

import pyotp
import pytest

from registry import second_factor

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B: "12345678901234567890"
VECTORS = [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (2000000000, "279037")]


@pytest.mark.parametrize(("at", "code"), VECTORS)
def test_codes_are_those_of_the_standard(at: int, code: str) -> None:
    now = datetime.fromtimestamp(at, UTC)

    assert second_factor.step_of(SECRET, code, now, None) == at // 30


@pytest.mark.parametrize(("off_s", "fits"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_telephone_may_be_half_a_minute_off(off_s: int, fits: bool) -> None:
    now = datetime.fromtimestamp(2_000_000_010, UTC)
    code = pyotp.TOTP(SECRET).at(2_000_000_010 + off_s)

    assert (second_factor.step_of(SECRET, code, now, None) is not None) == fits


def test_a_step_counts_once() -> None:
    now = datetime.fromtimestamp(59, UTC)

    assert second_factor.step_of(SECRET, "287082", now, 0) == 1
    assert second_factor.step_of(SECRET, "287082", now, 1) is None


@pytest.mark.parametrize("code", ["", "28708", "2870822", "２８７０８２", "28708x", "-28708"])
def test_what_is_no_code_is_none(code: str) -> None:
    assert second_factor.step_of(SECRET, code, datetime.fromtimestamp(59, UTC), None) is None


def test_a_recovery_code_is_used_up() -> None:
    codes = second_factor.new_recovery_codes()
    hashes = [second_factor.recovery_hash(code) for code in codes]

    left = second_factor.without_used(hashes, f" {codes[3].upper()} ")

    assert left is not None
    assert len(left) == 9
    assert second_factor.without_used(left, codes[3]) is None
    assert second_factor.without_used(None, codes[3]) is None
