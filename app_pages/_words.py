"""Words and number formats of the screen: one place, so that pages, charts and exports speak alike. Pure."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time

from signals.model import SHANGHAI

KINDS = {
    "regulatory": "监管",
    "news": "新闻",
    "social": "社交",
    "complaint": "投诉",
    "disclosure": "平台公告",
}
POLARITIES = {
    "asserted": "断言",
    "conditional": "假设",
    "asked": "提问",
    "historical": "旧事",
    "quoted": "转述",
    "denied": "否认",
    "advert": "广告",
}
SOURCE_STATES = {
    "ok": ("✓", "正常", "good"),
    "late": ("!", "迟到", "warn"),
    "broken": ("✕", "故障", "bad"),
    "blocked": ("⊘", "被拒", "bad"),
    "off": ("–", "已停用", "plain"),
    "new": ("·", "尚未运行", "plain"),
}
"""Glyph, word and tone of a source's state."""

FAILING = ("broken", "blocked", "late")
"""States of a source that should bring something and does not."""

RUN_STATES = {"running": "运行中", "done": "完成", "partial": "部分拒收", "failed": "失败", "missed": "错过"}
REQUEST_STATES = {"waiting": "等待处理", "running": "处理中", "done": "已完成", "failed": "失败"}
REQUESTS = {
    "collect": "立即采集",
    "forget_source": "删除来源及其全部结果",
    "import": "导入文件",
    "rescore": "重新分析",
    "brief": "生成简报",
    "calibrate": "校准",
    "evaluate": "评估回放",
}
TIERS = {
    "full": "全称",
    "brand": "品牌名",
    "ambiguous": "有歧义的名称",
    "legal_entity": "运营主体",
    "old_name": "曾用名",
    "not_this": "不是它",
}
STAGES = {
    "collect": "采集",
    "import": "导入",
    "analyse": "研读文本",
    "index": "计算指数",
    "warn": "判定预警等级",
    "search": "建立全文索引",
    "housekeeping": "日常清理",
}
FAILED_STAGE = "error"
"""Stage of a worker whose last turn failed; its message says why."""

FIELDS = {
    "day": "日期",
    "level": "等级",
    "t": "T",
    "t_star": "T*",
    "scope": "已接入权重",
    "coverage": "覆盖率",
    "reason": "主要原因",
    "index_id": "指数",
    "value": "值",
    "level_part": "水平 L",
    "surprise_part": "异常 A",
    "accumulated": "累积 Σ v·g",
    "saturation": "饱和 c",
    "count": "条数",
    "expected": "预期条数",
    "observed": "已观测",
    "platform_id": "平台编号",
    "platform": "平台",
    "level_before_grey": "此前等级",
    "level_then": "当时等级",
    "level_now": "现在等级",
    "level_from": "原等级",
    "level_to": "新等级",
    "category": "类别",
    "demo": "演示",
    "documents": "全部篇数",
    "publishers": "独立发布者",
    "step": "步骤",
    "share": "占比",
    "raised": "单一指数规则与底线",
    "memory": "近期峰值记忆",
    "source_name": "来源",
    "started_at": "开始",
    "finished_at": "结束",
    "state": "状态",
    "items": "条目",
    "refused": "拒收",
    "error": "说明",
    "name": "组成部分",
    "points": "分数",
}
"""Column of a chart's data -> its header on screen; the CSV keeps the English name."""

FLOORS = {"official": "官方立案 / 经侦介入 / 停止兑付", "withdrawal": "提现困难经多方证实"}
NONE = "—"
"""Shown where there is no value: never 0, which would read as calm."""


def missing(value: object) -> bool:
    """None, NaN or NaT."""
    return value is None or value != value


def score(value: float | None) -> str:
    """An index or T with one decimal."""
    return NONE if value is None or math.isnan(value) else f"{value:.1f}"


def change(value: float | None) -> str:
    """A signed difference with one decimal and a true minus sign."""
    if value is None or math.isnan(value):
        return NONE
    return "0.0" if abs(value) < 0.05 else f"{value:+.1f}".replace("-", "−")


def share(value: float | None) -> str:
    """0..1 as a whole percentage."""
    return NONE if value is None or math.isnan(value) else f"{value:.0%}"


def count(value: float | None) -> str:
    """A whole number with thousands separators."""
    return NONE if value is None or math.isnan(value) else f"{int(value):,}"


def day(value: date | None) -> str:
    """2026年11月21日."""
    return NONE if value is None or missing(value) else f"{value.year}年{value.month}月{value.day}日"


def short_day(value: date | None) -> str:
    """11-21, as in tables."""
    return NONE if value is None or missing(value) else f"{value.month:02d}-{value.day:02d}"


def moment(value: datetime | None) -> str:
    """2026-11-21 14:05 in Asia/Shanghai."""
    if value is None or missing(value):
        return NONE
    return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def published(value: datetime | None) -> str:
    """As `moment`; midnight sharp comes from a source that gives the date alone, and reads as that date."""
    if value is None or missing(value):
        return NONE
    local = value.astimezone(SHANGHAI)
    return local.strftime("%Y-%m-%d") if local.time() == time() else moment(value)


def ago(value: datetime | None, now: datetime) -> str:
    """How long before `now`: 刚刚, 5 分钟前, 3 小时前, 2 天前; the future reads 稍后."""
    if value is None or missing(value):
        return "从未"
    seconds = (now - value.astimezone(UTC)).total_seconds()
    if seconds < -60:
        return "稍后"
    if seconds < 60:
        return "刚刚"
    for size, unit in ((86400, "天"), (3600, "小时"), (60, "分钟")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}前"
    raise AssertionError("unreachable: a minute or more always matches")
