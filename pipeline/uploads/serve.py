"""The request `import`: look at an upload, store it, or take back what it brought. Each step can be run again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from collectors.base import SourceError
from db import read, write
from db.read import RequestRow, UploadRow
from db.session import Session
from db.write import ReadingRow, StoreCounts
from pipeline.contract import Tally
from pipeline.errors import UsageFault
from pipeline.indicators import import_rows, touched
from pipeline.prepare import SALT, Workplace
from pipeline.progress import Report
from pipeline.stages.collect import Outcome, read_in
from pipeline.stages.ledger import close_run
from pipeline.uploads import failures
from pipeline.uploads.files import FORGOTTEN, INDICATOR_FIELDS, file_of, left_over, remove_file, source_of
from pipeline.uploads.look import as_told, failure_counts, indicator_counts, listed_failures, look
from pipeline.uploads.tables import told_rows
from settings.loader import SettingsError
from signals.model import Document, shanghai_day
from signals.privacy import discreet

log = structlog.get_logger()
Counts = dict[str, Any]


def serve(workplace: Workplace, request: RequestRow, report: Report) -> str:
    """Do the step that was asked for; the sentence for the page. Raises UsageFault."""
    with workplace.database.reading() as session:
        upload = read.upload(session, int(request.arguments.get("upload", 0)))
        digest = "" if upload is None else read.upload_digest(session, upload.id)
    step = request.arguments.get("step")
    if upload is None or step not in STEPS:
        raise UsageFault("没有这次上传，请刷新页面后重试")
    now = datetime.now(UTC)
    if upload.state != STEPS[step]:
        return "此步骤已不需要。"
    if step == "look":
        return _look(workplace, upload, digest, now, report)
    if step == "undo":
        return _undo(workplace, upload, now, report)
    return _store(workplace, upload, digest, now, report)


STEPS = {"look": "waiting", "store": "storing", "undo": "undoing"}
"""Step -> the state in which an upload waits for it."""


def _look(workplace: Workplace, upload: UploadRow, digest: str, now: datetime, report: Report) -> str:
    found: Counts = {}
    try:
        found, refused = look(workplace, upload, file_of(upload, digest), now, report)
    except (SourceError, UsageFault, SettingsError) as error:
        refused = discreet(str(error))
    except Exception:
        with workplace.database.writing() as session:
            told = "程序未能读完这个文件，详情见日志；请另存为 CSV 或 xlsx 后重试"
            write.save_look(session, upload.id, {}, refused=told)
        raise
    with workplace.database.writing() as session:
        write.save_look(session, upload.id, found, refused=refused)
    return f"预演完成：{refused or counted(found.get('counts', {}))}"


def counted(counts: Counts) -> str:
    """Counts as a sentence."""
    return (
        f"读取 {counts.get('items', 0)} 行：新增 {counts.get('stored', 0)}，修订 {counts.get('revised', 0)}，"
        f"重复 {counts.get('duplicates', 0)}，拒收 {counts.get('refused', 0)}。"
    )


def _store(workplace: Workplace, upload: UploadRow, digest: str, now: datetime, report: Report) -> str:
    kinds = {"documents": _documents, "indicators": _indicators, "failures": _failures}
    try:
        counts, where = kinds[upload.what](workplace, upload, file_of(upload, digest), now, report)
    except Exception as error:
        told = f"入库中断：{discreet(str(error))}。已入库的部分可以撤销，或重新上传整个文件（重复的行不会重复计数）。"
        with workplace.database.writing() as session:
            write.fail_upload(session, upload.id, told)
        raise
    counts["report"] = where.name if where else None
    message = counted(counts) + ("拒收的行及原因可在“数据录入”下载。" if where else "")
    with workplace.database.writing() as session:
        write.finish_upload(session, upload.id, counts, message, now=datetime.now(UTC))
    remove_file(upload.path)
    return message


def _documents(
    workplace: Workplace, upload: UploadRow, path: Path, now: datetime, report: Report
) -> tuple[Counts, Path | None]:
    source, slot = source_of(workplace, upload), f"upload-{upload.id}"
    with workplace.database.writing() as session:
        started = write.start_run(session, source.id, slot, now)
        run = started if started is not None else read.run_of(session, source.id, slot)
    if run is None:
        raise UsageFault(f"数据源 {source.id} 已被删除；请先由管理员恢复它")
    outcome = Outcome(tally=Tally(source.contract.fields))

    def keep(session: Session, documents: Sequence[Document]) -> StoreCounts:
        salt = read.fact(session, SALT) or ""
        return write.store_upload_documents(session, upload.id, documents, now=now, salt=salt, run_id=run)

    mapping = dict(upload.mapping)
    try:
        read_in(
            workplace, source, path, outcome, now=now, run_id=run, mapping=mapping, report=report, keep=keep
        )
    except BaseException as error:  # also a full disk: the ledger must not call it done
        outcome.error = discreet(str(error)) or type(error).__name__
        raise
    finally:
        close_run(workplace, source, run, outcome, now)
    with workplace.database.reading() as session:
        fates = read.upload_fates(session, upload.id)
    return _whole(upload, outcome, fates), outcome.report


def _whole(upload: UploadRow, outcome: Outcome, fates: dict[str, int]) -> Counts:
    """What the upload did in all: one that was interrupted counts in this run only what it read since.

    Of rows that the file has twice, documents are counted once; the rest of the rows are repetitions.
    """
    items = max(outcome.counts.items, upload.found.get("counts", {}).get("items", 0))
    refused = max(outcome.counts.refused, upload.found.get("counts", {}).get("refused", 0))
    new, revised = fates.get("new", 0), fates.get("revised", 0)
    repeated = max(items - refused - new - revised, 0)
    return {"items": items, "stored": new, "revised": revised, "duplicates": repeated, "refused": refused}


def _indicators(
    workplace: Workplace, upload: UploadRow, path: Path, now: datetime, report: Report
) -> tuple[Counts, Path | None]:
    def keep(session: Session, rows: Sequence[ReadingRow], moment: datetime) -> None:
        write.store_upload_readings(session, upload.id, rows, now=moment)

    told = as_told(told_rows(path, INDICATOR_FIELDS, upload.mapping))
    done = import_rows(
        workplace.database, workplace.settings, path.name, told, now=now, report=report, keep=keep
    )
    return indicator_counts(done), done.report


def _failures(
    workplace: Workplace, upload: UploadRow, path: Path, now: datetime, report: Report
) -> tuple[Counts, Path | None]:
    told = told_rows(path, failures.FIELDS, upload.mapping)
    listed = listed_failures(workplace, upload, told, path.name, now)
    with workplace.database.writing() as session:
        write.store_failures(session, upload.id, listed.rows)
    report("import", listed.items, listed.items, path.name)
    return failure_counts(listed), None


def _undo(workplace: Workplace, upload: UploadRow, now: datetime, report: Report) -> str:
    if upload.what == "documents":
        message = _undo_documents(workplace, upload, now, report)
    elif upload.what == "indicators":
        message = _undo_indicators(workplace, upload, now)
    else:
        message = "已撤销：名单恢复为此前的内容。"
    with workplace.database.writing() as session:
        write.finish_undo(session, upload.id, message, now=datetime.now(UTC))
    return message


def _undo_documents(workplace: Workplace, upload: UploadRow, now: datetime, report: Report) -> str:
    gone = restored = left = 0
    while True:
        with workplace.database.writing() as session:
            fates = write.undo_documents(session, upload.id, now=now)
            more = read.upload_fates(session, upload.id)
        gone, restored, left = gone + fates[0], restored + fates[1], left + fates[2]
        report("import", gone + restored + left, gone + restored + left + sum(more.values()), "撤销")
        if not more:
            break
    kept = f"，{left} 篇另有来源或已被后来的导入修订，予以保留" if left else ""
    return f"已撤销：撤回 {gone} 篇，恢复原内容 {restored} 篇{kept}。相关平台的指数随后重新计算。"


def _undo_indicators(workplace: Workplace, upload: UploadRow, now: datetime) -> str:
    with workplace.database.writing() as session:
        watch_list = {one.id: one for one in read.watch_list(session)}
        rows = write.undo_readings(session, upload.id)
        write.add_pending(session, "index", touched(session, rows, watch_list, shanghai_day(now)))
    return f"已撤销：撤回 {len(rows)} 条数值。相关平台的指数随后重新计算。"


def prune(workplace: Workplace, now: datetime) -> int:
    """Uploads that nobody confirmed are dropped, and files that belong to none removed; how many files went."""
    with workplace.database.writing() as session:
        write.drop_forgotten(session, now - FORGOTTEN)
    old = left_over(workplace, now)
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)
