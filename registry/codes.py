"""Writing the code tables: what a site adds to the program's codes, and what it calls them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from core.errors import Conflict, Forbidden, NotFound
from registry import audit, code_tables, store
from registry.audit import Actor, Deed
from registry.code_intake import CodeNew, CodePatch
from registry.code_tables import CODES, Code, CodeTable, fold, id_of
from registry.desk import Desk
from registry.intake import BadMember
from registry.store import Row
from registry.vocabularies import BETWEEN, BUILT_IN, LAST_RANK, OTHER

MOST = 200  # Codes of one table: more than anybody can choose from.
LONGEST_CODE = 40
ALWAYS_OFFERED = id_of("open_reason", OTHER)  # Else there would be files that nobody can open, and why in no words.


@dataclass(frozen=True, slots=True)
class Codes:
    """One transaction for each call, with its line in the audit log; gives the code as it is afterwards.

    Raises BadMember, NotFound, Conflict (another version, or still in use), and Forbidden for who sees some areas only:
    the tables are everybody's.
    """

    desk: Desk

    def add(self, given: CodeNew, *, by: Actor = Actor()) -> Code:
        """A code that was removed comes back with the new words."""
        with self._writing(by) as session:
            table, gone = self._read(session, given.vocabulary)
            if len(table.codes) >= MOST:
                raise Conflict(f"{MOST} codes are the most of one table")
            code = given.code or _made(given.en, {one.code for one in table.codes})
            if table.find(code) is not None:
                raise BadMember("code", "there is such a code already")
            _check_words(table, code, given.zh, given.en)
            now = self.desk.clock.now()
            rank = _rank_behind(table) if given.rank is None else given.rank
            values = {"zh": given.zh, "en": given.en, "rank": rank, "is_offered": True, "deleted_at": None}
            self._write(session, gone.get(id_of(given.vocabulary, code)), given.vocabulary, code, values, now, first=1)
            return self._told(session, by, now, "add", given.vocabulary, code)

    def change(self, code_id: str, patch: CodePatch, version: int | None = None, *, by: Actor = Actor()) -> Code:
        with self._writing(by) as session:
            table, _, before = self._held(session, code_id)
            _check_version(before, version or patch.version)
            values = _as_kept(before, patch.said())
            told = _laid(before, values)
            if code_id == ALWAYS_OFFERED and not told.is_offered:
                raise Conflict("this reason is always offered: a file must open for what is in no table")
            changed = [
                name for name in ("zh", "en", "rank", "is_offered") if getattr(told, name) != getattr(before, name)
            ]
            if not changed:
                return before
            _check_words(
                table, before.code, *(getattr(told, name) if name in changed else None for name in ("zh", "en"))
            )
            now = self.desk.clock.now()
            self._write(session, _entry(session, code_id), before.vocabulary, before.code, values, now)
            return self._told(session, by, now, "change", before.vocabulary, before.code, changed)

    def move(self, code_id: str, step: int, *, by: Actor = Actor()) -> Code:
        """One place up (-1) or down (1); at either end it stays."""
        with self._writing(by) as session:
            table, _, before = self._held(session, code_id)
            ranks = _moved(table.codes, table.codes.index(before), step)
            if not ranks:
                return before
            now = self.desk.clock.now()
            for code, rank in ranks.items():
                entry = _entry(session, id_of(before.vocabulary, code))
                self._write(session, entry, before.vocabulary, code, {"rank": rank}, now)
            return self._told(session, by, now, "change", before.vocabulary, before.code, ["rank"])

    def remove(self, code_id: str, version: int | None = None, *, by: Actor = Actor()) -> None:
        vocabulary, _, code = code_id.partition(".")
        with self.desk.db.read() as session:  # Every file is looked through: no press waits for that.
            files = code_tables.files_with(session, vocabulary, code)
        with self._writing(by) as session:
            _, _, before = self._held(session, code_id)
            if before.is_built_in:
                raise Conflict("this code belongs to the program: take it out of what is offered instead")
            files = files or int(code_tables.was_given(session, vocabulary, code))
            if files > 0:
                raise Conflict(f"files with this code: {files}; take it out of what is offered instead")
            now = self.desk.clock.now()
            store.bury(session, CODES, code_id, now, version=version)
            self._log(session, by, now, "remove", code_id)

    def restore(self, code_id: str, *, by: Actor = Actor()) -> Code:
        """Undo a removal."""
        with self._writing(by) as session:
            vocabulary, _, code = code_id.partition(".")
            table, gone = self._read(session, vocabulary)
            row = gone.get(code_id)
            if row is None:
                if table.find(code) is None:
                    raise NotFound("there is no such code")
                raise Conflict("this code is not removed")
            _check_words(table, code, row["zh"], row["en"])
            now = self.desk.clock.now()
            self._write(session, row, vocabulary, code, {"deleted_at": None}, now)
            return self._told(session, by, now, "restore", vocabulary, code)

    # -- within a transaction

    def _writing(self, by: Actor) -> Any:
        if not by.scope.is_everywhere:
            raise Forbidden("code tables are changed by people who see every area")
        return self.desk.db.write()

    def _read(self, session: Session, vocabulary: str) -> tuple[CodeTable, dict[str, Row]]:
        """The table and what was removed from it, both kept from being changed by others. Raises NotFound."""
        if vocabulary not in BUILT_IN:
            raise NotFound("there is no such code")
        held = select(CODES).where(CODES.c.vocabulary == vocabulary).order_by(CODES.c.id).with_for_update()
        rows = [dict(row._mapping) for row in session.connection().execute(held)]
        here = [row for row in rows if row["deleted_at"] is None]
        gone = {row["id"]: row for row in rows if row["deleted_at"] is not None}
        return code_tables.laid_over(here)[vocabulary], gone

    def _held(self, session: Session, code_id: str) -> tuple[CodeTable, dict[str, Row], Code]:
        vocabulary, _, code = code_id.partition(".")
        table, gone = self._read(session, vocabulary)
        found = table.find(code)
        if found is None:
            raise NotFound("there is no such code")
        return table, gone, found

    @staticmethod
    def _write(
        session: Session, entry: Row | None, vocabulary: str, code: str, values: Row, now: datetime, *, first: int = 2
    ) -> None:
        """`first` is the version of an entry that was none before: a code of the program has had its first already."""
        code_id = id_of(vocabulary, code)
        if entry is None:
            new = {"id": code_id, "vocabulary": vocabulary, "code": code, "version": first, "created_at": now}
            store.add(session, CODES, new | values | {"updated_at": now})
            return
        change = CODES.update().where(CODES.c.id == code_id)
        session.connection().execute(change.values(values | {"updated_at": now, "version": entry["version"] + 1}))

    def _told(
        self, session: Session, by: Actor, now: datetime, verb: str, vocabulary: str, code: str,
        members: Sequence[str] = (),
    ) -> Code:  # fmt: skip
        self._log(session, by, now, verb, id_of(vocabulary, code), members)
        found = code_tables.table(session, vocabulary).find(code)
        if found is None:
            raise NotFound("there is no such code")
        return found

    @staticmethod
    def _log(
        session: Session, by: Actor, now: datetime, verb: str, code_id: str, members: Sequence[str] = ()
    ) -> None:  # fmt: skip
        data = {"members": list(members)} if members else {}
        audit.record(session, by, now, Deed(f"code.{verb}", "code", code_id, data=data))


def _entry(session: Session, code_id: str) -> Row | None:
    return store.find(session, CODES, CODES.c.id == code_id)


def _check_version(before: Code, version: int | None) -> None:
    if version is not None and version != before.version:
        raise Conflict(f"somebody changed this code meanwhile: it is at version {before.version}")


def _as_kept(before: Code, said: Row) -> Row:
    """Words that are the program's own are kept as none. Raises BadMember."""
    values = dict(said)
    own = next((one for one in BUILT_IN[before.vocabulary] if one.code == before.code), None)
    for name in ("zh", "en"):
        if own is not None and values.get(name) == getattr(own, name):
            values[name] = None
    if not before.is_built_in and "zh" in values and values["zh"] is None:
        raise BadMember("zh", "is needed")
    if not before.is_built_in and "rank" in values and values["rank"] is None:
        raise BadMember("rank", "is needed")
    return values


def _laid(before: Code, values: Row) -> Code:
    """The code as it will be with these values of its entry."""
    row = {
        "id": before.id, "vocabulary": before.vocabulary, "code": before.code, "version": before.version,
        "zh": before.zh, "en": before.en, "rank": before.rank, "is_offered": before.is_offered,
    }  # fmt: skip
    found = code_tables.laid_over([row | values])[before.vocabulary].find(before.code)
    return found or before


def _check_words(table: CodeTable, code: str, zh: str | None, en: str | None) -> None:
    """Who reads a form, and an import, must know one code from the other. Raises BadMember."""
    taken = {fold(word) for one in table.codes if one.code != code for word in (one.zh, one.en, one.code) if word}
    for name, word in (("zh", zh), ("en", en)):
        if word is None:
            continue
        if any(sign in fold(word) for sign in BETWEEN[table.vocabulary]):
            raise BadMember(name, "holds a sign that stands between words in an import (; , / and the like)")
        if fold(word) in taken:
            raise BadMember(name, "is what another code of this table is called")


def _made(en: str | None, taken: set[str]) -> str:
    """A code that is not taken, from the English words where there are some."""
    plain = re.sub(r"[^a-z0-9]+", "_", (en or "").casefold()).strip("_0123456789")[: LONGEST_CODE - 4].rstrip("_")
    plain = plain or "own"
    number = 1
    while (code := plain if number == 1 else f"{plain}_{number}") in taken:
        number += 1
    return code


def _rank_behind(table: CodeTable) -> int:
    """Behind what is there, `other` aside."""
    return min(LAST_RANK, max((one.rank for one in table.codes if one.code != OTHER), default=0) + 10)


def _moved(codes: Sequence[Code], place: int, step: int) -> dict[str, int]:
    """The ranks that change when a code takes its neighbour's place."""
    other = place + step
    if not 0 <= other < len(codes):
        return {}
    one, neighbour = codes[place], codes[other]
    if one.rank != neighbour.rank:
        return {one.code: neighbour.rank, neighbour.code: one.rank}
    order = list(codes)
    order[place], order[other] = neighbour, one
    return {each.code: 10 * at for at, each in enumerate(order, 1) if each.rank != 10 * at}
