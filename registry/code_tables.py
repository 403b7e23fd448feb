"""Reading the code tables: what the program has, and over it what the site has added or changed.

A table has some dozens of codes, so that one query reads all of them, once for a request or a file.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, Text, case, cast, column, func, literal, select
from sqlmodel import Session

from registry import search_index, store
from registry.code_models import CodeEntry
from registry.models import table_of
from registry.search_document import KIND
from registry.store import ELDERS, RESOURCES, Row
from registry.vocabularies import BUILT_IN, BUILT_IN_CODES, VOCABULARIES, rank_of

CODES = table_of(CodeEntry)
_HELD_BY = {"elder_kind": ELDERS.c.kinds, "capability": RESOURCES.c.capabilities}
"""The column of files that holds codes of a vocabulary; reasons are kept as words, in the log."""
_MEMBERS = {"kinds": "elder_kind", "capabilities": "capability"}
"""Columns of imports and exports."""
_HELD = "codes that this transaction holds"


@dataclass(frozen=True, slots=True)
class Code:
    """One code as it now is; `en` is None where the site gave no English words."""

    vocabulary: str
    code: str
    zh: str
    en: str | None
    rank: int
    is_offered: bool
    is_built_in: bool
    has_own_words: bool
    version: int

    @property
    def id(self) -> str:
        return id_of(self.vocabulary, self.code)

    def said(self, language: str) -> str:
        return self.zh if language.startswith("zh") else self.en or self.zh


@dataclass(frozen=True, slots=True)
class CodeTable:
    """The codes of one vocabulary, in their order."""

    vocabulary: str
    codes: tuple[Code, ...]

    def find(self, code: str) -> Code | None:
        return next((one for one in self.codes if one.code == code), None)

    def said(self, language: str) -> dict[str, str]:
        """The words of every code, those that are not offered any more included."""
        return {one.code: one.said(language) for one in self.codes}

    def choices(self, language: str, held: Collection[str] = ()) -> dict[str, str]:
        """The words of what is offered, and of what a file has already."""
        return {one.code: one.said(language) for one in self.codes if one.is_offered or one.code in held}

    def readings(self) -> dict[str, str]:
        """The code for everything that a file may say instead of it, folded: the site's words go before the others."""
        also = {fold(word): one.code for one in BUILT_IN[self.vocabulary] for word in (one.zh, one.en, *one.also)}
        for one in self.codes:
            also |= {fold(word): one.code for word in (one.en, one.zh, one.code) if word}
        return also


def id_of(vocabulary: str, code: str) -> str:
    return f"{vocabulary}.{code}"


def fold(word: str) -> str:
    """Two words that are the same to who reads them are the same."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


def tables(session: Session) -> dict[str, CodeTable]:
    """Every vocabulary by its name."""
    rows = session.connection().execute(select(CODES).where(CODES.c.deleted_at.is_(None)))
    return laid_over([dict(row._mapping) for row in rows])


def table(session: Session, vocabulary: str) -> CodeTable:
    return tables(session)[vocabulary]


def laid_over(rows: Iterable[Row]) -> dict[str, CodeTable]:
    """The tables with these entries of the site. Pure."""
    entries = {row["id"]: row for row in rows}
    found: dict[str, list[Code]] = {name: [] for name in VOCABULARIES}
    for name in VOCABULARIES:
        for place, one in enumerate(BUILT_IN[name]):
            own = entries.pop(id_of(name, one.code), None) or {}
            rank = own.get("rank")
            found[name].append(
                Code(
                    name, one.code, own.get("zh") or one.zh, own.get("en") or one.en,
                    rank_of(name, place) if rank is None else rank, own.get("is_offered", True), True,
                    bool(own.get("zh") or own.get("en")), own.get("version", 1),
                )
            )  # fmt: skip
    for row in entries.values():
        if row["vocabulary"] in found:  # A newer version may have had one more.
            found[row["vocabulary"]].append(
                Code(
                    row["vocabulary"], row["code"], row["zh"] or row["code"], row["en"], row["rank"] or 0,
                    row["is_offered"], False, True, row["version"],
                )
            )  # fmt: skip
    return {
        name: CodeTable(name, tuple(sorted(codes, key=lambda one: (one.rank, one.code))))
        for name, codes in found.items()
    }


def unknown(session: Session, vocabulary: str, codes: Iterable[str], *, hold: bool = False) -> set[str]:
    """Those that the vocabulary does not have. No query is needed for the program's own, nor twice for a code that is
    held: then nobody removes it before the transaction ends."""
    own = set(codes) - BUILT_IN_CODES[vocabulary]
    held: set[str] = session.info.setdefault(_HELD, set()) if hold else set()
    asked = {id_of(vocabulary, code): code for code in own if id_of(vocabulary, code) not in held}
    if not asked:
        return set()
    wanted = select(CODES.c.id).where(CODES.c.id.in_(asked), CODES.c.deleted_at.is_(None))
    found = set(session.connection().execute(wanted.with_for_update(read=True) if hold else wanted).scalars())
    held |= found
    return {code for code_id, code in asked.items() if code_id not in found}


def readings(session: Session) -> dict[str, dict[str, str]]:
    """What an import may find in a column, by the member that it stands for."""
    known = tables(session)
    return {member: known[vocabulary].readings() for member, vocabulary in _MEMBERS.items()}


def words_written(session: Session) -> dict[str, dict[str, str]]:
    """What an export in Chinese writes, by member and code."""
    known = tables(session)
    return {member: known[vocabulary].said("zh-CN") for member, vocabulary in _MEMBERS.items()}


def offered_words(session: Session) -> dict[str, list[str]]:
    """The Chinese words of what is offered, by member."""
    known = tables(session)
    return {member: list(known[vocabulary].choices("zh-CN").values()) for member, vocabulary in _MEMBERS.items()}


def uses(session: Session) -> dict[str, dict[str, int]]:
    """How many files have each code, by vocabulary; a vocabulary that no file holds is not among them."""
    return {name: _uses(session, held_by) for name, held_by in _HELD_BY.items()}


def _uses(session: Session, held_by: Any) -> dict[str, int]:
    is_postgresql = session.connection().dialect.name == "postgresql"
    if is_postgresql:
        listed = case((func.jsonb_typeof(held_by) == "array", held_by), else_=cast(literal("[]"), held_by.type))
        each = func.jsonb_array_elements_text(listed).table_valued(column("value", String()), name="each")
    else:
        each = func.json_each(held_by).table_valued(column("value", String()), name="each")
    wanted = (
        select(each.c.value, func.count())
        .select_from(held_by.table.join(each, literal(True)))
        .where(held_by.table.c.deleted_at.is_(None), each.c.value.is_not(None))
        .group_by(each.c.value)
    )
    return {code: int(number) for code, number in session.connection().execute(wanted)}


def files_with(session: Session, vocabulary: str, code: str) -> int:
    """How many files have the code, those included that were removed and may come back."""
    held_by = _HELD_BY.get(vocabulary)
    if held_by is None:
        return 0
    # A code is plain letters and stands in quotes in either database's text form of the list.
    return store.count(session, held_by.table, cast(held_by, Text).contains(f'"{code}"', autoescape=True))


def was_given(session: Session, vocabulary: str, code: str) -> bool:
    """Whether an elder has the code, asked of the search's index, where it is found at once."""
    is_kind = vocabulary == "elder_kind"
    return is_kind and bool(search_index.look(session, KIND + fold(code), below=search_index.TOP, limit=1))


def translated(values: Mapping[str, Any], known: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """An import's entry with codes in the place of words; a word that nobody knows stays."""
    found = dict(values)
    for member, words in known.items():
        if isinstance(said := found.get(member), list):
            found[member] = [words.get(fold(one), one) if isinstance(one, str) else one for one in said]
    return found
