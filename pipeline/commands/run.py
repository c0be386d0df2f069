"""`pipeline run`: worker and dashboard together; what `make run` calls."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from pipeline import supervise
from pipeline.errors import reported
from pipeline.prepare import open_workplace


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("run", help="启动工作进程与看板（make run）。PORT 环境变量改端口，默认 8501。")(run)


def run() -> None:
    """Migrate first, so that both processes find a database; then supervise."""
    with reported():
        port = supervise.port_from_environment()
        supervise.require_free(port)
        open_workplace(datetime.now(UTC)).database.close()
        raise typer.Exit(supervise.run(port))
