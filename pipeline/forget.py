"""Remove a source and all that came of it; for the demonstration archive its platforms and files too."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime

from db import read, write
from pipeline.errors import UsageFault
from pipeline.paths import data_dir
from pipeline.prepare import REMOVED, SAMPLE, Workplace


def forget(
    workplace: Workplace, source_id: str, *, report: Callable[[float, str], None] | None = None
) -> str:
    """Restartable: what an interrupted call left is removed by the next. Returns a sentence with the counts."""
    database = workplace.database
    with database.reading() as session:
        known = set(read.sources(session)["id"])
    if source_id not in known:
        raise UsageFault(f"没有 id 为 {source_id!r} 的数据源。已有：{'、'.join(sorted(known))}")
    if source_id == SAMPLE:
        # First the mark, then the rows: a worker that starts in between must not bring the archive back.
        with database.writing() as session:
            write.set_fact(session, REMOVED, datetime.now(UTC).isoformat())
        shutil.rmtree(data_dir() / SAMPLE, ignore_errors=True)

    def progress(done: int, total: int) -> None:
        if report is not None:
            report(done / total if total else 1.0, f"已删除 {done} / {total} 篇文档")

    counts = write.forget_source(database, source_id, now=datetime.now(UTC), progress=progress)
    return f"已删除数据源 {source_id}：文档 {counts.documents}，提及 {counts.mentions}，平台 {counts.platforms}。"
