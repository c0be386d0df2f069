"""`pipeline collect`: run sources once, now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from collectors.base import SourceConfig
from pipeline.errors import Exit, UsageFault, reported
from pipeline.prepare import Workplace, extend_sample, open_workplace
from pipeline.progress import terminal
from pipeline.source_files import locate
from pipeline.stages.ledger import Outcome, postponed
from signals.model import SHANGHAI


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("collect", help="立即采集一次（不指定则采集全部启用的数据源），只存文档，不计算。")(collect)


def collect(
    source: Annotated[list[str] | None, typer.Option("--source", help="数据源 id，可重复给出")] = None,
) -> None:
    """Exit code 1 when rows were refused, a contract was broken, or a source failed or asked to be left alone."""
    from collectors.fetch import Fetcher
    from pipeline.stages.collect import collect_source

    with reported():
        now = datetime.now(UTC)
        workplace = open_workplace(now)
        code = Exit.DONE
        get = Fetcher()
        with terminal() as report:
            for each in _chosen(workplace, source):
                if not source and (wait := _wait(workplace, each, now)):
                    typer.echo(f"{each.id}：网站要求 {wait} 之前不采集，已跳过（用 --source 指定可提前尝试）")
                    code = Exit.REFUSED_ROWS
                    continue
                if each.demo:
                    extend_sample(workplace, now)
                slot = f"manual-{now.isoformat()}"
                outcome = collect_source(workplace, each, slot=slot, now=now, get=get, report=report)
                typer.echo(f"{each.id}：{_told(outcome)}")
                if outcome is not None and outcome.state != "done":
                    code = Exit.REFUSED_ROWS
        raise typer.Exit(code)


def _wait(workplace: Workplace, source: SourceConfig, now: datetime) -> str | None:
    """Until when the site wants to be left alone."""
    with workplace.database.reading() as session:
        until = postponed(session, source.id, now)
    return f"{until.astimezone(SHANGHAI):%m-%d %H:%M}" if until else None


def _told(outcome: Outcome | None) -> str:
    if outcome is None:
        return "没有新文件"
    if outcome.unchanged:
        return "网站回应内容未变化（304），没有新内容"
    counts = outcome.counts
    faults = "".join(f"，无法读取：{each}" for each in outcome.unreadable)
    return (
        f"读取 {counts.items}，新增 {counts.stored}，重复 {counts.duplicates}，"
        f"修订 {counts.revised}，拒收 {counts.refused}{faults}"
        + (f"，与 [contract] 不符：{outcome.breach}" if outcome.breach else "")
        + (f"，失败：{outcome.error}" if outcome.error else "")
    )


def _chosen(workplace: Workplace, ids: list[str] | None) -> list[SourceConfig]:
    if not ids:
        return [source for source in workplace.sources if source.enabled]
    chosen = []
    for source_id in ids:
        source = workplace.source(source_id)
        if source is None:
            locate(source_id)  # names the fault of its source.toml, or says that there is no such source
            raise UsageFault(
                f"数据源 {source_id} 已被删除；先运行 python -m pipeline enable-source {source_id}"
            )
        chosen.append(source)
    return chosen
