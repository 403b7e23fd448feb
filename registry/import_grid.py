"""Files as rows of cells: CSV in the encodings and with the separators that spreadsheets write, and XLSX workbooks."""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries

from core.errors import CarebellError

MAX_UNPACKED_BYTES = 512 * 2**20  # A workbook is a zip file, and a small one can hold very much.
MAX_SHEET_ROWS = 1_048_576  # The format's own limit.
SEPARATORS = (",", ";", "\t")
ZIP_MAGIC, OLE_MAGIC = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_READ_BYTES, _OVERLAP_BYTES = 2**20, 256

Cell = str | int | float | bool | date | datetime | None


class UnreadableFile(CarebellError):
    """The file cannot be imported at all; the text is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that holds no plain value."""

    reason: str


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row as a spreadsheet counts it, from 1."""

    number: int
    cells: Sequence[Cell | BadCell]


def read_grid(data: bytes) -> Iterator[GridRow]:
    """The rows of a workbook's first visible sheet or of a CSV file, empty ones too. Raises UnreadableFile."""
    if data.startswith(OLE_MAGIC):
        raise UnreadableFile("this is an old .xls workbook, or a locked one: save it as .xlsx without a password")
    return _xlsx_rows(data) if data.startswith(ZIP_MAGIC) else _csv_rows(decoded(data))


# -- CSV


def decoded(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 with its mark, or GB18030 (and so GBK and GB2312)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = _strict(data, "utf-16", "this says that it is UTF-16 and is not: save it as CSV UTF-8")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as fault:
            _refuse_broken_utf8(data, fault)
            text = _strict(data, "gb18030", "this is neither UTF-8 nor GB18030 text: save it as CSV UTF-8")
    if "\0" in text:
        raise UnreadableFile("this is no text file: CSV, XLSX and FHIR bundles (JSON) can be imported")
    return text.removeprefix("\ufeff")


def _strict(data: bytes, encoding: str, otherwise: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableFile(otherwise) from None


def _refuse_broken_utf8(data: bytes, fault: UnicodeDecodeError) -> None:
    """UTF-8 with a damaged character often reads as GB18030 too, and every name would be another one."""
    if is_mostly_utf8(data):
        line = data.count(b"\n", 0, fault.start) + 1
        raise UnreadableFile(f"line {line} holds a damaged character (the rest is UTF-8): mend it, or save it again")


def is_mostly_utf8(data: bytes) -> bool:
    """Whether more of it is Chinese in UTF-8 than is damaged."""
    text = data.decode("utf-8", "surrogateescape")
    chinese = sum("\u3000" <= c <= "\u9fff" for c in text)
    return chinese > sum("\udc80" <= c <= "\udcff" for c in text)


def _csv_rows(text: str) -> Iterator[GridRow]:
    first_line = text.lstrip("\r\n").partition("\n")[0]
    yield from csv_rows_of(io.StringIO(text, newline=""), separator_of(first_line))


def separator_of(first_line: str) -> str:
    bare = re.sub(r'"[^"]*"', "", first_line)
    return max(SEPARATORS, key=bare.count)


def csv_rows_of(lines: Iterable[str], separator: str) -> Iterator[GridRow]:
    """Rows of a text that is read on the way. Raises UnreadableFile at a row that cannot be one."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    number = 0
    while True:
        begun_at = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise UnreadableFile(f'line {begun_at} cannot be read: is there a lone " in it?') from None
        number += 1
        yield GridRow(number, cells)


# -- XLSX


def _xlsx_rows(data: bytes) -> Iterator[GridRow]:
    try:
        yield from _sheet_rows(data)
    except UnreadableFile:
        raise
    except Exception as broken:  # What a damaged workbook raises inside the library is not documented.
        raise UnreadableFile("this workbook is damaged, or none: save it again as .xlsx, or as CSV UTF-8") from broken


def _sheet_rows(data: bytes) -> Iterator[GridRow]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED_BYTES:
            raise UnreadableFile(f"unpacked, this workbook has more than {MAX_UNPACKED_BYTES // 2**20} MB: split it")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # The library warns of decoration that it leaves out.
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = next((one for one in book.worksheets if one.sheet_state == "visible"), None)
        if sheet is None:
            raise UnreadableFile("there is no visible sheet in this workbook")
        merged = _merged_rows(data, sheet._worksheet_path)
        sheet.reset_dimensions()  # What a sheet says about its size is often wrong.
        for number, row in enumerate(sheet.iter_rows(), 1):
            if number > MAX_SHEET_ROWS:
                raise UnreadableFile("this sheet has more rows than a workbook can have")
            cells = [_value(cell, number, column) for column, cell in enumerate(row, 1)]
            yield GridRow(number, _unmerged(cells, merged.get(number, ())))


def _merged_rows(data: bytes, path: str) -> dict[int, list[tuple[str, int, int]]]:
    """By row: (range, first column, last column) of each merged range that covers it.

    The library leaves merged ranges out when it reads a sheet row by row, and shows their cells as empty.
    """
    ranges: set[str] = set()
    with zipfile.ZipFile(io.BytesIO(data)) as packed, packed.open(path) as part:
        tail = b""
        while block := part.read(_READ_BYTES):
            ranges |= {found.decode() for found in _MERGED.findall(tail + block)}
            tail = (tail + block)[-_OVERLAP_BYTES:]
    covered: dict[int, list[tuple[str, int, int]]] = {}
    for name in sorted(ranges):
        left, top, right, bottom = range_boundaries(name)
        for number in range(top, min(bottom, MAX_SHEET_ROWS) + 1):
            covered.setdefault(number, []).append((name, left, right))
    return covered


def _unmerged(cells: list[Cell | BadCell], merged: Sequence[tuple[str, int, int]]) -> list[Cell | BadCell]:
    for name, left, right in merged:
        cells += [None] * (right - len(cells))
        cells[left - 1 : right] = [BadCell(f"{name} are merged cells: give each its own value")] * (right - left + 1)
    return cells


def _value(cell: Any, row: int, column: int) -> Cell | BadCell:
    value, kind = cell.value, getattr(cell, "data_type", "n")
    where = f"{get_column_letter(column)}{row}"
    if kind == "f":
        return BadCell(f"{where} holds a formula: put its value there")
    if kind == "e":
        return BadCell(f"{where} holds an error of the spreadsheet")
    if isinstance(value, time | timedelta):
        return BadCell(f"{where} holds a time of day")
    return value if value is None or isinstance(value, str | int | float | date) else str(value)


# -- both


def as_text(value: Cell) -> str:
    """A cell as a person reads it; a whole number has no decimals, a day is YYYY-MM-DD."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e18:
        return str(int(value))
    return str(value).strip()
