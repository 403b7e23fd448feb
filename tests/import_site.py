"""A registry to import into, and files to import."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from sqlalchemy import func, select

from carebell.importing import Report, import_file
from core.clock import ManualClock
from core.db import Database
from geo.crs import to_wgs84
from registry.bulk import nobody_listens
from registry.importing import Options
from registry.service import RegistryService
from registry.store import CONTACTS, DEVICES, ELDERS, RESOURCES, Row

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TABLES = {"elders": ELDERS, "contacts": CONTACTS, "devices": DEVICES, "resources": RESOURCES}


class ImportSite:
    """`import_text` and its like write a file into the folder and import it."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db, self.folder = db, folder
        self.secrets_told: list[tuple[str, str]] = []
        self.registry = RegistryService(
            db, ManualClock(NOW), to_wgs84=to_wgs84,
            on_device_secret=lambda uid, secret: self.secrets_told.append((uid, secret)),
        )  # fmt: skip

    def import_bytes(self, kind: str, data: bytes, **options: Any) -> Report:
        file = self.folder / f"{kind}.file"
        file.write_bytes(data)
        if options.pop("skip_refused", False):
            options["rows"] = "good"
        say = options.pop("say", nobody_listens)
        return import_file(self.registry, kind, file, Options(**options), say=say)

    def import_text(self, kind: str, text: str, **options: Any) -> Report:
        return self.import_bytes(kind, text.encode(), **options)

    def import_json(self, kind: str, content: Any, **options: Any) -> Report:
        return self.import_bytes(kind, json.dumps(content).encode(), **options)

    def rows(self, kind: str) -> list[Row]:
        """What the registry holds, the natural way round: by name or uid."""
        table = TABLES[kind]
        order = table.c.uid if kind == "devices" else table.c.name
        with self.db.read() as session:
            return [dict(row._mapping) for row in session.connection().execute(select(table).order_by(order))]

    def count(self, kind: str) -> int:
        return count_of(self.db, kind)


def count_of(db: Database, kind: str) -> int:
    with db.read() as session:
        return int(session.connection().execute(select(func.count()).select_from(TABLES[kind])).scalar_one())


def csv_text(*rows: Sequence[Any], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def workbook(*rows: Sequence[Any], merged: str | None = None) -> bytes:
    """An XLSX file with one sheet."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    if merged is not None:
        book.active.merge_cells(merged)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
