"""A name is found by how it is said, where a character has a reading of its own in a surname."""

import pytest

from registry.search_names import readings, syllable_places


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("赵桂明", "zhao gui ming"),
        ("曾国藩", "zeng guo fan"),
        ("单雄信", "shan xiong xin"),
        ("仇英", "qiu ying"),
        ("区大力", "ou da li"),
        ("查良镛", "zha liang yong"),
        ("尉迟恭", "yu chi gong"),
        ("长孙无忌", "zhang sun wu ji"),
        ("吕布", "lu bu"),
        ("John Smith", "john smith"),
        ("买买提·艾力", "mai mai ti ai li"),
    ],
)
def test_the_usual_reading_comes_first(name: str, typed: str) -> None:
    assert readings(name)[0] == tuple(typed.split())


def test_who_types_the_everyday_reading_of_a_surname_finds_it_too() -> None:
    assert ("ceng", "li") in readings("曾莉")


@pytest.mark.parametrize("own", ["Wáng Yuè", "wang yue", "WANG  YUE", "王月"])
def test_the_elders_own_reading_goes_before_ours(own: str) -> None:
    assert readings("王乐", own)[0] == ("wang", "yue")


def test_a_name_without_letters_has_no_reading() -> None:
    assert readings("😀") == []
    assert readings("") == []


def test_each_syllable_is_a_character_of_the_name() -> None:
    assert syllable_places("😀王 伟", ("wang", "wei")) == [(1, 2), (3, 4)]
    assert syllable_places("John Smith", ("john", "smith")) == [(0, 4), (5, 10)]
    assert syllable_places("王伟", ("a", "b", "c")) is None
