"""What a password must not be. Length is the input's matter (`registry.intake.NewPassword`); no rule asks for signs or
digits, since those make people write them down (NIST SP 800-63B)."""

import unicodedata
from collections.abc import Iterable

from registry.intake import BadMember, account_name
from registry.passwords import Passwords

REMEMBERED = 5  # Passwords of before that must not come back, the one in use among them.
_LEAST_DIFFERENT = 4  # Characters: aaaaaaaa and 12121212 are no secrets.
_ROWS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_TRIED_FIRST = """
11223344 123456789a 12345678a 123456aa 123456abc 123456qwe 123qweasd 13145200 13145201 1314520520 1q2w3e4r
1q2w3e4r5t 1qaz2wsx 1qaz@wsx 1qazxsw2 52013140 52013145 5201314520 5201314a 55555555 a1234567 a12345678 a123456789
aa123456 aa12345678 abc12345 abc123456 abcd1234 admin123 admin1234 admin123456 administrator asdf1234 baseball
caonima123 carebell carebell1 carebell123 changeme changeme1 charlie1 computer dragon123 duty1234 emergency football
iloveyou iloveyou1 internet letmein1 master123 michael1 mima1234 mima123456 monkey123 nihao123 nihao1234 officer1
officer123 p@ssw0rd p@ssw0rd1 p@ssword pass1234 passw0rd password password1 password12 password123 princess q1w2e3r4
qwe123456 qwer1234 qwerty12 qwerty123 qwerty1234 registrar root1234 starwars sunshine superman supervisor trustno1
wang1234 welcome1 welcome123 whatever woaini123 woaini1314 woaini520 woaini5201314 woaini521 wodemima woshishui
zaq12wsx zhang123 zhongguo zxcv1234
"""
COMMON = frozenset(_TRIED_FIRST.split())
"""What is tried first: passwords that stand at the top of every list of stolen ones, here and in China, and ours."""


def check(
    password: str, username: str, member: str = "password", *, passwords: Passwords | None = None,
    past_hashes: Iterable[str] = (),
) -> None:  # fmt: skip
    """Raises BadMember, in words for the person who chose it."""
    folded = unicodedata.normalize("NFKC", password).casefold().strip()
    if folded == username or account_name(password) == username or folded == username[::-1]:
        raise BadMember(member, "must not be the user's name")
    if folded in COMMON or len(set(folded)) < _LEAST_DIFFERENT or _is_a_row(folded):
        raise BadMember(member, "is one of those that are tried first: choose another, such as three words in a row")
    if passwords is not None and any(passwords.check(password, one) for one in past_hashes):
        raise BadMember(member, "was used before: the last five cannot come back")


def _is_a_row(text: str) -> bool:
    """Whether it walks along the keyboard or the alphabet, either way: 23456789, hgfedcba."""
    return any(text in row or text[::-1] in row for row in _ROWS)
