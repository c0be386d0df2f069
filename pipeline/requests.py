"""What pages ask of the worker: rows of `requests`, done one at a time, each with an end that people can read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from collectors.base import Get
from db import read, write
from db.read import RequestRow
from pipeline import list_evaluation
from pipeline.brief import make as make_brief
from pipeline.errors import UsageFault
from pipeline.forget import forget
from pipeline.prepare import Workplace
from pipeline.progress import Report as ByStage
from pipeline.scheduler import Schedule
from pipeline.stages import feedback
from pipeline.stages.collect import collect_source
from pipeline.stages.ledger import postponed
from pipeline.uploads import serve as uploads
from signals.model import SHANGHAI

log = structlog.get_logger()
Report = Callable[[float, str], None]


def serve(workplace: Workplace, schedule: Schedule, get: Get, now: datetime) -> int:
    """Do every waiting request, oldest first; returns how many. A failed one says why and stops no other."""
    with workplace.database.reading() as session:
        waiting = read.waiting_requests(session)
    for request in waiting:
        with workplace.database.writing() as session:
            write.take_request(session, request.id, now)
        try:
            message, ok = _do(workplace, schedule, get, request), True
        except Exception as error:  # the boundary: one bad request must not stop the worker
            log.exception("request_failed", request=request.id, what=request.what)
            message, ok = f"未完成：{error}", False
        with workplace.database.writing() as session:
            write.finish_request(session, request.id, datetime.now(UTC), ok, message)
    return len(waiting)


def _do(workplace: Workplace, schedule: Schedule, get: Get, request: RequestRow) -> str:
    source_id = str(request.arguments.get("source_id", ""))

    def report(share: float, message: str) -> None:
        with workplace.database.writing() as session:
            write.report_progress(session, request.id, share, message)

    if request.what == "collect":
        return _collect(workplace, get, source_id, request.id)
    if request.what == "forget_source":
        schedule.remove(source_id)
        return forget(workplace, source_id, report=report)
    if request.what == "import":
        return uploads.serve(workplace, request, _progress(report))
    if request.what == "brief":
        return make_brief.asked(workplace, request.arguments, request.who)
    if request.what == "evaluate":
        return list_evaluation.serve(workplace, request, _progress(report))
    if (told := feedback.serve(workplace, request)) is not None:
        return told
    raise UsageFault(f"不认识的请求 {request.what!r}")


def _progress(report: Report) -> ByStage:
    """Progress of a stage as that of a request; how many rows a file has is not known before its end."""

    def tell(stage: str, done: int, total: int, message: str = "") -> None:
        share = done / total if total else 0.0
        report(share, f"已处理 {done:,}" + (f" / {total:,}" if total else " 行") + f"　{message}".rstrip())

    return tell


def _collect(workplace: Workplace, get: Get, source_id: str, request_id: int) -> str:
    source = workplace.source(source_id)
    if source is None:
        raise UsageFault(f"没有 id 为 {source_id!r} 的数据源")
    now = datetime.now(UTC)
    with workplace.database.reading() as session:
        wait = postponed(session, source.id, now)
    outcome = collect_source(workplace, source, slot=f"request-{request_id}", now=now, get=get)
    if outcome is None:
        return "没有新内容。"
    told = (
        "" if wait is None else f"该来源本应等到 {wait.astimezone(SHANGHAI):%m-%d %H:%M}，已按要求提前尝试。"
    )
    if outcome.error:
        raise UsageFault(told + outcome.error)
    if outcome.unchanged:
        return f"{told}网站回应内容未变化（304），没有新内容。"
    counts = outcome.counts
    breach = f"不合约定：{outcome.breach}。" if outcome.breach else ""
    return (
        f"{told}读取 {counts.items} 条：新增 {counts.stored}，重复 {counts.duplicates}，"
        f"修订 {counts.revised}，拒收 {counts.refused}。{breach}"
    )
