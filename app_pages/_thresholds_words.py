"""Words of the page 阈值: fields, values, scopes and states of versions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app_pages import _words
from db.read import VersionRow
from settings.threshold_diff import Path
from signals.model import LADDER, Level, shanghai_day

LEVELS = {"red": Level.RED, "orange": Level.ORANGE, "yellow": Level.YELLOW, "blue": Level.BLUE}
"""Field of a level -> level, gravest first."""

FIELDS = {
    "enter": "进入线（T ≥）",
    "need_days": "须达到的天数",
    "window_days": "在几天之内",
    "leave_days": "退出前连续天数",
    "sign_off": "降级须签字",
    "leave_margin": "退出差",
    "single_index_share": "单一指数份额",
    "single_index_ids": "单一指数",
    "memory_plateau_days": "记忆平台期（天）",
    "memory_half_life_days": "记忆半衰期（天）",
    "coverage_min": "覆盖率下限",
    "coverage_hold_days": "覆盖不足时保持（天）",
    "scope_min": "接入范围下限",
    "carry_days": "缺测沿用（天）",
    "score": "抬升到的分数",
    "events": "事件",
    "official_only": "仅限官方",
    "min_stories": "独立报道数",
    "min_complainants": "投诉人数",
    "hours": "小时之内",
    "at_once": "当日立即生效",
    "lines": "等级线",
    "weights": "权重",
}
SCOPES = {"category": "类别", "platform": "平台"}
MEASURES = {
    "failures": ("参评出险（家）", "count"),
    "hits": ("命中（家）", "count"),
    "pod": ("命中率 POD", "share"),
    "lead_median": ("提前天数（中位）", "days"),
    "false_alarms": ("误报（次）", "count"),
    "false_alarms_per_platform_year": ("误报 / 平台年", "rate"),
}
"""Metric -> its word and how it is written."""

STATES = {"proposed": "待复核", "rejected": "已驳回", "withdrawn": "已撤回"}
TONES = {"现行": "good", "待复核": "warn", "待生效": "warn", "已驳回": "bad"}


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom constants are for; kind "" = everybody."""

    kind: str = ""
    name: str = ""

    @property
    def path(self) -> Path:
        """Where its exceptions stand."""
        return ("overrides", self.kind, self.name) if self.kind else ()

    @property
    def key(self) -> str:
        """In the address."""
        return f"{self.kind}:{self.name}" if self.kind else "all"


class Teller:
    """Names the fields of a difference; `indices`, `events`, `platforms`: id -> name."""

    def __init__(
        self, indices: Mapping[str, str], events: Mapping[str, str], platforms: Mapping[str, str]
    ) -> None:
        self.indices, self.events, self.platforms = indices, events, platforms

    def field(self, path: Path) -> str:
        """橙：进入线（T ≥）; exceptions with their scope in front."""
        if path[:1] == ("overrides",) and len(path) > 2:
            name = self.platforms.get(path[2], path[2]) if path[1] == "platform" else path[2]
            rest = tuple(one for one in path[3:] if one != "lines") or path[3:]
            return f"{SCOPES.get(path[1], path[1])}“{name}” · {self.field(rest) if rest else '例外'}"
        if path[0] in LEVELS:
            return f"{LEVELS[path[0]].value}：{FIELDS.get(path[-1], path[-1])}"
        if path[0] == "weights" and len(path) > 1:
            return f"权重 {path[1]} {self.indices.get(path[1], '')}".strip()
        if path[0] == "floors" and len(path) > 1:
            rest = FIELDS.get(path[-1], path[-1]) if len(path) > 2 else "整条"
            return f"底线“{_words.FLOORS.get(path[1], path[1])}”：{rest}"
        return FIELDS.get(path[0], path[0])

    def value(self, value: Any) -> str:
        """As people write it; — where there is none."""
        if value is None:
            return f"{_words.NONE}（沿用上级）"
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, int | float):
            return f"{value:g}"
        if isinstance(value, list | tuple):
            return "、".join(self.events.get(str(one), self.indices.get(str(one), str(one))) for one in value)
        return "整组" if isinstance(value, Mapping) else str(value)


def state(version: VersionRow, current: int, now: datetime) -> str:
    """What a version is to people: 现行, 待生效, 已被取代, 待复核, 已驳回, 已撤回."""
    if version.state != "active":
        return STATES.get(version.state, version.state)
    if version.id == current:
        return "现行"
    return "待生效" if version.effective_from > now else "已被取代"


def begins(version: VersionRow) -> str:
    """Its first day; the installation's version has none."""
    if version.state != "active":
        return _words.NONE
    day = shanghai_day(version.effective_from)
    return "安装时" if day.year < 1980 else _words.day(day)


def measure(value: float, kind: str) -> str:
    """A figure of the preview."""
    if _words.missing(value):
        return _words.NONE
    return {"count": f"{value:.0f}", "share": f"{value:.1%}", "days": f"{value:.0f}", "rate": f"{value:.2f}"}[
        kind
    ]


def level(rank: int) -> Level:
    """The level of a rank of previews."""
    return Level.UNKNOWN if rank < 0 else LADDER[rank]
