"""What 导出 writes: rows of one table, streamed into a CSV file. Raises db.session.DatabaseError."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Literal

from app_pages import _data
from db import read
from signals.export import ExportMeta, csv_chunks

Table = Literal["documents", "mentions", "index_values", "flips"]


def rows(table: Table, limit: int, **filters: object) -> Iterator[dict[str, object]]:
    """At most `limit` rows of an export (db.read.rows), streamed within one reading session."""
    with _data.database().reading() as session:
        yield from islice(read.rows(session, table, **filters), limit)  # type: ignore[arg-type] # checked there


def file(table: Table, limit: int, meta: ExportMeta, **filters: object) -> bytes:
    """The CSV file of an export. Touches nothing of the page: it runs when the button is pressed, outside a drawing."""
    return b"".join(csv_chunks(rows(table, limit, **filters), read.COLUMNS[table], meta))


@_data.cached(max_entries=32)
def _counted(key: _data.Stamp, table: Table, limit: int, filters: tuple[tuple[str, object], ...]) -> int:
    return sum(1 for _ in rows(table, limit, **dict(filters)))


def count(table: Table, limit: int, **filters: object) -> int:
    """How many rows an export would hold, counted up to `limit`."""
    return _counted(_data.stamp(), table, limit, tuple(sorted(filters.items())))
