"""`pipeline brief`: the daily or weekly brief as HTML, PDF and workbook."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import UsageFault, reported


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("brief", help="生成日报或周报：HTML、PDF 与 Excel（工作进程每天 7 时起也会自动生成）。")(
        brief
    )


def brief(
    daily: Annotated[bool, typer.Option("--daily", help="日报（缺省）")] = False,
    weekly: Annotated[bool, typer.Option("--weekly", help="周报：截至所给日期的七天")] = False,
    day: Annotated[str | None, typer.Option(help="截止日，如 2026-01-31；缺省为昨天，周报为上周日")] = None,
    out: Annotated[Path | None, typer.Option(help="写到哪个文件夹；缺省为数据文件夹的 briefs/")] = None,
    demo: Annotated[
        bool | None,
        typer.Option("--demo/--real", help="演示平台 / 真实平台；缺省为真实，当日无真实数据时为演示"),
    ] = None,
) -> None:
    """Composed from what the database holds; made again, it replaces its files."""
    from db import write
    from db.roles import command_line
    from pipeline.brief.make import last_day, make
    from pipeline.prepare import open_workplace
    from signals.brief import Period

    with reported():
        if daily and weekly:
            raise UsageFault("--daily 与 --weekly 只能给一个")
        if out is not None and not out.is_dir():
            raise UsageFault(f"没有文件夹 {out}：请先建立，或换一个")
        now = datetime.now(UTC)
        period = Period.WEEKLY if weekly else Period.DAILY
        ends = last_day(period, now) if day is None else _day(day)
        workplace = open_workplace(now)
        written = make(workplace, period, ends, demo=demo, who="命令行", out=out)
        chosen = {"period": period.value, "day": ends.isoformat()}
        with workplace.database.writing() as session:
            write.record_export(session, command_line(), "brief", chosen, now=now)
        typer.echo(f"已写入 {written.folder}")
        if written.no_pdf is not None:
            typer.echo(f"没有 PDF：{written.no_pdf}", err=True)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageFault(f"日期 {text!r} 应写成 2026-01-31 的形式") from error
