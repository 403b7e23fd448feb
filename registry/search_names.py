"""How a name is typed in Latin letters: its syllables, one reading or a few. Pure.

pypinyin knows the common reading of a character; surnames have readings of their own, and so have some given names.
"""

import re
from functools import lru_cache
from itertools import islice, product

from registry.search_text import fold, fold_character

MOST_READINGS = 4
FIRST_CHINESE = "\u3400"
_SURNAMES = {
    "曾": "zeng", "单": "shan", "仇": "qiu", "区": "ou", "查": "zha", "解": "xie", "朴": "piao", "盖": "ge",
    "乐": "yue", "覃": "qin", "翟": "zhai", "黑": "he", "种": "chong", "任": "ren", "华": "hua", "召": "shao",
    "冼": "xian", "洗": "xian", "纪": "ji", "缪": "miao", "宓": "fu", "逄": "pang", "员": "yun", "谌": "chen",
    "折": "she", "句": "gou", "教": "jiao", "燕": "yan", "尹": "yin", "应": "ying", "卜": "bu", "繁": "po",
    "秘": "bi", "重": "chong", "晟": "cheng", "那": "na", "能": "nai", "令": "ling", "牟": "mu", "祭": "zhai",
    "幸": "xing", "隗": "wei", "郇": "xun", "郗": "xi", "乜": "nie", "佴": "nai", "适": "kuo", "么": "yao",
    "薄": "bo", "贲": "ben", "都": "du", "降": "xiang", "车": "che", "葛": "ge", "哈": "ha", "行": "xing",
    "石": "shi", "沈": "shen", "撒": "sa", "粘": "nian", "尉": "wei", "相": "xiang", "要": "yao", "藏": "zang",
    "曲": "qu", "訾": "zi", "洪": "hong", "俞": "yu", "於": "yu", "臧": "zang", "柏": "bai", "伯": "bo",
}  # fmt: skip
_DOUBLE_SURNAMES = {
    "尉迟": "yu chi", "万俟": "mo qi", "长孙": "zhang sun", "澹台": "tan tai", "单于": "chan yu",
    "令狐": "ling hu", "鲜于": "xian yu", "欧阳": "ou yang", "夏侯": "xia hou", "中行": "zhong hang",
}  # fmt: skip
_OTHERWISE = {
    "乐": "yue", "行": "xing", "长": "chang", "朝": "zhao", "晟": "cheng", "茜": "xi", "莘": "xin", "传": "zhuan",
    "盛": "cheng", "强": "jiang", "重": "zhong", "曾": "ceng", "单": "dan", "柏": "bo", "伯": "bai", "露": "lu",
    "娜": "nuo", "卓": "zhuo", "蕴": "yun", "仔": "zai", "藏": "cang", "翟": "di", "覃": "tan", "仇": "chou",
    "区": "qu", "查": "cha", "解": "jie", "朴": "pu", "盖": "gai", "谌": "shen", "石": "dan", "車": "ju",
    "缪": "mou", "牟": "mou", "隗": "kui", "郗": "chi", "薄": "bao", "沈": "chen", "宓": "mi", "繁": "fan",
    "尉": "yu", "那": "nuo", "畲": "she", "祭": "ji", "员": "yuan", "种": "zhong", "召": "zhao", "黑": "hei",
}  # fmt: skip
_LETTERS = re.compile(r"[a-z]+")
_WORDS = re.compile(r"[\s'’·.\-]+")

Reading = tuple[str, ...]
"""Syllables, or the words of a name that is written in letters."""


def readings(name: str, own: str | None = None) -> list[Reading]:
    """How the name may be typed, the surest first, MOST_READINGS at the most; none for a name that has no letters.

    `own` is the elder's own reading, which goes before ours.
    """
    found = [reading for reading in [_own(own) if own else (), *_of_name(name)] if reading]
    return list(dict.fromkeys(found))[:MOST_READINGS]


def syllable_places(name: str, reading: Reading) -> list[tuple[int, int]] | None:
    """Which characters of the name each syllable is, from and to; None where they do not go together."""
    places = [place for place, character in enumerate(name) if _is_spoken(character)]
    if len(places) == len(reading):
        return [(place, place + 1) for place in places]
    words = [(found.start(), found.end()) for found in re.finditer(r"[^\s'’·.\-]+", name)]
    return words if len(words) == len(reading) else None


def typed(letters: str) -> str:
    """Letters as a question is read: ü is typed as v and as u, and both are the same here."""
    return letters.replace("v", "u")


def _own(text: str) -> Reading:
    """Tones, accents and apostrophes aside; a reading written in characters is read as such."""
    if any(map(_is_spoken, text)):
        return _joined([_common(text)])
    parts = (typed(fold(part)) for part in _WORDS.split(text))
    return tuple(kept for part in parts if (kept := "".join(_LETTERS.findall(part))))


@lru_cache(maxsize=4096)
def _of_name(name: str) -> tuple[Reading, ...]:
    if not any(map(_is_spoken, name)):
        words = tuple(kept for word in _WORDS.split(name) if (kept := "".join(_LETTERS.findall(typed(fold(word))))))
        return (words,) if words else ()
    spoken = "".join(character for character in name if _is_spoken(character))
    common = _common(spoken)
    if len(common) != len(spoken):
        return (_joined([common]),)
    double = _DOUBLE_SURNAMES.get(spoken[:2])
    choices = [
        list(dict.fromkeys([*([_SURNAMES[c]] if at == 0 and c in _SURNAMES else []), read, *_other(c)]))
        for at, (c, read) in enumerate(zip(spoken, common, strict=True))
    ]
    found = tuple(islice(product(*choices), MOST_READINGS))
    return ((*double.split(), *common[2:]), *found) if double else found


def _common(text: str) -> list[str]:
    # Its phrases take a second to load, which a command that reads no name need not wait for.
    from pypinyin import lazy_pinyin

    return [typed(fold(syllable)) for syllable in lazy_pinyin(text, errors="ignore")]


def _other(character: str) -> list[str]:
    return [_OTHERWISE[character]] if character in _OTHERWISE else []


def _joined(parts: list[list[str]]) -> Reading:
    return tuple(syllable for part in parts for syllable in part if syllable)


def _is_spoken(character: str) -> bool:
    """Whether it has a sound of its own: a letter of a script without an alphabet, as Chinese."""
    return character >= FIRST_CHINESE and character.isalpha() and fold_character(character) == character
