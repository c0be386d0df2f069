"""A brief as a workbook: everything that it rests on, not only what fits on its page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO

from pipeline.brief.html import SOURCE_STATES
from signals.brief import Brief
from signals.workbook import Book

Row = Sequence[object]
SHEETS: dict[str, tuple[tuple[str, float, str], ...]] = {
    "概要": (("项目", 26, ""), ("内容", 80, "wrap"), ("上一期", 12, "count")),
    "等级变化": (
        *(("日期", 12, ""), ("平台", 22, ""), ("平台编号", 18, ""), ("原等级", 10, ""), ("新等级", 10, "")),
        *(("方向", 8, ""), ("T*", 8, "points"), ("原因", 60, "wrap")),
    ),
    "平台": (
        *(("平台", 22, ""), ("平台编号", 18, ""), ("类别", 14, ""), ("等级", 16, ""), ("数据不足前", 12, "")),
        *(
            ("经营状态", 10, ""),
            ("自", 12, ""),
            ("T", 8, "points"),
            ("T*", 8, "points"),
            ("变化", 8, "points"),
        ),
        *(("已接入权重", 11, "share"), ("覆盖率", 9, "share"), ("原因", 60, "wrap")),
        ("证据文本编号", 24, ""),
    ),
    "证据": (
        *(
            ("平台", 22, ""),
            ("平台编号", 18, ""),
            ("文本编号", 10, "id"),
            ("日期", 12, ""),
            ("标题", 50, "wrap"),
        ),
        *(("发布者", 18, ""), ("独立发布者", 11, "count"), ("事件", 24, ""), ("证据句", 60, "wrap")),
        ("原文地址", 40, ""),
    ),
    "来源": (
        *(("来源", 24, ""), ("来源编号", 20, ""), ("状态", 10, ""), ("说明", 50, "wrap")),
        *(("应答", 8, "count"), ("应有应答", 10, "count"), ("条数", 10, "count"), ("应有条数", 10, "number")),
    ),
}
"""Sheet -> its columns: header, width, number format."""


def write_brief(target: str | IO[bytes], brief: Brief) -> None:
    """All sheets, each with a frozen header."""
    book = Book(target, brief.stamp.as_of, f"{brief.title} {brief.day}")
    rows = {
        "概要": _summary(brief),
        "等级变化": _changes(brief),
        "平台": _standings(brief),
        "证据": _evidence(brief),
        "来源": _sources(brief),
    }
    try:
        for name, columns in SHEETS.items():
            sheet = book.sheet(name, [head for head, _, _ in columns], [width for _, width, _ in columns])
            for line, row in enumerate(rows[name], 1):
                for place, (value, (_, _, look)) in enumerate(zip(row, columns, strict=True)):
                    book.write(sheet, line, place, value, look)
    finally:
        book.close()


def _summary(brief: Brief) -> Iterable[Row]:
    stamp, seen = brief.stamp, brief.coverage
    yield "简报", brief.title + ("（演示数据）" if brief.demo else ""), None
    yield "起始日", brief.start, None
    yield "截止日", brief.day, None
    yield "结论", brief.headline, None
    for level, now, before in brief.tally:
        yield f"{level.value}（家）", now, before
    if brief.industry is not None:
        yield "全行业等级", brief.industry.level.value, None
        yield "全行业 T*", brief.industry.t_star, None
        yield "全行业 T* 变化", brief.industry.change, None
        yield "全行业原因", brief.industry.reason, None
        yield "监管文本（近 7 天，篇）", brief.industry.policy, brief.industry.policy_before
    yield "全部观测（家）", seen.full, None
    yield "部分观测（家）", seen.partial, None
    yield "当日无应答（家）", seen.none, None
    yield "未接入来源（家）", seen.unconnected, None
    yield "平均覆盖率", seen.mean, None
    for told in brief.missing:
        yield "须知", told, None
    yield "空白", "空白表示没有观测到，从不表示 0；日期与时间均为上海时间", None
    yield "阈值版本", "、".join(map(str, stamp.thresholds)), None
    yield "结构版本 schema_version", stamp.schema_version, None
    yield "设置指纹 settings_hash", stamp.settings_hash, None
    yield "模型版本 model_version", stamp.model_version, None
    yield "数据截至 data_as_of", stamp.as_of, None


def _changes(brief: Brief) -> Iterable[Row]:
    for one in brief.changes:
        levels = (one.before.value, one.after.value, one.turn)
        yield one.day, one.name, one.platform_id, *levels, one.t_star, one.reason


def _standings(brief: Brief) -> Iterable[Row]:
    for one in brief.standings:
        known = (one.name, one.platform_id, one.category, one.word, one.before_grey, one.failed, one.since)
        ids = "；".join(str(piece.document_id) for piece in one.evidence)
        yield *known, one.t, one.t_star, one.change, one.scope, one.coverage, one.reason, ids


def _evidence(brief: Brief) -> Iterable[Row]:
    for one in brief.standings:
        for piece in one.evidence:
            told = (piece.document_id, piece.day, piece.title, piece.publisher, piece.publishers)
            yield one.name, one.platform_id, *told, "、".join(piece.events), piece.quote, piece.url


def _sources(brief: Brief) -> Iterable[Row]:
    for one in brief.sources:
        state = SOURCE_STATES.get(one.state, one.state)
        yield one.name, one.source_id, state, one.why, one.answered, one.due, one.items, one.expected
