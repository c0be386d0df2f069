"""`pipeline purge`: remove what documents say, and prove it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from db import read, write
from db.roles import command_line
from pipeline import purge_proof
from pipeline.errors import Exit, UsageFault, fail, reported
from pipeline.paths import data_dir
from pipeline.prepare import Workplace, open_workplace
from pipeline.progress import Report, silent, terminal
from pipeline.purge_proof import Choice, Done
from signals.model import shanghai_day


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("purge", help="清除文档内容（标题、正文、旧版本等）并出具证明；可在工作进程运行时进行。")(
        purge
    )


def purge(
    source: Annotated[str | None, typer.Option(help="只清除该数据源的文档（id）")] = None,
    before: Annotated[str | None, typer.Option(help="只清除该日之前可得的文档，如 2025-01-01")] = None,
    document: Annotated[
        list[int] | None, typer.Option("--document", help="只清除该编号的文档及其各个版本，可重复给出")
    ] = None,
    expired: Annotated[bool, typer.Option("--expired", help="清除已超过各数据源保留期限的文档")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出将清除什么，不清除")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问，直接清除")] = False,
    proof: Annotated[
        Path | None, typer.Option(help="证明写到哪个 JSON 文件；默认在数据文件夹的 purges 之下")
    ] = None,
) -> None:
    """Exit code 2: no selector, or nobody to ask and no --yes. 4: something is still readable afterwards."""
    with reported():
        now = datetime.now(UTC)
        choice = Choice(source, _day(before), tuple(document) if document else None)
        if choice == Choice() and not expired:
            raise UsageFault(
                "请至少给出一项：--source、--before、--document 或 --expired；不指定会清空全部内容"
            )
        if expired and (choice.before or choice.document_ids):
            raise UsageFault("--expired 按各数据源的保留期限清除，只能与 --source 同用")
        workplace = open_workplace(now)
        _require_known(workplace, source)
        choices = _expired(workplace, source, now) if expired else [choice]
        planned = _carry_out(workplace, choices, now, dry_run=True)
        _echo(purge_proof.preview_lines(planned))
        if dry_run or not planned:
            typer.echo("未清除任何内容。")
            raise typer.Exit(Exit.DONE)
        path = purge_proof.proof_path(proof, now)
        _confirm(yes)
        with terminal() as report:
            wanted = [choice for choice, found in planned if found.documents] or choices
            _record(workplace, planned, now)
            done = _carry_out(workplace, wanted, now, report=report)
        purge_proof.write_proof(path, done, now)
        _echo([*purge_proof.proof_lines(done), f"证明已写入 {path}", *purge_proof.leftovers(data_dir())])
        if left := sum(found.still_readable for _, found in done):
            raise fail(f"仍能读到 {left} 处应清除的内容，请再次运行本命令", Exit.ENVIRONMENT)


def _carry_out(
    workplace: Workplace,
    choices: list[Choice],
    now: datetime,
    *,
    dry_run: bool = False,
    report: Report = silent,
) -> Done:
    """One purge per choice, each in short transactions: a worker gets its turn in between."""

    def progress(done: int, total: int) -> None:
        report("清除", done, total)

    return [
        (
            choice,
            write.purge(
                workplace.database,
                source_id=choice.source_id,
                before=choice.before,
                document_ids=choice.document_ids,
                now=now,
                dry_run=dry_run,
                progress=progress,
                compact=number == len(choices),  # the file is written anew once, after the last
            ),
        )
        for number, choice in enumerate(choices, 1)
    ]


def _record(workplace: Workplace, planned: Done, now: datetime) -> None:
    """One entry per choice before anything goes: no content is removed that the audit log does not tell of."""
    with workplace.database.writing() as session:
        for choice, found in planned:
            if not found.documents:
                continue
            detail = {
                "before": choice.before.isoformat() if choice.before else None,
                "documents": found.documents,
                "chosen": list(choice.document_ids) if choice.document_ids else None,
            }
            write.record(
                session,
                actor=command_line(),
                action="purge",
                subject=choice.source_id or "全部数据源",
                detail={name: value for name, value in detail.items() if value is not None},
                now=now,
            )


def _expired(workplace: Workplace, source_id: str | None, now: datetime) -> list[Choice]:
    """What the nightly housekeeping would empty now: one choice per source that limits how long it keeps."""
    limited = {each.id: each.retention_days for each in workplace.sources if each.retention_days is not None}
    if source_id is not None and source_id not in limited:
        raise UsageFault(f"数据源 {source_id} 没有设定保留期限（source.toml 的 retention_days）")
    today = shanghai_day(now)
    return [
        Choice(name, today - timedelta(days=days))
        for name, days in limited.items()
        if source_id in (None, name)
    ]


def _require_known(workplace: Workplace, source_id: str | None) -> None:
    """Also sources that are no longer configured: their documents are still there."""
    with workplace.database.reading() as session:
        known = sorted(read.sources(session)["id"])
    if source_id is not None and source_id not in known:
        raise UsageFault(f"没有 id 为 {source_id!r} 的数据源。已有：{'、'.join(known)}")


def _confirm(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageFault("未清除任何内容：无法在此询问确认，确定要清除时请加 --yes")
    if not typer.confirm("确定清除？此操作不可撤销"):
        typer.echo("已取消，未清除任何内容。")
        raise typer.Exit(Exit.DONE)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageFault(f"日期 {text!r} 应写成 2026-01-31 的形式") from error


def _echo(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)
