"""Life-cycle status on screen: recording one with its evidence, setting a wrong entry right, what 正常 may not say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from html import escape

import streamlit as st

from app_pages import _correct, _data, _look, _parts, _who, _words
from app_pages._look import Column
from db import write
from db.read import PlatformInfo, StatusEntry
from db.session import Session
from signals.lifecycle import QUIET, QUIET_DAYS, failed_status, failed_word, is_quiet
from signals.model import Level, Status

SITUATIONS: Mapping[str, tuple[str, ...]] = {
    Status.OPERATING: ("正常运营", "恢复兑付（此前未登记出险）"),
    Status.IN_TROUBLE: ("提现困难", "停止兑付", "逾期", "失联", "跑路", "停业"),
    Status.LIQUIDATION: ("清盘", "良性退出"),
    Status.CASE_FILED: ("立案", "经侦介入"),
    Status.TRANSFORMED: ("转型",),
    Status.EXITED: ("退出", "注销"),
}
"""What a status stands for; the one that applies stands before its evidence."""
CHOICES = [(status, situation) for status, words in SITUATIONS.items() for situation in words]
TOLD = "出险、清盘、立案、退出的平台不再显示“正常”；等级从登记之日起重新判定，不改写此前的日子。"


def failed(info: PlatformInfo, day: date | None = None) -> str | None:
    """The failed status that a platform bears on a day (None: at all)."""
    return failed_status([(each.since, each.status) for each in info.statuses], day)


def note(info: PlatformInfo, level: Level, chosen: date) -> str:
    """What to know of a 正常: the platform failed, or nobody spoke of it. Empty where it means what it says."""
    if level is not Level.NORMAL:
        return ""
    status = failed(info, chosen)
    if status is not None:
        told = f"{failed_word(status)}：该平台已登记为“{status}”，没有新的风险信号也不显示为正常。"
        return f'<p class="tw-mute">{escape(told)}</p>'
    frame = _data.overview()
    row = frame[frame["platform_id"] == info.id]
    quiet = len(row) == 1 and row["day"].iloc[0] == chosen and is_quiet(level, int(row["mentions90"].iloc[0]))
    if not quiet:
        return ""
    return (
        f'<p class="tw-mute"><b>{QUIET}</b>：近 {QUIET_DAYS} 天没有任何文本提到它，与“有提及而平静”不同。</p>'
    )


def section(info: PlatformInfo) -> None:
    """The history of a platform's status and, for whoever may, the forms."""
    columns = (Column("自", "tight"), Column("状态", "tight"), Column("依据", "wide"))
    rows = [
        [_words.day(each.since), escape(each.status), escape(each.evidence or _words.NONE)]
        for each in info.statuses
    ]
    if rows:
        st.html(_look.table(columns, rows, "经营状态"))
    else:
        _parts.empty("在营；没有登记过状态变化。")
    if not _who.may("status"):
        return
    with st.expander("登记新的状态"):
        st.html(f'<p class="tw-mute">{TOLD}</p>')
        fields(f"status_{info.id}")
        st.button(
            "登记", key=f"status_{info.id}_save", type="primary", on_click=_correct.change, args=(add(info),)
        )
    if info.statuses:
        with st.expander("更正或撤销一条登记"):
            correct(info)


def fields(key: str, entry: StatusEntry | None = None) -> None:
    """Status, since when, evidence."""
    statuses = [status for status, _ in CHOICES]
    index = statuses.index(Status(entry.status)) if entry is not None else statuses.index(Status.IN_TROUBLE)
    left, right = st.columns(2)
    left.selectbox(
        "状态",
        range(len(CHOICES)),
        index=index,
        format_func=lambda n: "：".join(dict.fromkeys(map(str, CHOICES[n]))),
        key=f"{key}_status",
    )
    since = entry.since if entry is not None else _data.today()
    right.date_input("自", value=since, max_value=_data.today(), key=f"{key}_since", format="YYYY-MM-DD")
    st.text_area(
        "依据（公告、判决、通报或核实经过）",
        value=(entry.evidence or "") if entry is not None else "",
        key=f"{key}_evidence",
        max_chars=900,
        height=68,
    )


def said(key: str) -> tuple[str, date, str]:
    """(status, since, evidence) of a form; the situation stands before the evidence, once."""
    status, situation = CHOICES[int(st.session_state[f"{key}_status"])]
    evidence = str(st.session_state.get(f"{key}_evidence", "")).strip()
    told = situation != str(status) and evidence and not evidence.startswith(situation)
    return str(status), st.session_state[f"{key}_since"], f"{situation}。{evidence}" if told else evidence


def add(info: PlatformInfo) -> _correct.Change:
    """Record a status."""

    def do(session: Session) -> str:
        status, since, evidence = said(f"status_{info.id}")
        new = write.record_status(session, _who.actor(), info.id, status, since, evidence, now=_data.now())
        st.session_state[f"status_{info.id}_evidence"] = ""
        return f"已登记“{info.name}”为“{status}”。" if new else "这条状态已经登记过，没有重复记录。"

    return do


def correct(info: PlatformInfo) -> None:
    """One entry chosen, set right or taken out, with a reason."""
    entries = {each.since.isoformat(): each for each in info.statuses}
    key = f"fix_{info.id}"
    chosen = st.selectbox(
        "登记",
        list(entries)[::-1],
        format_func=lambda day: f"{day}　{entries[day].status}",
        key=f"{key}_entry",
    )
    entry = entries[chosen]
    fields(f"{key}_{chosen}", entry)
    st.text_input("理由（记入审计日志）", key=f"{key}_why", max_chars=200)
    with st.container(horizontal=True):
        st.button("保存更正", key=f"{key}_save", on_click=_correct.change, args=(fix(info, entry),))
        st.button("撤销这条登记", key=f"{key}_undo", on_click=_correct.change, args=(undo(info, entry),))


def fix(info: PlatformInfo, entry: StatusEntry) -> _correct.Change:
    """Set an entry right."""

    def do(session: Session) -> str:
        status, since, evidence = said(f"fix_{info.id}_{entry.since.isoformat()}")
        write.correct_status(
            session,
            _who.actor(),
            info.id,
            entry.since,
            status=status,
            new_since=since,
            evidence=evidence,
            reason=str(st.session_state.get(f"fix_{info.id}_why", "")),
            now=_data.now(),
        )
        return "已更正状态，原登记保留在审计日志中。"

    return do


def undo(info: PlatformInfo, entry: StatusEntry) -> _correct.Change:
    """Take an entry out."""

    def do(session: Session) -> str:
        why = str(st.session_state.get(f"fix_{info.id}_why", ""))
        write.undo_status(session, _who.actor(), info.id, entry.since, reason=why, now=_data.now())
        return "已撤销这条状态，原登记保留在审计日志中。"

    return do
