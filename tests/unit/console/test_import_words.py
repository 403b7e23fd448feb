"""Who imports a Chinese file reads in Chinese what is wrong with it, numbers and names included."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import registry
from console.i18n import words
from console.import_words import PATTERNS

FOLDER = Path(registry.__file__).parent
MODULES = sorted(
    path
    for path in FOLDER.glob("*.py")
    if path.stem.startswith(("import_", "importing", "bulk")) or path.stem.endswith("_intake") or path.stem == "intake"
)
SAYING = {
    "UnreadableFile", "BadCell", "BadElement", "BadMember", "Refusal", "ValueError", "Conflict", "TryAgain", "_strict",
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


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_what_an_import_refuses_is_said_in_chinese(module: Path) -> None:
    texts = [text for text in said(ast.parse(module.read_text())) if " " in text]

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
        ("is the same as in row", "is the same as in row"),
        ("100% of it", "100% of it"),
    ],
)
def test_what_differs_from_case_to_case_is_kept(text: str, chinese: str) -> None:
    assert CHINESE.say(text) == chinese


def test_every_pattern_has_its_chinese() -> None:
    assert [text for text in PATTERNS if CHINESE.say(text) == text] == []
