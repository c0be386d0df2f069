"""会议记录: when the committee met, who was there, what was decided; and which levels changed since then."""

from __future__ import annotations

from datetime import datetime, time
from html import escape

import pandas as pd
import streamlit as st

from app_pages import _correct, _data, _look, _parts, _who, _words
from app_pages._look import Column
from db import read, write
from db.read import MeetingRow
from db.session import Session
from signals.dictionary import header
from signals.model import SHANGHAI, Level

SHOWN = 30
LABELS = {
    "level_then": "会议时的等级",
    "level_now": "现在的等级",
    "category": "类别",
    "name": "平台",
    "demo": "演示",
}


def since_last(last: MeetingRow | None) -> None:
    """Levels that are another than the last meeting knew."""
    st.header("自上次会议以来哪些等级变了？", anchor=False)
    if last is None:
        _parts.empty("还没有会议记录：登记第一次会议后，这里和总览会列出其后的等级变化。")
        return
    with _data.database().reading() as session:
        found = read.changes_since(session, last.held_at)
    st.html(f'<p class="tw-mute">上次会议：{escape(last.title)}，{_words.moment(last.held_at)}</p>')
    if found.empty:
        _parts.empty("自上次会议以来没有等级变化。")
        return
    rows = [
        [
            _look.link("platform", row["name"], "tw-strong", platform=row["platform_id"]),
            f"{_look.badge(Level(row['level_then']))} → {_look.badge(Level(row['level_now']))}",
            _words.short_day(row["day"]),
            _words.score(row["t_star"]),
            _look.clamp(row["reason"]),
        ]
        for row in found.head(SHOWN).to_dict("records")
    ]
    columns = (Column("平台", "name"), Column("变化", "tight"), Column("日期", "tight"), Column("T*", "num"),
               Column("原因", "wide"))  # fmt: skip
    st.html(_look.table(columns, rows, "自上次会议以来的等级变化"))
    _parts.download(found, "since_meeting", LABELS)


def form(key: str, row: MeetingRow | None = None) -> None:
    """The fields of a record, for a new one or for setting one right."""
    held = (row.held_at if row is not None else _data.now()).astimezone(SHANGHAI)
    # Set once: a default that moves on with the clock would take away what somebody chose.
    st.session_state.setdefault(f"{key}_day", held.date())
    st.session_state.setdefault(f"{key}_time", held.time().replace(second=0, microsecond=0))
    left, middle, right = st.columns([2, 1, 4])
    left.date_input("日期", max_value=_data.today(), key=f"{key}_day", format="YYYY-MM-DD")
    middle.time_input("时间", key=f"{key}_time", step=300)
    right.text_input("会议名称", value=row.title if row else "", key=f"{key}_title", max_chars=200)
    st.text_area(
        "参会人", value=row.participants if row else "", key=f"{key}_people", max_chars=2_000, height=68
    )
    st.text_area(
        "决定", value=row.decisions if row else "", key=f"{key}_decisions", max_chars=10_000, height=140
    )


def told(key: str) -> write.MeetingText:
    """What a form says."""
    day, clock = st.session_state[f"{key}_day"], st.session_state[f"{key}_time"]
    held = datetime.combine(day, clock if isinstance(clock, time) else time(), SHANGHAI)
    texts = [str(st.session_state.get(f"{key}_{name}", "")) for name in ("title", "people", "decisions")]
    return write.MeetingText(held, *texts)


def add(session: Session) -> str:
    """Record a meeting; the form is emptied once it is."""
    write.add_meeting(session, _who.actor(), told("new"), now=_data.now())
    for name in ("title", "people", "decisions"):
        st.session_state[f"new_{name}"] = ""
    return "已登记会议，“自上次会议以来”从此刻起以它为准。"


def save(row: MeetingRow) -> _correct.Change:
    """Set a record right."""

    def do(session: Session) -> str:
        key = f"edit_{row.id}_{row.version}"
        why = str(st.session_state.get(f"{key}_why", ""))
        write.edit_meeting(
            session, _who.actor(), row.id, told(key), version=row.version, reason=why, now=_data.now()
        )
        return "已修改会议记录，原文保留在审计日志中。"

    return do


def remove(row: MeetingRow) -> _correct.Change:
    """Take a wrong record away."""

    def do(session: Session) -> str:
        why = str(st.session_state.get(f"edit_{row.id}_{row.version}_why", ""))
        write.withdraw_meeting(session, _who.actor(), row.id, reason=why, now=_data.now())
        return "已删除这份会议记录。"

    return do


def record(row: MeetingRow) -> None:
    """One meeting; whoever may, sets it right."""
    with st.container(border=True):
        st.html(
            f'<h3 class="tw-found">{escape(row.title)}</h3>'
            f'<p class="tw-meta">{_words.moment(row.held_at)}　参会：{escape(row.participants)}</p>'
            f'<p class="tw-text">{escape(row.decisions)}</p>'
            f'<p class="tw-meta">{escape(row.who)} 登记于 {_words.moment(row.at)}'
            f"{f'　第 {row.version} 版' if row.version > 1 else ''}</p>"
        )
        if not _who.may("meeting"):
            return
        with st.expander("修改或删除"):
            key = f"edit_{row.id}_{row.version}"
            form(key, row)
            st.text_input("理由（记入审计日志）", key=f"{key}_why", max_chars=200)
            with st.container(horizontal=True):
                st.button("保存修改", key=f"{key}_save", on_click=_correct.change, args=(save(row),))
                st.button("删除", key=f"{key}_remove", on_click=_correct.change, args=(remove(row),))


def main() -> None:
    """The page."""
    _parts.heading("会议记录")
    _correct.tell()
    with _data.database().reading() as session:
        rows, last = read.meetings(session), read.last_meeting(session, _data.now())
    since_last(last)
    if _who.may("meeting"):
        st.header("登记会议", anchor=False)
        with st.form("meeting", border=True):
            form("new")
            st.form_submit_button("登记", type="primary", on_click=_correct.change, args=(add,))
    st.header("历次会议", anchor=False)
    if not rows:
        _parts.empty("还没有会议记录。")
        return
    taken = ["held_at", "title", "participants", "decisions", "version", "who", "at"]
    table = pd.DataFrame([{name: getattr(row, name) for name in taken} for row in rows], columns=taken)
    _parts.download(table, "meetings", {name: header("meetings", name) for name in taken})
    for row in rows:
        record(row)


main()
