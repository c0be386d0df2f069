"""`pipeline work`: the leading worker alone."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

import typer

from pipeline.errors import Exit, reported
from pipeline.prepare import open_workplace


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("work", help="工作进程：按计划采集并走完各阶段，直到收到停止信号。同一数据库只有一个。")(work)


def work() -> None:
    """Exit code 3 when another worker leads."""
    from pipeline.worker import Worker

    with reported():
        ended = Worker(open_workplace(datetime.now(UTC))).run()
    if not ended:
        # A thread still waits for a slow site. It holds no transaction, and the ledger calls its run interrupted.
        sys.stderr.flush()
        os._exit(Exit.DONE)
