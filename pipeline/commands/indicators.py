"""`pipeline import-indicators FILE.csv`: numeric readings of platforms, from a file or a database."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from db import write
from db.roles import command_line
from db.session import Database
from pipeline.errors import Exit, NotLeader, UsageFault, reported
from pipeline.indicators import Imported, Told, csv_rows, import_rows, query_rows
from pipeline.paths import database_url
from pipeline.prepare import Workplace, open_workplace
from pipeline.progress import Report, terminal
from settings import loader

HELP = """导入平台的数值指标（收益率、净流入、逾期、余额、集中度、评级……）。

列：platform,name,period_end,value,unit[,available_at]，也可用中文列名（平台、指标、期末、数值、单位、获知时间）。
同一平台、指标和期末再次给出不同的值即为修订，从获知时间起生效；重复导入不会重复计数。
"""
SECONDS = 300.0
"""How long each step of a query may take."""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("import-indicators", help=HELP, short_help="导入平台的数值指标（CSV 或数据库查询）。")(run)


def run(
    file: Annotated[Path | None, typer.Argument(help="CSV 文件")] = None,
    database: Annotated[
        str | None, typer.Option("--database", help="改从数据库读取：存有数据库地址的环境变量名")
    ] = None,
    query: Annotated[
        str | None, typer.Option("--query", help="与 --database 同用：一条 SELECT，列名同上")
    ] = None,
    analyse: Annotated[bool, typer.Option(help="入库后接着计算指数与等级")] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只预演：报告将新增、修订、拒收什么，不写入任何数值")
    ] = False,
) -> None:
    """Exit code 1 when rows were (or would be) refused: the good ones are stored all the same."""
    with reported():
        where, rows = _input(file, database, query)
        done = _preview(where, rows) if dry_run else _store(where, rows, analyse)
    raise typer.Exit(Exit.REFUSED_ROWS if done.refused else Exit.DONE)


def _store(where: str, rows: Iterable[Told], analyse: bool) -> Imported:
    now = datetime.now(UTC)
    workplace = open_workplace(now)
    with workplace.database.writing() as log:
        write.record_import(log, command_line(), where, {"what": "indicators"}, now=now)
    with terminal() as report:
        done = import_rows(workplace.database, workplace.settings, where, rows, now=now, report=report)
        _echo(done)
        if analyse and done.stored + done.revised:
            _carry(workplace, now, report)
    return done


def _preview(where: str, rows: Iterable[Told]) -> Imported:
    """Neither migrates nor seeds: a dry run leaves no trace, so the database must be there already."""
    with Database.open(database_url()) as database, terminal() as report:
        now = datetime.now(UTC)
        done = import_rows(database, loader.load(), where, rows, now=now, dry_run=True, report=report)
    _echo(done, "（预演，未写入）")
    return done


def _input(file: Path | None, database: str | None, query: str | None) -> tuple[str, Iterable[Told]]:
    """What to read, and how messages call it."""
    if file is not None and not database and not query:
        if not file.is_file():
            raise UsageFault(f"没有这个文件：{file}。请检查路径")
        return file.name, csv_rows(file)
    if file is None and database and query:
        from collectors.config import Sql
        from collectors.readers.sql import records

        try:
            settings = Sql(database=database, query=query)
        except ValidationError as error:
            told = "；".join(str(fault["msg"]) for fault in error.errors())
            raise UsageFault(
                f"--database 应是大写的环境变量名，--query 应是一条只读的 SELECT。有误：{told}"
            ) from error
        return database, query_rows(database, records(database, settings, os.environ, seconds=SECONDS))
    raise UsageFault("请给出一个 CSV 文件，或同时给出 --database 与 --query")


def _echo(done: Imported, would: str = "") -> None:
    typer.echo(
        f"读取 {done.rows} 行：新增 {done.stored}，修订 {done.revised}，重复 {done.duplicates}，"
        f"拒收 {done.refused}。{would}"
    )
    if done.assumed:
        typer.echo(f"其中 {done.assumed} 行没有写获知时间，按应报日计（回填）。")
    if done.report:
        typer.echo(f"拒收的行及原因见：{done.report}")
    for refusal in done.examples:
        typer.echo(str(refusal))


def _carry(workplace: Workplace, now: datetime, report: Report) -> None:
    from pipeline.commands.stages import carry
    from pipeline.worker import leading

    try:
        with leading(workplace):
            carry(workplace, now, report)
    except NotLeader:
        typer.echo("工作进程正在运行，会接着计算这些平台。")
