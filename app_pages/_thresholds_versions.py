"""Versions of the thresholds: who changed what and why, what differs between two, and the decision on a proposal."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from app_pages import _correct, _data, _look, _parts, _thresholds_preview, _who, _words
from app_pages import _thresholds_state as state
from app_pages import _thresholds_words as words
from app_pages._look import Column
from app_pages._thresholds_words import TONES, Teller
from db import read, write
from db.read import VersionRow
from db.read.accounts import folded
from db.session import Session
from settings.threshold_diff import diff
from signals.model import Level, shanghai_day

TABLE = (
    Column("版本", "tight"), Column("状态", "tight"), Column("生效", "tight"), Column("提交", "tight"),
    Column("复核", "tight"), Column("理由", "wide"),
)  # fmt: skip


def listed(versions: list[VersionRow], current: int) -> None:
    """All versions, the newest first."""
    now = _data.now()
    rows = []
    for one in versions:
        told = words.state(one, current, now)
        copy = f"（恢复版本 {one.copy_of}）" if one.copy_of else ""
        comment = f"；{one.comment}" if one.comment else ""
        decided = (
            f"{one.decided_by}　{_words.moment(one.decided_at)}{comment}" if one.decided_by else _words.NONE
        )
        rows.append(
            [
                _look.link("thresholds", f"第 {one.id} 版", view="版本", version=str(one.id)) + escape(copy),
                _look.chip(told, TONES.get(told, "plain")),
                words.begins(one),
                escape(f"{one.who}　{_words.moment(one.created_at)}"),
                f'<span class="tw-clamp" title="{escape(decided)}">{escape(decided)}</span>',
                _look.clamp(one.why),
            ]
        )
    st.header(f"有过哪些版本？（{len(versions)}）", anchor=False)
    st.html(f'<div class="tw-scroll">{_look.table(TABLE, rows, "阈值的各版本")}</div>')
    told = [
        [one.id, one.state, one.effective_from, one.who, one.why, one.decided_by, one.comment]
        for one in versions
    ]
    columns = ["version", "state", "effective_from", "who", "why", "decided_by", "comment"]
    _parts.download(pd.DataFrame(told, columns=columns), "threshold_versions")


def compare(versions: dict[int, VersionRow], chosen: VersionRow, teller: Teller) -> None:
    """What differs between any two; at first from the one that it was made of."""
    others = {str(number): f"第 {number} 版" for number in versions if number != chosen.id}
    if not others:
        return
    before = chosen.base_id or max((n for n in versions if n < chosen.id), default=min(map(int, others)))
    if st.query_params.get("against") not in others:
        st.query_params["against"] = str(before)
    against = _parts.pick("与之比较", others, "against", "选择版本", 200)
    if against is None:
        return
    changes = diff(versions[int(against)].content, chosen.content)
    st.header(f"第 {against} 版 → 第 {chosen.id} 版改了什么？（{len(changes)}）", anchor=False)
    if not changes:
        _parts.empty("两版内容相同。")
        return
    rows = [
        [escape(teller.field(one.path)), escape(teller.value(one.before)), escape(teller.value(one.after))]
        for one in changes
    ]
    columns = (Column("项目", "name"), Column(f"第 {against} 版", "num"), Column(f"第 {chosen.id} 版", "num"))
    st.html(_look.table(columns, rows, "两版的差异"))
    told = [[teller.field(one.path), teller.value(one.before), teller.value(one.after)] for one in changes]
    _parts.download(pd.DataFrame(told, columns=["field", "before", "after"]), "threshold_changes")


def decide(version: VersionRow, newest: VersionRow) -> None:
    """Approve or reject somebody else's proposal, withdraw one's own."""
    mine = folded(version.who) == folded(_who.here().name)
    if mine and _who.may("threshold.propose"):
        st.button("撤回这个版本", key="withdraw", on_click=withdraw, args=(version.id,))
        if _who.may("threshold.decide"):
            _parts.empty("这是您自己提交的版本：须由另一个人复核。")
        return
    if not _who.may("threshold.decide"):
        _parts.empty("等待有复核权限的人处理。")
        return
    st.header("复核", anchor=False)
    earliest = max(_data.today(), shanghai_day(newest.effective_from))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.date_input(
            "生效日期（当日零时起）",
            value=earliest,
            min_value=earliest,
            key="effective",
            format="YYYY-MM-DD",
            width=200,
        )
        st.text_input("意见（驳回时必填）", key="comment", max_chars=500, width=420)
        st.button("通过", key="approve", type="primary", on_click=approve, args=(version.id,))
        st.button("驳回", key="reject", on_click=reject, args=(version.id,))


def approve(number: int) -> None:
    """In force from the day chosen."""
    day, comment = st.session_state["effective"], str(st.session_state.get("comment", ""))

    def do(session: Session) -> str:
        write.approve_thresholds(
            session, number, effective=day, actor=_who.actor(), comment=comment, now=_data.now()
        )
        return f"已通过版本 {number}，自 {_words.day(day)} 起生效"

    _correct.change(do)


def reject(number: int) -> None:
    """With the comment."""
    comment = str(st.session_state.get("comment", ""))

    def do(session: Session) -> str:
        write.reject_thresholds(session, number, actor=_who.actor(), comment=comment, now=_data.now())
        return f"已驳回版本 {number}"

    _correct.change(do)


def withdraw(number: int) -> None:
    """One's own."""

    def do(session: Session) -> str:
        write.withdraw_thresholds(session, number, actor=_who.actor(), why="", now=_data.now())
        return f"已撤回版本 {number}"

    _correct.change(do)


def decided_flips(version: VersionRow, teller: Teller) -> None:
    """The changes of level that this version decided: each row of days and flips names its version."""
    if version.state != "active":
        return
    with _data.database().reading() as session:
        found = read.version_flips(session, version.id)
    st.header("它判定过哪些等级变化？", anchor=False)
    if found.empty:
        _parts.empty(
            "还没有等级变化由这一版判定。每个平台日与每次等级变化都记有所用版本，导出中为 threshold_version。"
        )
        return
    rows = [
        [
            str(row["day"]),
            _look.link("platform", str(row["name"]), platform=str(row["platform_id"]), day=str(row["day"])),
            _look.badge(Level(row["level_from"])) + " → " + _look.badge(Level(row["level_to"])),
            _words.score(row["t"]),
            _look.clamp(str(row["reason"])),
        ]
        for row in found.head(20).to_dict("records")
    ]
    columns = (Column("日期", "tight"), Column("平台", "tight"), Column("变化", "tight"), Column("T", "num"),
               Column("原因", "wide"))  # fmt: skip
    st.html(_look.table(columns, rows, "由这一版判定的等级变化"))
    labels = {"platform_id": "平台编号", "name": "平台", "level_from": "原等级", "level_to": "新等级"}
    _parts.numbers(found, "version_flips", labels)


def main(teller: Teller, current: int) -> None:
    """The list, and one version."""
    with _data.database().reading() as session:
        found = read.threshold_versions(session)
        newest = read.newest_approved(session)
    versions = {one.id: one for one in found}
    listed(found, current)
    names = {str(one.id): f"第 {one.id} 版" for one in found}
    if st.query_params.get("version") not in names:
        waiting = [one.id for one in found if one.state == "proposed"]
        st.query_params["version"] = str(waiting[0] if waiting else current)
    picked = _parts.pick("查看版本", names, "version", "选择版本", 200)
    if picked is None:
        return
    chosen = versions[int(picked)]
    why = f'<div class="tw-why"><b>第 {chosen.id} 版的理由</b>　{escape(chosen.why)}</div>'
    st.html(why)
    compare(versions, chosen, teller)
    if chosen.state == "proposed":
        decide(chosen, newest)
        _thresholds_preview.ask(newest, chosen.thresholds, teller)
    elif _who.may("threshold.propose") and chosen.id != newest.id:
        st.button(f"以第 {chosen.id} 版的内容新建一版", key="take_up", on_click=state.take_up, args=(chosen,))
    decided_flips(chosen, teller)
