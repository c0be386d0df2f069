"""CSV by any delimiter, streaming: memory does not grow with the file, and one broken row costs one row."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from collectors.readers.tables import HEADER_WITHIN, RowFault, Table, Wanted, blank, by_position, find_header
from collectors.readers.textfile import MAX_LINE, TextFile, open_text

_DELIMITERS = ",;\t|"
_TOO_LONG = f"这一行超过 {MAX_LINE // 10_000} 万字，已跳过；请检查换行符和引号"
_UNCLOSED = "引号没有闭合；请在该行补上引号"


class _Overlong(Exception):
    """The record under way is too long; raised through csv.reader, which then starts afresh."""


class _Feed:
    """Lines for csv.reader, remembering those of the record under way so that they can be read again."""

    def __init__(self, lines: Iterator[str | None]) -> None:
        self._lines = lines
        self._again: deque[str | None] = deque()
        self.taken: list[str] = []
        self.size = 0
        self.ended = False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines, "")
        if line is None:
            self._again.appendleft(None)
            raise _Overlong
        if not line:
            self.ended = True
            raise StopIteration
        self.taken.append(line)
        self.size += len(line)
        if self.size > MAX_LINE:
            raise _Overlong
        return line

    def start_record(self) -> None:
        """Forgets the lines of the record before."""
        self.taken.clear()
        self.size = 0

    def give_back(self) -> str:
        """Takes out the first line of the record; the others come again. '' for an overlong line alone."""
        if not self.taken:
            self._again.popleft()
            return ""
        first, *rest = self.taken
        self._again.extendleft(reversed(rest))
        self.ended = False
        return first

    def unclosed(self) -> bool:
        """Whether the file ended inside quotes."""
        return self.ended and sum(line.count('"') for line in self.taken) % 2 == 1


Cells = list[object] | RowFault


def open_csv(path: Path, wanted: Wanted) -> Table[list[object]]:
    """Finds encoding, delimiter and header. Raises UnreadableFile."""
    file = open_text(path)
    rows = _records(file, _delimiter(file))
    head = list(islice(rows, HEADER_WITHIN))
    place, columns = find_header(path.name, [cells for _, cells in head], wanted)
    below = chain(head[place + 1 :], rows)
    numbered = _shaped(below, len(columns))
    if file.zeros:
        numbered = ((number, _without_zeros(cells)) for number, cells in numbered)
    return Table(columns, by_position(columns), numbered, file.encoding, file.damaged)


def _delimiter(file: TextFile) -> str:
    """The most frequent of , ; tab | in the first line that has any; Excel's own `sep=;` line counts too."""
    for line in islice(file.lines(), HEADER_WITHIN):
        counts = {sign: (line or "").count(sign) for sign in _DELIMITERS}
        if any(counts.values()):
            return max(counts, key=lambda sign: counts[sign])
    return ","


def _records(file: TextFile, delimiter: str) -> Iterator[tuple[int, Cells]]:
    """Numbered records from 1; one of several lines counts once, as in a sheet."""
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE + 1))
    feed = _Feed(file.lines())
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    number = 0
    while True:
        feed.start_record()
        number += 1
        try:
            cells: Cells = list(next(reader))
            if feed.unclosed():
                cells = _salvage(feed, delimiter)
        except StopIteration:
            return
        except (_Overlong, csv.Error):
            cells = _salvage(feed, delimiter)
        yield number, cells


def _salvage(feed: _Feed, delimiter: str) -> Cells:
    """The first line of a broken record, alone: read leniently if its quotes are even, else refused."""
    line = feed.give_back()
    if not line:
        return RowFault("", _TOO_LONG)
    if line.count('"') % 2:
        return RowFault(line.strip(), _UNCLOSED)
    return list(next(csv.reader([line], delimiter=delimiter)))


def _shaped(rows: Iterable[tuple[int, Cells]], width: int) -> Iterator[tuple[int, Cells]]:
    """Rows of exactly `width` cells. Empty ones at the end are often left out; more mean a stray delimiter."""
    for number, cells in rows:
        if isinstance(cells, RowFault):
            yield number, cells
        elif blank(cells):
            continue
        elif any(cells[width:]):
            reason = f"有 {len(cells)} 格，表头只有 {width} 格；内容里的分隔符请用引号括起来"
            yield number, RowFault("，".join(map(str, cells[width:])), reason)
        else:
            yield number, cells[:width] + [""] * (width - len(cells))


def _without_zeros(cells: Cells) -> Cells:
    """Zero bytes are what a broken disk or transfer leaves behind: the row's content is not what was written."""
    if isinstance(cells, RowFault) or not any("\0" in str(cell) for cell in cells):
        return cells
    bad = next(str(cell) for cell in cells if "\0" in str(cell))
    return RowFault(bad.replace("\0", "␀"), "含有空字节，文件已损坏；请重新导出该行")
