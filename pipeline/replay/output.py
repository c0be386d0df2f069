"""The files of a replay: rows by day, then platform, written beside their names and put in place at the end."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from pipeline.errors import UsageFault
from pipeline.replay.levels import Floats, Judged
from signals.model import Level

INDEX_VALUES, FLIPS, BASELINES = "index_values.csv", "flips.csv", "baselines.csv"
INDUSTRY, DESCRIPTION = "industry.csv", "replay.json"
INDICES = ("R", "N", "C", "K", "S", "D", "Y")
HEADERS: dict[str, tuple[str, ...]] = {
    INDEX_VALUES: (
        *("platform", "day", *INDICES),
        *("T", "composite", "scope", "coverage", "level"),
    ),
    FLIPS: ("platform", "day", "from", "to", "reason"),
    BASELINES: ("platform", "day", "negative_count", "complaint_count", "snownlp_mean"),
}
"""The files told by blocks; industry.csv has a column P, the intensity of policy, after Y."""
FILES = (*HEADERS, INDUSTRY, DESCRIPTION)
DIGITS = 6
PART = ".part"
_QUOTED = re.compile(r'[,"\r\n]')
Lines = list[list[str]]
"""By day: a row for each platform, "" where there is none."""
Told = dict[str, list[list[bytes]]]
"""By file: the same, encoded."""


def told(judged: Judged, written: Sequence[str], start: date) -> Told:
    """A block's rows. `written`: all platforms as they stand in PLATFORMS."""
    names = [_cell(written[place]) for place in judged.places]
    days = [(start + timedelta(days=n)).isoformat() for n in range(judged.t.shape[0])]
    nothing = np.full(judged.t.shape, np.nan)
    numbers = [judged.values.get(index, nothing) for index in INDICES]
    numbers += [judged.t, judged.t_star, judged.scope, judged.coverage]
    baselines = [judged.negative, judged.complaints, judged.snownlp]
    rows = {
        INDEX_VALUES: _rows(names, days, numbers, judged.level.tolist()),
        FLIPS: _flips(names, days, judged),
        BASELINES: _rows(names, days, baselines),
    }
    return {
        name: [[line.encode("utf-8", "replace") for line in lines] for lines in by_day]
        for name, by_day in rows.items()
    }


def industry_rows(
    values: Mapping[str, Floats], platform_days: pd.DataFrame, name: str, policy: str, start: date
) -> Iterator[bytes]:
    """industry.csv."""
    header = HEADERS[INDEX_VALUES]
    yield f"{','.join((*header[:9], policy, *header[9:]))}\n".encode()
    days = [(start + timedelta(days=n)).isoformat() for n in range(len(platform_days))]
    nothing = np.full((len(days), 1), np.nan)
    numbers = [values.get(index, nothing) for index in (*INDICES, policy)]
    numbers += [
        platform_days[name].to_numpy("float64")[:, None] for name in ("t", "t_star", "scope", "coverage")
    ]
    for rows in _rows([_cell(name)], days, numbers, [[level] for level in platform_days["level"]]):
        yield "".join(rows).encode()


def _rows(
    names: Sequence[str],
    days: Sequence[str],
    numbers: Sequence[Floats],
    words: Sequence[Sequence[str]] | None = None,
) -> Lines:
    columns = [_numbers(array) for array in numbers]
    if words is not None:
        columns.append([list(row) for row in words])
    return [
        [
            f"{name},{day},{','.join(cells)}\n"
            for name, cells in zip(names, zip(*(column[d] for column in columns), strict=True), strict=True)
        ]
        for d, day in enumerate(days)
    ]


def _flips(names: Sequence[str], days: Sequence[str], judged: Judged) -> Lines:
    level, reason = judged.level.tolist(), judged.reason.tolist()
    return [
        [
            f"{name},{day},{level[d - 1][p] if d else Level.NORMAL.value},{level[d][p]},{_cell(reason[d][p])}\n"
            if reason[d][p] is not None
            else ""
            for p, name in enumerate(names)
        ]
        for d, day in enumerate(days)
    ]


def _numbers(array: Floats) -> list[list[str]]:
    """Each number with DIGITS decimals at most; NaN = not observed. Adding 0 makes no number of a negative zero."""
    rows: list[list[float]] = (np.round(array, DIGITS) + 0.0).tolist()
    return [["NaN" if value != value else repr(value) for value in row] for row in rows]


def _cell(text: str) -> str:
    """Quoted where csv needs it."""
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


class Spool:
    """Rows of blocks that end in any order, in a file without a name, until they can be told day by day."""

    def __init__(self, folder: Path, days: int, parts: Sequence[Sequence[int]]) -> None:
        """Args: parts: the places of each block's platforms."""
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 # closed by `close`
        self._parts = [np.array(part) for part in parts]
        self._lengths = {
            name: [np.zeros((days, part.size), dtype=np.int64) for part in self._parts] for name in HEADERS
        }
        self._offsets = {name: np.zeros((days, len(parts)), dtype=np.int64) for name in HEADERS}
        self._length = 0

    def add(self, block: int, rows: Told) -> None:
        """A block's rows of every file."""
        for name, by_day in rows.items():
            for day, told in enumerate(by_day):
                self._lengths[name][block][day] = [len(row) for row in told]
                self._offsets[name][day, block] = self._length
                self._length += self._file.write(b"".join(told))

    def read(self, name: str) -> Iterator[bytes]:
        """A file's rows by day, then platform."""
        self._file.flush()
        count = sum(part.size for part in self._parts)
        for day, offsets in enumerate(self._offsets[name].tolist()):
            rows = [b""] * count
            for part, lengths, offset in zip(self._parts, self._lengths[name], offsets, strict=True):
                told = os.pread(self._file.fileno(), int(lengths[day].sum()), offset)
                ends = np.cumsum(lengths[day]).tolist()
                for place, begin, end in zip(part.tolist(), [0, *ends[:-1]], ends, strict=True):
                    rows[place] = told[begin:end]
            yield b"".join(rows)

    def close(self) -> None:
        """The file is gone."""
        self._file.close()


@contextmanager
def folder(path: Path) -> Iterator[Callable[[Spool, Iterable[bytes], Mapping[str, Any]], None]]:
    """A function of the blocks' rows, industry.csv and the description, that writes all files into the folder.

    The folder is made if it is not there; other files in it stay. All is written under other names first; the old
    description goes first and the new one comes last, so that a folder that has one is whole. Raises UsageFault (no
    folder), OSError.
    """
    if path.exists() and not path.is_dir():
        raise UsageFault(f"--out 应为文件夹，而 {path} 是文件；请另取名称")
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield lambda spool, industry, description: _write(path, spool, industry, description)
    finally:
        for name in FILES:
            (path / f"{name}{PART}").unlink(missing_ok=True)


def _write(path: Path, spool: Spool, industry: Iterable[bytes], description: Mapping[str, Any]) -> None:
    for name, header in HEADERS.items():
        _whole(path / f"{name}{PART}", chain([f"{','.join(header)}\n".encode()], spool.read(name)))
    _whole(path / f"{INDUSTRY}{PART}", industry)
    told = json.dumps(description, ensure_ascii=False, indent=1)
    _whole(path / f"{DESCRIPTION}{PART}", [f"{told}\n".encode()])
    (path / DESCRIPTION).unlink(missing_ok=True)
    for name in FILES:
        (path / f"{name}{PART}").replace(path / name)


def _whole(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("wb") as handle:
        for piece in pieces:
            handle.write(piece)
        handle.flush()
        os.fsync(handle.fileno())
