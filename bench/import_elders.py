"""How long an import of made-up elders takes, on a new SQLite database; one JSON line.

    python bench/import_elders.py --rows 20000

`total_s` is the whole command, `held_s` the time after the last row was checked, in which the
database can store nothing else, `peak_mb` the process.
"""

import argparse
import csv
import json
import random
import resource
import tempfile
import time
from pathlib import Path

import migrations
from carebell.importing import import_file
from core.clock import SystemClock
from core.db import Database, sqlite_url
from geo.crs import to_wgs84
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "elders.csv"
        write_elders(file, rows)
        db = Database(sqlite_url(Path(folder)))
        migrations.upgrade(db)
        checked_at = begun_at = time.monotonic()

        def say(what: str, done: int, total: int) -> None:
            nonlocal checked_at
            if what == "checked" and done == total:
                checked_at = time.monotonic()

        report = import_file(RegistryService(db, SystemClock(), to_wgs84=to_wgs84), "elders", file, say=say)
        ended_at = time.monotonic()
        db.close()
    figures = {
        "rows": rows, "written": report.written, "total_s": round(ended_at - begun_at, 2),
        "held_s": round(ended_at - checked_at, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
