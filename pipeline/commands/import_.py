"""`pipeline import FILE --source ID`: people's files, with every row accounted for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from collectors.base import SourceConfig
from db import read
from pipeline.errors import Exit, NotLeader, UsageFault, reported
from pipeline.prepare import Workplace, open_workplace
from pipeline.progress import terminal


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("import", help="导入 CSV、JSONL 或 xlsx 文件：逐行入库，拒收的行写入报告文件。")(import_)


def import_(
    file: Annotated[Path, typer.Argument(help="要导入的文件")],
    source: Annotated[str, typer.Option("--source", help="数据源 id（见 pipeline sources），决定列如何对应")],
    column: Annotated[
        list[str] | None,
        typer.Option("--map", help="改列的对应关系，如 --map published_at=发帖时间；可重复给出"),
    ] = None,
    analyse: Annotated[bool, typer.Option(help="入库后接着研读并计算")] = True,
) -> None:
    """Exit code 1 when rows were refused: the good ones are stored all the same."""
    from pipeline.commands.stages import carry
    from pipeline.stages.collect import import_file
    from pipeline.worker import leading

    with reported():
        now = datetime.now(UTC)
        workplace = open_workplace(now)
        config = _table(workplace, source)
        if not file.is_file():
            raise UsageFault(f"没有这个文件：{file}。请检查路径")
        with terminal() as report:
            outcome = import_file(workplace, config, file, now=now, mapping=_mapping(column), report=report)
            counts = outcome.counts
            typer.echo(
                f"读取 {counts.items} 行：新增 {counts.stored}，重复 {counts.duplicates}，"
                f"修订 {counts.revised}，拒收 {counts.refused}。"
            )
            if outcome.report:
                typer.echo(f"拒收的行及原因见：{outcome.report}")
            if analyse:
                try:
                    with leading(workplace):
                        carry(workplace, now, report)
                    _echo_linked(workplace, config.id)
                except NotLeader:
                    typer.echo("工作进程正在运行，会接着研读这些文档。")
        raise typer.Exit(Exit.REFUSED_ROWS if outcome.counts.refused else Exit.DONE)


def _table(workplace: Workplace, source_id: str) -> SourceConfig:
    source = workplace.source(source_id)
    with workplace.database.reading() as session:
        known = read.sources(session).set_index("id")["removed"]
    if known.get(source_id, False):
        raise UsageFault(f"数据源 {source_id} 已被删除；先运行 python -m pipeline enable-source {source_id}")
    if source is None or source.path is None:
        tables = "、".join(each.id for each in workplace.sources if each.path is not None)
        raise UsageFault(f"{source_id!r} 不是可导入文件的数据源。可用：{tables}")
    return source


def _mapping(pairs: list[str] | None) -> dict[str, str] | None:
    if not pairs:
        return None
    split = [pair.partition("=") for pair in pairs]
    if bad := [target for target, equals, column in split if not (target and equals and column)]:
        raise UsageFault(f"--map 应写成 目标=列名，例如 --map published_at=发帖时间；有误：{bad}")
    return {target: column for target, _, column in split}


def _echo_linked(workplace: Workplace, source_id: str) -> None:
    with workplace.database.reading() as session:
        linked = read.linked_counts(session, source_id)
    typer.echo(
        f"该数据源共 {linked.documents} 篇文档，其中 {linked.linked} 篇提到名单中的平台"
        f"（{linked.platforms} 个平台，{linked.mentions} 条提及）。"
    )
