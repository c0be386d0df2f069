"""Silence made visible: days without an answer get a row that says so, and sources past their freshness are late."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from collectors.base import SourceConfig
from collectors.expected import expected_items
from db import read, write
from pipeline.prepare import Workplace
from signals.model import Kind, shanghai_day

MAX_SILENT_DAYS = 60


def fill_silence(workplace: Workplace, now: datetime) -> None:
    """For every scheduled source: a row "not answered" for each day since its last one, today included.

    Days before its first row are before it was configured, and out of scope. Longer silences than 60 days are cut:
    the level is 数据不足 after three.
    """
    today = shanghai_day(now)
    with workplace.database.reading() as session:
        last = read.last_source_days(session)
    rows: list[dict[str, object]] = []
    for source in workplace.sources:
        if source.schedule.manual or not source.enabled:
            continue
        first = max(last.get(source.id, today - timedelta(days=1)), today - timedelta(days=MAX_SILENT_DAYS))
        rows += [
            _silent(source, kind, first + timedelta(days=n))
            for n in range(1, (today - first).days + 1)
            for kind in source.kinds
        ]
    if rows:
        with workplace.database.writing() as session:
            write.save_source_days(session, rows)


def _silent(source: SourceConfig, kind: str, day: date) -> dict[str, object]:
    return {
        "source_id": source.id,
        "day": day,
        "kind": str(kind),
        "answered": False,
        "items": 0,
        "expected": expected_items(source, Kind(kind), day),
    }


def mark_late(workplace: Workplace, now: datetime) -> None:
    """`ok` becomes `late` when the last success is older than the source's freshness limit."""
    with workplace.database.reading() as session:
        known = read.sources(session)
    late = []
    for row in known.itertuples():
        source = workplace.source(row.id)
        if source is None or source.schedule.manual or row.state != "ok" or row.last_success_at is None:
            continue
        if now - row.last_success_at > timedelta(hours=source.freshness_hours):
            late.append((row.id, f"已超过 {source.freshness_hours:g} 小时没有成功采集"))
    if late:
        with workplace.database.writing() as session:
            for source_id, why in late:
                write.set_source_state(session, source_id, "late", why)
