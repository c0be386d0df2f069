"""行业与监管: the industry as one row, how busy regulators are, which days and which platforms were not calm."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from app_pages import (
    _charts,
    _courses,
    _data,
    _days,
    _flows,
    _heat,
    _look,
    _panels,
    _parts,
    _ranking,
    _story,
    _timeline,
    _words,
)
from app_pages._drawn import drawing
from signals.model import Level

SPANS = {"90 天": 90, "1 年": 365, "2 年": 730}
MATRIX_DAYS = 90
MATRIX_ROWS = 30
COMPLAINT_DAYS = 90


def choose() -> tuple[str, str, int]:
    """Fictional or real, which category, and how far back; each lives in the address."""
    frame = _data.overview()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        data = "真实"
        if frame["demo"].any():
            options = ["真实", "演示"]
            usual = "演示" if _courses.industry_of("全部").endswith("-demo") else "真实"
            data = st.segmented_control(
                "数据", options, default=usual, required=True, key="data", bind="query-params"
            )
        span = st.segmented_control(
            "时间范围", list(SPANS), default="1 年", required=True, key="span", bind="query-params"
        )
        category = st.selectbox(
            "类别（平台热力图）",
            sorted(frame.loc[frame["demo"] == (data == "演示"), "category"].unique()),
            index=None,
            placeholder="全部类别",
            key="category",
            bind="query-params",
            width=190,
        )
    return data, category, SPANS[span]


def head(days: pd.DataFrame) -> None:
    """Level, since when and why, of the newest day."""
    row = dict(days.iloc[-1])
    level = Level(str(row["level"]))
    before = row["level_before_grey"]
    st.html(
        f'<p class="tw-list">{_look.badge(level, before if isinstance(before, str) else None, big=True)}</p>'
    )
    st.html(_story.facts(row, row["day"], _days.change7(days, row["day"])))
    st.html(_story.reason(level, str(row["reason"] or "没有记录原因。")))


def course(industry_id: str, days: pd.DataFrame, start: date, end: date) -> None:
    """T* of the industry on level bands, and each of its indices."""
    st.header("全行业的风险怎样走到今天？", anchor=False)
    flips = _data.flips(start, end, industry_id)
    shown = _days.filled(days)
    figure = drawing(_timeline.timeline, shown, flips, _data.thresholds()[1])
    told = f"全行业 T* 走势，{_words.day(start)}至{_words.day(end)}，{len(flips)} 次等级变化。"
    data = shown[["day", "level", "t", "t_star", "scope", "coverage", "reason"]]
    _parts.chart(figure, data, f"timeline_{industry_id}", told)


def indices(industry_id: str, values: pd.DataFrame) -> None:
    """The sub-indices over all platforms together."""
    st.header("全行业哪些指数在变？", anchor=False)
    names = _data.index_names()
    shown = values[values["index_id"].isin([index for index, _ in names])]
    if shown.empty:
        _parts.empty("还没有计算出指数：等待数据源送来文本。")
        return
    figure = drawing(_charts.indices, shown, names)
    _parts.chart(
        figure,
        shown.drop(columns=["platform_id", "as_of"]),
        f"indices_{industry_id}",
        "全行业的各分项指数，0–100；未观测的日子为缺口。",
    )


def policy(industry_id: str, values: pd.DataFrame) -> None:
    """How much regulators publish, against their own usual weeks."""
    st.header("监管最近发得多吗？", anchor=False)
    settings = _data.settings().industry.policy
    shown = values[values["index_id"] == settings.id].sort_values("day")
    if shown["value"].isna().all():
        _parts.empty("没有可判断的监管文件：接入监管来源并积累约半年后，这里显示政策强度。")
        return
    last = shown[shown["value"].notna()].iloc[-1]
    told = (
        f"政策强度与近 {settings.window_days} 天的监管文件数；最近一天 {_words.score(float(last['value']))}，"
        f"{int(last['count'])} 件，往常约 {_words.score(float(last['expected']))} 件。"
    )
    data = shown[["day", "value", "count", "expected", "observed"]]
    _parts.chart(drawing(_flows.policy, _days.filled(shown)), data, f"policy_{industry_id}", told)


def matrix(data: str, category: str | None) -> None:
    """The levels of the gravest platforms, a day a column; further ones on further pages."""
    st.header(f"近 {MATRIX_DAYS} 天，哪些平台在哪些天预警？", anchor=False)
    chosen = _ranking.choose(_data.overview(), _ranking.Filters(data, category))
    ranked = _ranking.order(chosen)
    if ranked["day"].isna().all():
        _parts.empty("没有已计算的平台；请换一个类别，或等待后台算出结果。")
        return
    slot, number = st.container(), 1
    if (pages := -(-len(ranked) // MATRIX_ROWS)) > 1:
        number = st.pagination(pages, key="rows", bind="query-params")
    shown = ranked.iloc[(number - 1) * MATRIX_ROWS : number * MATRIX_ROWS]
    names = list(zip(shown["platform_id"], shown["name"], strict=True))
    end = max(day for day in ranked["day"] if isinstance(day, date))
    found = _courses.levels([platform for platform, _ in names], end - timedelta(days=MATRIX_DAYS - 1), end)
    with slot:
        if found.empty:
            _parts.empty("这些平台在这段时间没有计算结果。")
            return
        table = found.assign(platform=found["platform_id"].map(dict(names)))
        columns = ["platform_id", "platform", "day", "level", "level_before_grey", "t_star", "coverage"]
        told = (
            f"{len(names)} 个平台近 {MATRIX_DAYS} 天的等级，按当前严重程度排列（第 {number} / {pages} 页）。"
        )
        _parts.chart(drawing(_heat.matrix, found, names), table[columns], f"matrix_{number}", told)


def complaints(data: str) -> None:
    """How far complaints about all platforms together got."""
    st.header(f"近 {COMPLAINT_DAYS} 天的投诉处理到哪一步？", anchor=False)
    end = _data.today()
    found = _courses.complaints(end - timedelta(days=COMPLAINT_DAYS - 1), end, demo=data == "演示")
    _panels.complaints(found, "全行业", "industry")


def main() -> None:
    """The page."""
    _parts.heading("行业与监管")
    data, category, span = choose()
    industry_id, end = _courses.industry_of(data), _data.today()
    start = end - timedelta(days=span)
    days = _data.days(industry_id, start, end)
    if days.empty:
        _parts.empty("全行业还没有计算结果：数据源送来第一批文本后由后台算出。各来源的状态见“数据源”页。")
    else:
        head(days)
        values = _data.values(industry_id, start, end)
        course(industry_id, days, start, end)
        left, right = st.columns(2, gap="large")
        with left:
            policy(industry_id, values)
        with right:
            complaints(data)
        st.header("哪些日子不平静？", anchor=False)
        _panels.calendar(days, "全行业", industry_id)
        indices(industry_id, values)
    matrix(data, category)


main()
