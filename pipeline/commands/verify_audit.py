"""`pipeline verify-audit`: is the audit log whole? And its head, remembered outside the database."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from db import read
from db.session import Database
from pipeline.errors import Exit, UsageFault, fail, reported
from pipeline.paths import data_dir, database_url

WITNESS = "audit-heads.jsonl"
RESTORED = (
    "若刚用备份恢复过数据库，末尾缺少的是恢复时丢弃的记录：核实后请把该文件改名保存，再运行本命令重新开始登记"
)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        "verify-audit",
        help="逐条核对审计日志的哈希链：发现被改动、删除、调换、插入的记录和被截断的末尾；有问题时退出码为 1。",
    )(verify_audit)


def verify_audit(
    expect: Annotated[
        str | None, typer.Option(help="此前抄下的“条数:链头哈希”，核对它仍在链中，如 120:9f…")
    ] = None,
    witness: Annotated[
        Path | None,
        typer.Option(help="记录每次链头的文件；默认为数据文件夹中的 audit-heads.jsonl，最好放在别的机器上"),
    ] = None,
) -> None:
    """Exit code 1: the log is not whole. Each time it is, its head is added to the witness file."""
    with reported():
        path = witness or data_dir() / WITNESS
        known = read_witness(path) + ([expected(expect)] if expect else [])
        with Database.open(database_url()) as database, database.reading() as session:
            verdict = read.verify_audit(session, known)
        if verdict.faulty:
            for fault in verdict.faults:
                typer.echo(f"✕ {fault}")
            if verdict.faulty > len(verdict.faults):
                typer.echo(f"…… 共 {verdict.faulty} 处")
            raise fail(f"审计日志不完整（{path} 已登记 {len(known)} 次链头）。{RESTORED}", Exit.REFUSED_ROWS)
        if (verdict.count, verdict.head) not in known:
            add_witness(path, verdict.count, verdict.head, datetime.now(UTC))
        typer.echo(f"审计日志完整：{verdict.count} 条，与此前登记的 {len(known)} 个链头相符。")
        typer.echo(f"链头 {verdict.count}:{verdict.head}（已记入 {path}；也请抄到系统之外）")


def expected(text: str) -> tuple[int, str]:
    """`120:9f…` as count and hash. Raises UsageFault."""
    count, _, head = text.partition(":")
    if not (count.isascii() and count.isdigit()) or len(head) != 64:
        raise UsageFault(f"--expect {text!r} 应写成 条数:64 位哈希，即本命令打印的“链头”")
    return int(count), head.lower()


def read_witness(path: Path) -> list[tuple[int, str]]:
    """Heads of former times. Raises UsageFault naming the line that cannot be read."""
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            entry = json.loads(line)
            found.append((int(entry["count"]), str(entry["hash"])))
        except (ValueError, KeyError, TypeError) as error:
            raise UsageFault(
                f"{path} 第 {number} 行无法读取，文件可能被改动：请恢复该文件或移走后重试"
            ) from error
    return found


def add_witness(path: Path, count: int, head: str, now: datetime) -> None:
    """Append a line, on disk before it is announced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"at": now.isoformat(timespec="seconds"), "count": count, "hash": head})
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
