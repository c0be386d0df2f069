"""系统健康 as judgements: what is well, what is not, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape

from app_pages import _look, _words
from app_pages._look import Column

SILENT = timedelta(minutes=3)
"""A worker without a heartbeat for this long is taken for stopped."""
OLD = timedelta(hours=26)
"""Levels are decided after midnight: data older than this missed a night."""
SLOW = timedelta(minutes=30)
"""A request that waits longer waits for something."""
RECENT = timedelta(hours=24)
BACKUP_OLD = timedelta(days=7)
LOW, VERY_LOW = 10 * 2**30, 2 * 2**30
"""Free bytes below which the disk is worth a look, and below which collecting will soon fail."""
MANY = 50_000
START = "运行 make run，或 python -m pipeline work；若它反复退出，看它最后的输出。"
RETRIED = "系统每 10 秒重试；若一直如此，运行 python -m pipeline doctor。"
STUCK = "有读取长期不结束，日志不能收回：重启网页进程（make run）。"
STATES = {"ok": ("✓", "正常", "good"), "warn": ("!", "留意", "warn"), "bad": ("✕", "有问题", "bad")}
"""Glyph, word and tone."""
COLUMNS = (
    Column("检查", "tight"),
    Column("结果", "tight"),
    Column("情况"),
    Column("怎么办", "wide"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, ok | warn | bad, what was found, and what to do (empty where nothing is)."""

    what: str
    state: str
    told: str
    remedy: str = ""


def worker(heartbeat: datetime | None, stage: str | None, message: str | None, now: datetime) -> Check:
    """Is anybody working?"""
    seen = f"最近心跳：{_words.ago(heartbeat, now)}"
    if heartbeat is None or now - heartbeat > SILENT:
        return Check(
            "工作进程",
            "bad",
            f"没有运行（{seen}）",
            START,
        )
    if stage == _words.FAILED_STAGE:
        return Check(
            "工作进程",
            "bad",
            f"本轮出错：{message or '原因不详'}",
            RETRIED,
        )
    doing = f"正在{_words.STAGES.get(stage, stage)}" if stage else "空闲"
    return Check("工作进程", "ok", f"{doing}，{seen}")


def failure(at: datetime | None, message: str | None, now: datetime) -> Check:
    """The last turn that ended in an error, which the heartbeat has forgotten by now."""
    if at is None:
        return Check("最近一次出错", "ok", "没有记录")
    told = f"{_words.moment(at)}（{_words.ago(at, now)}）：{message or '原因不详'}"
    if now - at > RECENT:
        return Check("最近一次出错", "ok", told)
    return Check(
        "最近一次出错", "warn", told, "此后的轮次已成功则无需处理；若反复出现，请把这句话交给维护人员。"
    )


def freshness(as_of: datetime | None, now: datetime) -> Check:
    """How old are the levels?"""
    if as_of is None:
        return Check("等级新旧", "warn", "尚无计算结果", "等待数据源送来第一批文本；状态见“数据源”页。")
    told = f"数据截至 {_words.moment(as_of)}"
    if now - as_of > OLD:
        return Check("等级新旧", "bad", told, "已错过一夜：确认工作进程在运行，待处理的事项在减少。")
    return Check("等级新旧", "ok", told)


def backlog(documents: int, days: Mapping[str, int], first: date | None) -> Check:
    """What waits to be computed."""
    words = [f"{_words.STAGES.get(stage, stage)} {number:,} 个平台日" for stage, number in days.items()]
    parts = ([f"待研读文本 {documents:,} 篇"] if documents else []) + words
    if not parts:
        return Check("待处理", "ok", "没有积压")
    told = "，".join(parts) + (f"；最早 {_words.day(first)}" if first else "")
    if documents + sum(days.values()) < MANY:
        return Check("待处理", "ok", told)
    return Check("待处理", "warn", told, "大批导入或重算之后正常，数量应逐步减少；若不减少，重启工作进程。")


def requests(number: int, oldest: datetime | None, now: datetime) -> Check:
    """What people wait for."""
    if not number:
        return Check("交给后台的事项", "ok", "没有等待的事项")
    told = f"{number} 项等待，最早的提交于{_words.ago(oldest, now)}"
    if oldest is not None and now - oldest > SLOW:
        return Check("交给后台的事项", "warn", told, "工作进程停止或正忙：见上面的“工作进程”。")
    return Check("交给后台的事项", "ok", told)


def sources(failing: int, total: int) -> Check:
    """Which part of the world is not heard?"""
    if not total:
        return Check(
            "数据源", "warn", "没有启用的真实来源", "在“数据源”页查看，或按 docs/operations.md 接入来源。"
        )
    if failing:
        return Check(
            "数据源", "warn", f"{total} 个启用，{failing} 个未能采集", "原因与办法在“数据源”页，逐个列出。"
        )
    return Check("数据源", "ok", f"{total} 个启用，都在按约定送来内容")


def database(kind: str, where: str, stored: int, log: int | None) -> Check:
    """What it is and how large; `log`: bytes written ahead (SQLite), None = not known."""
    told = f"{kind}，{size(stored)}"
    if log is not None:
        told += f"，预写日志 {size(log)}"
    if log is not None and log > max(stored, 2**30):
        return Check(
            "数据库",
            "warn",
            f"{told}（{where}）",
            STUCK,
        )
    return Check("数据库", "ok", f"{told}（{where}）")


def disk(free: int | None, folder: str) -> Check:
    """Is there room?"""
    if free is None:
        return Check("磁盘", "warn", f"读不到 {folder} 的剩余空间", "检查数据文件夹的权限。")
    told = f"{folder} 剩余 {size(free)}"
    if free < VERY_LOW:
        return Check("磁盘", "bad", told, "即将写满：清理或扩容，旧备份可移到别处。")
    if free < LOW:
        return Check("磁盘", "warn", told, "请安排扩容，或把旧备份移到别处。")
    return Check("磁盘", "ok", told)


def backup(newest: datetime | None, now: datetime) -> Check:
    """When was the last copy made?"""
    remedy = "运行 python -m pipeline backup（可定时）；存到别处的备份这里看不到。"
    if newest is None:
        return Check("备份", "warn", "数据文件夹的 backups 下没有备份", remedy)
    told = f"最近一次：{_words.moment(newest)}（{_words.ago(newest, now)}）"
    return Check("备份", "ok", told) if now - newest <= BACKUP_OLD else Check("备份", "warn", told, remedy)


def settings(now_hash: str, computed_hash: str | None, version: int) -> Check:
    """Were the newest levels computed with the settings that are here now?"""
    told = f"设置指纹 {now_hash}，生效阈值第 {version} 版"
    if computed_hash is not None and computed_hash != now_hash:
        return Check(
            "设置",
            "warn",
            f"{told}；最新的等级按指纹 {computed_hash} 算出",
            "settings/ 改过而进程没有重启：重启 make run；已完成的日子按当时的设置保留。",
        )
    return Check("设置", "ok", told)


def model(version: str | None) -> Check:
    """By which model and watch list texts were read last."""
    if version is None:
        return Check("研读模型", "ok", "尚未研读过文本")
    return Check("研读模型", "ok", f"版本 {version}")


def size(number: int) -> str:
    """Bytes for people: 512 KB, 3.2 GB."""
    value = float(number)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit in ("B", "KB") else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TB"


def table(checks: Iterable[Check]) -> str:
    """The checks as a table, trouble first."""
    order = ("bad", "warn", "ok")
    rows = []
    for check in sorted(checks, key=lambda check: order.index(check.state)):
        glyph, word, tone = STATES[check.state]
        rows.append(
            [
                escape(check.what),
                _look.chip(f"{glyph} {word}", tone),
                escape(check.told),
                escape(check.remedy or _words.NONE),
            ]
        )
    return _look.table(COLUMNS, rows, "系统健康检查", "tw-checks")
