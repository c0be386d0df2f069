"""The audit log out: filtered for the page, streamed for exports, and proved to be whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db.schema import AuditEntry, AuditHead
from db.sql import frame, table
from signals.model import day_start

GENESIS = "0" * 64
"""What the first entry is chained to."""

COVERED = ("id", "at", "actor", "role", "action", "subject", "detail", "reason", "previous")
"""What an entry's hash covers: everything but itself."""

COLUMNS = (*COVERED, "hash")

ACTS: Mapping[str, str] = {
    "sign_in": "登录",
    "sign_out": "退出登录",
    "sign_in_blocked": "登录受阻",
    "password": "修改密码",
    "account_create": "新建用户",
    "account_role": "修改角色",
    "account_reset": "重置密码",
    "account_lock": "停用用户",
    "account_unlock": "恢复用户",
    "account_sign_out": "强制退出",
    "correct": "更正",
    "correct_undo": "撤销更正",
    "discovery_promote": "加入监测名单",
    "discovery_demote": "移出监测名单",
    "discovery_dismiss": "忽略名称",
    "discovery_restore": "恢复名称",
    "platforms_load": "载入平台名单",
    "platform_edit": "修改平台",
    "platform_status": "登记平台状态",
    "sign_off": "签字解除红色",
    "request": "交给后台",
    "model_use": "启用模型",
    "source_enable": "启用数据源",
    "source_forget": "删除数据源",
    "purge": "清除内容",
    "export": "导出",
    "watch": "加入关注",
    "unwatch": "取消关注",
    "import": "命令行导入",
    "upload": "上传",
    "upload_undo": "撤销上传",
    "entry": "手工录入",
    "entry_undo": "撤销录入",
    "note": "批注",
    "meeting": "会议记录",
    "threshold_submit": "提交阈值",
    "threshold_approve": "通过阈值",
    "threshold_reject": "驳回阈值",
    "threshold_withdraw": "撤回阈值",
}
"""Action -> what the page calls it."""

SHOWN_FAULTS = 20
BATCH = 2_000


def digest(row: Mapping[str, Any]) -> str:
    """SHA-256 of an entry, hex. `row["at"]` is an aware datetime; it is covered in UTC to the microsecond."""
    values = [row[name] for name in COVERED]
    values[COVERED.index("at")] = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def audit(
    session: Session,
    *,
    start: date | None = None,
    end: date | None = None,
    actor: str | None = None,
    action: str | None = None,
    text: str | None = None,
    limit: int | None = 500,
    before: int | None = None,
) -> pd.DataFrame:
    """Entries, newest first. Days are Asia/Shanghai, both included; `text` is part of subject or reason.

    Args:    before: only entries with a smaller number, for the next page.
    """
    statement = _filtered(start, end, actor, action, text)
    if before is not None:
        statement = statement.where(AuditEntry.id < before)
    return frame(session, statement.order_by(AuditEntry.id.desc()).limit(limit))


def audit_rows(session: Session, **filters: Any) -> Iterator[dict[str, Any]]:
    """The same, oldest first and all of them, streamed; `detail` as JSON text."""
    statement = _filtered(**filters).order_by(AuditEntry.id)
    for row in session.execute(statement, execution_options={"yield_per": BATCH}).mappings():
        yield dict(row) | {"detail": json.dumps(row["detail"], ensure_ascii=False, sort_keys=True)}


def audit_names(session: Session) -> tuple[list[str], list[str]]:
    """Who is in the log, and what was done: the choices of the page's filters."""
    actors = session.scalars(select(AuditEntry.actor).distinct().order_by(AuditEntry.actor))
    actions = session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action))
    return list(actors), list(actions)


@dataclass(slots=True)
class AuditVerdict:
    """What checking the whole log found. `faults`: the first SHOWN_FAULTS; `faulty` counts all of them."""

    count: int = 0
    head: str = GENESIS
    faulty: int = 0
    faults: list[str] = field(default_factory=list)

    def found(self, fault: str) -> None:
        """Note a fault."""
        self.faulty += 1
        if len(self.faults) < SHOWN_FAULTS:
            self.faults.append(fault)


def verify_audit(session: Session, witnessed: Sequence[tuple[int, str]] = ()) -> AuditVerdict:
    """Go over every entry: its own hash, its place, its link to the one before, and the end of the log.

    Finds an entry that was changed, removed, put elsewhere or inserted, and an end that was cut off.

    Args:    witnessed: (count, head hash) of former times, kept outside the database. They must still be in the log:
             without them, whoever can write the whole database could write the whole chain anew.
    """
    verdict, number, seen = AuditVerdict(), 0, dict(witnessed)
    statement = select(*table(AuditEntry).c).order_by(AuditEntry.id)
    for row in session.execute(statement, execution_options={"yield_per": BATCH}).mappings():
        _check(verdict, dict(row), number)
        if seen.pop(row["id"], row["hash"]) != row["hash"]:
            verdict.found(f"第 {row['id']} 条与此前核对时记下的哈希不同：该条或它之前的记录被改写")
        number, verdict.head = row["id"], row["hash"]
        verdict.count += 1
    for missing in sorted(set(seen) - {0}):
        verdict.found(f"此前核对时日志有 {missing} 条，现在缺少第 {missing} 条：末尾被截断")
    _check_end(verdict, session.get(AuditHead, 1), number)
    return verdict


def _check(verdict: AuditVerdict, row: Mapping[str, Any], number: int) -> None:
    place = row["id"]
    if place > number + 1:
        gap = f"第 {number + 1} 条" if place == number + 2 else f"第 {number + 1}–{place - 1} 条"
        verdict.found(f"{gap}缺失：已被删除")
    elif row["previous"] != verdict.head:
        verdict.found(f"第 {place} 条与上一条不衔接：次序被调换，或上一条被改写")
    if digest(row) != row["hash"]:
        verdict.found(f"第 {place} 条的内容与其哈希不符：内容被改动")


def _check_end(verdict: AuditVerdict, head: AuditHead | None, number: int) -> None:
    if head is None:
        if number:
            verdict.found("缺少日志末尾的登记（表 audit_head）：可能被清空")
        return
    if head.count > number:
        verdict.found(f"登记的条数为 {head.count}，末尾只到第 {number} 条：末尾被截断")
    elif head.count < number:
        verdict.found(f"登记的条数为 {head.count}，实际到第 {number} 条：有未经程序写入的记录")
    elif head.hash != verdict.head:
        verdict.found(f"第 {number} 条（最后一条）与登记的哈希不同：最后一条被改写")


def audit_count(session: Session) -> int:
    """How many entries the log has."""
    return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def _filtered(
    start: date | None = None,
    end: date | None = None,
    actor: str | None = None,
    action: str | None = None,
    text: str | None = None,
) -> Select[*tuple[Any, ...]]:
    statement = select(*(table(AuditEntry).c[name] for name in COLUMNS))
    if start is not None:
        statement = statement.where(AuditEntry.at >= day_start(start))
    if end is not None:
        statement = statement.where(AuditEntry.at < day_start(end + timedelta(days=1)))
    if actor is not None:
        statement = statement.where(AuditEntry.actor == actor)
    if action is not None:
        statement = statement.where(AuditEntry.action == action)
    if text:
        part = AuditEntry.subject.contains(text, autoescape=True)
        statement = statement.where(part | AuditEntry.reason.contains(text, autoescape=True))
    return statement
