"""Once a day: what a source's retention has outlived is emptied, and what nobody needs any longer goes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog

from db import read, write
from pipeline.prepare import Workplace
from pipeline.progress import Report, silent
from pipeline.uploads.serve import prune as prune_uploads
from signals.model import shanghai_day

log = structlog.get_logger()
STAGE = "housekeeping"
RESPONSES_KEPT = timedelta(days=30)
VALIDATORS_KEPT = timedelta(days=30)
"""A page not asked for so long may as well be read whole."""
REQUESTS_KEPT = timedelta(days=90)
NAMES_KEPT = timedelta(days=180)
"""Names found so long ago say nothing about a rise; those that people decided about are kept."""


class PurgeIncomplete(RuntimeError):
    """After a purge something of what had to go could still be read."""


def nightly(workplace: Workplace, now: datetime, report: Report = silent) -> str:
    """Enforce every source's `retention_days` and prune; returns a sentence with the counts for the log.

    Idempotent, in short transactions; an interrupted night is finished by the next. Raises PurgeIncomplete.
    """
    emptied = enforce_retention(workplace, now, report)
    bands = write.prune_bands(workplace.database, shanghai_day(now))
    with workplace.database.writing() as session:
        responses = write.prune_responses(session, now - RESPONSES_KEPT)
        validators = write.prune_validators(session, now - VALIDATORS_KEPT)
        requests = write.prune_requests(session, now - REQUESTS_KEPT)
        names = write.prune_discoveries(session, shanghai_day(now) - NAMES_KEPT)
    uploads = prune_uploads(workplace, now)
    sentence = (
        f"日常清理：超过保留期限的文档清除内容 {emptied} 篇，删除近似文本索引 {bands} 条、"
        f"留存的失败响应 {responses} 份、网页校验信息 {validators} 条、已结束的请求 {requests} 条、"
        f"久未出现的新名称 {names} 个、无人处理的上传文件 {uploads} 份。"
    )
    log.info("housekeeping", message=sentence)
    return sentence


def enforce_retention(workplace: Workplace, now: datetime, report: Report = silent) -> int:
    """Empty what became available more than `retention_days` before today, source by source; returns how many.

    Also of sources that are switched off or no longer configured: what they said they would keep goes on counting.
    """
    with workplace.database.reading() as session:
        configs = [source["config"] for source in read.source_declarations(session)]
    emptied = 0
    for config in configs:
        days = config.get("retention_days")
        if days is not None:
            before = shanghai_day(now) - timedelta(days=days)
            emptied += _enforce(workplace, config["id"], config["name"], before, now, report)
    return emptied


def _enforce(
    workplace: Workplace, source_id: str, name: str, before: date, now: datetime, report: Report
) -> int:
    def progress(done: int, total: int) -> None:
        report(STAGE, done, total, f"清除超过保留期限的内容：{name}")

    # Every night the whole file anew would keep all others from writing; `pipeline purge` does so when asked.
    found = write.purge(
        workplace.database, source_id=source_id, before=before, now=now, progress=progress, compact=False
    )
    if found.still_readable:
        raise PurgeIncomplete(
            f"{name}：清除后仍能读到 {found.still_readable} 处应清除的内容，请运行 pipeline doctor 检查数据库"
        )
    if found.documents:
        log.info("retention", source=source_id, documents=found.documents, sha256=found.digest)
    return found.documents
