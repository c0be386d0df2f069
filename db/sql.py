"""The few SQL constructions that both databases share: upsert, latest version, frames out, rows in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

import pandas as pd
from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Float,
    Integer,
    Numeric,
    Select,
    Table,
    and_,
    any_,
    bindparam,
    exists,
    func,
    not_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from db.schema import Base, Utc

T = TypeVar("T")
CHUNK = 5_000
"""Rows handed to the driver at once."""


def table(model: type[Base]) -> Table:
    """The Core table of a class."""
    found = model.__table__
    assert isinstance(found, Table)
    return found


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """`items` in lists of at most `size`."""
    piece: list[T] = []
    for item in items:
        piece.append(item)
        if len(piece) == size:
            yield piece
            piece = []
    if piece:
        yield piece


def among(session: Session, column: Any, values: Iterable[object]) -> ColumnElement[bool]:
    """`column` is one of `values`, however many: they travel as one parameter, so a statement is compiled once."""
    wanted = list(values)
    if session.get_bind().dialect.name == "sqlite":
        listed = func.json_each(json.dumps(wanted, default=str)).table_valued("value")
        return cast(ColumnElement[bool], column.in_(select(listed.c.value)))
    return cast(ColumnElement[bool], column == any_(bindparam(None, wanted, postgresql.ARRAY(column.type))))


def insert(session: Session, target: Table) -> Any:
    """The dialect's INSERT, which knows ON CONFLICT; both spell it the same, but share no type."""
    dialect = session.get_bind().dialect.name
    return sqlite.insert(target) if dialect == "sqlite" else postgresql.insert(target)


def add(session: Session, model: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
    """Insert what is not there yet; rows whose key exists are left as they are."""
    if rows:
        session.execute(insert(session, table(model)).on_conflict_do_nothing(), list(rows))


def add_numbers(session: Session, model: type[Base], rows: Sequence[tuple[int, ...]]) -> None:
    """`add` at the driver's own speed, for a table of integers of which a document has a dozen rows.

    Args:    rows: every column, in order.
    """
    if not rows:
        return
    target, connection = table(model), session.connection()
    if connection.dialect.name == "sqlite":
        source, values = f"VALUES ({', '.join('?' * len(target.c))})", list(rows)
        connection.exec_driver_sql(f"INSERT INTO {target.name} {source} ON CONFLICT DO NOTHING", values)
        return
    arrays = ", ".join(f"%s::{column.type.compile(connection.dialect)}[]" for column in target.c)
    statement = f"INSERT INTO {target.name} SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING"  # noqa: S608
    connection.exec_driver_sql(statement, tuple(map(list, zip(*rows, strict=True))))


def upsert(
    session: Session, model: type[Base], rows: Sequence[Mapping[str, object]], *, keep: Sequence[str] = ()
) -> None:
    """Insert, or overwrite the row with the same primary key in every given column but those of `keep`."""
    if not rows:
        return
    target = table(model)
    keys = [column.name for column in target.primary_key]
    statement = insert(session, target)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys and name not in keep}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


def changed_rows(result: Any) -> int:
    """How many rows an UPDATE or DELETE touched."""
    assert isinstance(result, CursorResult)
    return result.rowcount


def latest(model: type[Any], *, as_of: datetime | None = None) -> ColumnElement[bool]:
    """Condition: this row is the newest version of its key (known at `as_of`, if given).

    A lookup in the primary key per row: no sort, whatever the number of rows, and the planner stays free.
    """
    target = table(model)
    newer = target.alias("newer")
    same = [newer.c[c.name] == target.c[c.name] for c in target.primary_key if c.name != "as_of"]
    condition = and_(*same, newer.c.as_of > target.c.as_of)
    if as_of is None:
        return not_(exists().where(condition))
    return and_(target.c.as_of <= as_of, not_(exists().where(condition, newer.c.as_of <= as_of)))


def frame(session: Session, statement: Select[*tuple[Any, ...]]) -> pd.DataFrame:
    """The result with the statement's column names; dtypes follow the SQL types, also when there is no row.

    Text, JSON and days (`datetime.date`) stay objects; times are datetime64[us, UTC]; numbers float64 with NaN for
    NULL, or int64 where the column holds no NULL; flags bool.
    """
    return _framed(session.execute(statement).all(), statement)


def plain_frame(session: Session, statement: Select[*tuple[Any, ...]]) -> pd.DataFrame:
    """As `frame`, several times faster, for text and numbers only: the driver's values are taken as they are."""
    cursor = session.connection().execute(statement).cursor
    return _framed(cursor.fetchall() if cursor is not None else [], statement)


def _framed(rows: Sequence[Any], statement: Select[*tuple[Any, ...]]) -> pd.DataFrame:
    values = list(zip(*rows, strict=True)) if rows else [()] * len(statement.selected_columns)
    columns = zip(statement.selected_columns, values, strict=True)
    return pd.DataFrame({column.name: _series(column.type, cells) for column, cells in columns})


def _series(kind: TypeEngine[Any], cells: Sequence[object]) -> pd.Series:
    if isinstance(kind, Utc | DateTime):
        return pd.Series(pd.DatetimeIndex(cells, dtype="datetime64[us, UTC]"))
    if isinstance(kind, Boolean) and None not in cells:
        return pd.Series(cells, dtype=bool)
    if isinstance(kind, Integer) and None not in cells:
        return pd.Series(cells, dtype="int64")
    if isinstance(kind, Integer | Float | Numeric):
        return pd.Series(cells, dtype="float64")
    return pd.Series(cells, dtype=object)


def records(data: pd.DataFrame, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """The rows of `columns` as tuples of plain Python values: NaN and NaT are None, days are dates.

    Raises KeyError naming a missing column.
    """
    if missing := [name for name in columns if name not in data.columns]:
        raise KeyError(f"frame lacks columns {missing}")
    return list(zip(*(_plain(data[name], name) for name in columns), strict=True))


DAY_COLUMNS = frozenset({"day", "since", "available_day"})


def _plain(column: pd.Series, name: str) -> list[Any]:
    values: list[Any] = [None if _absent(value) else value for value in column.tolist()]
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        values = [None if value is None else value.to_pydatetime() for value in values]
    if name in DAY_COLUMNS:
        return [value.date() if isinstance(value, datetime) else value for value in values]
    return values


def _absent(value: object) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value)
