"""The knowledge cards beside an alarm: by its kind, and by those health notes that the page shows anyway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.card_words import text_of
from console.i18n import N_, Words
from registry.knowledge_beside import SILENT, beside, situations

Card = Mapping[str, Any]
_SAID = N_("Done and said, by the card “%(title)s”: %(lines)s")
_SAID_BY_HEALTH = N_("Done and said, by a card for this illness: steps %(lines)s")
_SEPARATOR = N_("; ")


@dataclass(frozen=True, slots=True)
class BesideCard:
    """A card as the panel shows it: `text` in the officer's language, `spoken` what is said to the elder, in theirs."""

    id: str
    text: Mapping[str, Any]
    spoken: Mapping[str, Any]
    spoken_in: str
    is_apart: bool
    because: tuple[str, ...]
    is_reviewed: bool


@dataclass(frozen=True, slots=True)
class Cards:
    """`others` are (id, title) of the first-aid cards that the caller's words may ask for."""

    shown: tuple[BesideCard, ...] = ()
    others: tuple[tuple[str, str], ...] = ()


def cards_of(cards: Sequence[Card], panel: Mapping[str, Any], language: str) -> Cards:
    """`panel` is what `console.panel.panel_of` gives: its health is empty for who may not see it."""
    alarm, elder = panel["alarm"], panel["elder"]
    if alarm["state"] == "closed":
        return Cards()
    wanted = situations(
        alarm["kind"], is_silent=alarm["is_silent"], is_test=alarm["is_test"], is_cancelled=bool(alarm["cancelled_at"])
    )
    found = beside(cards, wanted, dict(panel["health"]) if panel["sees_health"] else None)
    shown = tuple(_beside(one.card, one.because, language, elder["language"] or "zh-CN") for one in found)
    if wanted == SILENT:
        return Cards(shown)
    taken = {one.id for one in shown}
    firsts = [card for card in cards if (card["conditions"] or not card["kinds"]) and card["id"] not in taken]
    return Cards(shown, tuple((card["id"], text_of(card, language)[0]["title"]) for card in firsts))


def _beside(card: Card, because: tuple[str, ...], language: str, elder_language: str) -> BesideCard:
    text, text_in = text_of(card, language)
    spoken, spoken_in = text_of(card, elder_language)
    return BesideCard(
        card["id"], text, spoken, spoken_in, spoken_in != text_in, because, card["reviewed_by"] is not None
    )  # fmt: skip


def note_of(card: Card, done: Sequence[int], speech: Words) -> str:
    """What the timeline keeps of a card that was gone through. Whoever reads it may not know the illness, so a card
    that was chosen by one is not named."""
    text, _ = text_of(card, speech.language)
    places = [place for place in sorted(set(done)) if 1 <= place <= len(text["steps"])]
    if card["conditions"]:
        return speech.say(_SAID_BY_HEALTH) % {"lines": ", ".join(map(str, places))}
    lines = speech.say(_SEPARATOR).join(f"{place} {text['steps'][place - 1]}" for place in places)
    return speech.say(_SAID) % {"title": text["title"], "lines": lines}
