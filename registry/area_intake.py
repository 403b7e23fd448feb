"""A place of the administration, as what comes in says it."""

from registry.intake import AreaCode, AreaLevel, Change, Given, Name


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
