"""Sources past their freshness limit are late."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from db import read, write
from pipeline.prepare import Workplace


def mark_late(workplace: Workplace, now: datetime) -> None:
    """`ok` becomes `late` when the last success is older than the source's freshness limit."""
    with workplace.database.reading() as session:
        known = read.sources(session)
    late = []
    for row in known.itertuples():
        source = workplace.source(row.id)
        if source is None or source.schedule.manual or row.state != "ok" or pd.isna(row.last_success_at):
            continue
        if now - row.last_success_at > timedelta(hours=source.freshness_hours):
            late.append((row.id, f"已超过 {source.freshness_hours:g} 小时没有成功采集"))
    if late:
        with workplace.database.writing() as session:
            for source_id, why in late:
                write.set_source_state(session, source_id, "late", why)
