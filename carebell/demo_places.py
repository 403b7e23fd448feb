"""Where the demo city's people live and where its help stands.

Districts, subdistricts, communities and roads are Xianyang's (names and codes as China's statistics office lists them);
positions are WGS-84, near their quarter but otherwise made up, and so is every hospital, clinic and station.
"""

from dataclasses import dataclass

CITY, CITY_CODE = "咸阳市", "610400"
PROVINCE, PROVINCE_CODE = "陕西省", "610000"
DISTRICTS = (("610402", "秦都区"), ("610404", "渭城区"))


@dataclass(frozen=True, slots=True)
class Quarter:
    """A subdistrict: its middle, the distance in metres within which its people live, its roads and communities."""

    code: str
    name: str
    district: str
    lat: float
    lon: float
    within_m: float
    roads: tuple[str, ...]
    communities: tuple[str, ...]


QUARTERS = (
    Quarter(
        "610402001", "人民路街道", "秦都区", 34.3335, 108.7050, 450,
        ("人民中路", "乐育北路", "乐育南路", "胜利街", "团结路"),
        ("乐育北路社区", "乐育南路社区", "嘉惠社区", "胜利街社区", "团结北路社区"),
    ),
    Quarter(
        "610402002", "西兰路街道", "秦都区", 34.3325, 108.6890, 450,
        ("西兰路", "人民西路", "思源南路", "建设路", "沈平路"),
        ("思源南路社区", "建设路社区", "福园社区", "沈家社区", "陶瓷厂社区"),
    ),
    Quarter(
        "610402003", "吴家堡街道", "秦都区", 34.3450, 108.6960, 450,
        ("文林路", "毕塬西路", "秦皇北路", "勤俭路", "惠民路"),
        ("吴家堡社区", "毕塬路社区", "秦皇北路社区", "惠民东路社区", "勤俭路北社区"),
    ),
    Quarter(
        "610402004", "渭阳西路街道", "秦都区", 34.3420, 108.6760, 450,
        ("渭阳西路", "宝泉路", "中华西路", "彩虹二路", "富安路"),
        ("七里铺社区", "嘉阳社区", "富安路社区", "宝泉路社区", "彩虹一区社区"),
    ),
    Quarter(
        "610402005", "陈杨寨街道", "秦都区", 34.3010, 108.7200, 450,
        ("世纪大道", "扶苏西路", "同文路", "沣柳路", "咸户路"),
        ("秦阳社区", "安谷苑社区", "陈杨社区", "同文路社区", "扶苏西路社区"),
    ),
    Quarter(
        "610402006", "古渡街道", "秦都区", 34.3360, 108.6800, 400,
        ("珠泉路", "玉泉西路", "玉泉东路", "陇安路", "秦皇中路"),
        ("珠泉社区", "玉泉社区", "惠安社区", "新泉社区", "光明社区"),
    ),
    Quarter(
        "610404001", "中山街街道", "渭城区", 34.3345, 108.7265, 280,
        ("中山街", "北大街", "东明街", "仪凤街", "抗战南路"),
        ("中山街社区", "北大街社区", "东明街社区", "仪凤街社区", "利民社区"),
    ),
    Quarter(
        "610404002", "文汇路街道", "渭城区", 34.3470, 108.7210, 450,
        ("文汇东路", "文汇西路", "东风路", "毕塬东路", "联盟一路"),
        ("东风路东社区", "毕塬东路社区", "文汇路社区", "联盟一路社区", "光辉社区"),
    ),
    Quarter(
        "610404003", "新兴路街道", "渭城区", 34.3400, 108.7150, 400,
        ("新兴南路", "人民东路", "民生路", "建国路", "抗战北路"),
        ("人民东路社区", "民生路社区", "乐育路社区", "建国路社区", "凤凰社区"),
    ),
    Quarter(
        "610404004", "渭阳街道", "渭城区", 34.3450, 108.7400, 500,
        ("渭阳东路", "金旭路", "文林东路", "望贤路", "朝阳五路"),
        ("金旭路社区", "文林路社区", "文苑社区", "望贤路社区", "双泉社区"),
    ),
)  # fmt: skip

HELP = (
    (
        "hospital",
        7,
        ("康宁医院", "安和医院", "惠民医院", "渭北老年病医院", "古渡骨科医院", "秦苑中西医结合医院", "塬上康复医院"),
    ),
    ("clinic", 14, ("卫生服务站",)),
    ("pharmacy", 9, ("百草大药房", "同康大药房", "益民药店")),
    ("police", 7, ("警务室",)),
    ("fire", 2, ("微型消防站",)),
    ("community", 12, ("居家养老服务站",)),
    ("volunteer", 6, ("志愿者服务队",)),
    ("service", 3, ("助老家政", "开锁服务点", "康复上门服务")),
)
"""Kind, how many, and what such a place is called; what has one name gets its community's in front."""
