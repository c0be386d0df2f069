"""`pipeline export TABLE FILE`: the same CSV as the page 导出."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import UsageFault, reported
from pipeline.prepare import open_workplace


class Table(StrEnum):
    """What can be exported."""

    DOCUMENTS = "documents"
    MENTIONS = "mentions"
    INDEX_VALUES = "index_values"
    PLATFORM_DAYS = "platform_days"
    FLIPS = "flips"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("export", help="导出 CSV（utf-8-sig，Excel 可直接打开，已防公式注入）。")(export)


def export(
    table: Annotated[Table, typer.Argument(help="导出哪张表")],
    file: Annotated[Path, typer.Argument(help="写到哪个文件")],
    platform: Annotated[str | None, typer.Option(help="只导出该平台（id）")] = None,
    start: Annotated[str | None, typer.Option(help="起始日，如 2026-01-01")] = None,
    end: Annotated[str | None, typer.Option(help="截止日（含）")] = None,
    demo: Annotated[bool | None, typer.Option("--demo/--real", help="只要演示数据 / 只要真实数据")] = None,
) -> None:
    """Written beside the target and renamed: a broken export never looks like a whole one."""
    from db import read
    from db.schema import SCHEMA_VERSION
    from signals.export import ExportMeta, csv_chunks

    with reported():
        if file.is_dir() or not file.parent.is_dir():
            raise UsageFault(f"不能写到 {file}：请给出已有文件夹里的一个文件名")
        workplace = open_workplace(datetime.now(UTC))
        with workplace.database.reading() as session:
            if platform is not None and read.platform(session, platform) is None:
                raise UsageFault(f"没有 id 为 {platform!r} 的平台")
            meta = ExportMeta(table.value, SCHEMA_VERSION, workplace.settings.hash, read.data_as_of(session))
            rows = read.rows(
                session, table.value, demo=demo, platform_id=platform, start=_day(start), end=_day(end)
            )
            temporary = file.with_name(f".{file.name}.part")
            try:
                with temporary.open("wb") as handle:
                    for piece in csv_chunks(rows, read.COLUMNS[table.value], meta):
                        handle.write(piece)
                os.replace(temporary, file)
            finally:
                temporary.unlink(missing_ok=True)
        typer.echo(f"已写入 {file}")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageFault(f"日期 {text!r} 应写成 2026-01-31 的形式") from error
