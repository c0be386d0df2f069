"""`pipeline doctor`: what is missing on this machine and how to mend it."""

from __future__ import annotations

from datetime import UTC, datetime

import typer
from rich.console import Console
from rich.table import Column, Table

from pipeline.errors import Exit


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("doctor", help="体检：运行环境、数据库、工作进程、数据源；缺什么、怎么补。")(doctor)


def doctor() -> None:
    """Exit code 4 when something that the product needs is wrong; extras only inform."""
    from pipeline.diagnosis import examine

    findings = examine(datetime.now(UTC))
    table = Table("检查", "结果", Column("说明与办法", overflow="fold"))
    for finding in findings:
        mark = {"ok": "[green]正常[/]", "extra": "[yellow]可选[/]", "bad": "[red]有问题[/]"}[finding.state]
        table.add_row(finding.what, mark, finding.detail)
    Console().print(table)
    raise typer.Exit(Exit.ENVIRONMENT if any(each.state == "bad" for each in findings) else Exit.DONE)
