"""`pipeline export TABLE FILE`: the same CSV or workbook as the page 导出; `data-dictionary`: what the columns mean."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import UsageFault, reported
from pipeline.prepare import open_workplace
from signals.dictionary import TABLES


class Table(StrEnum):
    """What can be exported."""

    FLIPS = "flips"
    PLATFORM_DAYS = "platform_days"
    INDEX_VALUES = "index_values"
    MENTIONS = "mentions"
    DOCUMENTS = "documents"
    INDICATORS = "indicators"
    INDUSTRY = "industry"
    INDUSTRY_VALUES = "industry_values"
    CORRECTIONS = "corrections"
    STATUSES = "statuses"
    SIGN_OFFS = "sign_offs"
    NOTES = "notes"
    MEETINGS = "meetings"
    FAILURES = "failures"
    THRESHOLDS = "thresholds"
    SOURCE_DAYS = "source_days"
    RUNS = "runs"
    AUDIT = "audit"


FORMS = ("csv", "xlsx")


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("export", help="导出 CSV（utf-8-sig）或 .xlsx，Excel 可直接打开，已防公式注入。")(export)
    app.command("data-dictionary", help="数据字典：每一列的中英文名、类型、单位与空白的含义（Markdown）。")(
        data_dictionary
    )


def export(
    table: Annotated[Table, typer.Argument(help="导出哪张表")],
    file: Annotated[Path, typer.Argument(help="写到哪个文件；以 .xlsx 结尾时写 Excel，否则写 CSV")],
    platform: Annotated[str | None, typer.Option(help="只导出该平台（id）")] = None,
    source: Annotated[str | None, typer.Option(help="只导出该来源（id）的文本、提及或记录")] = None,
    start: Annotated[str | None, typer.Option(help="起始日，如 2026-01-01")] = None,
    end: Annotated[str | None, typer.Option(help="截止日（含）")] = None,
    demo: Annotated[bool | None, typer.Option("--demo/--real", help="只要演示数据 / 只要真实数据")] = None,
    chinese: Annotated[bool, typer.Option("--chinese/--plain", help=".xlsx 用中文表头 / 英文列名")] = True,
) -> None:
    """Written beside the target and renamed: a broken export never looks like a whole one."""
    from db import read, write
    from db.roles import command_line
    from db.schema import SCHEMA_VERSION
    from signals.export import ExportMeta, write_table

    with reported():
        if file.is_dir() or not file.parent.is_dir():
            raise UsageFault(f"不能写到 {file}：请给出已有文件夹里的一个文件名")
        form = file.suffix.lower().removeprefix(".")
        form = form if form in FORMS else "csv"
        workplace = open_workplace(datetime.now(UTC))
        days = {"start": _day(start), "end": _day(end)}
        with workplace.database.reading() as session:
            if platform is not None and read.platform(session, platform) is None:
                raise UsageFault(f"没有 id 为 {platform!r} 的平台")
            _known(table, read.narrows(table), platform, source, demo)
            chosen = {"demo": demo, "platform_id": platform, "source_id": source, "start": start, "end": end}
            told = {key: value for key, value in chosen.items() if value is not None}
            version, as_of = read.model_version(session), read.data_as_of(session)
            meta = ExportMeta(table, SCHEMA_VERSION, workplace.settings.hash, as_of, version, told)
            rows = read.rows(session, table, demo=demo, platform_id=platform, source_id=source, **days)
            with workplace.database.writing() as log:
                write.record_export(log, command_line(), table, chosen, now=datetime.now(UTC))
            temporary = file.with_name(f".{file.name}.part")
            try:
                with temporary.open("w+b") as handle:
                    write_table(handle, form, rows, read.COLUMNS[table], meta, chinese=chinese)
                os.replace(temporary, file)
            finally:
                temporary.unlink(missing_ok=True)
        typer.echo(f"已写入 {file}")


def _known(
    table: str, known: frozenset[str], platform: str | None, source: str | None, demo: bool | None
) -> None:
    """A filter that a table does not know is refused: a file that ignored it would look as if it had obeyed."""
    given = {
        "platform_id": ("--platform", platform),
        "source_id": ("--source", source),
        "demo": ("--demo", demo),
    }
    for name, (option, value) in given.items():
        if value is not None and name not in known:
            raise UsageFault(f"{table} 不能按 {option} 筛选，请去掉这个选项")


def data_dictionary(
    file: Annotated[Path | None, typer.Argument(help="写到哪个文件；不给出则显示在屏幕上")] = None,
) -> None:
    """The same text as docs/data-dictionary.md."""
    from db import read
    from signals.dictionary import markdown

    with reported():
        text = markdown({name: read.COLUMNS[name] for name in TABLES if name in read.COLUMNS})
        if file is None:
            typer.echo(text)
            return
        if file.is_dir() or not file.parent.is_dir():
            raise UsageFault(f"不能写到 {file}：请给出已有文件夹里的一个文件名")
        file.write_text(text, "utf-8")
        typer.echo(f"已写入 {file}")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageFault(f"日期 {text!r} 应写成 2026-01-31 的形式") from error
