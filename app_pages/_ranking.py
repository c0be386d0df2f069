"""总览 as data: which platforms, in which order, and each as one table row. Pure: DataFrame -> HTML cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

import pandas as pd

from app_pages import _look, _stars, _words
from app_pages._look import Column
from signals.lifecycle import QUIET, QUIET_DAYS, failed_word, is_quiet, told_reason
from signals.model import LADDER, Level
from signals.pinyin import matches

ORDERS = {
    "严重程度": ["rank", "t_star"],
    "T*": ["t_star", "rank"],
    "7 日变化": ["change7", "t_star"],
    "名称": ["name"],
}
"""What the reader may sort by; every order falls back on the name."""

COLUMNS = (
    Column("等级", "tight"),
    Column("平台", "name"),
    Column("T*", "num", "综合分，0–100，含记忆：高峰过后缓慢回落"),
    Column("7 日变化", "num", "T* 与 7 天前之差"),
    Column("近 30 天", "tight", "T* 走势，纵轴固定为 0–100"),
    Column("覆盖率", "num", "今天观测到的指数权重 / 已接入的指数权重"),
    Column("主要原因", "wide"),
    Column("起始", "tight label", "处于当前等级的起始日"),
)

TAKEN = (
    "platform_id", "name", "category", "demo", "status", "level", "level_before_grey", "t", "t_star", "change7",
    "coverage", "since", "reason", "day",
)  # fmt: skip
"""What a download of the table holds of each platform."""

TAKEN_LABELS = {"name": "平台", "status": "经营状态", "change7": "7 日变化", "since": "处于该等级自"}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader chose; empty means everything. `data` is 全部 | 演示 | 真实."""

    data: str = "全部"
    category: str | None = None
    levels: Sequence[str] = ()
    text: str = ""


def choose(frame: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """The rows of db.read.overview that match every filter; names by a part of them or by pinyin (signals.pinyin)."""
    keep = pd.Series(True, index=frame.index)
    if filters.data != "全部":
        keep &= frame["demo"] == (filters.data == "演示")
    if filters.category:
        keep &= frame["category"] == filters.category
    if filters.levels:
        keep &= frame["level"].isin(list(filters.levels))
    if needle := filters.text.strip():
        names = pd.Series([matches(needle, name) for name in frame["name"]], index=frame.index, dtype=bool)
        keep &= names | (frame["platform_id"].str.lower() == needle.lower())
    return frame[keep]


def rank(level: str) -> int:
    """Place in a list: 红 5, 橙 4, 黄 3, 蓝 2, 数据不足 1, 正常 0."""
    found = Level(level)
    if found is Level.UNKNOWN:
        return 1
    place = LADDER.index(found)
    return place + 1 if place else 0


def order(frame: pd.DataFrame, by: str = "严重程度") -> pd.DataFrame:
    """Sorted by one of ORDERS, the gravest first; rows without the number come last, ties go by name."""
    keys = [*ORDERS[by], *(["name"] if by != "名称" else [])]
    ranked = frame.assign(rank=frame["level"].map(rank))
    down = [key == "name" for key in keys]
    return ranked.sort_values(keys, ascending=down, na_position="last", kind="stable").drop(columns="rank")


def tally(frame: pd.DataFrame) -> dict[Level, int]:
    """How many platforms stand at each level, every level named; who failed is not 正常 (see `failed`)."""
    found = frame["level"].value_counts()
    counted = {level: int(found.get(level.value, 0)) for level in _look.LOOKS}
    counted[Level.NORMAL] -= failed(frame)
    return counted


def failed(frame: pd.DataFrame) -> int:
    """How many platforms would read 正常 but for a failed life-cycle status: they read 已出险."""
    if "failed" not in frame:
        return 0
    return int(((frame["level"] == Level.NORMAL.value) & frame["failed"].notna()).sum())


def moves(changes: pd.DataFrame) -> str:
    """How many rose and fell between level_then and level_now, in words; grey counts for itself."""
    if changes.empty:
        return "没有平台的等级变化"
    grey = Level.UNKNOWN.value
    hidden = int((changes["level_now"] == grey).sum())
    known = changes[(changes["level_now"] != grey) & (changes["level_then"] != grey)]
    step = known["level_now"].map(rank) - known["level_then"].map(rank)
    back = int((changes["level_then"] == grey).sum())
    counted = [("升级", int((step > 0).sum())), ("降级", int((step < 0).sum()))]
    counted += [("转为数据不足", hidden), ("从数据不足恢复", back)]
    return "，".join(f"{word} {number} 家" for word, number in counted if number)


def unobserved(frame: pd.DataFrame) -> int:
    """How many real platforms are grey because no source of theirs ever answered; 0 if any has another reason."""
    grey = frame[(frame["level"] == Level.UNKNOWN.value) & ~frame["demo"]]
    number = grey[["t_star", "scope", "coverage"]].astype(float)
    silent = number["t_star"].isna() & (number["scope"] > 0) & (number["coverage"] == 0)
    return len(grey) if silent.all() else 0


def why(row: Mapping[str, object]) -> str:
    """The reason sentence; where nobody spoke of the platform it says so instead of looking merely green."""
    status = row.get("failed")
    gone = status if isinstance(status, str) else None
    if is_quiet(str(row["level"]), int(str(row["mentions90"]))) and not _words.missing(row["day"]):
        return QUIET if gone is None else f"{failed_word(gone)}；近 {QUIET_DAYS} 天无提及"
    reason = row["reason"]
    if isinstance(reason, str) and reason:
        return told_reason(reason, gone)
    return "尚无计算结果：等待数据源送来第一批文本"


def cells(row: Mapping[str, object], watched: frozenset[str] | None = None) -> list[str]:
    """One overview row as HTML cells in the order of COLUMNS, with a star for 我的关注 where `watched` is known."""
    level = Level(str(row["level"]))
    before = row["level_before_grey"]
    since = _date(row["since"])
    return [
        _look.badge(level, before if isinstance(before, str) else None, failed=row.get("failed")),
        _stars.star(str(row["platform_id"]), str(row["name"]), watched) + _name(row),
        f"<b>{_words.score(_number(row['t_star']))}</b>",
        _move(_number(row["change7"])),
        _look.spark(_numbers(row["spark"]), level),
        _words.share(_number(row["coverage"]) if row["scope"] else None),
        _look.clamp(why(row)),
        f'<span title="{_words.day(since)}">{_words.short_day(since)}</span>',
    ]


def _name(row: Mapping[str, object]) -> str:
    chips = [_look.chip("演示", "demo")] if row["demo"] else []
    status = str(row["status"])
    if status != "在营":
        since = _words.day(_date(row["status_since"]))
        chips.append(_look.chip(status, "bad", f"{status}，自 {since}"))
    name = _look.link("platform", str(row["name"]), "tw-strong", platform=str(row["platform_id"]))
    category = f'<span class="tw-mute">{escape(str(row["category"]))}</span>'
    return f'{name} <span class="tw-sub">{category} {" ".join(chips)}</span>'


def _move(value: float | None) -> str:
    if value is None or value != value:
        return _words.NONE
    tone = "tw-up" if value >= 0.05 else "tw-down" if value <= -0.05 else "tw-mute"
    return f'<span class="{tone}">{_words.change(value)}</span>'


def _number(value: object) -> float | None:
    return None if value is None or _words.missing(value) else float(str(value))


def _numbers(value: object) -> list[float | None]:
    return [_number(item) for item in value] if isinstance(value, list | tuple) else []


def _date(value: object) -> date | None:
    return value if isinstance(value, date) and not _words.missing(value) else None
