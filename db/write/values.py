"""Computed values in: only what differs becomes a new version, so a step run twice writes nothing twice."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

import pandas as pd
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.schema import Base, Flip, IndexDay, IndexValue, PlatformDay
from db.sql import among, chunks, insert, latest, records, table, upsert

TOLERANCE = 1e-9
"""Numbers closer than this, relatively, are the same value: summing in another order is no news."""

Key = tuple[str, date]


def replace_index_days(session: Session, data: pd.DataFrame, *, platform_days_keys: Collection[Key]) -> None:
    """Roll-ups of these (platform_id, day) become exactly `data`: columns of index_days, rows of those keys only.

    Raises ValueError if `data` speaks of a day that is not among the keys.
    """
    names = [column.name for column in table(IndexDay).c]
    rows = records(data, names)
    keys = set(platform_days_keys)
    if strange := {(row[0], row[1]) for row in rows} - keys:
        raise ValueError(f"roll-ups outside the given keys, such as {sorted(strange)[0]}")
    for platforms, days in _by_days(keys):
        these = among(session, IndexDay.platform_id, platforms), among(session, IndexDay.day, days)
        session.execute(delete(IndexDay).where(*these))
    if rows:
        session.execute(
            insert(session, table(IndexDay)), [dict(zip(names, row, strict=True)) for row in rows]
        )


def save_index_values(session: Session, data: pd.DataFrame, as_of: datetime) -> int:
    """New versions for the rows of `data` (columns of index_values but as_of) that differ; returns how many."""
    return len(_save_versions(session, IndexValue, data, as_of))


def save_platform_days(session: Session, data: pd.DataFrame, as_of: datetime) -> int:
    """New versions for the rows of `data` (columns of platform_days but as_of) that differ; returns how many."""
    return len(_save_versions(session, PlatformDay, data, as_of))


def save_flips(session: Session, data: pd.DataFrame, as_of: datetime, *, computed: Collection[Key]) -> int:
    """Flips of the (platform_id, day) in `computed` become exactly `data`, as new versions; returns how many.

    A stored flip of a computed day that `data` lacks gets a `withdrawn` version. `data` has the columns of flips but
    as_of and withdrawn.
    """
    written = len(_save_versions(session, Flip, data.assign(withdrawn=False), as_of))
    present = {(row[0], row[1]) for row in records(data, ["platform_id", "day"])}
    names = _names(Flip)
    stored = (
        dict(zip(names, row, strict=True)) for row in _latest_rows(session, Flip, set(computed) - present)
    )
    gone = [row | {"as_of": as_of, "withdrawn": True} for row in stored if not row["withdrawn"]]
    upsert(session, Flip, gone)
    return written + len(gone)


def _names(model: type[Base]) -> list[str]:
    """Columns of a versioned table but as_of; platform_id and day come first."""
    return [column.name for column in table(model).c if column.name != "as_of"]


def _save_versions(
    session: Session, model: type[Base], data: pd.DataFrame, as_of: datetime
) -> list[dict[str, Any]]:
    names = _names(model)
    rows = records(data, names)
    width = len(table(model).primary_key) - 1  # the key's columns but as_of lead, in every versioned table
    stored = _latest_rows(session, model, {(row[0], row[1]) for row in rows})
    before = {tuple(row[:width]): row for row in stored}
    fresh = [
        dict(zip(names, row, strict=True)) | {"as_of": as_of}
        for row in rows
        if not _same(before.get(row[:width]), row)
    ]
    for piece in chunks(fresh):
        upsert(session, model, piece)
    return fresh


def _latest_rows(session: Session, model: Any, keys: Collection[Key]) -> Iterator[Sequence[Any]]:
    """Latest versions of these (platform_id, day), columns as `_names`."""
    columns = [table(model).c[name] for name in _names(model)]
    for platforms, days in _by_days(keys):
        between = model.day.between(days[0], days[-1])
        statement = select(*columns).where(
            among(session, model.platform_id, platforms), between, latest(model)
        )
        wanted = set(days)
        yield from (row for row in session.execute(statement) if row[1] in wanted)


def _by_days(keys: Collection[Key]) -> Iterator[tuple[list[str], tuple[date, ...]]]:
    """Platforms that share their days, so that a thousand of them are one statement."""
    platforms: dict[tuple[date, ...], list[str]] = {}
    for platform, group in groupby(sorted(keys), key=lambda key: key[0]):
        platforms.setdefault(tuple(day for _, day in group), []).append(platform)
    yield from ((names, days) for days, names in platforms.items())


def _same(old: Sequence[object] | None, new: Sequence[object]) -> bool:
    return old is not None and all(map(_equal, old, new))


def _equal(old: object, new: object) -> bool:
    if isinstance(old, float) and isinstance(new, int | float):
        return math.isclose(old, new, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_equal(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list | tuple):
        return len(old) == len(new) and all(map(_equal, old, new))
    return old == new
