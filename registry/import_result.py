"""What became of each row, in the file's own format: the file again with two columns more, or an OperationOutcome."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from registry.import_columns import REASON_NAMES, RESULT_NAMES, names_the_columns
from registry.import_grid import ZIP_MAGIC, BadCell, Cell, as_text, read_grid
from registry.importing import Outcome, is_json

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
RESULT_WORDS = {
    "added": ("added", "新增"),
    "changed": ("changed", "已更新"),
    "same": ("nothing new", "无变化"),
    "skipped": ("there already", "已存在"),
    "refused": ("refused", "拒绝"),
    "not_written": ("right, but not written", "正确，未写入"),
}
_FHIR_CODES = {"refused": "invalid", "skipped": "duplicate"}

Words = Callable[[str], str]


def suffix_of(data: bytes) -> str:
    """How a file of this format ends."""
    return ".json" if is_json(data) else ".xlsx" if data.startswith(ZIP_MAGIC) else ".csv"


def result_file(data: bytes, outcome: Outcome, words: Words = str) -> bytes:
    """`words` puts a reason into the reader's language. The columns may stay when the mended file is imported again."""
    if is_json(data):
        return _operation_outcome(outcome, words)
    grid = _with_results(data, outcome, words)
    return workbook_of(grid) if data.startswith(ZIP_MAGIC) else csv_of(grid)


def _with_results(data: bytes, outcome: Outcome, words: Words) -> Iterator[list[Cell]]:
    reasons: dict[int, list[str]] = defaultdict(list)
    for row, column, reason in outcome.refusals:
        reasons[row].append(f"{column}: {words(reason)}" if column else words(reason))
    width, is_chinese = 0, False
    for line in read_grid(data):
        cells: list[Cell] = [None if isinstance(cell, BadCell) else cell for cell in line.cells]
        if not width:
            if names_the_columns(line):
                names = [as_text(cell) for cell in cells]
                cells = cells[: _old_results(names)]
                width = len(cells)
                is_chinese = any("\u4e00" <= c <= "\u9fff" for name in names for c in name)
                cells += [RESULT_NAMES[is_chinese], REASON_NAMES[is_chinese]]
            yield cells
            continue
        cells = [*cells[:width], *[None] * (width - len(cells))]
        result = outcome.results.get(line.number)
        yield [*cells, RESULT_WORDS[result][is_chinese] if result else None, "; ".join(reasons[line.number]) or None]


def _old_results(names: Sequence[str]) -> int:
    """Where the two columns of an earlier result stand at the end; else the end."""
    if len(names) >= 2 and names[-2] in RESULT_NAMES and names[-1] in REASON_NAMES:
        return len(names) - 2
    return len(names)


def csv_of(rows: Iterator[Sequence[Cell]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([harmless(as_text(cell)) for cell in row])
    return out.getvalue().encode("utf-8-sig", "replace")


def harmless(text: str) -> str:
    """A text that a spreadsheet does not take for a formula; an import takes the sign away again."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def workbook_of(rows: Iterator[Sequence[Cell]], title: str = "Sheet1") -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append([text_cell(sheet, cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text_cell(sheet: Any, value: Cell) -> Any:
    """A cell that holds what it holds: text that looks like a formula stays text."""
    if not isinstance(value, str) or not value.startswith(FORMULA_SIGNS):
        return value
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell


def _operation_outcome(outcome: Outcome, words: Words) -> bytes:
    issues: list[dict[str, Any]] = [
        {
            "severity": "error", "code": _FHIR_CODES["refused"], "diagnostics": words(reason),
            "expression": [f"Bundle.entry[{row - 1}].resource{f'.{element}' if element else ''}"],
        }
        for row, element, reason in outcome.refusals
    ]  # fmt: skip
    for row, result in sorted(outcome.results.items()):
        if result != "refused":
            issues.append({
                "severity": "information", "code": _FHIR_CODES.get(result, "informational"),
                "diagnostics": RESULT_WORDS[result][0], "expression": [f"Bundle.entry[{row - 1}]"],
            })  # fmt: skip
    issues += [{"severity": "information", "code": "not-supported", "diagnostics": note} for note in outcome.notes]
    issues = issues or [{"severity": "information", "code": "informational", "diagnostics": outcome.sum}]
    told = {"resourceType": "OperationOutcome", "issue": issues}
    return json.dumps(told, ensure_ascii=False, indent=1).encode()
