"""`pipeline import FILE --source ID`: people's files, with every row accounted for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from collectors.base import SourceConfig
from db import read, write
from db.roles import command_line
from db.session import Database
from pipeline.errors import Exit, NotLeader, UsageFault, reported
from pipeline.paths import database_url
from pipeline.prepare import Workplace, open_workplace
from pipeline.progress import terminal
from pipeline.source_files import locate


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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只预演：报告将新增、修订、拒收什么，不写入任何内容")
    ] = False,
) -> None:
    """Exit code 1 when rows were (or would be) refused: the good ones are stored all the same."""
    with reported():
        mapping = _mapping(column)
        if not file.is_file():
            raise UsageFault(f"没有这个文件：{file}。请检查路径")
        code = _preview(file, source, mapping) if dry_run else _store(file, source, mapping, analyse)
    raise typer.Exit(code)


def _store(file: Path, source_id: str, mapping: dict[str, str] | None, analyse: bool) -> Exit:
    from pipeline.commands.stages import carry
    from pipeline.stages.collect import import_file
    from pipeline.worker import leading

    now = datetime.now(UTC)
    workplace = open_workplace(now)
    config = _table(workplace.database, source_id)
    with workplace.database.writing() as log:
        told = {"what": "documents", "source_id": config.id, "path": str(file.resolve())}
        write.record_import(log, command_line(), file.name, told, now=now)
    with terminal() as report:
        outcome = import_file(workplace, config, file, now=now, mapping=mapping, report=report)
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
    return Exit.REFUSED_ROWS if counts.refused else Exit.DONE


def _preview(file: Path, source_id: str, mapping: dict[str, str] | None) -> Exit:
    """Neither migrates nor seeds: a dry run leaves no trace, so the database must be there already."""
    from pipeline.preview import preview_file
    from pipeline.preview_report import lines
    from settings import loader
    from signals.publishers import Publishers

    database = Database.open(database_url())
    config = _table(database, source_id)
    publishers = Publishers(loader.load().publishers)
    now = datetime.now(UTC)
    with terminal() as report:
        preview = preview_file(
            database, publishers, config, file.resolve(), now=now, mapping=mapping, report=report
        )
    for line in lines(preview):
        typer.echo(line)
    return Exit.REFUSED_ROWS if preview.counts.refused else Exit.DONE


def _table(database: Database, source_id: str) -> SourceConfig:
    """The source, if files can be imported for it. Raises UsageFault that says why not, or which ones there are."""
    source = locate(source_id).source
    if source.path is None:
        raise UsageFault(f"{source_id!r} 不读文件，不能导入；可用 import_documents 导入任意表格")
    with database.reading() as session:
        known = read.sources(session).set_index("id")["removed"]
    if known.get(source_id, False):
        raise UsageFault(f"数据源 {source_id} 已被删除；先运行 python -m pipeline enable-source {source_id}")
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
