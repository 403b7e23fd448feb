"""A workbook to be filled in: the columns of a kind, an example, lists to choose from, and a sheet that explains."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from registry.import_columns import (
    COLUMNS,
    DEVICE_STATES,
    REQUIRED,
    RESOURCE_KINDS,
    ROLES,
    SEXES,
    Column,
)
from registry.vocabularies import BUILT_IN

ROWS_WITH_LISTS = 2000
EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "elders": {
        "name": "赵桂明", "sex": "女", "birth_date": "1941-03-05", "phone": "13900000001",
        "address": "渭阳西路3号院2单元501", "area": "吴家堡社区", "lat": "34.3296", "lon": "108.7093", "crs": "gcj02",
        "conditions": "高血压；冠心病", "allergies": "青霉素", "kinds": "独居；党员", "key_holder": "门卫",
    },
    "contacts": {
        "elder_phone": "13900000001", "elder_name": "赵桂明", "name": "李强", "role": "家属", "phone": "13800000001",
        "rank": "1", "relation": "儿子", "is_key_holder": "是",
    },
    "devices": {"uid": "cb-000123", "elder_phone": "13900000001", "model": "K1", "state": "已发放"},
    "resources": {
        "kind": "卫生站", "name": "吴家堡社区卫生站", "lat": "34.3301", "lon": "108.7101", "crs": "gcj02",
        "phone": "029-33123456", "address": "吴家堡路1号",
    },
}  # fmt: skip
_EXPLAINED = {
    "birth_date": "1941-03-05、1941/3/5、1941年3月5日均可", "phone": "手机号或带区号的固定电话",
    "lat": "度，带小数点；与经度一起填写", "lon": "度，带小数点；与纬度一起填写",
    "crs": "wgs84、gcj02（高德、腾讯）或 bd09（百度）；默认 wgs84",
    "conditions": "多项用；隔开", "medication": "多项用；隔开", "allergies": "多项用；隔开", "implants": "多项用；隔开",
    "id_number": "18位，按文本填写；加密保存", "rank": "同一角色中数字小的先呼叫", "dog": "是、否，或说明",
    "elder_phone": "老人用电话，或姓名加出生日期指明；填写的各项都须相符", "uid": "设备的编号，唯一",
    "state": "默认库存；有老人时默认已发放；须逐个按键测试后才能在用", "area_code": "行政区划代码",
}  # fmt: skip
_LISTS: Mapping[str, Mapping[str, str]] = {"sex": SEXES, "role": ROLES, "state": DEVICE_STATES, "kind": RESOURCE_KINDS}
OFFERED: Mapping[str, Iterable[str]] = {
    "kinds": [one.zh for one in BUILT_IN["elder_kind"]], "capabilities": [one.zh for one in BUILT_IN["capability"]],
}  # fmt: skip
"""What a centre offers that has changed nothing."""
_FIXED = {"crs": ("wgs84", "gcj02", "bd09"), "is_key_holder": ("是", "否"), "language": ("中文", "英文")}


def template(
    kind: str,
    format: Literal["xlsx", "csv"] = "xlsx",  # the word people know
    codes: Mapping[str, Iterable[str]] = OFFERED,
) -> bytes:
    """`kind` is one of an import's; the example is to be written over. `codes` are the Chinese words that are offered,
    by column."""
    names = [column.names[0] for column in COLUMNS[kind]]
    example = [EXAMPLES[kind].get(column.member, "") for column in COLUMNS[kind]]
    if format == "csv":
        out = io.StringIO()
        csv.writer(out).writerows([names, example])
        return out.getvalue().encode("utf-8-sig")
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "填写"
    sheet.append(names)
    sheet.append(example)
    for place, column in enumerate(COLUMNS[kind], 1):
        letter = get_column_letter(place)
        head = sheet.cell(1, place)
        head.font = Font(bold=True)
        if column.member in REQUIRED[kind]:
            head.fill = PatternFill("solid", fgColor="FFF2CC")
        sheet.column_dimensions[letter].width = max(12, 2 * len(names[place - 1]) + 4)
        sheet.cell(2, place).font = Font(italic=True, color="808080")
        sheet.column_dimensions[letter].number_format = "@"
        _choices(sheet, column, letter)
    sheet.freeze_panes = "A2"
    _explain(book, kind, {member: f"多项用；隔开：{'、'.join(words)}" for member, words in codes.items()})
    out_bytes = io.BytesIO()
    book.save(out_bytes)
    return out_bytes.getvalue()


def _choices(sheet: Any, column: Column, letter: str) -> None:
    words = _FIXED.get(column.member) or tuple(_first_words(_LISTS.get(column.member, {})))
    if not words:
        return
    rule = DataValidation(type="list", formula1=f'"{",".join(words)}"', allow_blank=True, showErrorMessage=False)
    rule.add(f"{letter}2:{letter}{ROWS_WITH_LISTS}")
    sheet.add_data_validation(rule)


def _first_words(table: Mapping[str, str]) -> Iterator[str]:
    seen: set[str] = set()
    for word, code in table.items():
        if code not in seen and not word.isascii():
            seen.add(code)
            yield word


def _explain(book: Workbook, kind: str, more: Mapping[str, str]) -> None:
    explained = {**_EXPLAINED, **more}
    sheet = book.create_sheet("说明")
    sheet.append(["列", "是否必填", "也可写作", "说明"])
    for column in COLUMNS[kind]:
        needed = "必填" if column.member in REQUIRED[kind] else ""
        also = "、".join([*column.names[1:], column.member])
        sheet.append([column.names[0], needed, also, explained.get(column.member, "")])
    for letter, width in (("A", 16), ("B", 10), ("C", 50), ("D", 56)):
        sheet.column_dimensions[letter].width = width
        sheet[f"{letter}1"].font = Font(bold=True)
    for line in sheet.iter_rows(min_row=2):
        for cell in line:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
