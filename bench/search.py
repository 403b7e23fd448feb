"""How quickly the one search answers in a large registry, on both databases; one JSON line.

    nice python bench/search.py --elders 1000000

Makes up a city (three contacts and a device to an elder) by bulk inserts, indexes it, and asks the service what people
type: p50 and p95 in milliseconds for each kind of question, with its rows and the reasons why. `--folder` keeps what
was built and takes it up again. A million elders take about 6 GB for each database and half an hour to build.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import migrations
from core.clock import SystemClock
from core.db import Database, sqlite_url
from core.vault import Vault
from geo.crs import to_wgs84
from registry import search
from registry.models import Contact, Device, Elder, table_of
from registry.search_query import Filters
from registry.service import RegistryService

CHUNK = 5000
VAULT = Vault(["a key for made-up people"])
NOW = datetime(2026, 11, 21, tzinfo=UTC)
# The hundred commonest surnames, those at the front as common as they are: 王, 李 and 张 are a fifth of all.
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文区单仇查"
)
SHARES = [7.2, 7.0, 6.6, 5.1, 4.4, 3.0, 2.2, 2.1, 2.0, 1.9] + [60 / (n + 10) for n in range(len(SURNAMES) - 10)]
GIVEN = (
    "英秀玉华兰桂芳梅珍凤淑琴莲云明国建文德志春平金福荣生永成林海军红霞丽艳敏静娟燕萍玲美香月霜雪冬夏秋贵富安康宁和"
    "平顺利民强伟刚勇毅俊峰浩亮东西南北山川河湖江石铁银宝珠瑞祥吉庆喜乐善良忠孝仁义礼智信诚正直清廉俭让温恭"
)
STREETS = (
    "人民",
    "解放",
    "渭阳",
    "建设",
    "文汇",
    "中山",
    "胜利",
    "和平",
    "友谊",
    "朝阳",
    "团结",
    "民生",
    "毕塬",
    "安谷",
    "秦皇",
)
AREAS = [f"61{city:02d}{district:02d}" for city in range(1, 11) for district in range(1, 12)]


class City:
    """Everything is the same each time it is made."""

    def __init__(self, elders: int) -> None:
        self.elders, self.dice = elders, random.Random(7)
        self.seen: list[dict[str, Any]] = []

    def chunks(self) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]]:
        health = {"conditions": ["高血压", "冠心病"], "medication": ["阿司匹林"]}
        for start in range(0, self.elders, CHUNK):
            people = [self._elder(n, health) for n in range(start, min(start + CHUNK, self.elders))]
            yield (
                people,
                [self._contact(one, n) for one in people for n in range(3)],
                [self._device(one) for one in people],
            )
            self.seen += self.dice.sample(people, min(20, len(people)))

    def name(self) -> str:
        given = "".join(self.dice.choices(GIVEN, k=self.dice.choice((1, 2, 2, 2))))
        return self.dice.choices(SURNAMES, SHARES)[0] + given

    def phone(self) -> str:
        head = self.dice.choice(("139", "138", "136", "150", "151", "186", "187", "177", "199"))
        return f"+86{head}{self.dice.randrange(10**8):08d}"

    def _elder(self, n: int, health: dict[str, Any]) -> dict[str, Any]:
        dice, number = self.dice, f"610402{1930 + n % 36}{n:07d}0"
        area = dice.choice(AREAS)
        street, community = f"{area}{dice.randrange(1, 16):03d}", dice.randrange(1, 13)
        address = (
            f"{dice.choice(STREETS)}{dice.choice(('东', '西', '南', '北', '中', ''))}路{dice.randrange(1, 400)}号"
            f"{dice.randrange(1, 40)}号楼{dice.randrange(1, 6)}单元{dice.randrange(1, 19)}{dice.randrange(1, 5):02d}"
        )
        return {
            "id": _id(n, 0), "name": self.name(), "sex": dice.choice(("male", "female")),
            "birth_date": date(1930, 1, 1) + timedelta(days=dice.randrange(13_000)), "phone": self.phone(),
            "address": address, "area": f"{area[4:]}区第{community}社区", "lat": 34.3, "lon": 108.7,
            "language": "zh-CN",
            "service_card": f"XY{n:08d}", "kinds": [dice.choice(("party_member", "veteran", "disabled", "other"))],
            "marks": ["vip"] if dice.random() < 0.01 else [], "area_code": f"{street}{community:03d}",
            "area_path": f"/610000/{area[:4]}00/{area}/{street}/{street}{community:03d}", "health": health,
            "id_number_key": VAULT.blind("id_number", number), "version": 1, "created_at": NOW, "updated_at": NOW,
        } | ({"kinds": ["living_alone"]} if dice.random() < 0.1 else {})  # fmt: skip

    def _contact(self, elder: dict[str, Any], n: int) -> dict[str, Any]:
        role = ("family", "community", "doctor")[n]
        return {
            "id": f"{elder['id'][:15]}{n + 1:03x}{elder['id'][18:]}", "elder_id": elder["id"], "name": self.name(),
            "role": role,
            "phone": self.phone(), "rank": 1, "language": "zh-CN", "is_key_holder": n == 0 and self.dice.random() < 0.7,
            "version": 1, "created_at": NOW, "updated_at": NOW,
        }  # fmt: skip

    def _device(self, elder: dict[str, Any]) -> dict[str, Any]:
        state = self.dice.choices(("in_service", "installed", "faulty", "retired"), (90, 6, 3, 1))[0]
        return {
            "id": elder["id"], "uid": f"cb-{elder['service_card'][2:]}", "elder_id": elder["id"], "state": state,
            "secret_hash": "", "version": 1, "created_at": NOW, "updated_at": NOW,
        }  # fmt: skip


def _id(n: int, kind: int) -> str:
    return f"01940000-{n >> 16:04x}-7{kind:03x}-8000-{n:012x}"


def build(db: Database, elders: int) -> dict[str, float]:
    """Fill an empty database; seconds for the rows and for the index."""
    begun_at = time.monotonic()
    tables = [table_of(model) for model in (Elder, Contact, Device)]
    triggers(db, tables, "DISABLE")
    for chunk in City(elders).chunks():
        with db.write() as session:
            for table, rows in zip(tables, chunk, strict=True):
                session.connection().execute(insert(table), rows)
    triggers(db, tables, "ENABLE")
    filled_at = time.monotonic()
    index(db)
    indexed_at = time.monotonic()
    analyse(db)
    return {"rows_s": round(filled_at - begun_at), "index_s": round(indexed_at - filled_at)}


def triggers(db: Database, tables: list[Any], how: str) -> None:
    """All files are indexed afterwards anyway; SQLite cannot switch triggers off."""
    if not db.is_sqlite:
        with db.write() as session:
            for table in tables:
                session.connection().execute(text(f"ALTER TABLE {table.name} {how} TRIGGER USER"))


def index(db: Database) -> None:
    """As `carebell db reindex` does it; on PostgreSQL the index proper is made in one go afterwards."""

    def say(_what: str, done: int, total: int) -> None:
        if done % 100_000 == 0:
            print(f"{done} of {total} indexed", file=sys.stderr, flush=True)

    made = None
    if not db.is_sqlite:
        with db.write() as session:
            found = text("SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_search_files_tokens'")
            made = session.connection().execute(found).scalar_one()
            session.connection().execute(text("DROP INDEX ix_search_files_tokens"))
    search.reindex(db, say)
    if made is not None:
        with db.write() as session:
            session.connection().execute(text("SET LOCAL statement_timeout = 0"))
            session.connection().execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
            session.connection().execute(text(made))


def analyse(db: Database) -> None:
    """What PostgreSQL's autovacuum does within minutes."""
    if not db.is_sqlite:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM ANALYZE")


def questions(dice: random.Random, city: City) -> dict[str, Callable[[], tuple[str, Filters]]]:
    """What people type, by kind; each call makes another one."""

    def one() -> dict[str, Any]:
        return dice.choice(city.seen)

    def piece(whole: str, length: int) -> str:
        at = dice.randrange(max(1, len(whole) - length + 1))
        return whole[at : at + length]

    def spoken() -> str:
        from registry.search_names import readings

        return "".join(readings(one()["name"])[0])

    def initials() -> str:
        from registry.search_names import readings

        return "".join(syllable[0] for syllable in readings(one()["name"])[0])

    none = Filters()
    return {
        "surname": lambda: (dice.choice("王李张刘陈赵"), none),
        "name": lambda: (one()["name"], none),
        "given_name": lambda: (one()["name"][1:], none),
        "pinyin": lambda: (spoken(), none),
        "pinyin_typing": lambda: (spoken()[: dice.randrange(1, 8)], none),
        "initials": lambda: (initials(), none),
        "phone": lambda: (one()["phone"][3:], none),
        "phone_4": lambda: (piece(one()["phone"][3:], 4), none),
        "phone_6": lambda: (piece(one()["phone"][3:], 6), none),
        "card": lambda: (one()["service_card"], none),
        "device": lambda: (f"cb-{one()['service_card'][2:]}", none),
        "device_piece": lambda: (piece(one()["service_card"][2:], 5), none),
        "address": lambda: (piece(one()["address"], dice.randrange(2, 10)), none),
        "name_and_address": lambda: (f"{one()['name'][0]} {piece(one()['address'], 5)}", none),
        "name_and_number": lambda: (f"{initials()} {piece(one()['phone'][3:], 4)}", none),
        "surname_in_area": lambda: (dice.choice("王李张"), Filters(areas=(one()["area_path"].split("/")[4],))),
        "name_and_filters": lambda: (
            one()["name"][:2],
            Filters(areas=(one()["area_path"].split("/")[2],), device_states=("in_service",), age_from=75),
        ),
        "filters": lambda: (
            "",
            Filters(areas=(one()["area_path"].split("/")[3],), risks=("living_alone",), age_from=80, age_to=90),
        ),
        "device_state": lambda: ("", Filters(device_states=("faulty",))),
        "nobody": lambda: (f"{dice.choice(SURNAMES)}{dice.choice('甲乙丙丁')}{dice.choice('戊己庚辛')}", none),
    }


def measure(db: Database, city: City, rounds: int) -> dict[str, Any]:
    registry = RegistryService(db, SystemClock(), to_wgs84=to_wgs84)
    dice, figures, everything = random.Random(11), {}, []
    for kind, make in questions(dice, city).items():
        taken, hits = [], 0
        for n in range(rounds + 5):
            words, filters = make()
            begun_at = time.perf_counter()
            answer = registry.search(search.Wanted(words, filters, limit=20))
            if n >= 5:  # The first ones fill the caches that are full at a desk.
                taken.append((time.perf_counter() - begun_at) * 1000)
                hits += bool(answer.found)
        everything += taken
        figures[kind] = {
            "p50": _ms(taken, 50),
            "p95": _ms(taken, 95),
            "max": round(max(taken), 1),
            "found": hits / rounds,
        }
    return {"p50": _ms(everything, 50), "p95": _ms(everything, 95), "kinds": figures}


def _ms(taken: list[float], percent: int) -> float:
    return round(statistics.quantiles(taken, n=100)[percent - 1], 1)


def size_mb(db: Database) -> float:
    asked = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    with db.read() as session:
        found = session.connection().execute(
            text(asked if db.is_sqlite else "SELECT pg_database_size(current_database())")
        )
        return round(int(found.scalar_one()) / 2**20)


def run(db: Database, elders: int, rounds: int) -> dict[str, Any]:
    city = City(elders)
    migrations.upgrade(db)
    with db.read() as session:
        is_new = (
            session.connection().execute(text("SELECT count(*) FROM (SELECT 1 FROM elders LIMIT 1) AS one")).scalar()
            == 0
        )
    built = build(db, elders) if is_new else {}
    for _ in city.chunks():  # Whom the questions are about.
        pass
    return {**built, "size_mb": size_mb(db), **measure(db, city, rounds)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--elders", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=200, help="Questions of each kind")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--folder", type=Path, help="Keep SQLite's file here, and take it up again")
    parser.add_argument("--url", help="A PostgreSQL of yours instead of one that is started for this")
    args = parser.parse_args()
    figures: dict[str, Any] = {"elders": args.elders}
    with tempfile.TemporaryDirectory() as scratch:
        if args.database != "postgresql":
            with closing(Database(sqlite_url(args.folder or Path(scratch)), VAULT)) as db:
                figures["sqlite"] = run(db, args.elders, args.rounds)
        if args.database != "sqlite":
            with closing(Database(args.url or _server(), VAULT)) as db:
                figures["postgresql"] = run(db, args.elders, args.rounds)
    print(json.dumps(figures, ensure_ascii=False))


def _server() -> str:
    from tests import pg_cluster

    return pg_cluster.shared().url_for("bench_search")


if __name__ == "__main__":
    main()
