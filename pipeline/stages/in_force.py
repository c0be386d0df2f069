"""Which thresholds decide a day: those that were in force on it, for a finished day is not judged by later rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby

from db.read import ThresholdVersionRow
from signals.model import day_end, shanghai_day


def in_force(history: Sequence[ThresholdVersionRow], day: date, now: datetime) -> ThresholdVersionRow:
    """The version for a day: of today the one in force now, of another day the last that came into force on or
    before it and was known by its end. Days before any version was made go by the first: the installation's."""
    finished = day < shanghai_day(now)
    known = [
        version
        for version in history
        for moment in [max(version.effective_from, version.created_at)]
        if (moment < day_end(day) if finished else moment <= now)
    ]
    if known:
        return max(known, key=lambda version: (version.effective_from, version.id))
    return min(history, key=lambda version: (version.effective_from, version.id))


def spells(
    history: Sequence[ThresholdVersionRow], days: Sequence[date], now: datetime
) -> Iterator[tuple[ThresholdVersionRow, list[date]]]:
    """Runs of days (ascending) with the version that decides them."""
    versions = {version.id: version for version in history}
    for number, run in groupby(days, key=lambda day: in_force(history, day, now).id):
        yield versions[number], list(run)
