"""`pipeline analyse | index | warn`: one stage over everything that waits for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import typer

from pipeline.errors import reported
from pipeline.prepare import Workplace, open_workplace
from pipeline.progress import Report, terminal


def register(app: typer.Typer) -> None:
    """Add the three verbs."""
    app.command("analyse", help="研读等待中的文档：识别平台、事件、负面概率，归并同一报道。")(analyse)
    app.command("index", help="由提及计算分项指数（只算有新内容的平台与日期）。")(index)
    app.command("warn", help="由分项指数计算综合分与预警等级，写入等级变化。")(warn)


def carry(workplace: Workplace, now: datetime, report: Report) -> tuple[int, int, int]:
    """All three stages in order; returns documents read, index days and platform days computed."""
    from pipeline.stages.analyse import analyse as analyse_stage
    from pipeline.stages.index import index as index_stage
    from pipeline.stages.index import open_days
    from pipeline.stages.warn import warn as warn_stage

    open_days(workplace, now)
    analysed = analyse_stage(workplace, now=now, report=report)
    indexed = index_stage(workplace, now=now, report=report)
    warned = warn_stage(workplace, now=now, report=report)
    return analysed.documents, indexed, warned


def _led(stage: Callable[[Workplace, datetime, Report], str]) -> None:
    """Run one stage as the leader and print what it did; exit code 3 when a worker leads, who does it by itself."""
    from pipeline.worker import leading

    with reported():
        now = datetime.now(UTC)
        workplace = open_workplace(now)
        with leading(workplace), terminal() as report:
            done = stage(workplace, now, report)
        typer.echo(done)


def analyse() -> None:
    """Waiting documents."""
    from pipeline.stages.analyse import analyse as stage

    def run(workplace: Workplace, now: datetime, report: Report) -> str:
        done = stage(workplace, now=now, report=report)
        return f"已研读 {done.documents} 篇文档，得到 {done.mentions} 条提及。"

    _led(run)


def index() -> None:
    """Waiting platform days, and those of days that passed meanwhile."""
    from pipeline.stages.index import index as stage
    from pipeline.stages.index import open_days

    def run(workplace: Workplace, now: datetime, report: Report) -> str:
        open_days(workplace, now)
        return f"已写入 {stage(workplace, now=now, report=report)} 个分项指数值。"

    _led(run)


def warn() -> None:
    """Waiting platform days."""
    from pipeline.stages.warn import warn as stage

    def run(workplace: Workplace, now: datetime, report: Report) -> str:
        return f"已写入 {stage(workplace, now=now, report=report)} 个平台日的综合分与等级。"

    _led(run)
