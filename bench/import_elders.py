"""How long an import of made-up elders takes, on a new SQLite database; one JSON line.

    python bench/import_elders.py --rows 20000

`total_s` is the whole command with the search's index, `held_s` the longest time in which the database
could store nothing else, `peak_mb` the process.
"""

import argparse
import csv
import json
import random
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import event

import migrations
from carebell.importing import import_file
from core.clock import SystemClock
from core.db import Database, sqlite_url
from core.vault import Vault
from geo.crs import to_wgs84
from registry.importing import Options, RowsWanted
from registry.service import RegistryService

HEADER = ["姓名", "性别", "出生日期", "电话", "地址", "社区", "纬度", "经度", "坐标系", "疾病", "用药"]


def write_elders(file: Path, rows: int) -> None:
    dice = random.Random(1)
    with file.open("w", encoding="gb18030", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for n in range(rows):
            name = dice.choice("王李张刘陈杨赵黄周吴") + dice.choice("桂秀英华明玉") + dice.choice("兰芳珍建国志")
            born = f"19{dice.randint(30, 60)}/{dice.randint(1, 12)}/{dice.randint(1, 28)}"
            place = [round(34.3 + n / 1e6, 6), round(108.7 + n / 1e6, 6), "gcj02"]
            writer.writerow([
                name, dice.choice("男女"), born, f"139{n:08d}", f"人民路{n}号", "人民路社区", *place,
                "高血压；冠心病", "阿司匹林",
            ])  # fmt: skip


def longest_hold(db: Database) -> list[float]:
    """Filled with how long each writing transaction took: meanwhile SQLite can store nothing else."""
    held, begun_at = [0.0], dict[int, float]()

    def begin(connection: Any) -> None:
        if connection.get_execution_options().get("carebell_write"):
            begun_at[id(connection)] = time.monotonic()

    def end(connection: Any) -> None:
        if id(connection) in begun_at:
            held.append(time.monotonic() - begun_at.pop(id(connection)))

    event.listen(db.engine, "begin", begin)
    event.listen(db.engine, "commit", end)
    event.listen(db.engine, "rollback", end)
    return held


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--each-for-itself", action="store_true", help="--rows good: a few rows to a transaction")
    parser.add_argument("--again", action="store_true", help="The file twice: the second time as an update")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "elders.csv"
        write_elders(file, args.rows)
        db = Database(sqlite_url(Path(folder)), Vault(["a key for made-up people"]))
        migrations.upgrade(db)
        registry = RegistryService(db, SystemClock(), to_wgs84=to_wgs84)
        rows: RowsWanted = "good" if args.each_for_itself else "all"
        held, begun_at = longest_hold(db), time.monotonic()
        report = import_file(registry, "elders", file, Options(rows=rows))
        if args.again:
            begun_at = time.monotonic()
            report = import_file(registry, "elders", file, Options(rows=rows, on_existing="update"))
        ended_at = time.monotonic()
        db.close()
    figures = {
        "rows": args.rows, "written": report.written, "same": report.outcome.same,
        "total_s": round(ended_at - begun_at, 2), "held_s": round(max(held), 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
