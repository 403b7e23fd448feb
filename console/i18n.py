"""The pages' two languages. English is written in the code; the catalogue holds the Chinese, read once at start."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources

from babel.messages import Message
from babel.messages.pofile import read_po
from starlette.requests import Request

LANGUAGES = ("zh-CN", "en")
COOKIE = "carebell_lang"
CATALOGUE = ("locale", "zh_CN", "LC_MESSAGES")


def N_(text: str) -> str:  # gettext's own name for "to be translated later"
    """Marks a text for the catalogue."""
    return text


class Words:
    """One language's texts."""

    def __init__(self, language: str, catalogue: Mapping[str, str], patterns: Iterable[str] = ()) -> None:
        self.language = language
        self._catalogue = catalogue
        self._patterns = [(_expression(text), catalogue[text]) for text in patterns]

    def say(self, text: str) -> str:
        """The text in this language; English where the catalogue knows nothing better."""
        return self._catalogue.get(text) or self._by_pattern(text)

    def _by_pattern(self, text: str) -> str:
        for expression, translated in self._patterns:
            if found := expression.fullmatch(text):
                return translated % {name: self.say(said) for name, said in found.groupdict().items()}
        return text

    def count(self, one: str, many: str, number: int) -> str:
        """Chinese does not count its nouns: the plural's translation serves for every number."""
        return self._catalogue.get(many, one if number == 1 else many)


@cache
def words(language: str) -> Words:
    """The texts of `zh-CN` or `en`."""
    from console import import_words, refusal_words  # They mark their texts with N_ from here.

    patterns = (*import_words.PATTERNS, *refusal_words.PATTERNS)
    return Words(language, _chinese(), patterns) if language == "zh-CN" else Words(language, {})


def language_of(request: Request, default: str) -> str:
    """What this browser chose, else the site's language."""
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in LANGUAGES else default


def catalogue() -> Iterator[Message]:
    """Every translated text; each part of the console has a file of its own."""
    folder = resources.files("console").joinpath(*CATALOGUE)
    for path in sorted(folder.iterdir(), key=lambda file: file.name):
        if path.name.endswith(".po"):
            with path.open("rb") as file:
                yield from read_po(file, locale="zh_CN")


def _expression(pattern: str) -> re.Pattern[str]:
    """Matches what a text with %(name)s became when it was said."""
    return re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+)", re.escape(pattern)), re.DOTALL)


def _chinese() -> dict[str, str]:
    found: dict[str, str] = {}
    for message in catalogue():
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.id, str):
            found[message.id] = str(message.string)
        else:
            found[message.id[1]] = message.string[0] if isinstance(message.string, tuple) else str(message.string)
    return found
