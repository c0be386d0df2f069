"""A letter or a call typed in: the form, what was typed in lately, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from app_pages import _correct, _data, _look, _parts, _who, _words
from db import read, write
from db.session import Session

FIELDS = ("entry_sender", "entry_title", "entry_text")
TOLD = (
    "录入后与其他来源的文本一样参与研读与预警，从录入当日起计入（不改写已过去的日子）。"
    "电话、证件号等自动打码；请勿填写来电人姓名。同一内容重复提交只算一条。"
)


def main() -> None:
    """The form and the newest entries."""
    st.html(f'<p class="tw-mute">{TOLD}</p>')
    frame = _data.overview().sort_values("name")
    if frame.empty:
        _parts.empty("观察名单为空：请先在“平台管理”加入平台。")
        return
    names = dict(zip(frame["platform_id"], frame["name"], strict=True))
    with st.form("entry", border=True):
        left, middle, right = st.columns([3, 2, 2])
        left.selectbox(
            "平台",
            list(names),
            index=None,
            format_func=names.get,
            key="entry_platform",
            placeholder="输入名称查找",
        )
        kinds = write.ENTRY_KINDS
        middle.selectbox("类型", list(kinds), format_func=lambda key: kinds[key].word, key="entry_what")
        right.date_input(
            "日期", value=_data.today(), max_value=_data.today(), key="entry_day", format="YYYY-MM-DD"
        )
        st.text_input(
            "来文单位或来电渠道",
            key="entry_sender",
            max_chars=200,
            placeholder="如：某省金融管理局",
        )
        st.text_input("标题（可不填）", key="entry_title", max_chars=200)
        st.text_area("内容", key="entry_text", max_chars=20_000, height=180)
        st.form_submit_button("录入", type="primary", on_click=_correct.change, args=(save,))
    newest()


def save(session: Session) -> str:
    """Store what the form says; the text stays in the form where it is refused."""
    told = {name: st.session_state.get(f"entry_{name}") for name in ("platform", "what", "day", "sender")}
    _, new = write.enter(
        session,
        _who.actor(),
        what=str(told["what"] or ""),
        platform_id=str(told["platform"] or ""),
        day=told["day"],
        sender=str(told["sender"] or ""),
        title=str(st.session_state.get("entry_title") or ""),
        text=str(st.session_state.get("entry_text") or ""),
        now=_data.now(),
    )
    for name in FIELDS:
        st.session_state[name] = ""
    return "已录入，后台随即研读；可在下方撤销。" if new else "这份内容已录入过，没有重复计入。"


def newest() -> None:
    """What was typed in lately."""
    st.header("最近的录入", anchor=False)
    with _data.database().reading() as session:
        found = read.entries(session, limit=15)
    if found.empty:
        _parts.empty("还没有录入过来函或来电。")
        return
    for row in found.to_dict("records"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.html(shown(row))
            if _words.missing(row["undone_at"]):
                take_back(int(row["id"]))


def shown(row: Mapping[str, Any]) -> str:
    """One entry as HTML."""
    word = write.ENTRY_KINDS[row["what"]].word
    platform = _look.link("platform", row["platform"], platform=row["platform_id"])
    title = str(row["title"]) if isinstance(row["title"], str) else ""
    by = f"{row['who']}，{_words.moment(row['at'])}"
    undone = (
        ""
        if _words.missing(row["undone_at"])
        else f"　已撤销（{row['undone_by']}，{_words.moment(row['undone_at'])}）"
    )
    return (
        f"{_look.chip(word)}　{platform}　{escape(title)}　"
        f'<span class="tw-mute">{_words.day(row["day"])}　{escape(by)}{escape(undone)}</span>'
    )


def take_back(number: int) -> None:
    """撤销, with its reason."""
    with st.popover("撤销", key=f"entry_undo_{number}", type="tertiary"):
        st.text_input("理由（记入审计日志）", key=f"entry_why_{number}", max_chars=200)
        st.button("确认撤销", key=f"entry_yes_{number}", on_click=_correct.change, args=(undo(number),))


def undo(number: int) -> _correct.Change:
    """Take an entry back."""

    def do(session: Session) -> str:
        why = str(st.session_state.get(f"entry_why_{number}", ""))
        write.undo_entry(session, _who.actor(), number, reason=why, now=_data.now())
        return "已撤销这条录入，相关等级稍后重新计算。"

    return do
