"""What the columns of an import file are called, and how their cells become members of the HTTP interface."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from registry.bulk import Entry
from registry.contact_text import read_absences, read_hours, read_numbers
from registry.import_grid import BadCell, Cell, GridRow, UnreadableFile, as_text

HEALTH_LISTS = ("conditions", "medication", "allergies", "implants")
HEALTH_TEXTS = ("blood_group", "mobility", "hearing", "sight", "speech", "dialect", "living", "health_notes")
ACCESS_MEMBERS = ("key_holder", "door_code", "floor", "dog", "access_note")
RESULT_NAMES, REASON_NAMES = ("result", "结果"), ("reason", "原因")  # In English and in Chinese; left aside when read.
EXACT_DIGITS = 15  # A spreadsheet's number keeps no more of them; what follows is made up.
SHOWN_HEADER = 40  # Characters of an unknown header that are repeated.

_DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]0?0:00(?::00)?)?|(\d{4})(\d\d)(\d\d)"
)
_DECIMAL = re.compile(r"[+-]?\d{1,17}(\.\d{1,17})?")
_WHOLE = re.compile(r"\d{1,9}")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)

YES = frozenset({"1", "yes", "y", "true", "是", "有", "√"})
NO = frozenset({"0", "no", "n", "false", "否", "无", "×"})
SEXES = {"男": "male", "女": "female", "其他": "other", "m": "male", "f": "female"}
MARKS = {"贵宾": "vip", "重要客户": "important", "重要": "important", "黑名单": "blacklisted"}
ROLES = {
    "家属": "family", "亲属": "family", "子女": "family", "社区": "community",
    "社区联络员": "community", "邻居": "community", "医生": "doctor", "看护医生": "doctor", "保安": "security",
    "志愿者": "volunteer", "义工": "volunteer", "其他": "other",
}  # fmt: skip
RESOURCE_KINDS = {
    "医院": "hospital", "诊所": "clinic", "卫生站": "clinic", "药店": "pharmacy", "派出所": "police", "公安": "police",
    "消防": "fire", "消防站": "fire", "社区": "community", "社区站": "community", "志愿者": "volunteer",
    "服务商": "service", "服务": "service", "其他": "other",
}  # fmt: skip
DEVICE_STATES = {
    "库存": "stock", "已发放": "issued", "已安装": "installed", "使用中": "in_service", "在用": "in_service",
    "故障": "faulty", "停用": "retired", "报废": "retired",
}  # fmt: skip
AREA_LEVELS = {
    "省": "province", "市": "city", "地级市": "city", "区": "district", "县": "district", "区县": "district",
    "街道": "street", "乡镇": "street", "乡": "street", "镇": "street", "社区": "community", "村": "community",
}  # fmt: skip
DATUMS = {
    "wgs-84": "wgs84", "gcj-02": "gcj02", "火星坐标": "gcj02", "高德": "gcj02", "腾讯": "gcj02",
    "bd-09": "bd09", "百度": "bd09",
}  # fmt: skip
LANGUAGES = {
    "zh": "zh-CN",
    "zh-cn": "zh-CN",
    "中文": "zh-CN",
    "汉语": "zh-CN",
    "普通话": "zh-CN",
    "英文": "en",
    "英语": "en",
}


def day(value: Cell) -> Any:
    """YYYY-MM-DD of a day in the ways people write one; anything else stays as it is and is refused later."""
    text = unicodedata.normalize("NFKC", as_text(value))
    fits = _DAY.fullmatch(text)
    if fits is None:
        return text
    year, month, of_month = (int(part) for part in fits.groups() if part is not None)
    try:
        return date(year, month, of_month).isoformat()
    except ValueError:
        return text


def decimal(value: Cell) -> Any:
    text = unicodedata.normalize("NFKC", as_text(value))
    return float(text) if _DECIMAL.fullmatch(text) else text


def whole(value: Cell) -> Any:
    text = unicodedata.normalize("NFKC", as_text(value))
    return int(text) if _WHOLE.fullmatch(text) else text


def yes_no(value: Cell) -> Any:
    text = as_text(value).casefold()
    return True if text in YES else False if text in NO else text


def notes(value: Cell) -> Any:
    """The notes between ; and ；."""
    return [note for note in (part.strip() for part in re.split("[;；]", as_text(value))) if note]


def several_of(words: Mapping[str, str]) -> Callable[[Cell], Any]:
    """Reads codes, or words for them, with any usual sign between."""

    def read(value: Cell) -> Any:
        texts = re.split("[;；,，、/]", unicodedata.normalize("NFKC", as_text(value)).casefold())
        return [words.get(text, text) for text in map(str.strip, texts) if text]

    return read


def listed(read: Callable[[str], Any]) -> Callable[[Cell], Any]:
    """Reads what stands between semicolons, as `registry.contact_text` does. Raises ValueError that says how."""
    return lambda value: read(as_text(value))


def one_of(words: Mapping[str, str]) -> Callable[[Cell], Any]:
    """Reads the code, or a word for it."""

    def read(value: Cell) -> Any:
        text = unicodedata.normalize("NFKC", as_text(value)).casefold()
        return words.get(text, text)

    return read


@dataclass(frozen=True, slots=True)
class Column:
    """A member of the HTTP interface, its other names in a header, and how its cells are read."""

    member: str
    names: tuple[str, ...]
    read: Callable[[Cell], Any] = as_text


_ASIDE = Column("", (*RESULT_NAMES, *REASON_NAMES))


def unquoted(value: Cell) -> Cell:
    """Without the sign that keeps a spreadsheet from taking a text for a formula."""
    return value[1:] if isinstance(value, str) and re.match(r"'[=+\-@\t\r]", value) else value


_NAME = Column("name", ("姓名", "名称"))
_PHONE = Column("phone", ("电话", "手机", "手机号", "手机号码", "电话号码", "联系电话", "telephone", "mobile"))
_ADDRESS = Column("address", ("地址", "住址", "家庭住址", "居住地址"))
_NOTE = Column("note", ("备注", "remark"))
_LANGUAGE = Column("language", ("语言",), one_of(LANGUAGES))
_PLACE = (
    Column("lat", ("纬度", "latitude"), decimal),
    Column("lon", ("经度", "longitude", "lng"), decimal),
    Column("crs", ("坐标系", "坐标系统", "datum"), one_of(DATUMS)),
)
_ELDER = (
    Column("elder_id", ("老人编号", "老人id")),
    Column("elder_phone", ("老人电话", "老人手机", "老人联系电话")),
    Column("elder_name", ("老人姓名", "老人")),
    Column("elder_birth_date", ("老人出生日期", "老人生日"), day),
)

# Kinds of person and what help can do stay words here: `registry.code_tables.translated` makes codes of them.
COLUMNS: dict[str, tuple[Column, ...]] = {
    "elders": (
        _NAME, Column("sex", ("性别", "gender"), one_of(SEXES)),
        Column("birth_date", ("出生日期", "生日", "出生年月日", "birthday"), day), _PHONE, _ADDRESS,
        Column("area", ("区域", "社区", "所属社区", "街道")), *_PLACE,
        Column("access_notes", ("入户说明", "入户信息", "进门说明")), _LANGUAGE,
        Column("conditions", ("疾病", "病史", "基础疾病"), notes),
        Column("medication", ("用药", "药物", "服药"), notes),
        Column("allergies", ("过敏", "过敏史", "过敏药物"), notes),
        Column("implants", ("植入物", "体内植入物"), notes), Column("blood_group", ("血型",)),
        Column("mobility", ("行动能力", "行动")), Column("hearing", ("听力",)), Column("sight", ("视力",)),
        Column("speech", ("言语",)), Column("dialect", ("方言",)), Column("living", ("居住情况", "居住状况")),
        Column("health_notes", ("健康备注", "健康状况")),
        Column("id_number", ("身份证号", "身份证号码", "身份证", "公民身份号码")),
        Column("service_card", ("服务卡号", "服务卡")),
        Column("kinds", ("人员类别", "老人类别", "人员类型"), several_of({})),
        Column("marks", ("来电标记", "标记"), several_of(MARKS)),
        Column("joined_on", ("加入日期", "入网日期"), day), Column("service_from", ("服务开始日期", "开通日期"), day),
        Column("area_code", ("区域代码", "行政区划代码")),
        Column("name_reading", ("姓名读音", "读音")), Column("addressed_as", ("称呼",)),
        Column("key_holder", ("钥匙在谁处", "钥匙持有人")), Column("door_code", ("门禁密码", "单元门密码")),
        Column("floor", ("楼层",)), Column("dog", ("养狗", "狗")), Column("access_note", ("入户备注",)),
    ),
    "contacts": (
        *_ELDER, Column("name", ("姓名", "联系人", "联系人姓名")),
        Column("role", ("角色", "身份", "类别"), one_of(ROLES)),
        Column("phone", (*_PHONE.names, "联系人电话")), Column("rank", ("顺序", "次序", "优先级"), whole),
        Column("relation", ("关系", "与老人关系")), _LANGUAGE,
        Column("is_key_holder", ("钥匙", "有钥匙", "持有钥匙", "keyholder"), yes_no),
        Column("more_phones", ("其他电话", "备用电话", "其他号码", "other phones"), listed(read_numbers)),
        Column("hours", ("可联系时间", "可联系时段", "联系时间", "hours"), listed(read_hours)),
        Column("away", ("外出", "外出时间", "absences"), listed(read_absences)),
        Column("languages", ("会说的语言", "方言"), notes), _NOTE, *_PLACE,
    ),
    "devices": (
        Column("uid", ("设备编号", "设备号", "编号")), *_ELDER, Column("model", ("型号", "设备型号")),
        Column("state", ("状态", "设备状态"), one_of(DEVICE_STATES)),
        Column("triggers", ("触发器",), notes), Column("sim_iccid", ("SIM卡", "SIM卡号", "ICCID")),
        Column("sim_phone", ("SIM卡号码", "设备电话")), Column("batch", ("批次",)),
        Column("heartbeat_s", ("心跳间隔", "心跳秒数"), whole), Column("firmware", ("固件", "固件版本")), _NOTE,
    ),
    "resources": (
        Column("kind", ("类型", "类别", "种类"), one_of(RESOURCE_KINDS)), _NAME, *_PLACE, _PHONE, _ADDRESS,
        Column("hours", ("开放时间", "营业时间"), listed(read_hours)),
        Column("capabilities", ("服务能力", "能力"), notes), _NOTE,
    ),
}  # fmt: skip
COLUMNS["areas"] = (
    Column("code", ("代码", "行政区划代码", "区划代码", "编码")), Column("name", ("名称", "区划名称")),
    Column("level", ("级别", "层级"), one_of(AREA_LEVELS)),
    Column("parent_code", ("上级代码", "上级", "上级区划代码")),
)  # fmt: skip
KINDS = tuple(COLUMNS)
REQUIRED = {
    "elders": ("name",), "contacts": ("name", "role", "phone", "rank"), "devices": ("uid",),
    "resources": ("kind", "name", "lat", "lon"), "areas": ("code", "name"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """The entries of a file, what one of them is called (row, entry), and the file's own names of the members."""

    unit: str
    entries: Iterator[Entry]
    labels: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def table_of(kind: str, grid: Iterator[GridRow]) -> Table:
    """The first row that is not empty names the columns. Raises UnreadableFile when it does not."""
    for row in grid:
        if names_the_columns(row):
            columns, labels = _header(kind, row)
            return Table("row", _entries(grid, columns), labels)
    raise UnreadableFile("the file is empty")


def names_the_columns(row: GridRow) -> bool:
    """Whether it is the header, when no row above it was."""
    return any(_is_filled(cell) for cell in row.cells) and not _is_remark(row)


def _is_remark(row: GridRow) -> bool:
    """The line in front of the header that an export begins with: who took the file out, when and why."""
    first = row.cells[0]
    return isinstance(first, str) and first.startswith("# ") and not any(_is_filled(cell) for cell in row.cells[1:])


def _header(kind: str, row: GridRow) -> tuple[list[Column | None], dict[str, str]]:
    known = {_plain(name): column for column in COLUMNS[kind] for name in (column.member, *column.names)}
    known |= dict.fromkeys(_ASIDE.names, _ASIDE)
    columns: list[Column | None] = []
    labels: dict[str, str] = {}
    unknown: list[str] = []
    for cell in row.cells:
        if isinstance(cell, BadCell):
            raise UnreadableFile(f"row {row.number} must name the columns: {cell.reason}")
        name = as_text(cell)
        column = known.get(_plain(name))
        columns.append(column)
        if name and column is None:
            unknown.append(name)
        elif column is _ASIDE:
            continue
        elif column is not None and labels.setdefault(column.member, name) != name:
            raise UnreadableFile(f"two columns mean the same: {labels[column.member]} and {name}")
        elif column is not None and columns.count(column) > 1:
            raise UnreadableFile(f"there are two columns {name}")
    _check_header(kind, row.number, set(labels), unknown)
    return columns, labels


def _check_header(kind: str, row: int, members: set[str], unknown: list[str]) -> None:
    known = ", ".join(" ".join((one.member, *one.names[:1])) for one in COLUMNS[kind])
    if not members:  # Perhaps there is no header, and what stands there is somebody's name.
        raise UnreadableFile(f"row {row} does not name the columns; the columns are {known}")
    if unknown:
        shown = ", ".join(name[:SHOWN_HEADER] for name in unknown[:5])
        raise UnreadableFile(f"row {row} names columns nobody knows: {shown}; the columns are {known}")
    missing = [member for member in REQUIRED[kind] if member not in members]
    if kind == "contacts" and not members & {column.member for column in _ELDER}:
        missing.append("elder_id / elder_phone / elder_name + elder_birth_date")
    if missing:
        raise UnreadableFile(f"these columns are missing: {', '.join(missing)}")


def _entries(grid: Iterator[GridRow], columns: list[Column | None]) -> Iterator[Entry]:
    for row in grid:
        if any(_is_filled(cell) for cell in row.cells):
            yield _entry(row, columns)


def _entry(row: GridRow, columns: list[Column | None]) -> Entry:
    values: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    for place, cell in enumerate(row.cells):
        column = columns[place] if place < len(columns) else None
        if not _is_filled(cell) or column is _ASIDE:
            continue
        if isinstance(cell, BadCell):
            faults.append((column.member if column else "", cell.reason))
        elif column is None:
            faults.append(("", f"cell {place + 1} stands under no column name"))
        else:
            try:
                if column.read not in (decimal, whole):
                    _refuse_lost_digits(cell)
                values[column.member] = column.read(unquoted(cell))
            except ValueError as wrong:
                faults.append((column.member, str(wrong)))
    return Entry(row.number, with_access(with_health(values)), tuple(faults))


def _refuse_lost_digits(cell: Cell) -> None:
    """One number in eleven would still have a right check digit, and be somebody else's. Raises ValueError."""
    is_number = isinstance(cell, int | float) and abs(cell) >= 10**EXACT_DIGITS
    if is_number or (isinstance(cell, str) and _SCIENTIFIC.fullmatch(cell.strip())):
        raise ValueError(
            "was stored as a number, of which a spreadsheet keeps 15 digits: make the cell text and write it again"
        )


def with_health(values: dict[str, Any]) -> dict[str, Any]:
    """The health columns become the one member that the registry keeps."""
    health = {name: values.pop(name) for name in (*HEALTH_LISTS, *HEALTH_TEXTS) if name in values}
    if "health_notes" in health:
        health["notes"] = health.pop("health_notes")
    health = {name: told for name, told in health.items() if told}
    return values | {"health": health} if health else values


def with_access(values: dict[str, Any]) -> dict[str, Any]:
    """The columns of the way in become one member as well."""
    access = {name: values.pop(name) for name in ACCESS_MEMBERS if name in values}
    if "access_note" in access:
        access["note"] = access.pop("access_note")
    return values | {"access": access} if access else values


def _is_filled(cell: Cell | BadCell) -> bool:
    return isinstance(cell, BadCell) or as_text(cell) != ""


def _plain(name: str) -> str:
    """A header without its decoration: case, spaces, underlines, asterisks and what stands in brackets."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"\([^)]*\)|[\s_*:\-]", "", text)
