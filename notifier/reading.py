"""How words and numbers are made fit to be read out."""

import re
import unicodedata

_ZH_DIGITS = str.maketrans("0123456789", "零幺二三四五六七八九")
# A house number of one or two digits is a number ("人民路12号"); longer ones are read digit by digit ("五零二室").
_LONG_NUMBER = re.compile(r"\d{3,}")
_NOT_TEXT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def plain(text: str | None) -> str:
    """The text without what no voice can say and XML may not hold: control and format characters, lone surrogates."""
    return "".join(" " if c in "\t\r\n" else c for c in text or "" if c in "\t\r\n" or _is_text(c))


def clean(text: str | None) -> str:
    """Plain, on one line, without spaces at the ends and doubled ones between; "" for None."""
    return " ".join(plain(text).split())


def digits_apart_zh(text: str) -> str:
    """Long numbers digit by digit, 1 as 幺, as telephone and room numbers are read in Chinese."""
    return _LONG_NUMBER.sub(lambda found: _ascii(found.group()).translate(_ZH_DIGITS), text)


def digits_apart_en(text: str) -> str:
    """Long numbers digit by digit."""
    return _LONG_NUMBER.sub(lambda found: " ".join(_ascii(found.group())), text)


def _ascii(digits: str) -> str:
    return "".join(str(unicodedata.digit(d, 0)) for d in digits)


def _is_text(character: str) -> bool:
    return unicodedata.category(character) not in _NOT_TEXT
