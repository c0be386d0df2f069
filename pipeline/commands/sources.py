"""`pipeline sources`: what is configured and how it does."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import typer
from rich.console import Console
from rich.table import Column, Table

from db import read
from pipeline.errors import reported
from pipeline.prepare import open_workplace
from signals.model import SHANGHAI

STATES = {"ok": "正常", "late": "迟到", "broken": "故障", "blocked": "被拒", "off": "停用", "new": "未运行"}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("sources", help="列出数据源及其状态。")(sources)


def sources() -> None:
    """A table; faulty source.toml files are named below it."""
    with reported():
        workplace = open_workplace(datetime.now(UTC))
        with workplace.database.reading() as session:
            frame = read.sources(session)
        table = Table("id", "名称", "状态", "文档", "最近成功", Column("说明", overflow="fold"))
        for row in frame.itertuples():
            success = "—"
            if pd.notna(row.last_success_at):
                success = row.last_success_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
            state = STATES.get(row.state if row.enabled else "off", row.state)
            table.add_row(row.id, row.name, state, str(row.documents), success, row.state_reason or "")
        Console().print(table)
        for fault in workplace.faults:
            typer.echo(f"未载入：{fault}", err=True)
