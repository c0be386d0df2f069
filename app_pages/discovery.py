"""新平台发现: names that texts treat as platforms and nobody watches; people add them to the list or refuse them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _correct, _data, _look, _parts, _rising, _who, _words
from db import read, write
from db.read import Example
from db.session import Session

SHOWN = 20
CATEGORIES = ("未分类", "网络借贷", "第三方支付", "消费金融", "互联网理财", "众筹", "虚拟货币", "其他")
TOLD = (
    "名称由程序从近九周的新闻、社交与投诉文本中识别，已剔除监测名单上的各种名称以及银行、监管部门与媒体；"
    "上升倍数比较近 7 天与此前八周的周均，每篇按可信度折算。可信度不是事实认定；"
    "加入监测名单后，提到它的文本会重新研读。"
)


def add(found: Mapping[str, Any], example: Example | None, category: str) -> _correct.Change:
    """Put a name on the watch list, with the sentence that it was found in as evidence."""

    def do(session: Session) -> str:
        name, said = str(found["name"]), example.sentence[:500] if example else None
        write.promote(session, name, actor=_who.actor(), evidence=said, now=_data.now(), category=category)
        return f"已将“{name}”加入监测名单，提到它的文本将重新研读；可在“已处理”中撤销。"

    return do


def ignore(name: str) -> _correct.Change:
    """Refuse a name for good."""

    def do(session: Session) -> str:
        write.dismiss(session, name, actor=_who.actor(), now=_data.now())
        return f"已忽略“{name}”，以后不再提示；可在“已处理”中撤销。"

    return do


def undo(name: str, promoted: bool) -> _correct.Change:
    """Take a decision back."""

    def do(session: Session) -> str:
        if promoted:
            write.undo_promotion(session, name, actor=_who.actor(), now=_data.now())
            return f"已将“{name}”移出监测名单，此前的计算结果保留。"
        write.undo_dismissal(session, name, actor=_who.actor(), now=_data.now())
        return f"“{name}”重新列入待处理。"

    return do


def offer(number: int, found: Mapping[str, Any], example: Example | None, category: str) -> None:
    """A name with its two buttons."""
    with st.container(border=True):
        told, buttons = st.columns([5, 1], vertical_alignment="center")
        told.html(_rising.row(found, example))
        with buttons:
            name = str(found["name"])
            st.button(
                "加入监测名单",
                key=f"add_{number}",
                width="stretch",
                on_click=_correct.change,
                args=(add(found, example, category),),
            )
            st.button(
                "忽略",
                key=f"ignore_{number}",
                width="stretch",
                on_click=_correct.change,
                args=(ignore(name),),
            )


def waiting(days: pd.DataFrame) -> None:
    """Names nobody decided about, those that rise most first, a page of them at a time."""
    found = _rising.ranked(days, _data.today())
    title = st.empty()
    if found.empty:
        title.header("哪些名称在上升？（0）", anchor=False)
        _parts.empty("近 7 天没有发现名单之外的名称。新闻、社交与投诉来源送来文本后，后台研读时会自动识别。")
        return
    doubtful = _rising.doubtful(found)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        category = st.selectbox("加入时的类别", CATEGORIES, key="new_category", width=180)
        everything = doubtful.any() and st.toggle(
            f"也列出把握不大的 {int(doubtful.sum())} 个",
            key="all",
            bind="query-params",
            help=f"近 7 天只见于一篇文本，或可信度低于 {_rising.LIKELY:.0%}",
        )
    if not everything:
        found = found[~doubtful]
    title.header(f"哪些名称在上升？（{len(found)}）", anchor=False)
    if found.empty:
        _parts.empty("近 7 天没有把握较大的新名称；打开上面的开关可查看其余名称。")
        return
    slot, page = st.container(gap="small"), 1  # the page number stands below the list, but is asked first
    if (pages := -(-len(found) // SHOWN)) > 1:
        page = st.pagination(pages, key="page", bind="query-params")
    part = found.iloc[(page - 1) * SHOWN : page * SHOWN].to_dict("records")
    with _data.database().reading() as session:
        examples = read.discovery_examples(session, [row["name"] for row in part])
    with slot:
        for number, row in enumerate(part):
            offer(number, row, examples.get(row["name"]), category)
    _parts.numbers(found, "discoveries", _rising.LABELS)


def decided(rows: pd.DataFrame) -> None:
    """What people decided, and the way back."""
    st.header(f"已处理（{len(rows)}）", anchor=False)
    if rows.empty:
        _parts.empty("还没有加入或忽略过名称。")
        return
    for number, row in enumerate(rows.to_dict("records")):
        promoted = not _words.missing(row["promoted_at"])
        by, at = (
            (row["promoted_by"], row["promoted_at"])
            if promoted
            else (row["dismissed_by"], row["dismissed_at"])
        )
        word = "已加入监测名单" if promoted else "已忽略"
        name = str(row["name"])
        shown = (
            _look.link("platform", name, platform=row["platform_id"]) if row["platform_id"] else escape(name)
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            chip = _look.chip(word, "good" if promoted else "plain")
            st.html(f"{chip}　{shown}　{escape(f'{by}，{_words.moment(at)}')}", width="content")
            st.button(
                "撤销",
                key=f"undo_{number}",
                type="tertiary",
                on_click=_correct.change,
                args=(undo(name, promoted),),
            )


def main() -> None:
    """The page."""
    _parts.heading("新平台发现")
    _correct.tell()
    st.html(f'<p class="tw-mute">{TOLD}</p>')
    with _data.database().reading() as session:
        days = read.discovery_days(session, _data.today())
        past = read.decided_discoveries(session)
    waiting(days)
    decided(past)


main()
