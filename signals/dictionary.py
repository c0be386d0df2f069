"""The data dictionary: what every exported column is called in both languages, its type, unit, and what empty means.

One source for the headers of workbooks, their sheet 字段, the page 导出 and docs/data-dictionary.md. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from signals import dictionary_fields as listed


class Type(StrEnum):
    """How a column is written. `word` and `english` describe it to readers."""

    TEXT = "text"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    DAY = "day"
    TIME = "time"

    @property
    def word(self) -> str:
        """The type in Chinese."""
        return TYPES[self]


TYPES: Mapping[Type, str] = {
    Type.TEXT: "文本",
    Type.INT: "整数",
    Type.FLOAT: "小数",
    Type.BOOL: "是否（1/0）",
    Type.DAY: "日期（上海）",
    Type.TIME: "时间（上海）",
}
UNITS: Mapping[str, tuple[str, str]] = {
    "": ("", ""),
    "points": ("0–100 分", "points, 0–100"),
    "share": ("0–1", "0–1"),
    "weight": ("权重", "weight"),
    "rows": ("条", "rows"),
    "stories": ("篇", "documents"),
    "people": ("家", "publishers"),
    "own": ("见 unit 列", "see column unit"),
    "kept": ("指标的标准单位", "the indicator's own unit"),
    "chars": ("字", "characters"),
}
"""Unit -> Chinese, English."""

EMPTY: Mapping[str, tuple[str, str]] = {
    "never": ("不会为空", "never empty"),
    "unobserved": ("未观测，不等于 0", "not observed, which is not 0"),
    "untold": ("来源没有给出", "the source did not say"),
    "not_yet": ("尚未发生或尚未计算", "not yet"),
    "none": ("没有", "there is none"),
    "not_applicable": ("不适用", "does not apply"),
    "purged": ("来源没有给出，或内容已按保留期限清除", "not given, or removed when its retention ended"),
}
"""What an empty cell means -> Chinese, English."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column. `unit` is a key of UNITS, `empty` of EMPTY."""

    name: str
    zh: str
    en: str
    type: Type
    unit: str
    empty: str


@dataclass(frozen=True, slots=True)
class Table:
    """One export: its id, what it is called, and what a row is."""

    name: str
    zh: str
    en: str
    about: str


TABLES: Mapping[str, Table] = {row[0]: Table(*row) for row in listed.TABLES}
"""Id -> table, in the order of the page."""


def _field(row: tuple[str, ...]) -> Field:
    name, zh, en, kind, unit, empty = row
    if unit not in UNITS or empty not in EMPTY:
        raise KeyError(f"{name}: unit {unit!r}, empty {empty!r}")
    return Field(name, zh, en, Type(kind), unit, empty)


_COMMON: Mapping[str, Field] = {row[0]: _field(row) for row in listed.COMMON}
_OWN: Mapping[tuple[str, str], Field] = {
    (table, row[0]): _field(row) for table, rows in listed.OWN.items() for row in rows
}


def field(table: str, column: str) -> Field | None:
    """What a column is; a table's own meaning goes before the common one. None: not in the dictionary."""
    return _OWN.get((table, column)) or _COMMON.get(column)


def header(table: str, column: str) -> str:
    """The Chinese header of a column; the column's own name where the dictionary has none."""
    found = field(table, column)
    return found.zh if found else column


def headers(table: str, columns: Sequence[str], labels: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Chinese headers, each once: two columns of one name keep their own name behind it."""
    told = [(labels or {}).get(column) or header(table, column) for column in columns]
    return tuple(
        f"{word}（{column}）" if told.count(word) > 1 and word != column else word
        for word, column in zip(told, columns, strict=True)
    )


def described(table: str, columns: Sequence[str]) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Rows of the sheet 字段: column, Chinese, English, type, unit, what empty means. Unknown columns are left out."""
    for column in columns:
        found = field(table, column)
        if found is not None:
            unit, empty = UNITS[found.unit][0], EMPTY[found.empty][0]
            yield column, found.zh, found.en, found.type.word, unit, empty


def markdown(tables: Mapping[str, Sequence[str]]) -> str:
    """docs/data-dictionary.md: every table with its columns, in both languages. Raises KeyError for what is missing."""
    parts = [_HEAD]
    for name, columns in tables.items():
        table = TABLES[name]
        parts.append(f"## {table.zh} · {table.en} (`{name}`)\n\n{table.about}\n\n{_TABLE_HEAD}")
        for column in columns:
            found = field(name, column)
            if found is None:
                raise KeyError(f"{name}.{column} is not in the data dictionary")
            unit, empty = UNITS[found.unit], EMPTY[found.empty]
            cells = (f"`{column}`", found.zh, found.en, found.type.value, _both(unit), _both(empty))
            parts.append("| " + " | ".join(cells) + " |\n")
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"


def _both(words: tuple[str, str]) -> str:
    return words[0] if words[0] == words[1] else f"{words[0]} · {words[1]}"


_HEAD = """# 数据字典 · Data dictionary

导出的每一列。CSV 用英文列名（UTF-8 带 BOM），每行末尾带 `schema_version`、`settings_hash`、`model_version`、
`data_as_of`；Excel 可选中文表头，这四项在“说明”表。空白从不表示 0。

Every exported column. A CSV (UTF-8 with BOM) has the English names and ends each row with what the figures rest on; a
workbook has Chinese headers if wanted, and these four on its sheet 说明. Empty never means 0. Times are Asia/Shanghai.

| `schema_version` | 变化 · what changed |
|---|---|
| 1 | 最初的列 · the first columns |
| 2 | 每行末尾多了 `model_version`；CSV“提及”表中研读该条的模型改名 `row_model_version` ·\
 each row ends with `model_version` too; in the CSV of mentions the row's own model is `row_model_version` |

Made from `signals/dictionary_fields.py` by `python -m pipeline data-dictionary docs/data-dictionary.md`; a test
compares them.

"""
_TABLE_HEAD = (
    "| 列 · column | 中文 | English | 类型 · type | 单位 · unit | 空白表示 · empty means |\n"
    "|---|---|---|---|---|---|\n"
)
