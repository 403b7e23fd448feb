"""A place of the administration, as what comes in says it."""

from typing import get_args

from registry.intake import AreaCode, AreaLevel, Change, Given, Name

LEVELS: tuple[str, ...] = get_args(AreaLevel)
"""From the largest to the smallest; an area may lie in any larger one."""


class AreaNew(Given):
    """A place of the administration, by its official code."""

    code: AreaCode
    name: Name
    level: AreaLevel
    parent_code: AreaCode | None = None


class AreaPatch(Change):
    """What is new about an area."""

    NULLABLE = frozenset({"parent_code"})
    name: Name | None = None
    level: AreaLevel | None = None
    parent_code: AreaCode | None = None
