"""CSV that opens in Excel with Chinese intact and runs no formula. Pure: rows in, bytes out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO

from signals.model import SHANGHAI

STAMP = ("schema_version", "settings_hash", "model_version", "data_as_of")
"""Columns that end every row of a CSV: what the figures rest on travels with each of them."""

ROWS_PER_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class ExportMeta:
    """What a reader needs to reproduce a file. `as_of` is the newest computation in it; None = nothing computed.

    `model_version`: of the model that judged the newest documents; None = nothing analysed. `filters`: what the reader
    narrowed the file to, by the words of the screen.
    """

    table: str
    schema_version: str
    settings_hash: str
    as_of: datetime | None
    model_version: str | None = None
    filters: Mapping[str, object] = field(default_factory=dict)

    @property
    def stamp(self) -> tuple[object, ...]:
        """The values of STAMP."""
        return self.schema_version, self.settings_hash, self.model_version, self.as_of

    def filename(self, day: date, suffix: str = "csv") -> str:
        """E.g. trustwatch_flips_2026-11-21.csv."""
        return f"trustwatch_{self.table}_{day.isoformat()}.{suffix}"


def dangerous(text: str) -> bool:
    """Whether a spreadsheet that reads `text` from a CSV, or edits it in a cell, would run it."""
    return text[:1] in _DANGEROUS


def defuse(text: str) -> str:
    """`text` with an apostrophe before anything a spreadsheet would run (= + - @ tab CR), full-width forms too."""
    return "'" + text if dangerous(text) else text


_DANGEROUS = frozenset("=+-@\t\r\n＝＋－＠")


def absent(value: object) -> bool:
    """None, NaN or NaT: not known, which is never written as 0."""
    return value is None or (isinstance(value, float | datetime) and value != value)


def plain(value: object) -> str:
    """Anything that is neither number nor time, as text: lists and dicts as JSON, without NUL."""
    if isinstance(value, list | tuple | dict):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return str(value).replace("\x00", "")


def cell(value: object) -> object:
    """One value as written in a CSV: absent ones empty, numbers as numbers, times in Asia/Shanghai, text defused."""
    if absent(value):
        return ""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return defuse(plain(value))


def csv_chunks(
    rows: Iterable[Mapping[str, object]], columns: Sequence[str], meta: ExportMeta
) -> Iterator[bytes]:
    """The file as utf-8-sig bytes in pieces of ROWS_PER_CHUNK rows; the first piece carries the header.

    A row's own column of a stamp's name (the settings its value was computed with) is headed `row_<name>`.
    Raises KeyError when a row lacks one of `columns`: a silent hole would read as "not observed".
    """
    stamp = [cell(value) for value in meta.stamp]
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


def write_table(
    target: IO[bytes],
    form: str,
    rows: Iterable[Mapping[str, object]],
    columns: Sequence[str],
    meta: ExportMeta,
    *,
    chinese: bool = True,
    labels: Mapping[str, str] | None = None,
) -> None:
    """The rows as `form` (csv | xlsx) into a seekable file, a row at a time. A CSV always has the columns' own names.

    Raises KeyError when a row lacks one of `columns`.
    """
    if form == "csv":
        for piece in csv_chunks(rows, columns, meta):
            target.write(piece)
        return
    from signals.workbook import write_workbook  # whoever writes CSV alone need not load it

    write_workbook(target, rows, columns, meta, chinese=chinese, labels=labels)
