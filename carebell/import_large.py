"""A CSV larger than is held in memory at once: read on the way, and imported piece by piece in bounded memory.

Every row stands for itself, so that what is written stays written and an import that broke off goes on where it
stopped. The file is read through once before anything is written: what cannot be read is refused as a whole.
"""

import codecs
import csv
import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any

from registry import import_result, importing
from registry.bulk import Say, TakeSecrets
from registry.import_columns import names_the_columns
from registry.import_grid import (
    OLE_MAGIC,
    ZIP_MAGIC,
    GridRow,
    UnreadableFile,
    csv_rows_of,
    is_mostly_utf8,
    separator_of,
)
from registry.importing import Options, Outcome, is_json
from registry.service import RegistryService

PIECE_ROWS = 20_000
BLOCK_BYTES = 2**20
KEPT_REFUSALS = 1000
LONGEST_HEAD = 20  # Rows in which the one that names the columns is looked for.


def is_large_csv(file: Path, most_bytes: int) -> bool:
    """Whether it has to go piece by piece; of what is no file, or no CSV, the ordinary import tells why not."""
    if not file.is_file() or file.stat().st_size <= most_bytes:
        return False
    with file.open("rb") as stream:
        begin = stream.read(64)
    return bool(begin.strip(b"\0")) and not begin.startswith((ZIP_MAGIC, OLE_MAGIC)) and not is_json(begin)


def run(
    registry: RegistryService,
    kind: str,
    file: Path,
    options: Options,
    report_path: Path,
    result_path: Path,
    *,
    say: Say,
    before_writing: Callable[[], None],
    take_secrets: TakeSecrets | None,
) -> Outcome:
    """As `registry.importing.run`; the refusals beyond the first ones stand in the report alone."""
    if options.rows == "all":
        size = importing.too_large(file.stat().st_size)
        raise UnreadableFile(f"{size}, or give --rows good: then a CSV of any size is taken piece by piece")
    large = _Large(file)
    told = _Told(kind, options, report_path, result_path)
    with told:
        for piece in large.pieces():
            more: dict[str, Any] = {"take_secrets": take_secrets} if take_secrets else {}

            def heard(what: str, done: int, _of: int, before: int = piece.rows_before) -> None:
                say(what, before + done, large.rows)

            done = importing.run(registry, kind, piece.data, options, before_writing=before_writing, say=heard, **more)
            told.add(piece, done)
    return told.sum


@dataclass(frozen=True, slots=True)
class Piece:
    """A CSV by itself, with the file's `head` rows; its other rows stand `shift` rows further down in the file."""

    data: bytes = field(repr=False)
    head: int
    shift: int
    rows_before: int


class _Large:
    """Raises UnreadableFile when it is made: for what is no text, a row that is none, a file without a header."""

    def __init__(self, file: Path) -> None:
        self._file, self._encoding = file, encoding_of(file)
        with self._open() as lines:
            first = next((line for line in lines if line.strip()), "")
        self._separator = separator_of(first)
        with self._open() as lines:
            rows = csv_rows_of(lines, self._separator)
            self._head = self._header(rows)
            self.rows = sum(1 for _ in rows)

    def pieces(self) -> Iterator[Piece]:
        with self._open() as lines:
            rows = csv_rows_of(lines, self._separator)
            head = list(islice(rows, len(self._head)))
            before = 0
            while chunk := list(islice(rows, PIECE_ROWS)):
                if any(any(row.cells) for row in chunk):
                    yield Piece(_csv([*head, *chunk]), len(head), before, before)
                before += len(chunk)

    @staticmethod
    def _header(rows: Iterator[GridRow]) -> list[GridRow]:
        head: list[GridRow] = []
        for row in islice(rows, LONGEST_HEAD):
            head.append(row)
            if names_the_columns(row):
                return head
        raise UnreadableFile("none of the first rows names the columns")

    def _open(self) -> IO[str]:
        return self._file.open(encoding=self._encoding, newline="")


def encoding_of(file: Path) -> str:
    """How the text is written. Raises UnreadableFile."""
    with file.open("rb") as stream:
        if stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            _read_through(file, encoding)
        except UnicodeDecodeError as fault:
            if encoding == "utf-8-sig" and is_mostly_utf8(fault.object):
                raise UnreadableFile(
                    "it holds a damaged character (the rest is UTF-8): mend it, or save it again"
                ) from None
        else:
            return encoding
    raise UnreadableFile("this is neither UTF-8 nor GB18030 text: save it as CSV UTF-8")


def _read_through(file: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    with file.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            if "\0" in decoder.decode(block):
                raise UnreadableFile("this is no text file: a CSV can be imported piece by piece, nothing else")
        decoder.decode(b"", final=True)


def _csv(rows: Sequence[GridRow]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(row.cells for row in rows)
    return out.getvalue().encode()


class _Told:
    """The sum of all pieces, and the two files beside the import, written as the pieces come."""

    def __init__(self, kind: str, options: Options, report_path: Path, result_path: Path) -> None:
        self.sum = Outcome(kind, "row", options, 0, 0)
        self._paths = report_path, result_path
        self._has_more_to_say = False

    def __enter__(self) -> "_Told":
        report_path, result_path = self._paths
        try:
            result_path.unlink(missing_ok=True)
            descriptor = os.open(result_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._result = os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="")
            self._report = report_path.open("w", encoding="utf-8-sig", newline="")
        except OSError as problem:
            raise UnreadableFile(f"what becomes of its rows cannot be written beside it: {problem.strerror}") from None
        csv.writer(self._report).writerow(("row", "column", "reason"))
        return self

    def __exit__(self, *_fault: object) -> None:
        self._report.close()
        self._result.close()
        for path, is_needed in zip(self._paths, (bool(self.sum.refused), self._has_more_to_say), strict=True):
            if not is_needed:
                path.unlink(missing_ok=True)

    def add(self, piece: Piece, done: Outcome) -> None:
        told = [(row + (piece.shift if row > piece.head else 0), column, why) for row, column, why in done.refusals]
        csv.writer(self._report).writerows(told)
        rows = csv.reader(io.StringIO(import_result.result_file(piece.data, done).decode("utf-8-sig"), newline=""))
        csv.writer(self._result).writerows(rows if piece.shift == 0 else islice(rows, piece.head, None))
        self._has_more_to_say |= bool(done.refusals or done.skipped or done.same or done.changed)
        before = self.sum
        is_kept = len(before.refusals) + len(told) <= KEPT_REFUSALS
        counted = {
            name: getattr(before, name) + getattr(done, name)
            for name in ("read", "good", "added", "changed", "same", "skipped")
        }
        self.sum = replace(
            before, **counted, refusals=(*before.refusals, *told) if is_kept else before.refusals,
            refused_besides=before.refused_besides + (0 if is_kept else done.refused),
            notes=tuple(dict.fromkeys((*before.notes, *done.notes))),
        )  # fmt: skip
