"""Write the next revision from what the models have and the history has not: `python -m migrations.revise "why"`.

It compares the tables of the models with an empty SQLite database brought to head. Read what it writes: a rename, a
moved column or data to carry over is something that only a person knows.
"""

import importlib
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import MetaData
from sqlmodel import SQLModel

from core.db import Database, sqlite_url
from migrations import configuration, current, upgrade

MODELS = (
    "registry.models",
    "registry.knowledge_models",
    "registry.code_models",
    "alarms.models",
    "alarms.recording_models",
    "notifier.models",
    "duty.models",
    "core.processes",
    "core.synthetic",
)


def metadata() -> MetaData:
    """The tables of every package together."""
    for name in MODELS:
        importlib.import_module(name)
    return SQLModel.metadata


def revise(message: str) -> Path:
    """Write migrations/versions/NNNN_message.py, numbered after the present head."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(sqlite_url(Path(folder)))
        upgrade(db)
        with db.engine.connect() as connection:
            head = current(connection)
            # SQLite alters a table by making it anew, which Alembic calls a batch.
            config = configuration(connection=connection, metadata=metadata(), batch=head is not None)
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
            script = command.revision(config, message, autogenerate=True, rev_id=f"{int(head or 0) + 1:04d}")
        db.close()
    if script is None or isinstance(script, list):
        raise RuntimeError("one revision was asked for")
    path = Path(script.path)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "# ###" not in line), encoding="utf-8")
    return path


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit('usage: python -m migrations.revise "what changes"')
    revise(sys.argv[1])
