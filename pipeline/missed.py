"""Scheduled runs that did not take place: each leaves a row in the ledger that says why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from collectors.base import SourceConfig
from db import read, write
from db.session import Database
from db.write.sources import INTERRUPTED
from pipeline.slots import key, moment_at_or_before, moments
from signals.model import SHANGHAI

DOWN = "工作进程未运行"


def record(
    database: Database, source: SourceConfig, slots: Sequence[datetime], why: str, now: datetime
) -> None:
    """One row for the slots together, under the newest; nothing for a drop folder, where looking is no run."""
    if not slots or source.path is not None:
        return
    first, last = min(slots), max(slots)
    if len(slots) > 1:
        why = f"{why}：错过 {len(slots)} 次计划（{_shown(first)} 至 {_shown(last)}）"
    with database.writing() as session:
        write.record_missed(session, source.id, key(last), now, why)


def catch_up(database: Database, sources: Sequence[SourceConfig], now: datetime) -> frozenset[str]:
    """Write down what was missed while no worker ran.

    Returns the sources whose present slot has had its run: not those interrupted in it, and not those that never ran,
    which have missed nothing.
    """
    with database.reading() as session:
        known = read.sources(session).dropna(subset="last_run_at").set_index("id")
    ran = set()
    for source in sources:
        if source.id not in known.index:
            continue
        last, current = known["last_run_at"][source.id], moment_at_or_before(source, now)
        lost = [moment for moment in moments(source, last, now) if moment < current]
        record(database, source, lost, DOWN, now)
        if last >= current and known["last_run_error"][source.id] != INTERRUPTED:
            ran.add(source.id)
    return frozenset(ran)


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}"
