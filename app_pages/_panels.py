"""Charts with their question, their words and their numbers, for the pages that show a platform or the industry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from app_pages import _courses, _data, _days, _flows, _heat, _parts, _stacks, _words
from app_pages._drawn import drawing
from signals.explain import Bar
from signals.model import Level


def calendar(days: pd.DataFrame, who: str, key: str) -> None:
    """Which days were not calm, a week a column. `days`: day, level, t_star."""
    alarms = int((~days["level"].isin([Level.NORMAL.value, Level.UNKNOWN.value])).sum())
    told = f"{who}的等级日历：{len(days)} 天中有 {alarms} 天为蓝及以上。"
    data = days[["day", "level", "t_star"]].sort_values("day")
    _parts.chart(drawing(_heat.calendar, data), data, f"calendar_{key}", told)


def stacked(platform_id: str, category: str | None, days: pd.DataFrame, who: str) -> None:
    """What T* was made of, day by day. `days`: platform_days, ascending."""
    names = _data.index_names()
    carry = timedelta(days=_data.thresholds()[1].carry_days)
    values = _data.values(platform_id, days["day"].iloc[0] - carry, days["day"].iloc[-1])
    if values.empty:
        _parts.empty("还没有计算出指数：等待数据源送来文本。")
        return
    shares = _days.filled(_courses.shares(platform_id, category, days, values))
    told = f"{who}的 T* 每天由哪些部分组成；各层相加等于 T*，没有 T* 的日子为缺口。"
    figure = drawing(_stacks.stacked, shares, names)
    _parts.chart(figure, shares, f"shares_{platform_id}", told, _stacks.named(names))


def waterfall(bars: Sequence[Bar], t_star: float, platform_id: str) -> None:
    """Why the T* of one day is what it is, cause by cause."""
    if not bars:
        _parts.empty("这一天没有 T*，无从分解。")
        return
    shares = pd.DataFrame({"name": [bar.name for bar in bars], "points": [bar.share for bar in bars]})
    told = "；".join(f"{bar.name} {_words.change(bar.share)} 分" for bar in bars)
    figure = drawing(_stacks.waterfall, shares, t_star)
    _parts.chart(figure, shares, f"parts_{platform_id}", f"T* {_words.score(t_star)} 的组成：{told}")


def spread(platform_id: str, start: date, end: date, who: str) -> None:
    """How much of the noise is copying: all documents against independent publishers."""
    days = _flows.spread_days(_courses.roll_ups(platform_id, start, end))
    if days.empty:
        _parts.empty("这段时间没有负面新闻或帖子。")
        return
    documents, publishers = int(days["documents"].sum()), int(days["publishers"].sum())
    shown = _flows.by_week(days, (end - start).days)
    each = "每周" if len(shown) < len(days) else "每天"
    told = f"{who}{each}的负面新闻与帖子：全部 {documents} 篇（含转载），其中独立发布者按天计 {publishers} 家次。"
    st.html(f'<p class="tw-mute">{told}</p>')
    _parts.chart(drawing(_flows.spread, shown), days, f"spread_{platform_id}", told)


def complaints(found: pd.DataFrame, who: str, key: str) -> None:
    """How far complaints got. `found`: db.read.complaint_statuses."""
    steps = _flows.funnel_steps(found)
    received = int(steps["count"].iloc[0])
    if not received:
        _parts.empty("这段时间没有投诉；投诉来源的状态见“数据源”页。")
        return
    silent = int(found.loc[found["status"].isna(), "count"].sum())
    told = "，".join(
        f"{step} {count:,} 条" for step, count in zip(steps["step"], steps["count"], strict=True)
    )
    if silent:
        st.html(f'<p class="tw-mute">{silent:,} 条的来源没有写明进度：不当作未处理，也不当作已处理。</p>')
    _parts.chart(drawing(_flows.funnel, steps), steps, f"funnel_{key}", f"{who}的投诉：{told}。")
