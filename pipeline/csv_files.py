"""CSV in and out for the commands that stand alone: row by row, in constant memory, every bad row named."""

from __future__ import annotations

import csv
import os
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol, TextIO

from collectors.base import UnreadableFile
from collectors.encoding import decode, looks_binary

SAMPLE_BYTES = 262_144
LONGEST = 10_000_000
"""Characters of one cell, and of one line. Longer ones come from an unclosed quotation mark."""
LOST = "\ufffd"
"""What stands for bytes that the file's encoding does not know."""
_TOO_LONG = "field larger than field limit"  # csv's own words
_TRUE_MARK = re.compile("[\u0800-\U0010ffff]")


class CsvRow(NamedTuple):
    """`number` as a sheet counts (header = 1, a row with line breaks inside is one); `fault` None = usable.

    `read` is how many bytes of the file have been read, some kilobytes ahead of the row.
    """

    number: int
    cells: Mapping[str, str]
    fault: str | None
    read: int


class Write(Protocol):
    """Writes one row."""

    def __call__(self, row: Sequence[object], /) -> object: ...


def read_csv(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[CsvRow]:
    """The rows with the named columns; absent optional ones are "". Header names are compared without blanks and case.

    A row with an unclosed or misplaced quotation mark is a fault; reading goes on with the next line of the file.
    Raises UnreadableFile: no such file, no ordinary file, binary, empty, a required column missing or there twice.
    """
    encoding = encoding_of(path)
    csv.field_size_limit(LONGEST)
    with path.open("r", encoding=encoding, errors="replace", newline="") as handle:
        records = _Records(handle)
        try:
            header = [name.strip().lower() for name in next(records)]
        except StopIteration:
            raise UnreadableFile(f"{path.name}：文件是空的；第一行应为列名 {'、'.join(required)}") from None
        except csv.Error as error:
            raise UnreadableFile(f"{path.name} 第 1 行：{_told(error)}") from error
        _check(path, header, required, optional)
        places = {name: header.index(name) for name in (*required, *optional) if name in header}
        nothing = dict.fromkeys(optional, "")
        yield from _rows(path, records, len(header), places, nothing)


def _check(path: Path, header: Sequence[str], required: Sequence[str], optional: Sequence[str]) -> None:
    if missing := [name for name in required if name not in header]:
        there = "、".join(filter(None, header)) or "（无）"
        raise UnreadableFile(f"{path.name}：缺少列 {'、'.join(missing)}；文件中的列有：{there}")
    if twice := [name for name in (*required, *optional) if header.count(name) > 1]:
        raise UnreadableFile(f"{path.name}：列 {'、'.join(twice)} 出现了不止一次，请只保留一列")


class _Records:
    """The records of a file, read strictly; after a broken one from the line that follows its first one."""

    def __init__(self, handle: TextIO) -> None:
        self._handle = handle
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._reader = csv.reader(self._lines(), strict=True)

    def _lines(self) -> Iterator[str]:
        while line := self._again.popleft() if self._again else self._handle.readline(LONGEST):
            if len(line) == LONGEST and line[-1] not in "\r\n":
                while len(line) == LONGEST and line[-1] not in "\r\n":
                    line = self._handle.readline(LONGEST)
                raise csv.Error(_TOO_LONG)
            self._taken.append(line)
            yield line

    @property
    def read(self) -> int:
        """Bytes of the file that have been read."""
        return self._handle.buffer.tell()

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        self._taken = []
        try:
            return next(self._reader)
        except csv.Error:
            self._again.extendleft(reversed(self._taken[1:]))
            self._reader = csv.reader(self._lines(), strict=True)
            raise


def _rows(
    path: Path, records: _Records, width: int, places: Mapping[str, int], nothing: Mapping[str, str]
) -> Iterator[CsvRow]:
    number = 1
    while True:
        number += 1
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            yield CsvRow(number, {}, f"{path.name} 第 {number} 行：{_told(error)}", records.read)
            continue
        if not cells:
            continue
        if len(cells) < width or any(cells[width:]):
            told = f"有 {len(cells)} 列，表头有 {width} 列；含逗号的文字请加引号"
            yield CsvRow(number, {}, f"{path.name} 第 {number} 行：{told}", records.read)
            continue
        found = {name: cells[at] for name, at in places.items()}
        yield CsvRow(number, {**nothing, **found}, None, records.read)


def _told(error: csv.Error) -> str:
    if _TOO_LONG in str(error):
        return f"一个单元格或一行超过 {LONGEST:,} 个字符，请检查引号是否成对"
    return "引号不成对或位置不对（文字中的引号应写成两个），已从下一行继续"


def encoding_of(path: Path) -> str:
    """Python's name for the encoding of a file, told from its beginning; valid UTF-8 is UTF-8 whatever it holds.

    Raises UnreadableFile: no such file, no ordinary file, binary.
    """
    if path.exists() and not path.is_file():
        raise UnreadableFile(f"不是普通文件：{path}，请给出一个 CSV 文件")
    try:
        with path.open("rb") as handle:
            sample = handle.read(SAMPLE_BYTES)
    except FileNotFoundError:
        raise UnreadableFile(f"没有这个文件：{path}，请检查路径") from None
    if _is_utf8(sample):
        return "utf-8-sig"
    if looks_binary(sample):
        raise UnreadableFile(f"{path.name}：不是文本文件，请另存为 CSV（UTF-8）")
    found = decode(sample).encoding
    if found.startswith("utf-16") and 0 not in sample:  # the names of the columns alone would hold zeros
        found = min(("utf-8", "gb18030"), key=lambda one: sample.decode(one, "replace").count(LOST))
    return "utf-8-sig" if found == "utf-8" else found


def _is_utf8(sample: bytes) -> bool:
    """Whether a beginning is UTF-8: valid (halves of surrogates allowed) and no accident of two-byte characters.

    Its first two bytes are characters of a header, so a zero there means UTF-16.
    """
    if 0 in sample[:2]:
        return False
    for cut in range(min(4, len(sample)) if len(sample) == SAMPLE_BYTES else 1):
        try:
            text = sample[: len(sample) - cut].decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            continue
        return text.isascii() or bool(_TRUE_MARK.search(text))
    return False


@contextmanager
def write_csv(path: Path, header: Sequence[str]) -> Iterator[Write]:
    """Plain UTF-8, put in its place at the end (`whole_file`). Raises OSError.

    Cells with a comma, a quotation mark or a line break are quoted; lone surrogates, which UTF-8 has not, become "?".
    """
    with whole_file(path) as handle:

        def write(row: Sequence[object]) -> None:
            cells = [str(value) for value in row]
            line = ",".join(cells)
            if line.count(",") >= len(cells) or _must_be_quoted(line):
                line = ",".join(map(_cell, cells))
            handle.write(line + "\n")

        write(header)
        yield write


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A text file in UTF-8, written beside `path` and put in its place when it is complete: a broken run leaves no half
    file. What is no ordinary file (a pipe, a device) is written to as it is. Raises OSError."""
    path = path.resolve()
    special = path.exists() and not path.is_file()
    part = path if special else path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", errors="replace", newline="") as handle:
            yield handle
            handle.flush()
            if not special:
                os.fsync(handle.fileno())
    except BaseException:
        if not special:
            part.unlink(missing_ok=True)
        raise
    if not special:
        part.replace(path)


def _cell(text: str) -> str:
    """Quoted where csv.writer does and at a lone carriage return, which it lets pass."""
    return '"' + text.replace('"', '""') + '"' if "," in text or _must_be_quoted(text) else text


def _must_be_quoted(text: str) -> bool:
    return '"' in text or "\n" in text or "\r" in text
