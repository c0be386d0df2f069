"""The rows that a history is made of, at the speed of the driver: these are millions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Date, Select, bindparam, case, func, select
from sqlalchemy.orm import Session

from db.schema import IndexValue, PlatformDay
from db.sql import latest, table

Key = tuple[str, date]


class Mark(NamedTuple):
    """What tells whether a month of a platform changed: versions of its days, the days, the newest version."""

    versions: int
    days: int
    newest: datetime


ABSENT = -0.25
"""Code of an index that is not in scope; NaN: not observed; ≤ -1: not observed, but mentions worth -1 - code came."""


def codes(
    session: Session,
    platform: str,
    between: tuple[date, date],
    days: Mapping[Any, int],
    index: Mapping[str, int],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """(place of the day, place of the index, code) of every stored version, the newest last."""
    asked = {"platform": platform, "start": between[0], "end": between[1]}
    rows = raw(session, CODES, asked)
    if not rows:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    day, name, values = zip(*rows, strict=True)
    known = {one: index.get(one, -1) for one in set(name)}
    column = np.fromiter(map(known.__getitem__, name), dtype=np.int64, count=len(name))
    row = np.fromiter(map(days.__getitem__, day), dtype=np.int64, count=len(day))
    keep = column >= 0
    return row[keep], column[keep], np.array(values, dtype=np.float64)[keep]


def _coded() -> Select[*tuple[Any, ...]]:
    given = table(IndexValue).c
    came = -1 - 100 * func.coalesce(given.level_part, 0.0)
    code: ColumnElement[Any] = case((given.observed, given.value), (given["count"] > 0, came), else_=None)
    return (
        select(given.day, given.index_id, code.label("code"))
        .where(given.platform_id == bindparam("platform"), given.day.between(*_BETWEEN))
        .order_by(given.day, given.index_id, given.as_of)
    )


_BETWEEN = bindparam("start", type_=Date), bindparam("end", type_=Date)
_DAYS = table(PlatformDay).c
CODES = _coded()
JUDGED = (
    select(_DAYS.day)
    .where(_DAYS.platform_id == bindparam("platform"), _DAYS.day.between(*_BETWEEN))
    .distinct()
)
STANDING = select(_DAYS.platform_id, _DAYS.day, _DAYS.floor).where(
    _DAYS.day.between(*_BETWEEN), _DAYS.floor.is_not(None), latest(PlatformDay)
)
"""Built once: a thousand platforms are read one after the other."""


def raw(session: Session, statement: Any, asked: Mapping[str, Any]) -> Sequence[Any]:
    """The driver's own tuples: these are millions."""
    cursor = session.connection().execute(statement, asked).cursor
    return cursor.fetchall() if cursor is not None else []


def places(start: date, size: int) -> dict[Any, int]:
    """Place of a day, as PostgreSQL's driver names it and as SQLite's does."""
    every = [start + timedelta(days=n) for n in range(size)]
    return {name: n for n, day in enumerate(every) for name in (day, day.isoformat())}


def marks(session: Session, start: date, end: date, ids: Sequence[str]) -> Iterator[tuple[Key, Mark]]:
    """(platform, first of the month) -> its mark, from an index alone."""
    known = set(ids)
    for month in months(start, end):
        statement = (
            select(
                PlatformDay.platform_id,
                func.count(),
                func.count(PlatformDay.day.distinct()),
                func.max(PlatformDay.as_of),
            )
            .where(PlatformDay.day.between(max(month, start), min(month_end(month), end)))
            .group_by(PlatformDay.platform_id)
        )
        for name, versions, days, newest in session.execute(statement):
            if name in known:
                yield (name, month), Mark(versions, days, newest)


def months(start: date, end: date) -> Iterator[date]:
    month = start.replace(day=1)
    while month <= end:
        yield month
        month = month_end(month) + timedelta(days=1)


def spans(months: Iterable[Key]) -> Iterator[tuple[str, date, date]]:
    """Runs of neighbouring months of a platform: (platform, first, last)."""
    run: tuple[str, date, date] | None = None
    for name, month in sorted(months):
        if run is not None and run[0] == name and month_end(run[2]) + timedelta(days=1) == month:
            run = (name, run[1], month)
            continue
        if run is not None:
            yield run
        run = (name, month, month)
    if run is not None:
        yield run


def month_end(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
