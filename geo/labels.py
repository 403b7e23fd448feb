"""The words on a map, in the two languages of the centre. A site may pass its own mapping of the same keys."""

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    "lang": "zh-CN",
    "elder": "老人位置",
    "home": "住址",
    "circle": "定位误差范围",
    "help": "附近救援力量",
    "nobody": "附近没有登记的救援力量",
    "unknown": "位置不明：没有定位，也没有登记住址坐标",
    "how.fresh_fix": "报警时定位",
    "how.last_fix": "最近一次定位",
    "how.home": "登记住址",
    "source.gnss": "卫星",
    "source.wifi": "无线网络",
    "source.cell": "基站",
    "source.manual": "人工标注",
    "accuracy": "误差约 {metres}",
    "age": "{age}前",
    "age.unknown": "定位时间不明",
    "from_home": "距住址 {metres}",
    "seconds": "{n} 秒",
    "minutes": "{n} 分钟",
    "hours": "{n} 小时",
    "days": "{n} 天",
    "m": "{n} 米",
    "km": "{n} 公里",
    "district": "所在区县",
    "pressed_at": "报警时间",
    "drawn_at": "制图时间",
    "coordinates": "坐标（WGS-84）",
    "kind.hospital": "医院",
    "kind.clinic": "卫生站",
    "kind.pharmacy": "药店",
    "kind.police": "公安",
    "kind.fire": "消防",
    "kind.community": "社区",
    "kind.volunteer": "义工",
    "kind.service": "服务单位",
    "kind.other": "其他",
}

ENGLISH: Mapping[str, str] = {
    "lang": "en",
    "elder": "The elder",
    "home": "Home",
    "circle": "Accuracy of the fix",
    "help": "Help nearby",
    "nobody": "No help is registered nearby",
    "unknown": "Place unknown: no fix, and the home has no coordinates",
    "how.fresh_fix": "Fix sent with the press",
    "how.last_fix": "Last known fix",
    "how.home": "Registered home",
    "source.gnss": "satellite",
    "source.wifi": "Wi-Fi",
    "source.cell": "cell",
    "source.manual": "set by hand",
    "accuracy": "within about {metres}",
    "age": "{age} ago",
    "age.unknown": "time of the fix unknown",
    "from_home": "{metres} from home",
    "seconds": "{n} s",
    "minutes": "{n} min",
    "hours": "{n} h",
    "days": "{n} days",
    "m": "{n} m",
    "km": "{n} km",
    "district": "District",
    "pressed_at": "Pressed",
    "drawn_at": "Drawn",
    "coordinates": "Coordinates (WGS-84)",
    "kind.hospital": "Hospital",
    "kind.clinic": "Clinic",
    "kind.pharmacy": "Pharmacy",
    "kind.police": "Police",
    "kind.fire": "Fire service",
    "kind.community": "Community",
    "kind.volunteer": "Volunteer",
    "kind.service": "Service",
    "kind.other": "Other",
}


def metres(distance_m: float, labels: Mapping[str, str]) -> str:
    """As people say it: 85 m, 320 m, 1.4 km, 23 km."""
    if distance_m < 995:
        step = 1 if distance_m < 20 else 5 if distance_m < 200 else 10
        return labels["m"].format(n=round(distance_m / step) * step)
    return labels["km"].format(n=f"{distance_m / 1000:.1f}" if distance_m < 9_950 else f"{distance_m / 1000:.0f}")


def duration(age_s: float, labels: Mapping[str, str]) -> str:
    """In the largest unit that leaves at least two of it."""
    for key, unit_s in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if age_s >= 2 * unit_s:
            return labels[key].format(n=int(age_s // unit_s))
    return labels["seconds"].format(n=int(age_s))
