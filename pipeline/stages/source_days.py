"""Which source answered on which day, with how much against what was expected: coverage rests on these rows.

A day without a row is a day on which the source was not configured; `answered` False is silence, never calm.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from collectors.base import SourceConfig
from collectors.expected import expected_items
from db import read, write
from db.session import Database
from signals.model import SHANGHAI, Kind, shanghai_day

MAX_SILENT_DAYS = 60


def record_answer(database: Database, source: SourceConfig, now: datetime) -> None:
    """After a run that succeeded.

    A live source vouches for today; a scheduled file source for every day from its first document to today. What
    people import by hand vouches only for days of which it brings something: two rows of different years say nothing
    about the years between. A run that failed writes nothing: an earlier answer of the day stands, and without one
    the day is silent already (`fill_silence`).
    """
    today = shanghai_day(now)
    live = source.path is None
    with database.reading() as session:
        counts = read.document_counts(session, source.id, start=today if live else None)
        before = read.source_days(session, today, today)
    if live:
        days = [today]
    elif counts.empty:
        return
    else:
        days = span(min(counts["day"]), max(*counts["day"], today))
    found = {(row.day, row.kind): int(row.items) for row in counts.itertuples()}
    wanted = found if source.schedule.manual else [(day, kind) for day in days for kind in source.kinds]
    rows = [_row(source, Kind(kind), day, now, found.get((day, kind), 0)) for day, kind in wanted]
    silent = (
        today in {day for day, _ in wanted}
        and not before.loc[before["source_id"] == source.id, "answered"].any()
    )
    with database.writing() as session:
        write.save_source_days(session, rows)
        if silent:
            # Coverage of today just rose: the rows of all it covers are computed again.
            covered = source.covers.ids(read.watch_list(session))
            write.add_pending(session, "index", [(name, today) for name in covered])


def fill_silence(database: Database, sources: Sequence[SourceConfig], now: datetime) -> None:
    """For every scheduled source: a row "not answered" for each day since its last one, today included.

    Days before its first row are before it was configured. Longer silences than MAX_SILENT_DAYS are cut: the level
    is 数据不足 long before.
    """
    today = shanghai_day(now)
    with database.reading() as session:
        last = read.last_source_days(session)
    rows = []
    for source in sources:
        if source.schedule.manual or not source.enabled:
            continue
        after = max(last.get(source.id, today - timedelta(days=1)), today - timedelta(days=MAX_SILENT_DAYS))
        rows += [
            _row(source, Kind(kind), day, now, None)
            for day in span(after + timedelta(days=1), today)
            for kind in source.kinds
        ]
    if rows:
        with database.writing() as session:
            write.save_source_days(session, rows)


def span(start: date, end: date) -> list[date]:
    """All days from `start` to `end`, both included."""
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def _row(source: SourceConfig, kind: Kind, day: date, now: datetime, items: int | None) -> dict[str, object]:
    """`items` None: the source has not answered."""
    return {
        "source_id": source.id,
        "day": day,
        "kind": kind.value,
        "answered": items is not None,
        "items": items or 0,
        "expected": expected_items(source, kind, day) * _elapsed(day, now),
    }


def _elapsed(day: date, now: datetime) -> float:
    """Share of a day that has passed: a morning cannot be late with the whole day's items."""
    local = now.astimezone(SHANGHAI)
    return 1.0 if day < local.date() else (local.hour * 60 + local.minute) / 1440
