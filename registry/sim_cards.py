"""SIM cards as they are printed: the card's number (ICCID) and the number by which it is called."""

import re

_ICCID = re.compile(r"89\d{17,18}")  # ITU-T E.118: 89 is telecommunication; 19 digits, 20 on Chinese cards.
# Numbers for machines have 13 digits in China, which the library's numbering plan does not hold to be dialled.
_MACHINE = re.compile(r"(?:\+?86)?(1(?:064|4\d\d)\d{9})")


def read_iccid(written: str) -> str:
    """The digits alone. Raises ValueError that says what is wrong."""
    digits = re.sub(r"[\s\-]", "", written)
    if not digits.isascii() or not digits.isdigit():
        raise ValueError("a SIM card's number holds digits only")
    if not _ICCID.fullmatch(digits):
        raise ValueError("a SIM card's number has 19 or 20 digits and begins with 89")
    if not passes_luhn(digits):
        raise ValueError("the check digit is wrong: a digit was misread, or two were swapped")
    return digits


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def machine_number(written: str) -> str | None:
    """A Chinese machine number as +86 and 13 digits; None for any other."""
    fits = _MACHINE.fullmatch(re.sub(r"[\s\-]", "", written))
    return f"+86{fits[1]}" if fits else None
