"""`pipeline sources`: what is configured and how it does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

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
        now = datetime.now(UTC)
        workplace = open_workplace(now)
        with workplace.database.reading() as session:
            frame = read.sources(session)
        table = Table("id", "名称", "状态", "文档", "最近成功", "下次运行", Column("说明", overflow="fold"))
        for row in frame.itertuples():
            state = STATES.get(row.state if row.enabled else "off", row.state)
            cells = (
                row.id,
                row.name,
                state,
                str(row.documents),
                _moment(row.last_success_at),
                _moment(row.next_run_at),
            )
            table.add_row(*cells, Text(_reason(row, now)))
        Console().print(table)
        for fault in workplace.faults:
            typer.echo(f"未载入：{fault}", err=True)


def _moment(value: Any) -> str:
    return "—" if pd.isna(value) else value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _reason(row: Any, now: datetime) -> str:
    """Why the state is what it is, and until when the site wants to be left alone."""
    waits = pd.notna(row.retry_at) and row.retry_at > now
    parts = [row.state_reason or "", f"{_moment(row.retry_at)} 之前不采集" if waits else ""]
    return "；".join(part for part in parts if part)
