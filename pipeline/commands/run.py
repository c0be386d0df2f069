"""`pipeline run`: worker and dashboard together; what `make run` calls."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import typer

from db import write
from db.write.accounts import FIRST
from pipeline import supervise
from pipeline.errors import reported
from pipeline.prepare import open_workplace
from settings.access import access

WELCOME = """
首次运行：已建立管理员账号，初始密码只显示这一次，首次登录时必须修改。
    用户名  {name}
    密码    {password}
忘记时可在服务器上运行 python -m pipeline users reset {name}
"""
"""Printed once; `{name}` and `{password}` are filled in."""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("run", help="启动工作进程与看板（make run）。PORT 环境变量改端口，默认 8501。")(run)


def run() -> None:
    """Migrate first, so that both processes find a database; then supervise."""
    with reported():
        port = supervise.port_from_environment()
        supervise.require_free(port)
        reached = access(os.environ)
        with open_workplace(datetime.now(UTC)).database as database:
            password = write.first_admin(database, datetime.now(UTC))
        if password is not None:
            typer.echo(WELCOME.format(name=FIRST, password=password))
        raise typer.Exit(supervise.run(port, reached))
