"""The vocabularies that a site may extend, with the codes that come with the program and their words. Pure.

`registry.codes` lays over them what the site has added or changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Vocabulary = Literal["elder_kind", "capability", "open_reason"]
VOCABULARIES: tuple[Vocabulary, ...] = ("elder_kind", "capability", "open_reason")
OTHER = "other"
CODE_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"
LAST_RANK = 10_000


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A code of the program; `also` are further words that an import takes for it."""

    code: str
    zh: str
    en: str
    also: tuple[str, ...] = ()


_ELDER_KINDS = (
    BuiltIn("party_member", "党员", "Party member"),
    BuiltIn("retired_cadre", "离退休干部", "retired cadre", ("退休干部",)),
    BuiltIn("special_aid", "特殊救助", "special aid", ("特困",)),
    BuiltIn("disabled", "残疾", "disabled", ("残疾人",)),
    BuiltIn("veteran", "退役军人", "veteran", ("退伍军人",)),
    BuiltIn("low_income", "低保", "low income"),
    BuiltIn("childless", "无子女", "childless"),
    BuiltIn("lost_only_child", "失独", "lost their only child"),
    BuiltIn("living_alone", "独居", "living alone"),
    BuiltIn(OTHER, "其他", "other kind", ("其他类型",)),
)
_CAPABILITIES = (
    BuiltIn("emergency_room", "急诊", "emergency room"),
    BuiltIn("ambulance", "救护车", "ambulance"),
    BuiltIn("dialysis", "透析", "dialysis"),
    BuiltIn("stroke_centre", "卒中中心", "stroke centre"),
    BuiltIn("chest_pain_centre", "胸痛中心", "chest pain centre"),
    BuiltIn("home_visit", "上门服务", "visits at home"),
    BuiltIn("night_medicine", "夜间售药", "medicine at night"),
    BuiltIn("door_opening", "开锁", "opens doors"),
    BuiltIn("lifting", "扶起跌倒者", "lifts people who fell"),
    BuiltIn("wheelchair", "轮椅接送", "wheelchair transport"),
    BuiltIn("meals", "送餐", "brings meals"),
    BuiltIn("repairs", "维修", "repairs"),
)
_OPEN_REASONS = (
    BuiltIn("call", "老人或家属来电", "The elder or the family is calling"),
    BuiltIn("update", "更新档案", "To bring the file up to date"),
    BuiltIn("visit", "安排上门或服务", "A visit or a service is being arranged"),
    BuiltIn("device", "设备维护", "Work on the device"),
    BuiltIn("complaint", "投诉或咨询服务", "A complaint or a question about the service"),
    BuiltIn(OTHER, "其他（请说明）", "Something else (say what)"),
)
BUILT_IN: Mapping[str, tuple[BuiltIn, ...]] = MappingProxyType(
    {"elder_kind": _ELDER_KINDS, "capability": _CAPABILITIES, "open_reason": _OPEN_REASONS}
)
BUILT_IN_CODES: Mapping[str, frozenset[str]] = MappingProxyType(
    {vocabulary: frozenset(one.code for one in codes) for vocabulary, codes in BUILT_IN.items()}
)
BETWEEN: Mapping[str, str] = MappingProxyType({"elder_kind": ";,、/", "capability": ";", "open_reason": ""})
"""Signs that stand between the words in a cell of an import (folded), and therefore in none of them."""


def rank_of(vocabulary: str, place: int) -> int:
    """The rank of the code at that place, counted from 0: what is none of the others comes last."""
    return LAST_RANK if BUILT_IN[vocabulary][place].code == OTHER else 10 * (place + 1)
