"""The demo city: a few hundred made-up elders of Xianyang, their people, their phones and the help near them.

The same dice throw the same city; only the devices' secrets are fresh each time. Numbers begin with +86 154, which the
numbering plan of China gives to nobody, so that even a wrong setting rings no stranger.
"""

import math
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from carebell import demo_contacts
from carebell import demo_names as names
from carebell import demo_places as places
from carebell.demo_files import Filler
from carebell.demo_places import QUARTERS, Quarter
from registry.findings import Found
from registry.profile import PolicySettings

ELDERS = 300
YOUNGEST, OLDEST = 62, 98
METRES_PER_DEGREE = 111_195.0  # Of latitude, on a sphere of the earth's mean radius.
POLICY = PolicySettings(
    ring_s=10, officer_ring_s=15, round_pause_s=8, follow_up_after_s=20, follow_up_retry_s=15, arrival_within_s=300
)
"""Everything quick enough to be watched."""
HEALTH_OF_THE_FIRST = {
    "conditions": ["高血压"], "allergies": ["青霉素过敏"], "medication": ["硝苯地平缓释片，每日一次"],
    "hearing": "听力差，请大声说", "speech": "讲陕西话", "living": "独居",
}  # fmt: skip

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class City:
    """Rows ready to be inserted, by table; `secrets` are the devices' (uid, secret), which no table holds."""

    areas: list[Row] = field(default_factory=list)
    elders: list[Row] = field(default_factory=list)
    addresses: list[Row] = field(default_factory=list)
    contacts: list[Row] = field(default_factory=list)
    devices: list[Row] = field(default_factory=list)
    resources: list[Row] = field(default_factory=list)
    users: list[Row] = field(default_factory=list)
    secrets: list[tuple[str, str]] = field(default_factory=list)
    findings: list[Found] = field(default_factory=list)
    policy: PolicySettings = POLICY

    def contacts_of(self, uid: str) -> list[Row]:
        """The contacts of a device's elder, in dialling order."""
        elder_id = next(device["elder_id"] for device in self.devices if device["uid"] == uid)
        order = ("family", "community", "doctor")
        return sorted(
            (c for c in self.contacts if c["elder_id"] == elder_id),
            key=lambda c: (order.index(c["role"]) if c["role"] in order else len(order), c["rank"]),
        )


def build(rng: random.Random, now: datetime, make_secret: Callable[[], str], *, elders: int = ELDERS) -> City:
    """The city as plain values; nothing is stored. The first elder is 赵桂明, the second 王秀兰."""
    return _Builder(rng, now, make_secret).city(elders)


@dataclass(frozen=True, slots=True)
class _Shared:
    """Somebody whom many elders of a quarter have in common."""

    name: str
    phone: str
    relation: str


class _Builder:
    def __init__(self, rng: random.Random, now: datetime, make_secret: Callable[[], str]) -> None:
        self._rng, self._now, self._make_secret = rng, now, make_secret
        self._count = 0
        self._city = City()
        self._numbers = iter(rng.sample(range(10_000_000), 6_000))
        self._paths: dict[str, str] = {}
        self._liaisons: dict[str, _Shared] = {}
        self._doctors: dict[str, list[_Shared]] = {}

    def city(self, elders: int) -> City:
        self._areas()
        for quarter in QUARTERS:
            for community in quarter.communities:
                self._liaisons[community] = _Shared(self._person()[0], self._phone(6), "社区联络员")
            self._doctors[quarter.code] = [
                _Shared(self._person()[0], self._phone(7), "家庭医生") for _ in range(3)
            ]  # fmt: skip
        for n in range(1, elders + 1):
            self._elder(n)
        filler = Filler(self._rng, self._now, self._id, self._address, self._spot)
        self._city.addresses.extend(filler.fill(self._city.elders))
        self._resources()
        self._users()
        dice = random.Random(len(self._city.contacts))  # Of their own, so that the others fall as they did.
        self._city.findings.extend(demo_contacts.furnish(self._city.contacts, self._city.elders, self._now, dice))
        return self._city

    # -- small dice

    def _id(self) -> str:
        """A UUID that sorts in the order of making, as the centre's own do."""
        self._count += 1
        head = (int(self._now.timestamp() * 1000) & ((1 << 48) - 1)) << 80
        value = head | (0x7 << 76) | ((self._count & 0xFFF) << 64) | (0b10 << 62) | self._rng.getrandbits(62)
        return str(uuid.UUID(int=value))

    def _row(self, **values: Any) -> Row:
        stamped = {"id": self._id(), "version": 1, "created_at": self._now, "updated_at": self._now}
        return stamped | values

    def _phone(self, block: int) -> str:
        """A number of the range that belongs to nobody; each `block` is a kind of people."""
        return f"+86154{block}{next(self._numbers):07}"

    def _person(self, sex: str | None = None, surname: str | None = None) -> tuple[str, str]:
        """A grown-up's name and sex (f, m)."""
        while True:
            found = sex or self._rng.choice("fm")
            given = self._rng.choice(names.WOMEN if found == "f" else names.MEN)
            name = (surname or self._rng.choice(names.SURNAMES)) + given
            if name not in names.NOT_TAKEN:
                return name, found

    def _some(self, choices: tuple[tuple[str, float], ...]) -> list[str]:
        return [what for what, share in choices if self._rng.random() < share]

    def _spot(self, quarter: Quarter) -> tuple[float, float]:
        """Somewhere in the quarter, WGS-84, to about a decimetre."""
        away_m, turn = quarter.within_m * math.sqrt(self._rng.random()), self._rng.random() * math.tau
        north, east = away_m * math.cos(turn), away_m * math.sin(turn)
        lat = quarter.lat + north / METRES_PER_DEGREE
        lon = quarter.lon + east / (METRES_PER_DEGREE * math.cos(math.radians(quarter.lat)))
        return round(lat, 6), round(lon, 6)

    # -- areas

    def _areas(self) -> None:
        def area(code: str, name: str, level: str, parent: str | None) -> None:
            self._paths[code] = path = f"{self._paths.get(parent or '', '')}/{code}"
            row = {"id": self._id(), "code": code, "name": name, "level": level, "parent_code": parent, "path": path}
            self._city.areas.append(row)

        area(places.PROVINCE_CODE, places.PROVINCE, "province", None)
        area(places.CITY_CODE, places.CITY, "city", places.PROVINCE_CODE)
        for code, name in places.DISTRICTS:
            area(code, name, "district", places.CITY_CODE)
        for quarter in QUARTERS:
            area(quarter.code, quarter.name, "street", quarter.code[:6])
            for community in quarter.communities:
                area(self._code(quarter, community), community, "community", quarter.code)

    @staticmethod
    def _code(quarter: Quarter, community: str) -> str:
        return f"{quarter.code}-demo-{quarter.communities.index(community) + 1}"

    # -- elders and their people

    def _elder(self, n: int) -> None:
        rng = self._rng
        quarter = QUARTERS[2] if n == 1 else rng.choice(QUARTERS)
        community = rng.choice(quarter.communities)
        sex = "f" if n <= 2 or rng.random() < 0.58 else "m"
        surname = rng.choice(names.SURNAMES)
        name = {1: "赵桂明", 2: "王秀兰"}.get(n) or self._old_name(surname, sex)
        lat, lon = self._spot(quarter)
        elder = self._row(
            name=name, sex="female" if sex == "f" else "male", birth_date=self._birth_date(n), phone=self._phone(0),
            address=self._address(quarter), area=f"{quarter.district}{quarter.name}{community}", lat=lat, lon=lon,
            home_given={"lat": lat, "lon": lon, "crs": "wgs84"}, language="zh-CN",
            health=HEALTH_OF_THE_FIRST if n == 1 else self._health(),
            area_code=self._code(quarter, community), area_path=self._paths[self._code(quarter, community)],
            deleted_at=None,
        )  # fmt: skip
        self._city.elders.append(elder)
        self._contacts(elder, sex, quarter, community)
        uid = f"xy-{n:04}"
        self._city.secrets.append((uid, self._make_secret()))
        self._city.devices.append(
            self._row(uid=uid, elder_id=elder["id"], model=rng.choice(("YJT-1 座机", "YJT-2 挂件")), state="in_service")
        )

    def _old_name(self, surname: str, sex: str) -> str:
        return surname + self._rng.choice(names.WOMEN_OLD if sex == "f" else names.MEN_OLD)

    def _birth_date(self, n: int) -> date:
        age = 82 if n == 1 else min(OLDEST, max(YOUNGEST, round(self._rng.gauss(78, 7.5))))
        return self._now.date() - timedelta(days=round(age * 365.25) + self._rng.randrange(1, 364))

    def _address(self, quarter: Quarter) -> str:
        rng = self._rng
        road, gate, house = rng.choice(quarter.roads), rng.randrange(2, 168), rng.randrange(1, 19)
        door = f"{rng.randrange(1, 7)}0{rng.randrange(1, 4)}"
        return f"{quarter.district}{road}{gate}号院{house}号楼{rng.randrange(1, 5)}单元{door}室"

    def _health(self) -> Row:
        rng, conditions = self._rng, self._some(names.CONDITIONS)
        health: Row = {
            "conditions": conditions, "allergies": [f"{what}过敏" for what in self._some(names.ALLERGIES)],
            "medication": [names.MEDICATION[c] for c in conditions if c in names.MEDICATION],
            "hearing": next(iter(self._some(names.HEARING)), None),
            "mobility": next(iter(self._some(names.MOBILITY)), None),
            "speech": next(iter(self._some(names.SPEECH)), None),
            "blood_group": rng.choice(names.BLOOD) if rng.random() < 0.6 else None, "living": rng.choice(names.LIVING),
        }  # fmt: skip
        if health["mobility"] == "卧床" and health["living"] == "独居":
            health["living"] = "与保姆同住"
        return {name: value for name, value in health.items() if value}

    def _contacts(self, elder: Row, sex: str, quarter: Quarter, community: str) -> None:
        rng = self._rng
        relatives = rng.choices((0, 1, 2, 3), weights=(4, 36, 44, 16))[0] if elder["name"] != "赵桂明" else 2
        kinds = names.CHILD_OF_WOMAN if sex == "f" else names.CHILD_OF_MAN
        husband = rng.choice(names.SURNAMES)
        for rank, (relation, kin_sex) in enumerate(kinds[:relatives], 1):
            born = relation in ("女儿", "儿子", "侄子", "孙女", "孙子")
            own = husband if sex == "f" else elder["name"][0]
            name, _ = self._person(kin_sex, own if born else None)
            self._contact(elder, name, "family", self._phone(3), rank, relation, is_key_holder=rng.random() < 0.5)
        liaison = self._liaisons[community]
        self._contact(elder, liaison.name, "community", liaison.phone, 1, liaison.relation, is_key_holder=True)
        if relatives < 2 or rng.random() < 0.85:
            doctor = rng.choice(self._doctors[quarter.code])
            self._contact(elder, doctor.name, "doctor", doctor.phone, 1, doctor.relation)
        if relatives < 3 and rng.random() < 0.3:
            name, _ = self._person("m")
            self._contact(elder, name, "security", self._phone(4), 1, "门卫", is_key_holder=True)
        elif relatives < 3 and rng.random() < 0.4:
            self._contact(elder, self._person()[0], "volunteer", self._phone(5), 1, "邻居")

    def _contact(
        self, elder: Row, name: str, role: str, phone: str, rank: int, relation: str, *, is_key_holder: bool = False
    ) -> None:
        row = self._row(
            elder_id=elder["id"], name=name, role=role, phone=phone, rank=rank, relation=relation, language="zh-CN",
            is_key_holder=is_key_holder, deleted_at=None,
        )  # fmt: skip
        self._city.contacts.append(row)

    # -- help, and the centre's own people

    def _resources(self) -> None:
        for kind, count, called in places.HELP:
            for n in range(count):
                quarter = QUARTERS[n % len(QUARTERS)]
                community = quarter.communities[n // len(QUARTERS)].removesuffix("社区")
                name = called[n] if len(called) == count else f"{community}{called[n % len(called)]}"
                lat, lon = self._spot(quarter)
                row = self._row(
                    kind=kind, name=name, phone=self._phone(8), lat=lat, lon=lon, deleted_at=None,
                    address=f"{quarter.district}{self._rng.choice(quarter.roads)}{self._rng.randrange(2, 168)}号",
                    given={"lat": lat, "lon": lon, "crs": "wgs84"},
                )  # fmt: skip
                self._city.resources.append(row)

    def _users(self) -> None:
        people = (
            ("limin", "李敏", "officer"), ("zhangxue", "张雪莲", "officer"), ("hejian", "贺建利", "officer"),
            ("weizhang", "魏守信", "supervisor"), ("qinlan", "秦亚玲", "registrar"),
        )  # fmt: skip
        for username, display_name, role in people:
            phone = self._phone(9) if role in ("officer", "supervisor") else None
            self._city.users.append({
                "id": self._id(), "username": username, "display_name": display_name, "role": role, "phone": phone,
                "language": "zh-CN", "is_active": True, "created_at": self._now,
            })  # fmt: skip
