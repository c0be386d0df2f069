"""What a purge did, for people and for the files: counts, days and a digest, and nothing of what was removed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from db.write import PurgeReport
from pipeline.errors import UsageFault
from pipeline.paths import data_dir
from signals.model import SHANGHAI

KINDS = {"regulatory": "监管", "news": "新闻", "social": "社交", "complaint": "投诉", "disclosure": "披露"}
TABLES = {
    "documents": "清空文档",
    "document_revisions": "删除旧版本",
    "story_bands": "删除近似文本索引",
    "story_digests": "删除报道摘要",
    "kept_responses": "删除留存的失败响应",
}
LISTED = 10
"""Backups that are named one by one."""


@dataclass(frozen=True)
class Choice:
    """One condition of a purge: all that is given has to hold."""

    source_id: str | None = None
    before: date | None = None
    document_ids: tuple[int, ...] | None = None

    def __str__(self) -> str:
        parts = [
            f"数据源 {self.source_id}" if self.source_id else "",
            f"{self.before} 之前" if self.before else "",
            f"文档 {'、'.join(map(str, self.document_ids))} 的各个版本" if self.document_ids else "",
        ]
        return "，".join(filter(None, parts))


Done = Sequence[tuple[Choice, PurgeReport]]


def preview_lines(planned: Done) -> Iterator[str]:
    """What a purge would remove, and what it would leave."""
    for choice, report in planned:
        days = f"，可得日 {report.first_day} 至 {report.last_day}" if report.first_day else ""
        yield f"将清除（{choice}）：{report.documents} 篇文档的内容{days}"
        for (source_id, kind), count in sorted(report.by_source.items()):
            yield f"  {source_id} {KINDS.get(kind, kind)}：{count} 篇"
    if not planned:
        yield "没有数据源设定保留期限。"
        return
    yield (
        "清除标题、正文、对象、其他栏目、旧版本与留存的失败响应，不可恢复；"
        "编号、网址、指数与等级保留，过去的数字不变，再次导入也不会回来。"
    )


def proof_lines(done: Done) -> Iterator[str]:
    """What a purge removed, and what a fresh look found afterwards."""
    for choice, report in done:
        counts = "，".join(
            f"{TABLES.get(name, name)} {count}" for name, count in sorted(report.tables.items())
        )
        yield f"已清除（{choice}）：{counts or '没有需要清除的内容'}"
        if report.first_day:
            yield f"  可得日：{report.first_day} 至 {report.last_day}"
        yield f"  清单 SHA-256：{report.digest}"
        yield f"  可读内容剩余：{report.still_readable}"
        if report.wal_cleared is False:
            yield "  数据库日志文件（-wal）正被读取，其中的旧页面要到下次清除或重启后才会消失。"
    if done and done[-1][1].compacted is False:
        yield "数据库文件正被使用，未能整理：空闲页面中可能还有残留片段，请停止工作进程后再运行一次本命令。"


def leftovers(folder: Path) -> Iterator[str]:
    """Where removed content may still lie: copies that were made before, and the files that it came from."""
    yield "此前的备份、升级或恢复时另存的旧库、导出文件和收件夹里的原文件仍含有这些内容，需要时请另行删除："
    copies = sorted([*(folder / "backups").glob("*"), *folder.glob("*.before-restore*")])
    copies = [path for path in copies if path.is_file() and not path.name.endswith(("-wal", "-shm"))]
    yield from (f"  {path}" for path in copies[:LISTED])
    if len(copies) > LISTED:
        yield f"  …… 共 {len(copies)} 个"
    inbox = folder / "inbox"
    if any(path.is_file() for path in inbox.rglob("*")):
        yield f"  {inbox}"
    if not copies:
        yield f"  （{folder / 'backups'} 里没有备份；存放在别处的请自行查找）"


def proof_path(wanted: Path | None, now: datetime) -> Path:
    """The file asked for, or data/purges/<time>.json. Raises UsageFault, before anything is lost."""
    if wanted is None:
        folder = data_dir() / "purges"
        folder.mkdir(exist_ok=True)
        return folder / f"{now:%Y%m%dT%H%M%S%fZ}.json"
    if wanted.exists():
        raise UsageFault(f"{wanted} 已存在，不会覆盖。请换一个文件名")
    if not wanted.parent.is_dir():
        raise UsageFault(f"文件夹不存在：{wanted.parent}。请先建立它")
    return wanted


def write_proof(path: Path, done: Done, now: datetime) -> None:
    """Whole or not at all. Holds counts, days, ids and a digest: nothing that speaks of a person."""
    content = {"purged_at": now.astimezone(SHANGHAI).isoformat(), "purges": [_entry(*each) for each in done]}
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    os.replace(unfinished, path)


def _entry(choice: Choice, report: PurgeReport) -> dict[str, Any]:
    return {
        "source": choice.source_id,
        "before": choice.before.isoformat() if choice.before else None,
        "document_ids": list(choice.document_ids) if choice.document_ids is not None else None,
        "tables": dict(sorted(report.tables.items())),
        "documents": [
            {"source": source_id, "kind": kind, "count": count}
            for (source_id, kind), count in sorted(report.by_source.items())
        ],
        "first_day": report.first_day.isoformat() if report.first_day else None,
        "last_day": report.last_day.isoformat() if report.last_day else None,
        "sha256_of_identities": report.digest,
        "still_readable": report.still_readable,
        "wal_cleared": report.wal_cleared,
    }
