"""Counts by series and date from CSV, every row kept as it was written so that a result can repeat it."""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import TextIO, cast

import numpy as np
from numpy.typing import NDArray

from collectors.base import UnreadableFile
from pipeline.csv_files import LONGEST, encoding_of
from signals.calendar import day_number

COLUMNS = ("series", "date", "count")
MOST_FAULTS = 10
"""So many bad cells are told one by one."""
EARLIEST, LATEST = 1900, 2199
_DATE = re.compile(
    r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|(\d{2})(\d{2})|年(\d{1,2})月(\d{1,2})日)(?:[T ]0?0:00(?::00(?:\.0+)?)?)?"
)
_WEEK = re.compile(r"(\d{4})-?W(\d{2})", re.IGNORECASE)
_COUNT = re.compile(r"\d{1,12}(?:\.0*)?")
_QUOTED = re.compile(r'[,"\r\n]')
BLOCK = 50_000
"""Rows read at once."""
BLOCK_CHARACTERS = 4_000_000


@dataclass(frozen=True)
class SeriesTable:
    """One entry per row of the file: `lines`, as CSV text without its line end; `series`, index into `names`; `days`,
    day numbers; `counts`, NaN where the cell is empty; `numbers`, as a sheet counts (header = 1). `header`: likewise
    text."""

    header: str
    names: Sequence[str]
    lines: Sequence[str]
    numbers: NDArray[np.int64]
    series: NDArray[np.int64]
    days: NDArray[np.int64]
    counts: NDArray[np.float64]


class Faults:
    """Collects what is wrong with a file and says it all at once."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._told: list[str] = []
        self._more = 0

    def add(self, row: int, field: str, told: str) -> None:
        """One bad cell."""
        if len(self._told) < MOST_FAULTS:
            self._told.append(f"{self._file} 第 {row} 行 {field}：{told}")
        else:
            self._more += 1

    def check(self) -> None:
        """Raises UnreadableFile if anything was added."""
        if self._told:
            more = [f"……另有 {self._more:,} 处"] if self._more else []
            raise UnreadableFile("\n".join([*self._told, *more, "请改正后重试；结果文件未改动。"]))


def read_series(path: Path, added: Sequence[str]) -> SeriesTable:
    """The whole file; column names are compared without blanks and case, further columns are kept.

    Raises UnreadableFile: unreadable, a column missing or there twice, a column named as one of `added`; a row that
    is no row of such a table, an unknown date, a count that is no whole number, a date twice in one series.
    """
    faults = Faults(path.name)
    csv.field_size_limit(LONGEST)
    with path.open("r", encoding=encoding_of(path), errors="replace", newline="") as handle:
        reader = csv.reader(handle, strict=True)
        header = _header(path, reader, added)
        table = _table(handle, header, faults)
    faults.check()
    _check_twice(table, faults)
    faults.check()
    return table


def _header(path: Path, reader: Iterator[list[str]], added: Sequence[str]) -> list[str]:
    try:
        header = next(reader)
    except StopIteration:
        raise UnreadableFile(f"{path.name}：文件是空的；第一行应为列名 {'、'.join(COLUMNS)}") from None
    except csv.Error as error:
        raise UnreadableFile(f"{path.name} 第 1 行：引号不成对或位置不对") from error
    names = [name.strip().lower() for name in header]
    if missing := [name for name in COLUMNS if name not in names]:
        there = "、".join(filter(None, names)) or "（无）"
        raise UnreadableFile(f"{path.name}：缺少列 {'、'.join(missing)}；文件中的列有：{there}")
    if twice := [name for name in COLUMNS if names.count(name) > 1]:
        raise UnreadableFile(f"{path.name}：列 {'、'.join(twice)} 出现了不止一次，请只保留一列")
    if taken := [name for name in added if name in names]:
        raise UnreadableFile(f"{path.name}：已有列 {'、'.join(taken)}，与结果列同名；请先改名或删去")
    return header


def _table(handle: TextIO, header: list[str], faults: Faults) -> SeriesTable:
    names = [name.strip().lower() for name in header]
    columns = _Columns((names.index("series"), names.index("date"), names.index("count")), faults)
    number = 1
    for rows, lines in _blocks(handle, number, faults):
        columns.add(rows, lines, number, len(header))
        number += len(rows)
    return SeriesTable(
        _line(header),
        list(columns.ids),
        columns.lines,
        np.frombuffer(columns.numbers, dtype="int64"),
        np.frombuffer(columns.series, dtype="int64"),
        np.frombuffer(columns.days, dtype="int64"),
        np.frombuffer(columns.counts, dtype="float64"),
    )


def _blocks(handle: TextIO, number: int, faults: Faults) -> Iterator[tuple[list[list[str]], list[str]]]:
    """The records in blocks, as cells and as CSV text. Blocks without a quotation mark are taken apart by themselves,
    which is twice as fast; what follows a broken record is not read."""
    while raw := handle.readlines(BLOCK_CHARACTERS):
        text = "".join(raw)
        if '"' in text or text.count("\r") != text.count("\r\n"):
            yield from _quoted_blocks(chain(raw, handle), number, faults)
            return
        lines = [line.rstrip("\r\n") for line in raw]
        number += len(lines)
        yield [line.split(",") if line else [] for line in lines], lines


def _quoted_blocks(
    raw: Iterable[str], number: int, faults: Faults
) -> Iterator[tuple[list[list[str]], list[str]]]:
    reader = csv.reader(raw, strict=True)
    while True:
        rows: list[list[str]] = []
        try:
            rows.extend(islice(reader, BLOCK))
        except csv.Error:
            faults.add(number + len(rows) + 1, "引号", "不成对或位置不对；文字中的引号应写成两个")
            return
        if not rows:
            return
        number += len(rows)
        yield rows, list(map(_line, rows))


class _Columns:
    """The columns of the usable rows, block by block: a list comprehension is several times as fast as a loop."""

    def __init__(self, at: tuple[int, int, int], faults: Faults) -> None:
        self._at = at
        self._faults = faults
        self._days: dict[str, int | None] = {}
        self._counts: dict[str, float | None] = {}
        self._places: dict[str, int] = {}
        self.ids: dict[str, int] = {}
        self.lines: list[str] = []
        self.numbers, self.series, self.days, self.counts = array("q"), array("q"), array("q"), array("d")

    def add(self, rows: list[list[str]], lines: list[str], number: int, width: int) -> None:
        """Rows `number` + 1 and following; empty lines are passed over."""
        numbers: Sequence[int] = range(number + 1, number + 1 + len(rows))
        if set(map(len, rows)) != {width}:
            kept = [n for n, row in enumerate(rows) if row and self._has(numbers[n], row, width)]
            numbers, rows, lines = (
                [numbers[n] for n in kept],
                [rows[n] for n in kept],
                [lines[n] for n in kept],
            )
        names, dates, counts = ([row[at] for row in rows] for at in self._at)
        for text in set(dates) - self._days.keys():
            self._days[text] = parse_day(text)
        for text in set(counts) - self._counts.keys():
            self._counts[text] = _parse_count(text)
        for name in dict.fromkeys(names):
            self._places[name] = self.ids.setdefault(name.strip(), len(self.ids))
        days, values = [self._days[text] for text in dates], [self._counts[text] for text in counts]
        if None in days or None in values or "" in self.ids:
            self._tell(numbers, names, dates, counts)
            return
        self.numbers.extend(numbers)
        self.series.extend(map(self._places.__getitem__, names))
        self.days.extend(cast("list[int]", days))
        self.counts.extend(cast("list[float]", values))
        self.lines += lines

    def _has(self, number: int, row: list[str], width: int) -> bool:
        if len(row) != width:
            told = f"有 {len(row)} 列，表头有 {width} 列；含逗号的文字请加引号"
            self._faults.add(number, "列数", told)
        return len(row) == width

    def _tell(self, numbers: Sequence[int], names: list[str], dates: list[str], counts: list[str]) -> None:
        for number, name, day, count in zip(numbers, names, dates, counts, strict=True):
            if not name.strip():
                self._faults.add(number, "series", "空；每一行都要写明属于哪个序列")
            if self._days[day] is None:
                told = f"不是日期：{day!r}；可写作 2020-01-05、2020/1/5、20200105 或 2020-W01"
                self._faults.add(number, "date", told)
            if self._counts[count] is None:
                self._faults.add(number, "count", f"不是非负整数：{count!r}；未观测请留空或删去该行")


def _check_twice(table: SeriesTable, faults: Faults) -> None:
    order = np.lexsort((table.days, table.series))
    same = (np.diff(table.series[order]) == 0) & (np.diff(table.days[order]) == 0)
    for at in np.flatnonzero(same).tolist():
        first, second = int(table.numbers[order[at]]), int(table.numbers[order[at + 1]])
        name = table.names[int(table.series[order[at]])]
        faults.add(second, "date", f"序列 {name!r} 的这一日期在第 {first} 行已出现；请合并为一行")


def parse_day(text: str) -> int | None:
    """Day number of 2020-01-05, 2020/1/5, 2020.1.5, 20200105, 2020年1月5日 (midnight may follow) or of the Monday of
    2020-W01; None for anything else."""
    text = text.strip()
    try:
        if found := _DATE.fullmatch(text):
            year, month, day = (int(part) for part in found.groups() if part is not None)
            day_found = date(year, month, day)
        elif found := _WEEK.fullmatch(text):
            day_found = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        else:
            return None
    except ValueError:
        return None
    return day_number(day_found) if EARLIEST <= day_found.year <= LATEST else None


def _parse_count(text: str) -> float | None:
    """NaN for an empty cell, None for what is no count."""
    text = text.strip()
    if not text:
        return float("nan")
    return float(text) if _COUNT.fullmatch(text) else None


def _line(cells: Sequence[str]) -> str:
    return ",".join(
        f'"{cell.replace(chr(34), chr(34) * 2)}"' if _QUOTED.search(cell) else cell for cell in cells
    )
