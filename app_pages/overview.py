"""总览: which platforms stand at which level, the gravest first, and what changed in the last fortnight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import (
    _correct,
    _courses,
    _data,
    _industry,
    _look,
    _panels,
    _parts,
    _ranking,
    _stars,
    _words,
)
from app_pages._look import Column
from db.read import MeetingRow
from signals.model import Level, Status

PAGE_SIZE = 25
RECENT = timedelta(days=14)
UNREST = timedelta(days=364)
CHANGES_SHOWN = 30


def counts(frame: pd.DataFrame) -> None:
    """How many platforms stand at each level."""
    parts = [
        f'<span class="{"" if number else "tw-zero"}">{_look.badge(level)}<b>{number:,}</b></span>'
        for level, number in _ranking.tally(frame).items()
    ]
    if gone := _ranking.failed(frame):
        parts.append(f"<span>{_look.badge(Level.NORMAL, failed=Status.IN_TROUBLE)}<b>{gone:,}</b></span>")
    st.html(f'<div class="tw-counts" role="group" aria-label="各等级平台数">{"".join(parts)}</div>')


def silence(frame: pd.DataFrame) -> None:
    """Why the real platforms are grey, where the sources are all there is to it: one line instead of many rows."""
    platforms = _ranking.unobserved(frame)
    sources = _data.failing_sources() if platforms else 0
    if sources:
        where = _look.link("sources", "数据源")
        st.html(
            f'<p class="tw-mute">{platforms:,} 个真实平台数据不足：{sources} 个数据源未能采集，见{where}</p>'
        )


def filters(frame: pd.DataFrame) -> tuple[_ranking.Filters, str]:
    """The reader's filters and order; each lives in the address."""
    levels = [level.value for level in _look.LOOKS]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="filters"):
        data = "全部"
        if frame["demo"].any():
            data = st.segmented_control(
                "数据",
                ["全部", "演示", "真实"],
                default="全部",
                required=True,
                key="data",
                bind="query-params",
            )
        chosen = st.pills("等级", levels, selection_mode="multi", key="level", bind="query-params")
        categories = sorted(frame["category"].unique())
        category = st.selectbox(
            "类别",
            categories,
            index=None,
            placeholder="全部类别",
            key="category",
            bind="query-params",
            width=170,
        )
        text = st.text_input(
            "名称", placeholder="名称或拼音，如 xhjc", key="q", bind="query-params", width=170
        )
        by = st.selectbox("排序", list(_ranking.ORDERS), key="sort", bind="query-params", width=130)
    return _ranking.Filters(data, category, chosen, text), by


def ranking(frame: pd.DataFrame, by: str) -> None:
    """One page of the table, one row per platform."""
    if frame.empty:
        _parts.empty("没有平台符合这些条件；请放宽筛选。")
        return
    pages = -(-len(frame) // PAGE_SIZE)
    slot, number = st.container(), 1  # the page number stands below the table, but is asked first
    with st.container(horizontal=True, vertical_alignment="center"):
        told = st.empty()
        if pages > 1:
            number = st.pagination(pages, key="page", bind="query-params")
        told.html(f'<span class="tw-mute">共 {len(frame):,} 个平台，第 {number} / {pages} 页</span>')
    ordered = _ranking.order(frame, by)
    shown = ordered.iloc[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    mine = _stars.mine()
    rows = [_ranking.cells(row, mine) for row in shown.to_dict("records")]
    slot.html(_look.table(_ranking.COLUMNS, rows, "平台预警等级一览"))
    _parts.download(ordered[[*_ranking.TAKEN]], "platforms_now", _ranking.TAKEN_LABELS)


def since_meeting(meeting: MeetingRow, frame: pd.DataFrame) -> None:
    """Which of the platforms shown stand at another level than when the committee last met."""
    st.header("上次会议以来哪些等级变了？", anchor=False)
    found = _courses.changes_since(meeting.held_at)
    found = found[found["platform_id"].isin(frame["platform_id"])]
    title = f"“{meeting.title}”" if meeting.title else ""
    told = f"自 {_words.moment(meeting.held_at)} 的会议{title}以来：{_ranking.moves(found)}。"
    st.html(f'<p class="tw-mute">{escape(told)}</p>')
    if found.empty:
        return
    rows = [
        [
            _changed(row, "level_then", "level_now"),
            _look.link("platform", row["name"], "tw-strong", platform=row["platform_id"]),
            _words.short_day(row["day"]),
            _words.score(row["t_star"]),
            _look.clamp(str(row["reason"] or "")),
        ]
        for row in found.head(CHANGES_SHOWN).to_dict("records")
    ]
    columns = (Column("变化", "tight"), Column("平台", "name"), Column("最近一次", "tight label"),
               Column("T*", "num"), Column("原因", "wide"))  # fmt: skip
    st.html(_look.table(columns, rows, "上次会议以来的等级变化"))
    _parts.numbers(found, "since_meeting", _words.FIELDS | {"name": "平台"})


def recent(frame: pd.DataFrame) -> None:
    """Changes of level of the last fortnight among the platforms shown, newest first."""
    st.header("近 14 天哪些等级变了？", anchor=False)
    flips = _data.flips(_data.today() - RECENT, _data.today())
    flips = flips[flips["platform_id"].isin(frame["platform_id"])].sort_values("day", ascending=False)
    if flips.empty:
        _parts.empty("近 14 天没有等级变化。")
        return
    rows = [
        [
            _words.short_day(row["day"]),
            _look.link("platform", row["name"], "tw-strong", platform=row["platform_id"]),
            _changed(row, "level_from", "level_to"),
            _words.score(row["t_star"]),
            _look.clamp(row["reason"]),
        ]
        for row in flips.head(CHANGES_SHOWN).to_dict("records")
    ]
    columns = (Column("日期", "tight"), Column("平台", "name"), Column("变化", "tight"), Column("T*", "num"),
               Column("原因", "wide"))  # fmt: skip
    st.html(_look.table(columns, rows, "近 14 天的等级变化"))
    if len(flips) > CHANGES_SHOWN:
        _parts.empty(f"另有 {len(flips) - CHANGES_SHOWN} 条，见下载。")
    columns_taken = ["day", "platform_id", "name", "level_from", "level_to", "t_star", "reason"]
    _parts.download(flips[columns_taken], "recent_flips", {"name": "平台"})


def _changed(row: Mapping[str, Any], before: str, after: str) -> str:
    return f"{_look.badge(Level(row[before]))} → {_look.badge(Level(row[after]))}"


def unrest(industry_id: str) -> None:
    """The industry's days as a calendar, below all that is read first."""
    end = _data.today()
    days = _courses.levels([industry_id], end - UNREST, end)
    if days.empty:
        return
    st.header("近一年全行业哪些日子不平静？", anchor=False)
    _panels.calendar(days, "全行业", industry_id)


def main() -> None:
    """The page."""
    st.query_params.pop("platform", None)  # left over in the address by the browser's back button
    _parts.heading("总览")
    frame = _data.overview()
    if frame.empty:
        _parts.empty("观察名单为空：请运行 python -m pipeline work 载入 settings/platforms.toml。")
        return
    _correct.tell()
    top = st.container()
    chosen, by = filters(frame)
    shown = _ranking.choose(frame, chosen)
    industry = _industry.found(_courses.industry_of(chosen.data))
    with top:
        counts(_ranking.choose(frame, replace(chosen, levels=())))
        st.html(_industry.strip(industry, _data.settings().industry.name))
    silence(_ranking.choose(frame, _ranking.Filters(chosen.data)))
    ranking(shown, by)
    if meeting := _courses.last_meeting():
        since_meeting(meeting, shown)
    recent(shown)
    unrest(industry.id)


main()
