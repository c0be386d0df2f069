"""CSV that opens in Excel with Chinese intact and runs no formula. Pure: rows in, bytes out."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from signals.model import SHANGHAI

STAMP = ("schema_version", "settings_hash", "data_as_of")
"""Columns that end every row: what the figures rest on travels with each of them."""

ROWS_PER_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class ExportMeta:
    """What a reader needs to reproduce a file. `as_of` is the newest computation in it; None = nothing computed."""

    table: str
    schema_version: str
    settings_hash: str
    as_of: datetime | None

    def filename(self, day: date, suffix: str = "csv") -> str:
        """E.g. trustwatch_flips_2026-11-21.csv."""
        return f"trustwatch_{self.table}_{day.isoformat()}.{suffix}"


def defuse(text: str) -> str:
    """`text` with an apostrophe before anything a spreadsheet would run (= + - @ tab CR), full-width forms too."""
    return "'" + text if text[:1] in _DANGEROUS else text


_DANGEROUS = frozenset("=+-@\t\r\n＝＋－＠")


def cell(value: object) -> object:
    """One value as written: NaN and None empty, numbers as numbers, times in Asia/Shanghai, text defused."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple | dict):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return defuse(str(value).replace("\x00", ""))


def csv_chunks(
    rows: Iterable[Mapping[str, object]], columns: Sequence[str], meta: ExportMeta
) -> Iterator[bytes]:
    """The file as utf-8-sig bytes in pieces of ROWS_PER_CHUNK rows; the first piece carries the header.

    A row's own column of a stamp's name (the settings its value was computed with) is headed `row_<name>`.
    Raises KeyError when a row lacks one of `columns`: a silent hole would read as "not observed".
    """
    stamp = [cell(value) for value in (meta.schema_version, meta.settings_hash, meta.as_of)]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([*(f"row_{name}" if name in STAMP else name for name in columns), *STAMP])
    yield b"\xef\xbb\xbf" + _drain(buffer)
    for number, row in enumerate(rows, 1):
        writer.writerow([*(cell(row[column]) for column in columns), *stamp])
        if number % ROWS_PER_CHUNK == 0:
            yield _drain(buffer)
    if tail := _drain(buffer):
        yield tail


def _drain(buffer: io.StringIO) -> bytes:
    piece = buffer.getvalue().encode("utf-8", "replace")
    buffer.seek(0)
    buffer.truncate()
    return piece
