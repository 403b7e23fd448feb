"""How to get in to somebody, as one sentence to be shown or spoken, and whether it can still be believed."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

DOUBTFUL_AFTER_DAYS = 180
_ZH = {
    "key_holder": "钥匙在{}", "door_code": "门禁密码{}", "floor": "{}楼", "dog": "狗：{}", "a dog": "家里有狗",
    "no dog": "没有狗", "note": "{}", "doubtful": "以上可能已过时",
}  # fmt: skip
_EN = {
    "key_holder": "the key is with {}", "door_code": "door code {}", "floor": "floor {}", "dog": "dog: {}",
    "a dog": "there is a dog", "no dog": "no dog", "note": "{}", "doubtful": "this may be out of date",
}  # fmt: skip
_WORDS: Mapping[str, tuple[Mapping[str, str], str]] = MappingProxyType({"zh": (_ZH, "；"), "en": (_EN, "; ")})
ORDER = ("key_holder", "door_code", "floor", "dog", "note")


def access_sentence(
    access: Mapping[str, Any] | None, notes: str | None, language: str, *, is_doubtful: bool = False
) -> str | None:
    """Everything that is known of the way in; None when nothing is. English for `en…`, else Chinese."""
    words, comma = _WORDS["en" if language.lower().startswith("en") else "zh"]
    parts = [_part(words, name, (access or {}).get(name)) for name in ORDER]
    known = [part for part in [*parts, (notes or "").strip()] if part]
    if not known:
        return None
    return comma.join(known + ([words["doubtful"]] if is_doubtful else []))


def _part(words: Mapping[str, str], name: str, value: object) -> str:
    if name == "dog" and isinstance(value, bool):
        return words["a dog" if value else "no dog"]
    text = str(value if value is not None else "").strip()
    if name == "floor" and text.endswith(("楼", "层")):
        return text
    return words[name].format(text) if text else ""


def is_doubtful(confirmed_on: date | None, today: date, after_days: int = DOUBTFUL_AFTER_DAYS) -> bool:
    """Whether nobody has said for too long that the notes are still true."""
    return confirmed_on is None or today - confirmed_on > timedelta(days=after_days)
