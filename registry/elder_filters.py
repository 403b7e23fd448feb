"""Which elders a list without words shows; with words, `registry.search` answers."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, cast

from registry import area_store
from registry.store import ELDERS


@dataclass(frozen=True, slots=True)
class Filters:
    """Every member narrows the list; None does not."""

    area_path: str | None = None
    area: str | None = None
    kind: str | None = None
    mark: str | None = None

    @property
    def where(self) -> list[ColumnElement[bool]]:
        c = ELDERS.c
        found: list[ColumnElement[bool]] = []
        if self.area_path:
            found.append(area_store.within(c.area_path, self.area_path))
        if self.area:
            found.append(c.area == self.area)
        if self.kind:
            found.append(_holds("kinds", self.kind))
        if self.mark:
            found.append(_holds("marks", self.mark))
        return found


def _holds(column: str, word: str) -> ColumnElement[bool]:
    # The words are plain letters and stand in quotes in either database's text form of the list.
    return cast(ELDERS.c[column], Text).contains(f'"{word}"', autoescape=True)
