"""`pipeline backup` and `pipeline restore`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from db.session import Database
from pipeline.errors import reported
from pipeline.paths import data_dir, database_url


def register(app: typer.Typer) -> None:
    """Add the two verbs."""
    app.command("backup", help="一致的备份，工作进程写入时也可进行。")(backup)
    app.command("restore", help="用备份替换当前数据库；原数据库另存，不会丢失。先停止 TrustWatch。")(restore)


def backup(
    file: Annotated[Path | None, typer.Argument(help="备份文件；默认 data/backups/ 下按时间命名")] = None,
) -> None:
    """Never overwrites."""
    with reported():
        if file is None:
            folder = data_dir() / "backups"
            folder.mkdir(exist_ok=True)
            file = folder / f"trustwatch-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
        Database.open(database_url()).backup(file)
        typer.echo(f"已备份到 {file}")


def restore(file: Annotated[Path, typer.Argument(help="备份文件")]) -> None:
    """Refused while a worker leads: it would go on writing into the replaced file."""
    with reported():
        kept = Database.open(database_url()).restore(file)
        typer.echo(f"已从 {file} 恢复。" + (f"原数据库保存在 {kept}" if kept else ""))
