"""`pipeline collect`: run sources once, now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from collectors.base import SourceConfig
from pipeline.errors import Exit, UsageFault, reported
from pipeline.prepare import Workplace, extend_sample, open_workplace
from pipeline.progress import terminal


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("collect", help="立即采集一次（不指定则采集全部启用的数据源），只存文档，不计算。")(collect)


def collect(
    source: Annotated[list[str] | None, typer.Option("--source", help="数据源 id，可重复给出")] = None,
) -> None:
    """Exit code 1 when rows were refused or a source failed."""
    from collectors.fetch import Fetcher
    from pipeline.stages.collect import collect_source

    with reported():
        now = datetime.now(UTC)
        workplace = open_workplace(now)
        code = Exit.DONE
        get = Fetcher()
        with terminal() as report:
            for each in _chosen(workplace, source):
                if each.demo:
                    extend_sample(workplace, now)
                slot = f"manual-{now.isoformat()}"
                outcome = collect_source(workplace, each, slot=slot, now=now, get=get, report=report)
                if outcome is None:
                    typer.echo(f"{each.id}：没有新文件")
                    continue
                counts = outcome.counts
                typer.echo(
                    f"{each.id}：读取 {counts.items}，新增 {counts.stored}，重复 {counts.duplicates}，"
                    f"修订 {counts.revised}，拒收 {counts.refused}"
                    + (f"，失败：{outcome.error}" if outcome.error else "")
                )
                if outcome.error or outcome.counts.refused:
                    code = Exit.REFUSED_ROWS
        raise typer.Exit(code)


def _chosen(workplace: Workplace, ids: list[str] | None) -> list[SourceConfig]:
    if not ids:
        return [source for source in workplace.sources if source.enabled]
    chosen = []
    for source_id in ids:
        source = workplace.source(source_id)
        if source is None:
            known = "、".join(each.id for each in workplace.sources)
            raise UsageFault(f"没有 id 为 {source_id!r} 的数据源。已有：{known}")
        chosen.append(source)
    return chosen
