"""Which source answered on which day, with how much against what was expected: coverage rests on these rows.

A day without a row is a day on which the source was not configured; `answered` False is silence, never calm. What is
expected of a day grows with every scheduled run that comes due, whether the source answers or not: one that falls
silent at noon has brought too little by the evening.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from collectors.base import SourceConfig
from collectors.expected import expected_items
from db import read, write
from db.session import Database
from pipeline.slots import moment_at_or_before
from signals.model import SHANGHAI, Kind, shanghai_day

MAX_SILENT_DAYS = 60
MORNING = 8
"""Hour of Shanghai from which items are expected, evenly until midnight."""
CLOSED = "last_closed_day"
"""Fact: the newest day whose levels are decided; its rows are not touched any more."""


def record_answer(database: Database, source: SourceConfig, now: datetime) -> None:
    """After a run that succeeded.

    A live source vouches for today; a scheduled file source for every day from its first document to today. What
    people import by hand vouches only for days of which it brings something: two rows of different years say nothing
    about the years between.
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


def record_silence(database: Database, sources: Sequence[SourceConfig], now: datetime) -> None:
    """Bring today's rows up to what is expected by now: an answer of the day stands, without one the day is silent.

    After a run that failed, and now and then for sources that nothing runs (refused, postponed).
    """
    today = shanghai_day(now)
    with database.reading() as session:
        known = read.source_days(session, today, today)
    answers = {(row.source_id, row.kind): int(row.items) for row in known.itertuples() if row.answered}
    stored = {(row.source_id, row.kind): float(row.expected) for row in known.itertuples()}
    rows = [
        row
        for source in sources
        if source.enabled and not source.schedule.manual
        for kind in source.kinds
        for row in [_row(source, Kind(kind), today, now, answers.get((source.id, kind)))]
        if stored.get((source.id, kind)) != row["expected"]
    ]
    if rows:
        with database.writing() as session:
            write.save_source_days(session, rows)


def fill_silence(database: Database, sources: Sequence[SourceConfig], now: datetime) -> None:
    """For every scheduled source: a row "not answered" for each day since its last one, today included.

    A day that is over but not yet decided is expected to have brought the whole day's items. Days before a source's
    first row are before it was configured. Longer silences than MAX_SILENT_DAYS are cut: the level is 数据不足 long
    before.
    """
    today = shanghai_day(now)
    horizon = today - timedelta(days=MAX_SILENT_DAYS)
    with database.reading() as session:
        newest = read.last_source_days(session)
        known = read.source_days(session, horizon, today)
        closed = date.fromisoformat(read.fact(session, CLOSED) or date.min.isoformat())
    last = {str(row.source_id): row.day for row in known[known["day"] < today].itertuples()}  # ordered by day
    items = {(row.source_id, row.day, row.kind): int(row.items) for row in known.itertuples() if row.answered}
    there = set(known[["source_id", "day", "kind"]].itertuples(index=False, name=None))
    rows = []
    for source in sources:
        if source.schedule.manual or not source.enabled:
            continue
        start = last.get(source.id, horizon if newest.get(source.id, today) < horizon else today)
        rows += [
            _row(source, Kind(kind), day, now, items.get((source.id, day, kind)))
            for day in span(start, today)
            for kind in source.kinds
            if (source.id, day, kind) not in there or closed < day < today
        ]
    if rows:
        with database.writing() as session:
            write.save_source_days(session, rows)


def span(start: date, end: date) -> list[date]:
    """All days from `start` to `end`, both included."""
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def expected_by(source: SourceConfig, kind: Kind, day: date, now: datetime) -> float:
    """Items that should have come on `day` by the newest run that was due: a morning is not late with all of them."""
    return expected_items(source, kind, day) * _elapsed(source, day, now)


def _row(source: SourceConfig, kind: Kind, day: date, now: datetime, items: int | None) -> dict[str, object]:
    """`items` None: the source has not answered."""
    return {
        "source_id": source.id,
        "day": day,
        "kind": kind.value,
        "answered": items is not None,
        "items": items or 0,
        "expected": expected_by(source, kind, day, now),
    }


def _elapsed(source: SourceConfig, day: date, now: datetime) -> float:
    """Share of a day that had passed at the source's newest scheduled moment; 0 when today has had none yet.

    The day of those who publish and complain begins at MORNING: nobody is short of items at six.
    """
    if day < shanghai_day(now):
        return 1.0
    local = moment_at_or_before(source, now).astimezone(SHANGHAI)
    if local.date() != day:
        return 0.0
    return max(0.0, local.hour + local.minute / 60 - MORNING) / (24 - MORNING)
