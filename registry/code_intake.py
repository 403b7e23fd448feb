"""A code of a site's own tables, as what comes in says it."""

from typing import Annotated

from pydantic import Field, StringConstraints

from registry.intake import Given, Patch, Short, YesNo
from registry.vocabularies import CODE_PATTERN, LAST_RANK, Vocabulary

CodeText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=CODE_PATTERN),
    Field(description="Small letters, digits and _, a letter first; it never changes", examples=["centenarian"]),
]
Rank = Annotated[int, Field(strict=True, ge=0, le=LAST_RANK, description="The lowest comes first")]


class CodeNew(Given):
    """A code to be offered."""

    vocabulary: Vocabulary
    code: CodeText | None = Field(default=None, description="Made from the English words where it is left out")
    zh: Short = Field(description="What it is called in Chinese", examples=["百岁老人"])
    en: Short | None = Field(default=None, description="And in English; the Chinese is shown where there is none")
    rank: Rank | None = Field(default=None, description="Behind the others, and before `other`, where it is left out")


class CodePatch(Patch):
    """What is new about a code; null goes back to the words and the place that the program has for it."""

    NULLABLE = frozenset({"zh", "en", "rank"})
    zh: Short | None = None
    en: Short | None = None
    rank: Rank | None = None
    is_offered: YesNo | None = None
