"""数据源: which sources answer, what they brought, and work asked of the worker."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from app_pages import _data, _ledger, _look, _parts, _terms, _who, _words

KEPT_NOTE = (
    "以下是采集失败时网站的回应，按纯文本显示，每个来源保留最近 5 份。电话、证件号等个人信息在保存前已打码。"
)
MARKDOWN = frozenset("\\`*_{}[]()<>#+-.!|~$:")
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
    "undated": "无日期",
    "undecodable": "无法解码",
    "lacking": "缺字段",
    "error": "说明",
}
UNCHANGED = "未变化（304）"
BREACH = "不合约定"


SOURCES = {
    "id": "来源编号", "name": "来源", "enabled": "启用", "verified": "已核实", "state_reason": "说明",
    "documents": "文本数", "last_success_at": "最近成功", "last_run_at": "末次运行", "last_run_state": "末次结果",
    "last_run_error": "末次错误", "next_run_at": "下次运行",
}  # fmt: skip
"""Headers of the sources' workbook that the data dictionary has no words for."""


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
    if not usable or not _who.may("collect"):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "来源", usable, format_func=lambda key: names[key], key="collect_source", width=300
        )
        if st.button("立即采集", key="collect", type="primary"):
            number = _data.ask("collect", {"source_id": chosen}, _who.actor())
            st.toast(f"已交给后台：立即采集 {names[chosen]}（编号 {number}）")


def table(frame: pd.DataFrame) -> None:
    """All sources: those that need somebody first, those switched off folded away."""
    groups = _ledger.grouped(frame.to_dict("records"))
    for name in ("需要处理", "正常"):
        if groups[name]:
            st.header(f"{name}（{len(groups[name])}）", anchor=False)
            st.html(_ledger.sources(groups[name], _data.now(), f"数据源：{name}"))
    if not groups["需要处理"]:
        _parts.empty("没有需要处理的数据源。")
    if groups["停用"]:
        with st.expander(f"停用（{len(groups['停用'])}）"):
            st.html(_ledger.sources(groups["停用"], _data.now(), "数据源：停用"))
    columns = ["id", "name", "enabled", "demo", "verified", "state", "state_reason", "documents",
               "last_success_at", "last_run_at", "last_run_state", "last_run_error", "next_run_at"]  # fmt: skip
    _parts.download(frame[columns], "sources_now", SOURCES)


def detail(frame: pd.DataFrame) -> str | None:
    """What one source promises and the answers it failed with; of all sources while none is chosen."""
    st.header("约定与失败响应", anchor=False)
    names = dict(zip(frame["id"], frame["name"], strict=True))
    chosen = _parts.pick("来源", names, "source", "全部来源", 300)
    if chosen is not None:
        (row,) = frame[frame["id"] == chosen].to_dict("records")
        st.html(_terms.contract(row))
    kept = _data.kept_responses(chosen)
    if kept.empty:
        _parts.empty("没有留存的失败响应：采集失败时，网站的回应会留在这里供查看。")
        return chosen
    st.html(f'<p class="tw-mute">{KEPT_NOTE}</p>')
    for response in kept.to_dict("records"):
        failure(response)
    return chosen


def failure(response: Mapping[str, object]) -> None:
    """One failing answer as plain text: what a site sends is never rendered."""
    status = response["status"]
    told = "没有 HTTP 回应" if _words.missing(status) else f"HTTP {int(str(status))}"
    when = _words.moment(response["kept_at"])  # type: ignore[arg-type] # an aware datetime
    with st.expander(f"{when}　{_plain(response['source_name'])}　{told}"):
        st.text(f"{response['url']}\n{response['reason']}")
        headers = response["headers"]
        if isinstance(headers, Mapping) and headers:
            st.code("\n".join(f"{name}: {value}" for name, value in headers.items()), language=None)
        st.code(str(response["body"]) or "（没有内容）", language=None, wrap_lines=True, height=320)
        if response["cut"]:
            st.html('<p class="tw-mute">只保留了开头的 64 KiB。</p>')


def _plain(text: object) -> str:
    """Safe in a label, which Streamlit reads as Markdown."""
    return "".join(f"\\{letter}" if letter in MARKDOWN else letter for letter in str(text))


def forget_demo(frame: pd.DataFrame) -> None:
    """Remove the demo source and all that came of it, in two steps."""
    found = frame[(frame["id"] == DEMO) & frame["demo"]]
    if found.empty or not _who.may("source.edit"):
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
            _data.ask("forget_source", {"source_id": DEMO}, _who.actor())
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


def ledger(frame: pd.DataFrame, chosen: str | None) -> None:
    """The newest runs, of one source or of all."""
    st.header("最近的运行记录", anchor=False)
    names = dict(zip(frame["id"], frame["name"], strict=True))
    runs = _data.runs(chosen)
    if runs.empty:
        _parts.empty("还没有运行记录：后台第一次采集后会出现在这里。")
        return
    words = runs["state"].map(_words.RUN_STATES).fillna(runs["state"])
    words = words.mask((runs["state"] == "partial") & (runs["refused"] == 0), BREACH)
    runs["state"] = words.mask(runs["unchanged"], UNCHANGED)
    shown = runs[[name for name in RUNS if name in runs]].rename(columns=RUNS)
    shown["来源"] = shown["来源"].map(names).fillna(shown["来源"])
    shown["说明"] = shown["说明"].fillna("")
    for column in ("开始", "结束"):
        shown[column] = [_words.moment(value) for value in shown[column]]
    st.dataframe(shown, hide_index=True, height="content" if len(shown) < 12 else 420)
    _parts.download(shown, "runs")


def main() -> None:
    """The page."""
    _parts.heading("数据源")
    if told := _terms.faults(_data.source_faults()):
        st.html(told)
    frame = _data.sources()
    if frame.empty:
        _parts.empty("还没有登记数据源：后台启动时会载入 collectors/sources/ 下的配置。")
        return
    summary(frame)
    collect(frame)
    table(frame)
    st.header("交给后台的事项", anchor=False)
    requested()
    ledger(frame, detail(frame))
    forget_demo(frame)


main()
