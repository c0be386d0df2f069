"""`pipeline forget-source ID`: remove a source and all that came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from db import read, write
from db.roles import command_line
from pipeline.errors import NotLeader, UsageFault, reported
from pipeline.prepare import REMOVED, SAMPLE, Workplace, open_workplace
from pipeline.progress import terminal


def register(app: typer.Typer) -> None:
    """Add the two verbs."""
    app.command("enable-source", help="重新启用被删除的数据源（已删除的内容不会回来）。")(enable_source)
    app.command("forget-source", help="删除一个数据源及由它而来的一切（演示数据：sample_archive）。")(
        forget_source
    )


def forget_source(source: Annotated[str, typer.Argument(help="数据源 id")]) -> None:
    """Safe to repeat. A worker that leads is asked to do it, so that it does not compute what is being removed."""
    from pipeline.forget import forget
    from pipeline.worker import leading

    with reported():
        workplace = open_workplace(datetime.now(UTC))
        with terminal() as report:

            def progress(share: float, text: str) -> None:
                report("forget", int(share * 100), 100, text)

            try:
                with leading(workplace):
                    message = forget(workplace, source, report=progress)
                    _record(workplace, source)
            except NotLeader:
                message = _ask_worker(workplace, source, progress)
        typer.echo(message)


def enable_source(source: Annotated[str, typer.Argument(help="数据源 id")]) -> None:
    """The worker takes it up when it next starts."""
    with reported():
        workplace = open_workplace(datetime.now(UTC))
        with workplace.database.writing() as session:
            enabled = write.enable_source(session, source, actor=command_line(), now=datetime.now(UTC))
            if source == SAMPLE:
                write.set_fact(session, REMOVED, "")
        if not enabled:
            raise UsageFault(f"{source!r} 没有被删除过，不需要重新启用")
        typer.echo(f"{source} 已重新启用，TrustWatch 下次启动时生效。")


def _record(workplace: Workplace, source: str) -> None:
    """What is asked of a worker is in the audit log as a request; this was done here."""
    with workplace.database.writing() as session:
        write.record(
            session,
            actor=command_line(),
            action="source_forget",
            subject=source,
            detail={},
            now=datetime.now(UTC),
        )


def _ask_worker(workplace: Workplace, source: str, report: Callable[[float, str], None]) -> str:
    """Leave a request and follow it to its end."""
    with workplace.database.writing() as session:
        request = write.ask(
            session, "forget_source", {"source_id": source}, command_line(), datetime.now(UTC)
        )
    pause = threading.Event()
    while True:
        with workplace.database.reading() as session:
            rows = read.requests(session, limit=200).set_index("id")
        row = rows.loc[request]
        if row["state"] == "failed":
            raise UsageFault(str(row["message"]))
        if row["state"] == "done":
            return str(row["message"])
        report(float(row["progress"]), str(row["message"] or "等待工作进程"))
        pause.wait(0.5)
