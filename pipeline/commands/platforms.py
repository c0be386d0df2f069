"""`pipeline platforms load | list`: the watch list."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from db import read, write
from db.roles import command_line
from pipeline.errors import Exit, UsageFault, reported
from pipeline.prepare import open_workplace
from pipeline.reports import RefusalReport


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="平台名单：从 CSV 载入、列出。", no_args_is_help=True)
    group.command("load", help="从 CSV 载入名单（列：name[,aliases][,id][,category][,oldname]）。")(load)
    group.command("list", help="列出名单。")(list_)
    app.add_typer(group, name="platforms")


def load(
    file: Annotated[Path, typer.Argument(help="CSV 文件")],
    rescore: Annotated[bool, typer.Option(help="让已入库的文档按新名单重新研读")] = True,
) -> None:
    """Idempotent; exit code 1 when rows were refused."""
    from pipeline.watch_list import read_watch_list

    with reported():
        now = datetime.now(UTC)
        if not file.is_file():
            raise UsageFault(f"没有这个文件：{file}。请检查路径")
        workplace = open_workplace(now)
        with workplace.database.reading() as session:
            existing = read.watch_list(session)
        found = read_watch_list(file, existing)
        with workplace.database.writing() as session:
            counts = write.load_platforms(session, found.platforms, now=now, who=file.name, evidence=None)
            again = write.rescore(session) if rescore and counts.added else 0
            if counts.added:
                detail = {"added": counts.added, "refused": len(found.refusals)}
                write.record(
                    session,
                    actor=command_line(),
                    action="platforms_load",
                    subject=file.name,
                    detail=detail,
                    now=now,
                )
        report = RefusalReport("platforms", file)
        for refusal in found.refusals:
            report.add(refusal)
        typer.echo(
            f"新增 {counts.added} 个平台，已在名单 {len(found.known) + counts.unchanged}，拒收 {len(found.refusals)}。"
            + (f"{again} 篇文档将按新名单重新研读。" if again else "")
        )
        if report.opened:
            typer.echo(f"拒收的行及原因见：{report.path}")
        raise typer.Exit(Exit.REFUSED_ROWS if found.refusals else Exit.DONE)


def list_() -> None:
    """id, name, category and tiers, tab-separated."""
    with reported():
        workplace = open_workplace(datetime.now(UTC))
        with workplace.database.reading() as session:
            for platform in read.watch_list(session):
                names = "、".join([*platform.full, *platform.brand])
                typer.echo(f"{platform.id}\t{platform.name}\t{platform.category}\t{platform.status}\t{names}")
