"""Words of the knowledge base, and its cards as the pages show them."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from console.i18n import N_
from console.words import KIND_WORDS
from registry.knowledge_search import Found, Hit

CARD_KIND_WORDS = KIND_WORDS | {"test": N_("test press"), "cancelled": N_("“by mistake”")}
PART_WORDS = {
    "steps": N_("Do"),
    "ask": N_("Ask"),
    "say": N_("Say"),
    "avoid": N_("Do not"),
    "red_flags": N_("Call 120 at once when"),
}
REVIEW_TEXTS = (N_("who reviewed it and the day belong together"),)
_MARK = Markup("<mark>{}</mark>")

Card = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """A card in one language; `title` and `lines` (what was found elsewhere in it) have the hits marked."""

    card: Card
    text: Mapping[str, Any]
    language: str
    title: Markup
    lines: tuple[Markup, ...] = field(default=())


def text_of(card: Card, language: str) -> tuple[Mapping[str, Any], str]:
    """The card's text in a language of the pages (zh-CN, en), or the Chinese one; and which of both it is."""
    if language.startswith("en") and card["en"] is not None:
        return card["en"], "en"
    return card["zh"], "zh-CN"


def as_shown(found: Found, language: str) -> Shown:
    """What was found in the other language is shown in that one, since it is what was looked for; the words of health
    notes belong to both."""
    hit_in = {hit.language for hit in found.why if hit.member != "conditions"}
    text, shown_in = text_of(found.card, {"zh": "zh-CN", "en": "en"}[min(hit_in)] if hit_in else language)
    by_text: dict[tuple[str, str], list[Hit]] = {}
    for hit in found.why:
        by_text.setdefault((hit.member, hit.text), []).append(hit)
    title = marked(text["title"], by_text.pop(("title", text["title"]), []))
    return Shown(found.card, text, shown_in, title, tuple(marked(said, hits) for (_, said), hits in by_text.items()))


def marked(text: str, hits: Sequence[Hit]) -> Markup:
    """The text, escaped, with the hits marked; those that overlap are one."""
    shown, at = Markup(""), 0
    for start, end in sorted((hit.start, hit.end) for hit in hits):
        if end > max(at, start):
            shown += escape(text[at : max(at, start)]) + _MARK.format(text[max(at, start) : end])
            at = end
    return shown + escape(text[at:])


def lines_of(content: Mapping[str, Any]) -> Iterator[str]:
    """A version of a card line by line, to be compared with another."""
    yield f"# {', '.join(content['kinds'])}"
    yield f"# {', '.join(content['conditions'])}"
    for language in ("zh", "en"):
        text = content[language]
        if text is None:
            continue
        yield text["title"]
        for part in PART_WORDS:
            for place, line in enumerate(text[part], 1):
                yield f"{place}. {line}" if part == "steps" else f"- {line}"
        for phone in text["phones"]:
            yield f"{phone['label']} {phone['number']}"
    yield f"# {content['source'] or ''}"
    yield f"# {content['reviewed_by'] or ''} {content['reviewed_on'] or ''}"


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a version changed: (sign, line), `+` for what came and `-` for what went; everything came with the first."""
    old = list(lines_of(before)) if before is not None else []
    compared = difflib.ndiff(old, list(lines_of(after)))
    return [(line[0], line[2:].removeprefix("# ")) for line in compared if line[0] in "+-" and line[2:].strip(" #")]
