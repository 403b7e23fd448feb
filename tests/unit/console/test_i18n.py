"""No text of the pages lacks its Chinese, and the catalogue holds nothing that is not said."""

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir

import console
from console.i18n import catalogue

FOLDER = Path(console.__file__).parent
KEYWORDS = {"_": None, "N_": None, "gettext": None, "say": None}
JINJA = {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true", "trimmed": "true"}
MARKUP = re.compile(
    r"{% block body_class %}.*?{% endblock %}|{%.*?%}|{{.*?}}|{#.*?#}|<(script|style).*?</\1>|<[^>]*>", re.DOTALL
)
PLACE = re.compile(r"%\((\w+)\)s")


def said() -> set[str]:
    """Every text that the code and the templates ask for."""
    methods = [("static/**", "ignore"), ("**.py", "python"), ("templates/**.html", "jinja2")]
    found = extract_from_dir(FOLDER, methods, {"templates/**.html": JINJA}, keywords=KEYWORDS)
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def translated() -> dict[str, str]:
    return {str(m.id): str(m.string) for m in catalogue() if m.id and not m.fuzzy}


def test_every_text_has_its_chinese() -> None:
    assert sorted(said() - {text for text, chinese in translated().items() if chinese}) == []


def test_nothing_is_translated_that_nobody_says() -> None:
    assert sorted(set(translated()) - said()) == []


def test_no_text_has_two_translations() -> None:
    """The files of the catalogue share their texts; add a context to the English where the Chinese must differ."""
    found: dict[str, set[str]] = {}
    for message in catalogue():
        if message.id:
            found.setdefault(str(message.id), set()).add(str(message.string))

    assert {text: chinese for text, chinese in found.items() if len(chinese) > 1} == {}


def test_a_translation_names_the_same_people_and_numbers() -> None:
    wrong = [t for t, chinese in translated().items() if set(PLACE.findall(t)) != set(PLACE.findall(chinese))]

    assert wrong == []


def test_templates_hold_no_bare_words() -> None:
    """Text between tags goes through the catalogue; what is left is punctuation, keys and units."""
    bare = {}
    for template in sorted((FOLDER / "templates").glob("*.html")):
        text = MARKUP.sub(" ", template.read_text())
        words = set(re.findall(r"[A-Za-z\u4e00-\u9fff]{2,}", re.sub(r"&\w+;", " ", text))) - {"Enter", "Esc", "dBm"}
        if words:
            bare[template.name] = words

    assert bare == {}
