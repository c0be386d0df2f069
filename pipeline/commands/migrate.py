"""`pipeline migrate`: bring the database to the schema of this version."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from pipeline.errors import reported
from pipeline.prepare import open_workplace


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("migrate", help="建立或升级数据库，并载入名单、阈值与数据源。可重复运行。")(migrate)


def migrate() -> None:
    """Prints every source.toml that could not be used."""
    with reported():
        workplace = open_workplace(datetime.now(UTC))
        for fault in workplace.faults:
            typer.echo(f"数据源未载入：{fault}", err=True)
        typer.echo(f"数据库已就绪，{len(workplace.sources)} 个数据源。")
