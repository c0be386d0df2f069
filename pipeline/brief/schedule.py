"""Which briefs the worker makes by itself: yesterday's from seven in the morning on, last week's on Monday."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import structlog

from db import read, write
from pipeline.brief.make import last_day, make
from pipeline.prepare import Workplace
from signals.brief import Period
from signals.model import SHANGHAI

log = structlog.get_logger()
FROM_HOUR = 7
"""Levels of yesterday are decided after midnight; by then late documents of the night have come."""

MISSED = 7
"""Briefs of a kind that are made up for after an interruption, at most."""

MADE = "briefs_made"
"""Fact: kind -> last day of the newest brief that the schedule made."""


def make_due(workplace: Workplace, now: datetime) -> int:
    """Write every brief that is due and whose days are computed, each once; returns how many. Raises OSError."""
    if now.astimezone(SHANGHAI).hour < FROM_HOUR:
        return 0
    number = 0
    for period in Period:
        for day in due(period, _last(workplace, period), now):
            if not _settled(workplace, day):
                break
            written = make(workplace, period, day, demo=None, who="定时")
            _remember(workplace, period, day)
            log.info("brief", folder=written.folder.name, no_pdf=written.no_pdf)
            number += 1
    return number


def due(period: Period, last: date | None, now: datetime) -> list[date]:
    """Last days of the briefs to be made, oldest first: the newest, and what was missed since the one of `last`."""
    newest = last_day(period, now)
    if last is None:
        return [newest]
    count = min((newest - last).days // period.days, MISSED)
    return [newest - timedelta(days=period.days * back) for back in range(count - 1, -1, -1)]


def _settled(workplace: Workplace, day: date) -> bool:
    """Whether that day has levels and nothing of it waits to be computed."""
    with workplace.database.reading() as session:
        if read.waiting_count(session):
            return False
        for stage in ("index", "warn"):
            if any(first <= day for first in read.pending(session, stage).values()):
                return False
        return any(
            (newest := read.newest_day(session, demo=demo)) is not None and newest >= day
            for demo in (False, True)
        )


def _known(workplace: Workplace) -> dict[str, str]:
    with workplace.database.reading() as session:
        found = json.loads(read.fact(session, MADE) or "{}")
    assert isinstance(found, dict)
    return found


def _last(workplace: Workplace, period: Period) -> date | None:
    told = _known(workplace).get(period.value)
    return None if told is None else date.fromisoformat(told)


def _remember(workplace: Workplace, period: Period, day: date) -> None:
    known = _known(workplace) | {period.value: day.isoformat()}
    with workplace.database.writing() as session:
        write.set_fact(session, MADE, json.dumps(known, sort_keys=True))
