"""简报: the daily and weekly briefs that the worker keeps, to read and take along; and one on demand."""

from __future__ import annotations

from datetime import timedelta
from html import escape

import pandas as pd
import streamlit as st

from app_pages import _briefs, _data, _look, _parts, _who, _words
from app_pages._briefs import Kept
from app_pages._look import Column

SHOWN = 30
HEIGHT = 1320
"""Pixels of one printed page; a longer brief scrolls. Measuring it takes a script, which its own policy forbids."""

OPEN = ("waiting", "running")
TOLD = timedelta(hours=1)
"""How long it is said what became of a request."""


def order() -> None:
    """Ask the worker for a brief."""
    if not _who.may("brief"):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        word = st.segmented_control(
            "种类", list(_briefs.PERIODS.values()), default="日报", required=True, key="period"
        )
        yesterday = _data.today() - timedelta(days=1)
        day = st.date_input(
            "截止日", yesterday, max_value=_data.today(), key="until", width=160, format="YYYY-MM-DD"
        )
        pressed = st.button("生成简报", key="make", type="primary")
    if pressed and day is not None:
        period = next(name for name, shown in _briefs.PERIODS.items() if shown == word)
        _data.ask("brief", {"period": period, "day": day.isoformat()}, _who.actor())
        st.rerun()


@st.fragment(run_every=3)
def asked(seen: frozenset[tuple[str, int]]) -> None:
    """How far what was asked for is; a brief that has come since is shown."""
    with _parts.guard():
        frame = _data.requests()
        for row in frame[frame["what"] == "brief"].head(3).to_dict("records"):
            if row["state"] in OPEN or _data.now() - row["finished_at"] < TOLD:
                st.html(_told(row))
        if {(brief.name, brief.written) for brief in _briefs.kept()} - seen:
            st.rerun()


def _told(row: dict[str, object]) -> str:
    arguments, state = row["arguments"], str(row["state"])
    assert isinstance(arguments, dict)
    what = f"{arguments.get('day', '')} 的{_briefs.PERIODS.get(str(arguments.get('period')), '简报')}"
    message = str(row["message"] or "") if state not in OPEN else ""
    css = "fail" if state == "failed" else "work"
    word = _words.REQUEST_STATES.get(state, state)
    return (
        f'<div class="tw-banner {css}" role="status">{escape(what)}（{escape(str(row["who"]))}）：{escape(word)}'
        f"{'。' + escape(message) if message else ''}</div>"
    )


def listing(briefs: list[Kept], shown: Kept) -> None:
    """All that are kept, newest first."""
    st.header("有哪些简报？", anchor=False)
    rows = [
        [
            f"{_words.day(one.day)}",
            _look.link("brief", one.word, "tw-strong" if one is shown else "", brief=one.name)
            + (" " + _look.chip("演示", "demo") if one.demo else ""),
            escape(one.headline),
            escape("、".join(one.files())),
            escape(one.who),
        ]
        for one in briefs[:SHOWN]
    ]
    columns = (
        Column("截止日", "tight"),
        Column("简报", "tight"),
        Column("结论", "wide"),
        Column("文件", "tight"),
        Column("由谁生成", "tight"),
    )
    st.html(_look.table(columns, rows, "简报"))
    told = [[one.day, one.word, one.demo, one.headline, "、".join(one.files()), one.who] for one in briefs]
    _parts.download(pd.DataFrame(told, columns=["day", "kind", "demo", "headline", "files", "who"]), "briefs")
    if len(briefs) > SHOWN:
        _parts.empty(f"另有 {len(briefs) - SHOWN} 份更早的简报，在数据文件夹的 briefs/ 里。")


def downloads(brief: Kept) -> None:
    """A button for each of its files; each taking is noted."""
    actor = _who.here()
    with st.container(horizontal=True, gap="small"):
        for word, path in brief.files().items():
            st.download_button(
                f"下载 {word}",
                data=_briefs.taking(actor, brief, path),
                file_name=brief.filename(word),
                mime=_briefs.FILES[word][1],
                key=f"take_{word}_{brief.name}",
                on_click="ignore",
            )
    if brief.no_pdf:
        st.html(f'<p class="tw-mute">没有 PDF：{escape(brief.no_pdf)}。装好后重新生成即可。</p>')


def main() -> None:
    """The page."""
    _parts.heading("简报")
    briefs = _briefs.kept()
    order()
    asked(frozenset((brief.name, brief.written) for brief in briefs))
    if not briefs:
        _parts.empty(
            "还没有简报：后台每天 7 时起生成前一天的日报，每周一生成上一周的周报；也可以现在生成一份。"
        )
        return
    wanted = st.query_params.get("brief")
    shown = next((brief for brief in briefs if brief.name == wanted), briefs[0])
    if wanted and shown.name != wanted:
        _parts.empty("没有这份简报，以下是最新的一份。")
    downloads(shown)
    page = shown.files().get("HTML")
    if page is None:
        _parts.empty("这份简报的 HTML 文件不在了，请重新生成。")
    else:
        told = f"{shown.word} {shown.day.isoformat()}"
        st.iframe(page.read_text("utf-8"), height=HEIGHT, alt=told)  # escaped and closed to scripts when made
    listing(briefs, shown)


main()
