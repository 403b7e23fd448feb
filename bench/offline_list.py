"""How long the sealed list of made-up elders takes to be written, and how large it is; one JSON line.

    python bench/offline_list.py --elders 10000

Each elder has four contacts; the database is a new SQLite file. `peak_mb` is the process.
"""

import argparse
import json
import random
import resource
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert, select

import migrations
from core.clock import SystemClock
from core.db import Database, sqlite_url
from core.vault import Vault
from duty import offline
from duty.offline_file import encrypted_page
from geo.crs import to_wgs84
from registry.audit import Actor
from registry.contact_intake import ContactNew
from registry.elder_intake import ElderNew
from registry.resource_intake import ResourceNew
from registry.service import RegistryService
from registry.store import CONTACTS, ELDERS

PASSPHRASE = "correct horse battery staple"
ROLES = ("family", "family", "community", "doctor")


def fill(registry: RegistryService, elders: int) -> None:
    """One household through the front door, the others as its twins in SQL."""
    dice = random.Random(1)
    first = registry.elders.add(ElderNew.model_validate({
        "name": "赵桂明", "birth_date": "1944-03-05", "phone": "+8613900000000", "address": "人民路1号院3号楼2-401",
        "lat": 34.33, "lon": 108.71, "access": {"key_holder": "三楼王姐", "door_code": "1234"},
        "health": {"conditions": ["高血压", "冠心病"], "medication": ["阿司匹林"], "allergies": ["青霉素"]},
    }))["id"]  # fmt: skip
    for rank, role in enumerate(ROLES, 1):
        contact = {"elder_id": first, "name": "李娜", "role": role, "phone": f"+8613800000{rank:03d}", "rank": rank}
        registry.contacts.add(ContactNew.model_validate(contact))
    with registry.desk.db.write() as session:
        elder = dict(session.execute(select(ELDERS).where(ELDERS.c.id == first)).one()._mapping)
        people = [dict(row._mapping) for row in session.execute(select(CONTACTS).where(CONTACTS.c.elder_id == first))]
        twins, theirs = [], []
        for n in range(1, elders):
            name = dice.choice("王李张刘陈杨赵黄周吴") + dice.choice("桂秀英华明玉") + dice.choice("兰芳珍建国志")
            place = {"lat": 34.3 + dice.uniform(0, 0.3), "lon": 108.7 + dice.uniform(0, 0.3)}
            address = (
                f"{dice.choice('人民渭阳乐育文汇')}路{dice.randint(1, 200)}号院{dice.randint(1, 20)}号楼{n % 6 + 1}01"
            )
            own = {"id": f"elder-{n}", "name": name, "phone": f"+86139{n:08d}", "address": address}
            twins.append(elder | place | own)
            for one in people:
                person = dice.choice("王李张刘陈杨") + dice.choice("娜强敏静伟磊")
                phone = f"+8613{dice.randint(0, 999_999_999):09d}"
                own = {"id": f"{one['id'][-20:]}-{n}", "elder_id": f"elder-{n}", "name": person, "phone": phone}
                theirs.append(one | own)
        session.connection().execute(insert(ELDERS), twins)
        session.connection().execute(insert(CONTACTS), theirs)
    for n, kind in enumerate(("hospital", "police", "community") * 50):
        place = {"lat": 34.3 + dice.uniform(0, 0.3), "lon": 108.7 + dice.uniform(0, 0.3)}
        found = {"kind": kind, "name": f"{kind} {n}", "phone": f"029-33{n:06d}", **place}
        registry.resources.add(ResourceNew.model_validate(found))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--elders", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="Where to leave the file")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        db = Database(sqlite_url(Path(folder)), Vault(["a key for made-up people"]))
        migrations.upgrade(db)
        registry = RegistryService(db, SystemClock(), to_wgs84=to_wgs84)
        fill(registry, args.elders)
        began, cpu_began = time.perf_counter(), time.process_time()
        begun = offline.begin(registry, Actor(), reason="bench", area_code=None, how="file", language="zh-CN")
        pieces = encrypted_page(begun.mark, begun.chunks, PASSPHRASE, words={}, language="zh-CN")
        size = 0
        with (args.keep or Path(folder) / "list.html").open("wb") as out:
            for piece in pieces:
                size += out.write(piece)
        took, cpu = time.perf_counter() - began, time.process_time() - cpu_began
        db.close()
    print(json.dumps({
        "elders": args.elders, "seconds": round(took, 1), "mb": round(size / 1e6, 1), "cpu_s": round(cpu, 1),
        "peak_mb": round(_peak_mb()),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
