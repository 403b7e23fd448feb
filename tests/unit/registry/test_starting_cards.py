"""The cards of the package: complete in both languages, short enough to be followed, and not said to be reviewed."""

import pytest

from registry.knowledge_intake import CardNew
from registry.knowledge_search import LISTS
from registry.knowledge_start import starting_cards

CARDS = starting_cards()
LONGEST_STEP = {"zh": 32, "en": 90}


def test_each_has_a_name_of_its_own() -> None:
    names = [key for key, _ in CARDS]

    assert len(names) == len(set(names)) >= 22


@pytest.mark.parametrize("card", [card for _, card in CARDS], ids=[key for key, _ in CARDS])
def test_a_card_says_the_same_in_both_languages(card: CardNew) -> None:
    assert card.en is not None
    assert card.source
    assert card.reviewed_by is None
    for member in ("say", "avoid", "red_flags", "phones"):
        assert len(getattr(card.zh, member)) == len(getattr(card.en, member)), member
    assert [one.number for one in card.zh.phones] == [one.number for one in card.en.phones]
    for language in ("zh", "en"):
        assert all(len(step) <= LONGEST_STEP[language] for step in getattr(card, language).steps)
    assert all(max(line) >= "\u3400" for member in LISTS for line in getattr(card.zh, member))
