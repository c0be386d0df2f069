"""Which platforms and which days a stage works on: groups of platforms that wait from about the same day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from db.read import PendingRow
from pipeline.stages.source_days import span

BUDGET = 30_000
"""Platform-days computed in one transaction."""
RECENT = timedelta(days=7)
JOINED = timedelta(days=60)
"""Runs closer than this are computed in one go; the days between them yield no values."""
TAIL = 4
"""Days after the last covered one that are still computed: three of holding, then 数据不足."""


@dataclass(frozen=True, slots=True)
class Group:
    """Platforms computed together, from their earliest waiting day on."""

    platform_ids: tuple[str, ...]
    start: date


def earliest(waiting: Iterable[PendingRow]) -> dict[str, date]:
    """Each waiting platform's first day."""
    first: dict[str, date] = {}
    for row in waiting:
        first[row.platform_id] = min(row.day, first.get(row.platform_id, row.day))
    return first


def groups(pending: Mapping[str, date], today: date) -> Iterator[Group]:
    """Platforms that wait from about the same day, at most BUDGET platform-days at a time.

    One platform with an old day does not drag thousands of others back with it, and memory stays bounded however
    long a backfill reaches back.
    """
    recent = {name: day for name, day in pending.items() if day >= today - RECENT}
    for waiting in (recent, {name: day for name, day in pending.items() if name not in recent}):
        names = sorted(waiting, key=lambda name: (waiting[name], name))
        at = 0
        while at < len(names):
            start = min(waiting[names[at]], today)
            size = max(1, BUDGET // ((today - start).days + 1))
            yield Group(tuple(names[at : at + size]), start)
            at += size


def segments(covered: Iterable[date], start: date, today: date) -> list[tuple[date, date]]:
    """Runs of covered days within [start, today], gaps up to JOINED allowed, as (first, last); today is in one."""
    days = sorted({day for day in covered if start <= day <= today} | {today})
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and day - runs[-1][1] <= JOINED:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def judged(covered: Iterable[date], start: date, today: date) -> list[date]:
    """Days whose level is decided: the covered ones, a tail after each run in which grey sets in, the last week.

    Other days without any source are passed over: between an archive of years ago and today nothing was watched.
    """
    found = set(span(max(start, today - RECENT), today))
    for first, last in segments(covered, start - timedelta(days=TAIL), today):
        found.update(span(first, min(today, last + timedelta(days=TAIL))))
    return sorted(day for day in found if day >= start)


def covered_days(source_days: pd.DataFrame, source_ids: Iterable[str]) -> list[date]:
    """Days on which one of the sources was configured, whether it answered or not."""
    mine = source_days["source_id"].isin(list(source_ids))
    return list(source_days.loc[mine, "day"].unique())
