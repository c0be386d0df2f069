"""What an edit would have shown on history: asked for with a button, told in tables and charts."""

from __future__ import annotations

import json
from html import escape

import pandas as pd
import streamlit as st

from app_pages import _data, _look, _parts, _thresholds_charts, _words
from app_pages import _thresholds_history as past
from app_pages._look import Column
from app_pages._thresholds_history import Shown
from app_pages._thresholds_words import MEASURES, Teller, level, measure
from db import read
from db.read import VersionRow
from db.read.history import MONTHS
from settings.models import Thresholds
from settings.scopes import resolved

KEPT = "thresholds_preview"
SHOWN = 40
"""Rows of a table on screen; the download has all."""

NOTE = (
    "以库中已存的分项指数，按两套阈值从头各判一遍：两边都从期初重新累积，红色在首个可降级日视为已签字，"
    "差别只来自阈值。今天尚未定稿，不在其内；历史日的等级不会因此改写。"
)


def scope() -> bool | None:
    """Demonstration platforms or real ones; asked where both are loaded."""
    demo = set(_data.overview()["demo"])
    if len(demo) < 2:
        return next(iter(demo), None)
    chosen = st.segmented_control(
        "预览的平台", list(past.DEMO), default="真实", required=True, key="data", bind="query-params"
    )
    return past.DEMO[chosen]


def failure_list() -> pd.DataFrame:
    """The list to judge by; in the address as `list`. Empty without one."""
    with _data.database().reading() as session:
        found = read.failures(session)
    names = list(dict.fromkeys(found["list_name"]))
    if not names:
        return found
    if st.query_params.get("list") not in names:
        st.query_params["list"] = names[-1]
    chosen = _parts.pick("出险名单", {name: name for name in names}, "list", "不用名单", 320)
    return found[found["list_name"] == chosen].assign(reason=lambda rows: rows["reason"].fillna(""))


def ask(base: VersionRow, edited: Thresholds | None, teller: Teller, *, ahead: bool = False) -> None:
    """The button, and what it found as long as nothing was changed since.

    Args:    edited: None while something is wrong with the edit; ahead: begin to read history already.
    """
    st.header("如果过去就用它，会怎样？", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        demo, listed = scope(), failure_list()
        if ahead and st.session_state.get("thresholds_ahead") != (_data.stamp(), demo):
            st.session_state["thresholds_ahead"] = (_data.stamp(), demo)
            past.read_ahead(demo, base.thresholds.carry_days)
        pressed = st.button("预览影响", key="preview", disabled=edited is None)
    key = _key(base, edited, demo, listed)
    if pressed and edited is not None:
        with st.spinner("正在用历史数据复算…"):
            st.session_state[KEPT] = key, past.look(base.thresholds, edited, demo, listed)
    kept, shown = st.session_state.get(KEPT, (None, None))
    if edited is None:
        _parts.empty("改正标红的各项后可以预览。")
    elif kept != key:
        _parts.empty(f"点“预览影响”，看最近 {MONTHS} 个月里会多出、少掉哪些等级变化。")
    elif shown is None:
        _parts.empty("还没有任何一天的结果可供复算：采集并计算至少一天后再来。")
    else:
        tell(shown, base.thresholds, edited, teller)


def _key(base: VersionRow, edited: Thresholds | None, demo: bool | None, listed: pd.DataFrame) -> str:
    content = edited.model_dump(mode="json") if edited else None
    return json.dumps(
        [base.id, content, demo, listed.to_csv(index=False)], ensure_ascii=False, sort_keys=True
    )


def tell(shown: Shown, base: Thresholds, edited: Thresholds, teller: Teller) -> None:
    """Figures, months, platforms, flips, one platform's course."""
    changed = shown.flips["change"].value_counts()
    touched = int(((shown.platforms["added"] + shown.platforms["removed"]) > 0).sum())
    facts = (
        ("期间", f"{_words.day(shown.start)} 至 {_words.day(shown.end)}"),
        ("平台", f"{shown.number:,} 家，其中 {touched:,} 家有变化"),
        ("新增的等级变化", f"{changed.get('added', 0):,} 次"),
        ("消失的等级变化", f"{changed.get('removed', 0):,} 次"),
    )
    cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    st.html(f'<dl class="tw-facts">{cells}</dl><p class="tw-mute">{NOTE}</p>')
    measures(shown)
    st.header("每月会有几起橙色及以上预警？", anchor=False)
    totals = shown.months[["before", "after"]].sum()
    alt = f"每月开始的橙色及以上预警：现行共 {totals['before']} 起，修改后共 {totals['after']} 起"
    labels = {"month": "月份", "before": "现行", "after": "修改后"}
    _parts.chart(_thresholds_charts.alarms(shown.months), shown.months, "alarms", alt, labels)
    platforms(shown, teller)
    if shown.courses:
        course(shown, base, edited, teller)


def measures(shown: Shown) -> None:
    """POD, lead time and false alarms, where there is a list."""
    st.header("对照出险名单，是更早还是更吵？", anchor=False)
    if shown.measures is None or shown.listed is None:
        _parts.empty("未提供失败名单：在“数据录入”上传出险名单后，这里给出命中率、提前天数与误报的变化。")
        return
    found = shown.measures.set_index("metric")
    rows = []
    for name, (word, kind) in MEASURES.items():
        before, after = float(found.loc[name, "before"]), float(found.loc[name, "after"])
        moved = after - before
        sign = "" if _words.missing(moved) or moved == 0 else "+" if moved > 0 else "−"
        change = (
            _words.NONE
            if _words.missing(moved)
            else "不变"
            if not moved
            else sign + measure(abs(moved), kind)
        )
        rows.append([word, measure(before, kind), measure(after, kind), change])
    columns = (Column("指标", "tight"), Column("现行", "num"), Column("修改后", "num"), Column("变化", "num"))
    st.html(_look.table(columns, rows, "对照出险名单"))
    judged = int((shown.listed["status"] == "judged").sum())
    _parts.empty(f"名单 {len(shown.listed)} 行，{judged} 行可参评；定义与“回放与评估”相同。")


def platforms(shown: Shown, teller: Teller) -> None:
    """Flips added and removed by platform, and the flips themselves to take away."""
    found = shown.platforms.assign(changed=lambda rows: rows["added"] + rows["removed"])
    found = found[found["changed"] > 0].sort_values("changed", ascending=False, kind="stable")
    st.header(f"哪些平台会不同？（{len(found)}）", anchor=False)
    if found.empty:
        _parts.empty("没有一家平台的等级会不同。")
        return
    rows = [
        [
            _look.link(
                "platform",
                teller.platforms.get(row["platform_id"], row["platform_id"]),
                platform=row["platform_id"],
            ),
            f"+{row['added']}",
            f"−{row['removed']}",
            f"{row['alarms_before']} → {row['alarms_after']}",
            f"{row['alarm_days_before']} → {row['alarm_days_after']}",
        ]
        for row in found.head(SHOWN).to_dict("records")
    ]
    columns = (
        Column("平台", "name"),
        Column("新增变化", "num"),
        Column("消失变化", "num"),
        Column("橙色及以上（起）", "num"),
        Column("橙色及以上（天）", "num"),
    )  # fmt: skip
    st.html(_look.table(columns, rows, "各平台的变化"))
    if len(found) > SHOWN:
        _parts.empty(f"另有 {len(found) - SHOWN:,} 家，见下载。")
    flips = shown.flips.assign(
        name=shown.flips["platform_id"].map(teller.platforms),
        level_from=[level(one).value for one in shown.flips["level_from"]],
        level_to=[level(one).value for one in shown.flips["level_to"]],
        change=shown.flips["change"].map({"added": "新增", "removed": "消失"}),
    )
    labels = {
        "platform_id": "平台编号", "name": "平台", "day": "日期", "level_from": "原等级", "level_to": "新等级",
        "change": "变化",
    }  # fmt: skip
    _parts.numbers(flips[list(labels)], "preview_flips", labels)


def course(shown: Shown, base: Thresholds, edited: Thresholds, teller: Teller) -> None:
    """T* and flips of one platform under both."""
    st.header("这一家会怎样走？", anchor=False)
    names = {name: teller.platforms.get(name, name) for name in shown.courses}
    if st.query_params.get("platform") not in names:
        st.query_params["platform"] = next(iter(names))
    chosen = _parts.pick("平台", names, "platform", "选择平台", 280)
    if chosen is None:
        _parts.empty("选择一家有变化的平台。")
        return
    info = _data.platform(chosen)
    category = info.category if info else None
    days = shown.courses[chosen]
    figure = _thresholds_charts.course(
        days, resolved(base, chosen, category), resolved(edited, chosen, category)
    )
    peaks = [f"{days[f'{name}_t_star'].max():.1f}" for name in ("before", "after")]
    alt = f"{names[chosen]}的 T*：现行最高 {peaks[0]}，修改后最高 {peaks[1]}；横线为各级进入线"
    told = days.assign(
        before_level=[level(one).value for one in days["before_level"]],
        after_level=[level(one).value for one in days["after_level"]],
    )
    labels = {
        "day": "日期", "before_t_star": "T*（现行）", "after_t_star": "T*（修改后）", "before_level": "等级（现行）",
        "after_level": "等级（修改后）",
    }  # fmt: skip
    _parts.chart(figure, told, "course", alt, labels)
