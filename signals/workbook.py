"""A table as .xlsx that opens in Excel with Chinese intact and runs no formula, written row by row in flat memory.

Rows go to the data sheet as they come (XlsxWriter's constant_memory); 说明 says what the figures rest on, 字段 what the
columns mean. Numbers are numbers, days are dates, text is exactly the text: Excel's own quote prefix, not an added
apostrophe, keeps what looks like a formula from being run when somebody edits it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import IO, Any

import xlsxwriter

from signals.dictionary import TABLES, Type, described, field, headers
from signals.export import ExportMeta, absent, dangerous, plain
from signals.model import SHANGHAI

LONGEST = 32_767
"""Characters that a cell of Excel holds."""

CUT = "……（超出单元格上限，全文见 CSV）"
MOST_ROWS = 1_048_575
"""Rows of a sheet below its header; what is beyond goes to a further sheet."""

EARLIEST = date(1900, 3, 1)
"""Excel counts a 29 February 1900 that never was: days before are written as text."""

OPTIONS: Mapping[str, object] = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 has no place for; shown as �."""

WIDE = frozenset({"text", "title", "evidence", "reason", "detail", "error", "why", "note"})
FORMATS: Mapping[str, Mapping[str, object]] = {
    "head": {"bold": True, "bg_color": "#F4F6F8", "bottom": 1, "text_wrap": True, "valign": "top"},
    "bold": {"bold": True, "valign": "top"},
    "wrap": {"text_wrap": True, "valign": "top"},
    "day": {"num_format": "yyyy-mm-dd", "align": "left"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"},
    "points": {"num_format": "0.0"},
    "share": {"num_format": "0.000"},
    "number": {"num_format": "#,##0.00####"},
    "count": {"num_format": "#,##0"},
    "id": {"num_format": "0"},
    "quoted": {"quote_prefix": True},
}


class Book:
    """One open workbook; close() ends it. Sheets are written top to bottom, each row once."""

    def __init__(self, target: str | IO[bytes], made: datetime | None, title: str) -> None:
        self._book: Any = xlsxwriter.Workbook(target, dict(OPTIONS))
        told = {"title": title, "author": "信任哨 TrustWatch"}
        self._book.set_properties(told | ({"created": made.replace(tzinfo=None)} if made else {}))
        self.formats = {name: self._book.add_format(dict(look)) for name, look in FORMATS.items()}
        self.cut = 0

    def sheet(self, name: str, heads: Sequence[str], widths: Sequence[float]) -> Any:
        """A further sheet with a frozen header."""
        made = self._book.add_worksheet(name)
        for number, width in enumerate(widths):
            made.set_column(number, number, width)
        made.freeze_panes(1, 0)
        for number, head in enumerate(heads):
            made.write_string(0, number, head, self.formats["head"])
        return made

    def write(self, sheet: Any, row: int, column: int, value: object, look: str = "") -> None:
        """One cell, by its Python type and never by its looks; `look`: number format, for numbers only."""
        if absent(value):
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, int | float) and abs(value) < float("inf"):
            sheet.write_number(row, column, value, self.formats.get(look))
        elif isinstance(value, datetime):
            local = value.astimezone(SHANGHAI).replace(tzinfo=None)
            sheet.write_datetime(row, column, local, self.formats["time"])
        elif isinstance(value, date) and value >= EARLIEST:
            sheet.write_datetime(row, column, value, self.formats["day"])
        else:
            self._text(sheet, row, column, plain(value), look)

    def _text(self, sheet: Any, row: int, column: int, text: str, look: str) -> None:
        if len(text) > LONGEST:
            text, self.cut = text[: LONGEST - len(CUT)] + CUT, self.cut + 1
        text = UNWRITABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
        chosen = "quoted" if dangerous(text) else look if look in ("wrap", "bold") else ""
        if text:
            sheet.write_string(row, column, text, self.formats.get(chosen))

    def close(self) -> None:
        """Write the file out."""
        self._book.close()


def write_workbook(
    target: str | IO[bytes],
    rows: Iterable[Mapping[str, object]],
    columns: Sequence[str],
    meta: ExportMeta,
    *,
    chinese: bool = True,
    labels: Mapping[str, str] | None = None,
) -> int:
    """The rows as a workbook; returns how many there were.

    Args:    target: path, or a seekable binary file; chinese: headers from the data dictionary, else the column names;
             labels: column -> header where a screen calls it something of its own.
    Raises KeyError when a row lacks one of `columns`: a silent hole would read as "not observed".
    """
    title = TABLES[meta.table].zh if meta.table in TABLES else meta.table
    book = Book(target, meta.as_of, title)
    heads = headers(meta.table, columns, labels) if chinese else tuple(columns)
    looks = [_look(meta.table, column) for column in columns]
    widths = [_width(column, head) for column, head in zip(columns, heads, strict=True)]
    try:
        sheet, line, number, pages = book.sheet("数据", heads, widths), 0, 0, 1
        for row in rows:
            number += 1
            if line == MOST_ROWS:
                pages += 1
                sheet, line = book.sheet(f"数据{pages}", heads, widths), 0
            line += 1
            for place, (column, look) in enumerate(zip(columns, looks, strict=True)):
                book.write(sheet, line, place, row[column], look)
        _explain(book, meta, title, number)
        _columns(book, meta.table, columns)
    finally:
        book.close()
    return number


def _explain(book: Book, meta: ExportMeta, title: str, number: int) -> None:
    """The sheet 说明."""
    told: list[tuple[str, object]] = [
        ("内容", title),
        ("行数", number),
        *(("筛选：" + name, value) for name, value in meta.filters.items() if value is not None),
        ("结构版本 schema_version", meta.schema_version),
        ("设置指纹 settings_hash", meta.settings_hash),
        ("模型版本 model_version", meta.model_version or "尚无分析结果"),
        ("数据截至 data_as_of", meta.as_of or "尚无计算结果"),
        ("时间", "日期与时间均为上海时间"),
        ("空白", "空白表示没有值（见“字段”表），从不表示 0"),
    ]
    if book.cut:
        told.append(("截断", f"{book.cut} 个单元格超出 Excel 的 {LONGEST:,} 字上限，已截断；全文请下载 CSV"))
    sheet = book.sheet("说明", ("项目", "内容"), (28, 70))
    for line, (name, value) in enumerate(told, 1):
        book.write(sheet, line, 0, name, "bold")
        book.write(sheet, line, 1, value, "count" if isinstance(value, int) else "wrap")


def _columns(book: Book, table: str, columns: Sequence[str]) -> None:
    """The sheet 字段, where the dictionary knows any of the columns."""
    rows = list(described(table, columns))
    if rows:
        sheet = book.sheet(
            "字段", ("列", "中文", "English", "类型", "单位", "空白表示"), (22, 22, 34, 14, 18, 34)
        )
        for line, row in enumerate(rows, 1):
            for place, text in enumerate(row):
                book.write(sheet, line, place, text)


def _look(table: str, column: str) -> str:
    """The number format of a column."""
    found = field(table, column)
    if found is None:
        return ""
    if found.type is Type.FLOAT:
        return found.unit if found.unit in ("points", "share") else "number"
    return "count" if found.type is Type.INT and found.unit else "id" if found.type is Type.INT else ""


def _width(column: str, head: str) -> float:
    """In characters; a Chinese one takes two."""
    return 60 if column in WIDE else min(max(11, 2 + sum(2 if char > "⺀" else 1 for char in head)), 30)
