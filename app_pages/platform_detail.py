"""平台详情: what level, since when, why, and which sentences; then the course and the parts of T."""

from __future__ import annotations

from datetime import date, timedelta
from html import escape

import pandas as pd
import streamlit as st

from app_pages import (
    _charts,
    _correct,
    _courses,
    _data,
    _days,
    _later,
    _lifecycle,
    _look,
    _notes,
    _panels,
    _parts,
    _ranking,
    _remarks,
    _stars,
    _story,
    _timeline,
    _words,
)
from app_pages._drawn import drawing
from app_pages._look import Column
from db.read import PlatformInfo
from signals.explain import explain
from signals.lifecycle import told_reason
from signals.model import Level
from signals.pinyin import matches

SPANS = {"90 天": 90, "1 年": 365, "2 年": 730}
EARLIEST = date(2000, 1, 1)
GRAVEST = 12
PEERS = 3
FOUND = 12


def finder() -> None:
    """Find another platform by part of any of its names, or by the pinyin of its own."""
    text = st.text_input("查找平台", placeholder="名称、运营主体或拼音的一部分", key="find").strip()
    if not text:
        return
    found = {info.id: info.name for info in _data.search(text)}
    frame = _data.overview()
    spelled = frame[[matches(text, name) for name in frame["name"]]].head(FOUND)
    found |= dict(zip(spelled["platform_id"], spelled["name"], strict=True))
    if found:
        links = "　".join(_look.link("platform", name, platform=number) for number, name in found.items())
        st.html(f'<p class="tw-list">{links}</p>')
    else:
        _parts.empty("观察名单里没有这个名称或拼音。")


def choose(told: str) -> None:
    """No platform yet: find one, or take one of the gravest."""
    _parts.heading("平台详情")
    _parts.empty(told)
    finder()
    gravest = _ranking.order(_data.overview()).head(GRAVEST)
    items = "　".join(
        _look.badge(Level(row["level"]), failed=row["failed"])
        + " "
        + _look.link("platform", row["name"], platform=row["platform_id"])
        for row in gravest.to_dict("records")
    )
    st.html(f'<p class="tw-list">{items}</p>')


def head(info: PlatformInfo, days: pd.DataFrame) -> date:
    """Name, level and since when; returns the day the reader looks at."""
    left, middle, right = st.columns([5, 2, 1.3], vertical_alignment="top")
    star = _stars.star(info.id, info.name, _stars.mine())
    left.html(f'<div class="tw-head"><span>{star}</span><h1>{escape(info.name)}</h1></div>')
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
    hidden, gone = before if isinstance(before, str) else None, _lifecycle.failed(info, chosen)
    level = _look.badge(Level(str(row["level"])), hidden, big=True, failed=gone)
    left.html(f'<p class="tw-list">{level}　{_chips(info)}</p>')
    st.html(_story.facts(row, chosen, _days.change7(days, chosen)))
    if told := _lifecycle.note(info, Level(str(row["level"])), chosen):
        st.html(told)
    _remarks.sign_off(info, row, last)
    st.html(f'<p class="tw-mute">{peers(info)}</p>')
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


def sentences(info: PlatformInfo, row: dict[str, object], chosen: date) -> None:
    """Why this level, and the original sentences behind it."""
    level = Level(str(row["level"]))
    gone = _lifecycle.failed(info, chosen)
    st.header(_story.question(level, gone), anchor=False)
    st.html(_story.reason(level, told_reason(str(row["reason"] or "没有记录原因。"), gone)))
    st.header("哪些原文支撑这一判断？", anchor=False)
    _correct.tell()
    if _correct.exhibits(info.id, chosen, _data.evidence(info.id, chosen)):
        st.html(_notes.comparison(_data.compared(info.id, chosen)))
    else:
        _parts.empty("截至所选日期的 30 天内没有提及该平台的文本。")


def course(info: PlatformInfo, days: pd.DataFrame, chosen: date) -> date:
    """T* over time; returns the first day shown."""
    left, right = st.columns([1, 1], vertical_alignment="center")
    left.header("风险怎样走到今天？", anchor=False)
    span = right.segmented_control(
        "时间范围", list(SPANS), default="1 年", required=True, key="span", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    start, end = max(chosen - timedelta(days=SPANS[span]), min(days["day"])), max(days["day"])
    shown = _days.filled(days[days["day"] >= start])
    flips = _data.flips(start, end, info.id)
    thresholds = _courses.thresholds(info.id, info.category)
    told = f"{info.name} 的 T* 走势，{_words.day(start)}至{_words.day(end)}，{len(flips)} 次等级变化。"
    figure = drawing(_timeline.timeline, shown, flips, thresholds, chosen)
    data = shown[["day", "level", "t", "t_star", "scope", "coverage", "reason"]]
    _parts.chart(figure, data, f"timeline_{info.id}", told)
    return start


def makings(info: PlatformInfo, days: pd.DataFrame, start: date) -> None:
    """What T* is made of, and each sub-index, from `start` on."""
    st.header("这段时间 T* 由什么组成？", anchor=False)
    _panels.stacked(info.id, info.category, days[days["day"] >= start], info.name)
    st.header("哪些指数在变？", anchor=False)
    values = _data.values(info.id, start, max(days["day"])).drop(columns=["platform_id", "as_of"])
    if values.empty:
        _parts.empty("还没有计算出指数：等待数据源送来该平台的文本。")
        return
    told = f"{info.name} 的各分项指数，0–100；未观测的日子为缺口。"
    figure = drawing(_charts.indices, values, _data.index_names())
    _parts.chart(figure, values, f"indices_{info.id}", told)


def parts(info: PlatformInfo, row: dict[str, object]) -> None:
    """What the T* of the day adds up from, and its sub-indices with their ingredients."""
    st.header("这一天的分数由什么组成？", anchor=False)
    day = row["day"]
    assert isinstance(day, date)
    known = _courses.rules(info.id, info.category)
    rules = known.get(int(str(row["threshold_version"])), known[max(known)])
    past = _data.values(info.id, day - timedelta(days=rules.thresholds.carry_days), day)
    left, right = st.columns([4, 7], gap="large")
    with left:
        told = explain(past, row, rules)
        _panels.waterfall(told.bars, told.t_star, info.id)
    where = _look.link("method", "方法说明")
    today = past[past["day"] == day].to_dict("records")
    right.html(
        f'<div class="tw-scroll">{_story.aspects(today, _data.index_names())}</div>'
        f'<p class="tw-mute">I = 100·(1 − (1−L)(1−A))，L = 1 − exp(−Σ v·g / c)；公式与参数见{where}。'
        "“未观测”是来源没有应答，不等于 0。</p>"
    )


def voices(info: PlatformInfo, days: pd.DataFrame, start: date, chosen: date) -> None:
    """Who repeats whom, how far complaints got, and which days were not calm."""
    left, right = st.columns(2, gap="large")
    with left:
        st.header("声量有多少是转载？", anchor=False)
        _panels.spread(info.id, start, chosen, info.name)
    with right:
        st.header("投诉处理到哪一步？", anchor=False)
        _panels.complaints(_courses.complaints(start, chosen, info.id), info.name, info.id)
    st.header("哪些日子不平静？", anchor=False)
    _panels.calendar(days[(days["day"] >= start) & (days["day"] <= chosen)], info.name, info.id)


def peers(info: PlatformInfo) -> str:
    """The way to 平台对比, with the gravest others of the class."""
    frame = _data.overview()
    others = frame[(frame["category"] == info.category) & (frame["platform_id"] != info.id)]
    ids = [info.id, *_ranking.order(others)["platform_id"].head(PEERS)]
    return _look.link("compare", "与同类平台对比", platforms=",".join(ids))


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
        _lifecycle.section(info)


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
        _correct.tell()
        _parts.empty("尚无计算结果：还没有数据源送来与该平台有关的文本。各来源的状态见“数据源”页。")
    else:
        row = on(days, chosen)
        left, right = st.columns([6, 5], gap="large")
        with right:  # level and course are there before the rest is read
            start = course(info, days, chosen)
        with left:
            sentences(info, row, chosen)
        if _later.ready():
            with right:
                makings(info, days, start)
            parts(info, row)
            voices(info, days, start, chosen)
    _remarks.notes(info, chosen)
    identity(info)


main()
