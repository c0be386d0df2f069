"""The nightly reading for previews: the page finds the history where the worker keeps it, and reads nothing again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import event

from db import read
from db.read.history import HistoryStore, kept_at, wanted
from pipeline.commands.stages import carry
from pipeline.prepare import Workplace
from pipeline.progress import silent
from pipeline.stages.collect import import_file
from pipeline.stages.previews import keep_history
from signals.model import shanghai_day
from tests.pipeline.conftest import NOW, Rows


def test_the_page_begins_with_what_the_worker_kept(
    workplace: Workplace, table: Callable[[Rows], Path], data_folder: Path
) -> None:
    """The same arrays as read from the database, without a question for index values."""
    source = workplace.source("import_documents")
    assert source is not None
    rows = [
        {"id": str(n), "title": "无法提现", "text": f"我在岚桥优贷申请提现{n}天没有到账", "kind": "complaint",
         "published_at": (date(2026, 2, 1) + timedelta(days=n)).isoformat(), "author": f"用户{n}"}
        for n in range(20)
    ]  # fmt: skip
    import_file(workplace, source, table(rows), now=NOW)
    carry(workplace, NOW, silent)
    assert keep_history(workplace, NOW) > 0

    with workplace.database.reading() as session:
        _, thresholds = read.active_thresholds(session, NOW)
        indices = [index.id for index in workplace.settings.indices]
        asked = wanted(read.watch_list(session), indices, shanghai_day(NOW), thresholds.carry_days)
        fresh = HistoryStore().of(session, asked)
        questions: list[str] = []
        event.listen(session.get_bind(), "before_cursor_execute", lambda *told: questions.append(told[2]))
        kept = HistoryStore(kept_at(data_folder, "")).of(session, asked)
    assert fresh.judged.any()
    for name in ("present", "value", "arrived"):
        np.testing.assert_array_equal(getattr(kept.dense, name), getattr(fresh.dense, name))
    np.testing.assert_array_equal(kept.judged, fresh.judged)
    assert questions
    assert not [told for told in questions if "index_values" in told]


def test_nothing_watched_is_nothing_kept(workplace: Workplace, data_folder: Path) -> None:
    """An empty watch list is no error, and leaves no file."""
    with workplace.database.writing() as session:
        for platform in read.watch_list(session):
            session.connection().exec_driver_sql(
                f"UPDATE platforms SET active = 0 WHERE id = '{platform.id}'"
            )
    assert keep_history(workplace, NOW) == 0
    assert not kept_at(data_folder, "").exists()
