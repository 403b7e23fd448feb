"""The registry's files out of the registry: CSV, XLSX or a FHIR R4 bundle that an import reads again.

Whoever exports says why; who, when and why stand in the file and in the log. Sealed members go along only where they
are asked for and may be read. Rows are read a thousand at a time, with a statement more for what belongs to them.
"""

import csv
import io
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Literal
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from sqlalchemy import ColumnElement, select

from core.errors import Forbidden
from registry import area_store, audit, code_tables, store
from registry.audit import Actor, Deed
from registry.export_fhir import entries_of
from registry.export_rows import SEALED, cells_of, header_of
from registry.import_result import harmless, text_cell
from registry.intake import SHORTEST_REASON, BadMember
from registry.service import RegistryService
from registry.store import CONTACTS, DEVICES, ELDERS, RESOURCES, Row

Format = Literal["csv", "xlsx", "fhir"]
CHUNK = 1000
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8", "fhir": "application/fhir+json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
SUFFIXES = {"csv": ".csv", "xlsx": ".xlsx", "fhir": ".json"}
_TABLES = {"elders": ELDERS, "contacts": CONTACTS, "devices": DEVICES, "resources": RESOURCES}


@dataclass(frozen=True, slots=True)
class Wanted:
    """`reason` is why; `area_code` keeps to what lies in an area; `with_sealed` takes ID numbers, health and the way in
    along; `in_chinese` names columns and codes in Chinese."""

    kind: str
    format: Format
    reason: str
    with_sealed: bool = False
    area_code: str | None = None
    in_chinese: bool = True


@dataclass(frozen=True, slots=True)
class Exports:
    """Who exports, from which registry."""

    registry: RegistryService
    by: Actor
    may_read_sealed: bool

    def stream(self, wanted: Wanted) -> Iterator[bytes]:
        """Log it, then give the file piece by piece. Raises Forbidden and BadMember before the first one."""
        if wanted.with_sealed and not self.may_read_sealed:
            raise Forbidden("your role may not read health, ID numbers and how to get in")
        if wanted.format == "fhir" and wanted.kind not in ("elders", "contacts"):
            raise BadMember("format", "a FHIR bundle can hold elders and contacts: take the others as CSV or XLSX")
        if len(wanted.reason.strip()) < SHORTEST_REASON:
            raise BadMember("reason", "say why")
        desk = self.registry.desk
        now = desk.clock.now()
        with desk.db.write() as session:
            where = self._where(session, wanted)
            words = code_tables.words_written(session) if wanted.in_chinese else None
            data = {"format": wanted.format, "with_sealed": wanted.with_sealed, "area_code": wanted.area_code}
            deed = Deed("registry.export", "export", wanted.kind, wanted.reason.strip()[:500], data)
            audit.record(session, self.by, now, deed)
        mark = self._mark(wanted, now)
        if wanted.format == "csv":
            return _csv(mark, self._cells(wanted, where, words))
        if wanted.format == "xlsx":
            return _xlsx(mark, self.by.name, now, self._cells(wanted, where, words))
        return _bundle(mark, now, self._resources(wanted, where))

    def _mark(self, wanted: Wanted, now: datetime) -> str:
        local = now.astimezone(ZoneInfo(self.registry.desk.timezone)).strftime("%Y-%m-%d %H:%M")
        return f"Carebell {wanted.kind}, {local}, {self.by.name}: {' '.join(wanted.reason.split())}"

    def _where(self, session: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
        table = _TABLES[wanted.kind]
        where: list[ColumnElement[bool]] = list(self.by.scope.where(table))
        if "deleted_at" in table.c:
            where.append(table.c.deleted_at.is_(None))
        if wanted.area_code is None or table is RESOURCES:
            return where
        path = area_store.path_of(session, wanted.area_code)
        if path is None:
            raise BadMember("area_code", "there is no such area")
        inside = area_store.within(ELDERS.c.area_path, path)
        lies = inside if table is ELDERS else table.c.elder_id.in_(select(ELDERS.c.id).where(inside))
        return [*where, lies]

    def _chunks(self, table: Any, where: Sequence[ColumnElement[bool]]) -> Iterator[tuple[Any, list[Row]]]:
        after = ""
        while True:
            with self.registry.desk.db.read() as session:
                asked = select(table).where(table.c.id > after, *where).order_by(table.c.id).limit(CHUNK)
                rows = [dict(row._mapping) for row in session.connection().execute(asked)]
                if not rows:
                    return
                yield session, rows
            after = rows[-1]["id"]

    def _cells(
        self, wanted: Wanted, where: Sequence[ColumnElement[bool]], words: Mapping[str, Mapping[str, str]] | None
    ) -> Iterator[list[Any]]:
        left_out = frozenset() if wanted.with_sealed else SEALED
        yield header_of(wanted.kind, left_out, in_chinese=wanted.in_chinese)
        for session, rows in self._chunks(_TABLES[wanted.kind], where):
            elders: Mapping[str, Row] = {}
            if wanted.kind in ("contacts", "devices"):
                elders = store.rows_by_id(session, ELDERS, [row["elder_id"] for row in rows if row["elder_id"]])
            for row in rows:
                elder = elders.get(row.get("elder_id") or "")
                yield cells_of(wanted.kind, row, elder, left_out, words)

    def _resources(self, wanted: Wanted, where: Sequence[ColumnElement[bool]]) -> Iterator[dict[str, Any]]:
        """Patients with what is about them; of contacts, the patients are those whom the contacts are for."""
        if wanted.kind == "contacts":
            elder_ids = select(CONTACTS.c.elder_id).where(*where)
            where = [ELDERS.c.id.in_(elder_ids), ELDERS.c.deleted_at.is_(None)]
        for session, elders in self._chunks(ELDERS, where):
            ids = [row["id"] for row in elders]
            asked = select(CONTACTS).where(CONTACTS.c.elder_id.in_(ids), CONTACTS.c.deleted_at.is_(None))
            contacts = session.connection().execute(asked.order_by(CONTACTS.c.elder_id, CONTACTS.c.rank, CONTACTS.c.id))
            of: dict[str, list[Row]] = {}
            for row in contacts:
                of.setdefault(row.elder_id, []).append(dict(row._mapping))
            for elder in elders:
                yield from entries_of(elder, of.get(elder["id"], []), with_sealed=wanted.with_sealed)


def _csv(mark: str, rows: Iterator[Sequence[Any]]) -> Iterator[bytes]:
    """The mark is the first line; an import passes over it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([f"# {mark}"])
    yield b"\xef\xbb\xbf"
    for count, row in enumerate(rows, 1):
        writer.writerow(["" if cell is None else harmless(str(cell)) for cell in row])
        if count % CHUNK == 0:
            yield _taken(out)
    yield _taken(out)


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode("utf-8", "replace")


def _xlsx(mark: str, author: str, now: datetime, rows: Iterator[Sequence[Any]]) -> Iterator[bytes]:
    """The mark is in the workbook's properties."""
    book = Workbook(write_only=True)
    about = book.properties
    about.creator, about.description, about.created = author, mark, now.replace(tzinfo=None)
    sheet = book.create_sheet("Carebell")
    sheet.freeze_panes = "A2"
    for row in rows:
        sheet.append([text_cell(sheet, cell) for cell in row])
    return _file(book)


def _file(book: Workbook) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as kept:
        book.save(kept)
        kept.seek(0)
        yield from _pieces(kept)


def _pieces(kept: IO[bytes]) -> Iterator[bytes]:
    while piece := kept.read(2**16):
        yield piece


def _bundle(mark: str, now: datetime, resources: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """The mark is a tag of the bundle."""
    tag = {"system": "urn:carebell:export", "code": "export", "display": mark}
    head = {"resourceType": "Bundle", "meta": {"tag": [tag]}, "type": "collection", "timestamp": now.isoformat()}
    yield json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "entry": ['
    is_first = True
    for resource in resources:
        entry = {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
        yield (b"\n" if is_first else b",\n") + json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace")
        is_first = False
    yield b"\n]}\n"
