"""The code tables as values: the program's codes, and what a site lays over them."""

from typing import Any

import pytest

from registry.code_tables import CodeTable, laid_over
from registry.codes import _made, _moved
from registry.vocabularies import BETWEEN, BUILT_IN, VOCABULARIES


def entry(vocabulary: str, code: str, **values: Any) -> dict[str, Any]:
    usual = {"zh": None, "en": None, "rank": None, "is_offered": True, "version": 1}
    return {"id": f"{vocabulary}.{code}", "vocabulary": vocabulary, "code": code} | usual | values


def kinds(*entries: dict[str, Any]) -> CodeTable:
    return laid_over(entries)["elder_kind"]


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_a_site_that_changed_nothing_has_the_programs_codes_in_their_order(vocabulary: str) -> None:
    table = laid_over([])[vocabulary]

    assert [one.code for one in table.codes] == [one.code for one in BUILT_IN[vocabulary]]
    assert all(one.is_offered and one.is_built_in and not one.has_own_words for one in table.codes)
    assert {one.version for one in table.codes} == {1}


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_the_programs_words_can_be_told_apart_and_fit_a_cell(vocabulary: str) -> None:
    words = [word for one in BUILT_IN[vocabulary] for word in (one.zh, one.en, *one.also)]

    assert len(set(words)) == len(words)
    assert [word for word in words if set(word) & set(BETWEEN[vocabulary])] == []


def test_words_of_the_site_go_before_those_of_the_program() -> None:
    table = kinds(entry("elder_kind", "veteran", zh="退役军人及家属"))

    assert table.said("zh-CN")["veteran"] == "退役军人及家属"
    assert table.said("en")["veteran"] == "veteran"


def test_chinese_is_shown_where_there_is_no_english() -> None:
    table = kinds(entry("elder_kind", "centenarian", zh="百岁老人", rank=15))

    assert table.said("en")["centenarian"] == "百岁老人"
    assert [one.code for one in table.codes][:3] == ["party_member", "centenarian", "retired_cadre"]


def test_what_is_withdrawn_is_offered_to_nobody_but_who_has_it() -> None:
    table = kinds(entry("elder_kind", "childless", is_offered=False))

    assert "childless" not in table.choices("en")
    assert table.choices("en", ["childless"])["childless"] == "childless"
    assert table.said("en")["childless"] == "childless"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("百岁老人", "centenarian"), ("Centenarian ", "centenarian"), ("ＣＥＮＴＥＮＡＲＩＡＮ", "centenarian"),
        ("退役军人", "veteran"), ("退伍军人", "veteran"), ("军人", "veteran"), ("veteran", "veteran"), ("特困", "poor"),
    ],
)  # fmt: skip
def test_an_import_reads_codes_and_everybodys_words(written: str, code: str) -> None:
    from registry.code_tables import fold

    table = kinds(
        entry("elder_kind", "centenarian", zh="百岁老人", en="centenarian", rank=99),
        entry("elder_kind", "poor", zh="特困", rank=98),  # A word that the program also reads as another code.
        entry("elder_kind", "veteran", zh="军人"),
    )

    assert table.readings()[fold(written)] == code


@pytest.mark.parametrize(
    ("en", "taken", "code"),
    [
        ("over a hundred", set(), "over_a_hundred"), (None, set(), "own"), ("100", {"own"}, "own_2"),
        ("Blind?", {"blind"}, "blind_2"), ("x" * 60, set(), "x" * 36),
    ],
)  # fmt: skip
def test_a_code_is_made_from_the_english_words(en: str | None, taken: set[str], code: str) -> None:
    assert _made(en, taken) == code


def test_a_code_takes_its_neighbours_place() -> None:
    codes = kinds().codes

    assert _moved(codes, 1, -1) == {"retired_cadre": 10, "party_member": 20}
    assert _moved(codes, 0, -1) == {}
    assert _moved(codes, len(codes) - 1, 1) == {}


def test_codes_of_one_rank_are_numbered_anew() -> None:
    codes = kinds(entry("elder_kind", "aa", zh="甲", rank=10)).codes

    ranks = {one.code: one.rank for one in codes} | _moved(codes, 0, 1)

    assert sorted(ranks, key=lambda code: ranks[code])[:3] == ["party_member", "aa", "retired_cadre"]
