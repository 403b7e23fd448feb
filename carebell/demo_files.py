"""What fills the files of the demo city's elders: numbers, kinds, the way in, couples, a second address for some."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from carebell import demo_names as names
from carebell.demo_places import QUARTERS, Quarter
from registry.addresses import CARRIED, HOME, in_force, year_day
from registry.id_numbers import check_digit

NOBODYS_AREA = "610499"  # No county of that city ever had this code, so that no number is somebody's.
COUPLES_SHARE, SECOND_HOME_SHARE = 0.12, 0.04
OLDEST_CONFIRMATION_DAYS = 300  # Some are older than what is believed, so that the demo shows a doubt.
READINGS = {"曾": "增", "单": "善", "仇": "求", "任": "仁", "翟": "宅"}
KINDS = (
    ("party_member", 0.16), ("retired_cadre", 0.05), ("special_aid", 0.05), ("disabled", 0.12), ("veteran", 0.06),
    ("low_income", 0.08), ("childless", 0.03), ("lost_only_child", 0.02),
)  # fmt: skip
MARKS = (("vip", 0.02), ("important", 0.03), ("blacklisted", 0.01))
SEASONS = (("11-01", "03-15"), ("06-15", "08-31"), ("12-20", "02-28"))

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filler:
    """Fills the elders' rows in place; `address_in` and `spot_in` make up a home in a quarter."""

    rng: random.Random
    now: datetime
    make_id: Callable[[], str]
    address_in: Callable[[Quarter], str]
    spot_in: Callable[[Quarter], tuple[float, float]]

    def fill(self, elders: list[Row]) -> list[Row]:
        """The addresses over the year of those who have several."""
        for n, elder in enumerate(elders, 1):
            elder |= self._person(n, elder) | self._way_in(n, elder) | {"household_id": None}
        self._couples(elders)
        return [row for elder in elders[2:] if self.rng.random() < SECOND_HOME_SHARE for row in self._seasons(elder)]

    def _person(self, n: int, elder: Row) -> Row:
        rng, name, is_woman = self.rng, str(elder["name"]), elder["sex"] == "female"
        joined_on = self.now.date() - timedelta(days=rng.randrange(60, 2400))
        kinds = [kind for kind, share in KINDS if rng.random() < share]
        if elder["health"].get("living") == "独居":
            kinds.append("living_alone")
        called = "奶奶" if is_woman else "爷爷"
        return {
            "id_number": id_number(elder["birth_date"], n, is_woman=is_woman),
            "service_card": f"XY{26_000_000 + n * 37:08}", "kinds": kinds,
            "marks": ["vip"] if n == 1 else [mark for mark, share in MARKS if rng.random() < share],
            "name_reading": READINGS[name[0]] + name[1:] if name[0] in READINGS else None,
            "addressed_as": f"{name[0]}{called}" if n == 1 or rng.random() < 0.4 else None,
            "joined_on": joined_on, "service_from": joined_on + timedelta(days=rng.randrange(3, 30)),
        }  # fmt: skip

    def _way_in(self, n: int, elder: Row) -> Row:
        rng = self.rng
        nothing: Row = {"access": None, "access_notes": None, "access_confirmed_on": None}
        if n > 1 and rng.random() < 0.3:
            return nothing
        floor = str(elder["address"]).rpartition("单元")[2][:1]
        access: Row = {"key_holder": rng.choice(names.KEY_HOLDERS), "floor": floor}
        if rng.random() < 0.5:
            access["door_code"] = f"{rng.randrange(1000, 9999)}#"
        if rng.random() < 0.15:
            access["dog"] = True if rng.random() < 0.6 else "院里有狗，先打电话"
        if rng.random() < 0.4:
            access["note"] = rng.choice(names.ACCESS)
        days = 10 if n == 1 else rng.randrange(2, OLDEST_CONFIRMATION_DAYS)
        return nothing | {"access": access, "access_confirmed_on": self.now.date() - timedelta(days=days)}

    def _couples(self, elders: list[Row]) -> None:
        """A woman and a man of about one age live together: the second one moves in with the first."""
        women = [one for one in elders[2:] if one["sex"] == "female" and self.rng.random() < COUPLES_SHARE]
        men = [one for one in elders[2:] if one["sex"] == "male"]
        for woman in women:
            if not men:
                return
            man = min(men, key=lambda one: abs((one["birth_date"] - woman["birth_date"]).days))
            men.remove(man)
            home = self.make_id()
            shared = (*CARRIED, "area", "area_code", "area_path")
            man |= {name: woman[name] for name in shared}
            for one in (woman, man):
                one["household_id"] = home
                one["health"] = one["health"] | {"living": "与老伴同住"}
                one["kinds"] = [kind for kind in one["kinds"] if kind not in ("living_alone", "childless")]

    def _seasons(self, elder: Row) -> list[Row]:
        """The home, and with a child for a part of the year; the elder's row carries the one of today."""
        if elder["household_id"] is not None:
            return []
        made = {"elder_id": elder["id"], "version": 1, "created_at": self.now, "updated_at": self.now}
        home = {theirs: elder[own] for own, theirs in CARRIED.items()}
        quarter = self.rng.choice(QUARTERS)
        lat, lon = self.spot_in(quarter)
        away = dict.fromkeys(home) | {"address": self.address_in(quarter), "lat": lat, "lon": lon}
        away |= {"given": {"lat": lat, "lon": lon, "crs": "wgs84"}, "access": {"key_holder": "女儿一家同住"}}
        away["access_confirmed_on"] = self.now.date() - timedelta(days=self.rng.randrange(2, 90))
        first, last = self.rng.choice(SEASONS)
        rows: list[Row] = [
            made | home | {"id": self.make_id(), "label": HOME, "from_day": None, "to_day": None},
            made | away | {"id": self.make_id(), "label": "女儿家", "from_day": first, "to_day": last},
        ]
        current = in_force(rows, year_day(self.now.date()))
        for row in rows:
            row["is_current"] = row is current
        if current is not None:
            elder |= {own: current[theirs] for own, theirs in CARRIED.items()}
        return rows


def id_number(born: date, n: int, *, is_woman: bool) -> str:
    """A number whose check digit is right, and which was given to nobody."""
    digits = f"{NOBODYS_AREA}{born:%Y%m%d}{(n * 2 + (0 if is_woman else 1)) % 1000:03}"
    return digits + check_digit(digits)
