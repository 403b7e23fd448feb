"""The citizen's identity number of GB 11643: its check digit, and what it says about its holder.

The numbers on residence permits of people from Hong Kong, Macau and Taiwan, and since 2023 those of foreigners'
permanent residence (9, province, ISO 3166 country in digits), have the same length, birth date and check digit.

Whether the six digits of the area are in today's list is not asked: people keep the number they were once given, and
districts are renamed and dissolved. The province is, because it never was anything but one of these.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date

PROVINCES = frozenset({
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44",
    "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82", "83",
})  # fmt: skip
"""The first two digits by GB/T 2260, and 83 for Taiwan in residence permits."""
WITHOUT_DISTRICTS = frozenset({"81", "82", "83"})
"""Hong Kong, Macau, Taiwan: the numbers of their people's residence permits begin with 810000, 820000, 830000."""
FOREIGN = "9"
OLD_LENGTH, LENGTH = 15, 18
_CHECK_DIGITS = "10X98765432"
_WEIGHTS = tuple(2**place % 11 for place in range(17, 0, -1))


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A number that can be right, and what it says: `area_code` is where it was first given."""

    text: str
    area_code: str
    birth_date: date
    sex: str


def read_id_number(written: str) -> IdNumber:
    """Raises ValueError, with a text for a person that repeats nothing of the number."""
    text = unicodedata.normalize("NFKC", written).upper().replace(" ", "").replace("-", "")
    if len(text) == OLD_LENGTH and text.isdigit():
        raise ValueError("is an old number of 15 digits, which ended in 2013: take the one of 18 from the card")
    if len(text) != LENGTH or not text[:17].isdecimal() or not text.isascii() or text[17] not in _CHECK_DIGITS:
        raise ValueError("has 18 characters: 17 digits, and a digit or X at the end")
    if check_digit(text[:17]) != text[17]:
        raise ValueError("has a wrong check digit: one of its digits is mistyped")
    is_foreign = text[0] == FOREIGN
    province = text[1:3] if is_foreign else text[:2]
    if province not in PROVINCES or (text[2:6] == "0000" and province not in WITHOUT_DISTRICTS):
        raise ValueError("begins with a code that no place ever had")
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        raise ValueError("holds a day of birth that there never was") from None
    area_code = f"{province}0000" if is_foreign else text[:6]
    return IdNumber(text, area_code, born, "male" if int(text[16]) % 2 else "female")


def check_digit(digits: str) -> str:
    """The last character for the first seventeen: ISO 7064, MOD 11-2."""
    return _CHECK_DIGITS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 11]
