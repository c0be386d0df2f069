"""What the page 阈值 judges anew for a preview, read by night: five million rows are no wait for a person."""

from __future__ import annotations

from datetime import datetime

from db import read
from db.read.history import HistoryStore, kept_at, wanted
from pipeline.paths import data_dir, database_variable
from pipeline.prepare import Workplace
from pipeline.progress import Report, silent
from signals.model import shanghai_day

STAGE = "previews"


def keep_history(workplace: Workplace, now: datetime, report: Report = silent) -> int:
    """Bring the kept history up to date with yesterday; returns how many platforms it is about.

    Idempotent; what is missing or broken is read anew. A web process on another machine keeps a file of its own.
    """
    report(STAGE, 0, 1, "为阈值预览读取历史")
    with workplace.database.reading() as session:
        platforms = read.watch_list(session)
        _, thresholds = read.active_thresholds(session, now)
        asked = wanted(
            platforms,
            [index.id for index in workplace.settings.indices],
            shanghai_day(now),
            thresholds.carry_days,
        )
        if platforms:
            HistoryStore(kept_at(data_dir(), database_variable())).of(session, asked)
    return len(platforms)
