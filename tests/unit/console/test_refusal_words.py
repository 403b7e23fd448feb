"""Who reads Chinese pages reads in Chinese what was refused and why, numbers and names included."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import alarms
import duty
import registry
from console import import_words, refusal_words
from console.i18n import words

MODULES = sorted(path for package in (registry, alarms, duty) for path in Path(package.__path__[0]).glob("*.py"))
SAYING = {
    "UnreadableFile", "BadCell", "BadElement", "BadMember", "Refusal", "ValueError", "Conflict", "TryAgain", "Rejected",
    "NotFound", "Forbidden", "_strict",
}  # fmt: skip
FOR_PROGRAMS = {
    "only a press opens a case", "that attempt belongs to another case", "only a key accepts",
    "7 is not about an attempt", "7 is not a state of a call", "7 is not a state of a message",
    "this cursor was not given by this list",
    "cursor is not one that this list gave out",
    "this phone number 7",  # Each of its kinds is a text of the catalogue.
}  # fmt: skip
CHINESE = words("zh-CN")


def said(tree: ast.AST) -> Iterator[str]:
    """What the module's errors say, with 7 for whatever differs from case to case."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value
                elif isinstance(argument, ast.JoinedStr):
                    yield "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "7" for part in argument.values
                    )


@pytest.mark.parametrize("module", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_what_is_refused_is_said_in_chinese(module: Path) -> None:
    texts = {text for text in said(ast.parse(module.read_text())) if " " in text} - FOR_PROGRAMS

    assert [text for text in texts if CHINESE.say(text) == text] == []


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("is the same as in row 12", "与第 12 行相同"),
        (
            "row 1 must name the columns: B1 holds a formula: put its value there",
            "第 1 行应为列名：B1 是公式：请改为数值",
        ),
        ("must be one of: male, female, other", "须为以下之一：male, female, other"),
        ("somebody changed this device meanwhile: it is at version 3", "期间有人修改了此设备：现为第 3 版"),
        ("is the same as in row", "is the same as in row"),
        ("100% of it", "100% of it"),
    ],
)
def test_what_differs_from_case_to_case_is_kept(text: str, chinese: str) -> None:
    assert CHINESE.say(text) == chinese


def test_every_pattern_has_its_chinese() -> None:
    assert [text for text in (*import_words.PATTERNS, *refusal_words.PATTERNS) if CHINESE.say(text) == text] == []
