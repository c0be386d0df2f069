"""On 平台详情: notes on the platform's days, and the signature that a red level needs to fall."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from html import escape
from typing import Any

import streamlit as st

from app_pages import _correct, _data, _parts, _who, _words
from db import read, write
from db.read import PlatformInfo
from db.session import Session
from signals.model import Level

SHOWN = 10


def notes(info: PlatformInfo, day: date) -> None:
    """Notes on the chosen day and the newest of other days; whoever may, writes one."""
    st.header("批注", anchor=False)
    with _data.database().reading() as session:
        found = read.platform_notes(session, info.id)
    of_day = found[found["day"] == day]
    others = found[found["day"] != day].head(SHOWN)
    if found.empty:
        _parts.empty("还没有批注。批注记在平台的某一天上，所有人可见。")
    for row in [*of_day.to_dict("records"), *others.to_dict("records")]:
        note(row)
    if not _who.may("note"):
        return
    key = f"note_{info.id}_{day.isoformat()}"
    with st.expander(f"为 {_words.day(day)} 写批注"):
        st.text_area("批注", key=key, max_chars=2_000, height=90)
        st.button(
            "保存批注",
            key=f"{key}_save",
            type="primary",
            on_click=_correct.change,
            args=(add(info, day, key),),
        )


def note(row: Mapping[str, Any]) -> None:
    """One note with its author and time; its author changes it, everybody sees what it said before."""
    number, version = int(row["id"]), int(row["version"])
    changed = f"，{_words.moment(row['changed_at'])} 修改（第 {version} 版）" if version > 1 else ""
    st.html(
        f'<p class="tw-text">{escape(str(row["text"]))}</p><p class="tw-meta">{_words.day(row["day"])}　'
        f"{escape(str(row['who']))}，{_words.moment(row['at'])}{changed}</p>{former(number, version)}"
    )
    if row["who"] != _who.here().name or not _who.may("note"):
        return
    key = f"note_edit_{number}"
    with st.popover("修改", key=key, type="tertiary"):
        st.text_area("批注", value=str(row["text"]), key=f"{key}_text", max_chars=2_000)
        with st.container(horizontal=True):
            st.button("保存", key=f"{key}_save", on_click=_correct.change, args=(edit(number, version),))
            st.button("撤回", key=f"{key}_withdraw", on_click=_correct.change, args=(withdraw(number),))


def former(number: int, version: int) -> str:
    """What a note said before, folded away."""
    if version == 1:
        return ""
    with _data.database().reading() as session:
        history = read.note_history(session, number)
    items = "".join(
        f'<p class="tw-meta">第 {row["version"]} 版，{_words.moment(row["at"])}：{escape(str(row["text"]))}</p>'
        for row in history.head(len(history) - 1).to_dict("records")
    )
    return f'<details class="tw-more"><summary>此前的文字</summary>{items}</details>'


def add(info: PlatformInfo, day: date, key: str) -> _correct.Change:
    """Write a note; the field is emptied once it stands."""

    def do(session: Session) -> str:
        text = str(st.session_state.get(key, ""))
        write.add_note(session, _who.actor(), info.id, day, text, now=_data.now())
        st.session_state[key] = ""
        return "已保存批注。"

    return do


def edit(number: int, version: int) -> _correct.Change:
    """Other words."""

    def do(session: Session) -> str:
        text = str(st.session_state.get(f"note_edit_{number}_text", ""))
        write.edit_note(session, _who.actor(), number, text, version=version, now=_data.now())
        return "已修改批注，此前的文字仍可查看。"

    return do


def withdraw(number: int) -> _correct.Change:
    """Take it off the page."""

    def do(session: Session) -> str:
        write.withdraw_note(session, _who.actor(), number, now=_data.now())
        return "已撤回批注。"

    return do


def sign_off(info: PlatformInfo, row: Mapping[str, object], newest: date) -> None:
    """Signatures for lowering the platform's red level; offered where it is red now. `row`: the day looked at."""
    if row["level"] != Level.RED.value:
        return
    with _data.database().reading() as session:
        given = read.sign_offs(session, [info.id])
    since = row["since"]
    given = given[given["day"] >= since] if isinstance(since, date) else given
    for each in given.tail(3).to_dict("records"):
        told = f"{each['who']} 于 {_words.moment(each['signed_at'])} 签字同意解除红色：{each['why']}"
        st.html(f'<p class="tw-meta">✓ {escape(told)}</p>')
    if row["day"] != newest or not _who.may("sign_off"):
        return
    with st.popover("签字解除红色", key="sign_off"):
        st.html(
            '<p class="tw-mute">签字表示本人核实后同意降级。T* 低于退出线并持续满规定天数后，签字才使等级下降；'
            "在此之前签的字不算。</p>"
        )
        st.text_area("理由与依据（记入审计日志）", key="sign_off_why", max_chars=1_000, height=90)
        st.button("签字", key="sign_off_yes", type="primary", on_click=_correct.change, args=(sign(info),))


def sign(info: PlatformInfo) -> _correct.Change:
    """Sign as the person who is signed in."""

    def do(session: Session) -> str:
        why = str(st.session_state.get("sign_off_why", ""))
        new = write.sign_off_red(session, _who.actor(), info.id, why, now=_data.now())
        if not new:
            return "您今天已经签过字。"
        st.session_state["sign_off_why"] = ""
        return f"已记录签字；满足降级条件后，“{info.name}”的等级随下一次判定下降。"

    return do
