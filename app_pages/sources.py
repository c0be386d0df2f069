"""数据源: which sources answer, what they brought, and work asked of the worker."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app_pages import _data, _ledger, _look, _parts, _words

DEMO = "sample_archive"
RUNS = {
    "source_id": "来源",
    "started_at": "开始",
    "finished_at": "结束",
    "state": "结果",
    "items": "条目",
    "stored": "入库",
    "duplicates": "重复",
    "revised": "修订",
    "refused": "拒收",
    "error": "错误",
}


def summary(frame: pd.DataFrame) -> None:
    """How many sources are in each state."""
    parts = []
    for state, (glyph, word, tone) in _words.SOURCE_STATES.items():
        if number := int((frame["state"] == state).sum()):
            parts.append(f"<span>{_look.chip(f'{glyph} {word}', tone)}<b>{number}</b></span>")
    st.html(f'<div class="tw-counts">{"".join(parts)}</div>')


def collect(frame: pd.DataFrame) -> None:
    """Ask for one source to be collected now."""
    names = dict(zip(frame["id"], frame["name"], strict=True))
    usable = list(frame.loc[frame["enabled"], "id"])
    if not usable:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "来源", usable, format_func=lambda key: names[key], key="collect_source", width=300
        )
        if st.button("立即采集", key="collect", type="primary"):
            number = _data.ask("collect", {"source_id": chosen})
            st.toast(f"已交给后台：立即采集 {names[chosen]}（编号 {number}）")


def forget_demo(frame: pd.DataFrame) -> None:
    """Remove the demo source and all that came of it, in two steps."""
    found = frame[(frame["id"] == DEMO) & frame["demo"]]
    if found.empty:
        return
    st.header("删除演示数据", anchor=False)
    documents = _words.count(found["documents"].iloc[0])
    st.html(
        f'<p class="tw-mute">将删除演示来源的 {documents} 条文本、虚构平台及由它们算出的全部指数与等级；'
        "真实来源的数据不受影响。此操作不可撤销。</p>"
    )
    if not st.session_state.get("confirm_forget"):
        if st.button("删除演示数据", key="forget"):
            st.session_state["confirm_forget"] = True
            st.rerun()
        return
    with st.container(horizontal=True):
        if st.button("确认删除", key="forget_yes", type="primary"):
            st.session_state["confirm_forget"] = False
            _data.ask("forget_source", {"source_id": DEMO})
            st.rerun()
        if st.button("取消", key="forget_no"):
            st.session_state["confirm_forget"] = False
            st.rerun()


@st.fragment(run_every=3)
def requested() -> None:
    """What was asked of the worker and how far it is; refreshes by itself."""
    with _parts.guard():
        frame = _data.requests()
        if frame.empty:
            _parts.empty("还没有交给后台的事项。")
            return
        st.html(_ledger.requests(frame.to_dict("records")))


def ledger(frame: pd.DataFrame) -> None:
    """The newest runs."""
    st.header("最近的运行记录", anchor=False)
    names = dict(zip(frame["id"], frame["name"], strict=True))
    chosen = _parts.pick("按来源筛选", names, "source", "全部来源", 300)
    runs = _data.runs(chosen)
    if runs.empty:
        _parts.empty("还没有运行记录：后台第一次采集后会出现在这里。")
        return
    shown = runs[[name for name in RUNS if name in runs]].rename(columns=RUNS)
    shown["来源"] = shown["来源"].map(names).fillna(shown["来源"])
    shown["结果"] = shown["结果"].map(_words.RUN_STATES).fillna(shown["结果"])
    shown["错误"] = shown["错误"].fillna("")
    for column in ("开始", "结束"):
        shown[column] = [_words.moment(value) for value in shown[column]]
    st.dataframe(shown, hide_index=True, height="content" if len(shown) < 12 else 420)
    _parts.download(shown, "runs")


def main() -> None:
    """The page."""
    _parts.heading("数据源")
    frame = _data.sources()
    if frame.empty:
        _parts.empty("还没有登记数据源：后台启动时会载入 collectors/sources/ 下的配置。")
        return
    summary(frame)
    st.html(_ledger.sources(frame.to_dict("records"), _data.now()))
    collect(frame)
    st.header("交给后台的事项", anchor=False)
    requested()
    ledger(frame)
    forget_demo(frame)


main()
