"""平台对比: chosen platforms side by side: one row each, and T* of each on the same level bands."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import streamlit as st

from app_pages import (
    _correct,
    _courses,
    _data,
    _days,
    _look,
    _parts,
    _ranking,
    _stars,
    _timeline,
    _words,
)
from app_pages._drawn import drawing
from signals.model import Level
from signals.pinyin import matches

SPANS = {"90 天": 90, "1 年": 365, "2 年": 730}
MOST = 8
OFFERED = 4
ACROSS = 2
PICK = "pick_platforms"


def wanted(frame: pd.DataFrame) -> list[str]:
    """The platforms that the address names and that there are, in its order."""
    known = set(frame["platform_id"])
    asked = st.query_params.get("platforms", "").split(",")
    return [platform for platform in dict.fromkeys(asked) if platform in known][:MOST]


def choose(frame: pd.DataFrame) -> tuple[list[str], int]:
    """Which platforms and how far back; the address follows."""
    names = dict(zip(frame["platform_id"], frame["name"], strict=True))
    asked = wanted(frame)
    if PICK not in st.session_state or st.session_state.get("compared") != asked:
        st.session_state[PICK] = (
            asked  # the address was followed or typed: it wins over what was picked before
        )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        picked = st.multiselect(
            f"平台（至多 {MOST} 家）",
            list(names),
            format_func=names.__getitem__,
            max_selections=MOST,
            placeholder="选择要对比的平台",
            key=PICK,
        )
        span = st.segmented_control(
            "时间范围", list(SPANS), default="1 年", required=True, key="span", bind="query-params"
        )
    st.session_state["compared"] = list(picked)
    if picked:
        st.query_params["platforms"] = ",".join(picked)
    else:
        st.query_params.pop("platforms", None)
    return picked, SPANS[span]


def offer(frame: pd.DataFrame) -> None:
    """Nothing chosen yet: by pinyin, or the gravest of each class."""
    _parts.empty("请选择要对比的平台；或从下面的建议开始。")
    typed = st.text_input("按名称或拼音查找", placeholder="如 xhjc", key="find", width=240).strip()
    if typed:
        found = frame[[matches(typed, name) for name in frame["name"]]].head(12)
        links = "　".join(
            _look.link("compare", row["name"], platforms=row["platform_id"])
            for row in found.to_dict("records")
        )
        st.html(f'<p class="tw-list">{links or "没有平台符合这个名称或拼音。"}</p>')
    items = []
    for category, part in frame.groupby("category"):
        ids = list(_ranking.order(part)["platform_id"].head(OFFERED))
        if len(ids) > 1:
            told = f"{category}：最严重的 {len(ids)} 家"
            items.append(f"<li>{_look.link('compare', told, platforms=','.join(ids))}</li>")
    st.html(f"<ul>{''.join(items)}</ul>")


def side_by_side(rows: pd.DataFrame) -> None:
    """The row of each platform as on 总览."""
    st.header("现在各是什么等级？", anchor=False)
    mine = _stars.mine()
    cells = [_ranking.cells(row, mine) for row in rows.to_dict("records")]
    st.html(_look.table(_ranking.COLUMNS, cells, "所选平台的等级"))
    _parts.download(rows[[*_ranking.TAKEN]], "compared_now", _ranking.TAKEN_LABELS)


def multiples(rows: pd.DataFrame, found: pd.DataFrame, start: date, end: date) -> None:
    """T* of each platform on the same bands and days."""
    st.header("T* 各怎样走到今天？", anchor=False)
    for first in range(0, len(rows), ACROSS):
        for place, row in zip(
            st.columns(ACROSS), rows.iloc[first : first + ACROSS].to_dict("records"), strict=False
        ):
            with place:
                platform = str(row["platform_id"])
                days = found[found["platform_id"] == platform]
                flips = _data.flips(start, end, platform)
                st.html(
                    f'<div class="tw-tile">{_look.link("platform", row["name"], "tw-strong", platform=platform)}'
                    f"{_look.badge(Level(row['level']), failed=row.get('failed'))}</div>"
                )
                if days.empty:
                    _parts.empty("这段时间没有计算结果。")
                    continue
                told = f"{row['name']} 的 T* 走势，{len(flips)} 次等级变化，最高 {_words.score(days['t_star'].max())}。"
                lines = _courses.thresholds(platform, str(row["category"]))
                figure = drawing(_timeline.multiple, _days.filled(days), flips, lines, start, end)
                _parts.figure_of(figure, f"multiple_{platform}", told)


def main() -> None:
    """The page."""
    _parts.heading("平台对比")
    _correct.tell()
    frame = _data.overview()
    if frame.empty:
        _parts.empty("观察名单为空：请运行 python -m pipeline work 载入 settings/platforms.toml。")
        return
    picked, span = choose(frame)
    if not picked:
        offer(frame)
        return
    rows = frame.set_index("platform_id", drop=False).loc[picked]
    side_by_side(rows)
    end = _data.today()
    start = end - timedelta(days=span)
    found = _courses.levels(picked, start, end)
    if found.empty:
        _parts.empty("所选平台在这段时间没有计算结果：等待数据源送来文本。")
        return
    multiples(rows, found, start, end)
    names = dict(zip(rows["platform_id"], rows["name"], strict=True))
    table = found.assign(platform=found["platform_id"].map(names))
    columns = ["platform_id", "platform", "day", "level", "level_before_grey", "t", "t_star", "coverage"]
    _parts.numbers(table[columns], "compare", _words.FIELDS)


main()
