"""平台详情: what level, since when, why, and which sentences; then the course and the parts of T."""

from __future__ import annotations

from datetime import date, timedelta
from html import escape

import pandas as pd
import streamlit as st

from app_pages import (
    _charts,
    _correct,
    _data,
    _days,
    _look,
    _notes,
    _parts,
    _ranking,
    _story,
    _timeline,
    _words,
)
from app_pages._look import Column
from db.read import PlatformInfo
from signals.explain import explain
from signals.model import Level

SPANS = {"90 天": 90, "1 年": 365, "2 年": 730}
EARLIEST = date(2000, 1, 1)
GRAVEST = 12


def finder() -> None:
    """Find another platform by part of any of its names."""
    text = st.text_input("查找平台", placeholder="名称或运营主体的一部分", key="find").strip()
    if not text:
        return
    found = _data.search(text)
    if found:
        links = "　".join(_look.link("platform", info.name, platform=info.id) for info in found)
        st.html(f'<p class="tw-list">{links}</p>')
    else:
        _parts.empty("观察名单里没有这个名称。")


def choose(told: str) -> None:
    """No platform yet: find one, or take one of the gravest."""
    _parts.heading("平台详情")
    _parts.empty(told)
    finder()
    gravest = _ranking.order(_data.overview()).head(GRAVEST)
    items = "　".join(
        _look.badge(Level(row["level"]))
        + " "
        + _look.link("platform", row["name"], platform=row["platform_id"])
        for row in gravest.to_dict("records")
    )
    st.html(f'<p class="tw-list">{items}</p>')


def head(info: PlatformInfo, days: pd.DataFrame) -> date:
    """Name, level and since when; returns the day the reader looks at."""
    left, middle, right = st.columns([5, 2, 1.3], vertical_alignment="top")
    left.html(f'<div class="tw-head"><h1>{escape(info.name)}</h1></div>')
    with middle:
        finder()
    if days.empty:
        left.html(f'<p class="tw-list">{_look.badge(Level.UNKNOWN, big=True)}　{_chips(info)}</p>')
        return _data.today()
    last, first = max(days["day"]), min(days["day"])
    chosen = right.date_input(
        "日期", last, min_value=first, max_value=last, key="day", bind="query-params", format="YYYY-MM-DD"
    )
    assert isinstance(chosen, date)
    row = on(days, chosen)
    before = row["level_before_grey"]
    level = _look.badge(Level(str(row["level"])), before if isinstance(before, str) else None, big=True)
    left.html(f'<p class="tw-list">{level}　{_chips(info)}</p>')
    st.html(_story.facts(row, chosen, change7(days, chosen)))
    return chosen


def _chips(info: PlatformInfo) -> str:
    chips = [_look.chip(info.category)]
    if info.demo:
        chips.append(_look.chip("演示数据", "demo"))
    if info.status != "在营":
        chips.append(_look.chip(f"{info.status}，自 {_words.day(info.status_since)}", "bad"))
    return " ".join(chips)


def on(days: pd.DataFrame, day: date) -> dict[str, object]:
    """The latest row up to `day`; the first one if there is none so early."""
    upto = days[days["day"] <= day]
    return dict((upto if len(upto) else days.head(1)).iloc[-1])


def change7(days: pd.DataFrame, day: date) -> float | None:
    """T* of `day` minus T* seven days earlier; None where either is unknown."""
    by_day = days.set_index("day")["t_star"]
    now, then = by_day.get(day), by_day.get(day - timedelta(days=7))
    return None if now is None or then is None else float(now) - float(then)


def sentences(info: PlatformInfo, row: dict[str, object], chosen: date) -> None:
    """Why this level, and the original sentences behind it."""
    level = Level(str(row["level"]))
    st.header(_story.question(level), anchor=False)
    st.html(_story.reason(level, str(row["reason"] or "没有记录原因。")))
    asked, signed = st.columns([3, 1], vertical_alignment="bottom")
    asked.header("哪些原文支撑这一判断？", anchor=False)
    _correct.tell()
    if _correct.exhibits(info.id, chosen, _data.evidence(info.id, chosen)):
        st.html(_notes.comparison(_data.compared(info.id, chosen)))
        with signed:
            _correct.signature()
    else:
        _parts.empty("截至所选日期的 30 天内没有提及该平台的文本。")


def course(info: PlatformInfo, days: pd.DataFrame, chosen: date) -> None:
    """T* over time, and each sub-index."""
    left, right = st.columns([3, 2], vertical_alignment="center")
    left.header("风险怎样走到今天？", anchor=False)
    span = right.segmented_control(
        "时间范围", list(SPANS), default="1 年", required=True, key="span", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    start, end = max(chosen - timedelta(days=SPANS[span]), min(days["day"])), max(days["day"])
    shown = _days.filled(days[days["day"] >= start])
    flips = _data.flips(start, end, info.id)
    _, thresholds = _data.thresholds()
    told = f"{info.name} 的 T* 走势，{_words.day(start)}至{_words.day(end)}，{len(flips)} 次等级变化。"
    figure = _timeline.timeline(shown, flips, thresholds, chosen)
    data = shown[["day", "level", "t", "t_star", "scope", "coverage", "reason"]]
    _parts.chart(figure, data, f"timeline_{info.id}", told)
    st.header("哪些指数在变？", anchor=False)
    values = _data.values(info.id, start, end).drop(columns=["platform_id", "as_of"])
    if values.empty:
        _parts.empty("还没有计算出指数：等待数据源送来该平台的文本。")
        return
    told = f"{info.name} 的各分项指数，0–100；未观测的日子为缺口。"
    _parts.chart(_charts.indices(values, _data.index_names()), values, f"indices_{info.id}", told)


def parts(info: PlatformInfo, row: dict[str, object]) -> None:
    """What the T* of the day adds up from, and its sub-indices with their ingredients."""
    st.header("这一天的分数由什么组成？", anchor=False)
    day = row["day"]
    assert isinstance(day, date)
    rules = _data.rules()
    past = _data.values(info.id, day - timedelta(days=rules.thresholds.carry_days), day)
    left, right = st.columns([4, 7], gap="large")
    with left:
        bars = explain(past, row, rules).bars
        if bars:
            shares = pd.DataFrame({"name": [bar.name for bar in bars], "points": [bar.share for bar in bars]})
            told = "；".join(f"{bar.name} {bar.share:.1f} 分" for bar in bars)
            _parts.chart(_charts.contributions(shares), shares, f"parts_{info.id}", f"T* 的组成：{told}")
        else:
            _parts.empty("这一天没有 T*，无从分解。")
    where = _look.link("method", "方法说明")
    today = past[past["day"] == day].to_dict("records")
    right.html(
        f'<div class="tw-scroll">{_story.aspects(today, _data.index_names())}</div>'
        f'<p class="tw-mute">I = 100·(1 − (1−L)(1−A))，L = 1 − exp(−Σ v·g / c)；公式与参数见{where}。'
        "“未观测”是来源没有应答，不等于 0。</p>"
    )


def identity(info: PlatformInfo) -> None:
    """What the platform is called and what became of it."""
    left, right = st.columns(2, gap="large")
    with left:
        st.header("用哪些名称识别它？", anchor=False)
        rows = [
            [_words.TIERS.get(tier, tier), escape("、".join(texts))]
            for tier, texts in info.aliases.items()
            if texts
        ]
        st.html(_look.table((Column("类型", "tight"), Column("名称", "wide")), rows, "名称"))
    with right:
        st.header("经营状态有何变化？", anchor=False)
        rows = [
            [_words.day(item.since), escape(item.status), escape(item.evidence or _words.NONE)]
            for item in info.statuses
        ]
        columns = (Column("自", "tight"), Column("状态", "tight"), Column("依据", "wide"))
        if rows:
            st.html(_look.table(columns, rows, "经营状态"))
        else:
            _parts.empty("在营；没有登记过状态变化。")


def main() -> None:
    """The page of the platform that the address names."""
    wanted = st.query_params.get("platform", "")
    info = _data.platform(wanted) if wanted else None
    if info is None:
        choose(f"观察名单里没有“{wanted}”，请另选一个平台。" if wanted else "请选择一个平台。")
        return
    days = _data.days(info.id, EARLIEST, _data.today())
    chosen = head(info, days)
    if days.empty:
        _parts.empty("尚无计算结果：还没有数据源送来与该平台有关的文本。各来源的状态见“数据源”页。")
    else:
        row = on(days, chosen)
        left, right = st.columns([6, 5], gap="large")
        with left:
            sentences(info, row, chosen)
        with right:
            course(info, days, chosen)
        parts(info, row)
    identity(info)


main()
