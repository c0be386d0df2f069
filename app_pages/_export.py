"""What leaves the system: rows of one table as CSV or workbook, noted in the audit log. Raises DatabaseError."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal

from app_pages import _data
from db import read, write
from db.roles import Actor
from db.schema import SCHEMA_VERSION
from signals.export import ExportMeta, write_table

Format = Literal["csv", "xlsx"]
MIME: Mapping[str, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Rows = Iterable[Mapping[str, object]]


@_data.cached(max_entries=4)
def _model(key: _data.Stamp) -> str | None:
    with _data.database().reading() as session:
        return read.model_version(session)


def meta(table: str, filters: Mapping[str, object] | None = None) -> ExportMeta:
    """What an exported table rests on; `filters` as the reader chose them, by the words of the screen."""
    stamp = _data.stamp()
    chosen = {name: value for name, value in (filters or {}).items() if value is not None}
    return ExportMeta(table, SCHEMA_VERSION, _data.settings().hash, stamp.as_of, _model(stamp), chosen)


def rows(table: str, limit: int | None, **filters: object) -> Iterator[dict[str, object]]:
    """At most `limit` rows of an export (db.read.rows), streamed within one reading session."""
    with _data.database().reading() as session:
        yield from islice(read.rows(session, table, **filters), limit)  # type: ignore[arg-type] # checked there


def file(
    form: Format,
    found: Rows,
    columns: Sequence[str],
    stamp: ExportMeta,
    labels: Mapping[str, str] | None = None,
    *,
    chinese: bool = True,
) -> bytes:
    """The whole file. Touches nothing of the page: it runs when the button is pressed, outside a drawing."""
    with tempfile.SpooledTemporaryFile(max_size=1 << 22) as target:
        write_table(target, form, found, columns, stamp, chinese=chinese, labels=labels)
        target.seek(0)
        return target.read()


def taken(
    actor: Actor,
    table: str,
    make: Callable[[], bytes],
    filters: Mapping[str, object] | None = None,
    *,
    rows: int | None = None,
    on_screen: bool = True,
) -> bytes:
    """What `make` gives, after the log says that `actor` took it: nothing leaves unrecorded. Raises NotAllowed."""
    with _data.database().writing() as session:
        write.record_export(
            session, actor, table, filters or {}, rows=rows, on_screen=on_screen, now=_data.now()
        )
    return make()


@_data.cached(max_entries=32)
def _counted(key: _data.Stamp, table: str, limit: int, filters: tuple[tuple[str, object], ...]) -> int:
    return sum(1 for _ in rows(table, limit, **dict(filters)))


def count(table: str, limit: int, **filters: object) -> int:
    """How many rows an export would hold, counted up to `limit`."""
    return _counted(_data.stamp(), table, limit, tuple(sorted(filters.items())))
