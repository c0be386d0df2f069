"""待复核链接: names that may mean a watched platform; a click says yes or no, and the next one moves up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _correct, _data, _look, _parts, _review, _who, _words
from db import read, write
from db.read import PlatformInfo
from db.session import Session
from signals.corrections import What

SHOWN = 10
SPANS: dict[str, int | None] = {"30 天": 30, "90 天": 90, "全部": None}
TOLD = (
    "名称有歧义的提及只按很低的相关度计入，直到有人答复。"
    "答复立即生效，同一报道的其他文本一并更正，并留下姓名与时间。"
)


def waiting(span: str) -> pd.DataFrame:
    """The queue of so many days."""
    days = SPANS[span]
    since = None if days is None else _data.today() - timedelta(days=days - 1)
    with _data.database().reading() as session:
        return read.review_queue(session, since=since)


def counted(queue: pd.DataFrame, column: str) -> dict[str, str]:
    """Ids of a column -> name with how many links wait, most first."""
    name = column.replace("_id", "_name")
    sizes = queue.groupby([column, name], sort=False).size().sort_values(ascending=False, kind="stable")
    return {identity: f"{shown}（{number:,}）" for (identity, shown), number in sizes.items()}


def filters() -> pd.DataFrame:
    """The queue as the reader narrowed it; every choice lives in the address."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        span = st.segmented_control(
            "时间", list(SPANS), default="90 天", required=True, key="span", bind="query-params"
        )
        queue = waiting(span)
        platform = _parts.pick("平台", counted(queue, "platform_id"), "platform", "全部平台", 240)
        source = _parts.pick("来源", counted(queue, "source_id"), "source", "全部来源", 240)
    if platform is not None:
        queue = queue[queue["platform_id"] == platform]
    if source is not None:
        queue = queue[queue["source_id"] == source]
    return queue


def answer(document: int, candidate: _review.Candidate, what: What, copies: int) -> _correct.Change:
    """Say whether the text means the platform."""

    def do(session: Session) -> str:
        events = {each.id: each for each in _data.settings().events}
        now, actor = _data.now(), _who.actor()
        write.correct(session, document, candidate.platform_id, what, actor=actor, now=now, events=events)
        together = f"，同一报道的 {copies} 篇一并更正" if copies > 1 else ""
        return f"已答复：{_correct.WORDS[what]}（{candidate.name}）{together}。可在“最近的答复”中撤销。"

    return do


def offer(document: int, candidate: _review.Candidate, copies: int) -> None:
    """One candidate with its two buttons."""
    told, yes, no = st.columns([6, 1, 1], vertical_alignment="center")
    told.html(_review.asked(candidate))
    if not _who.may("correct"):
        return
    for column, what in ((yes, What.RIGHT_LINK), (no, What.WRONG_PLATFORM)):
        column.button(
            _correct.WORDS[what],
            key=f"{what}_{candidate.platform_id}_{document}",
            width="stretch",
            on_click=_correct.change,
            args=(answer(document, candidate, what, copies),),
        )


def card(
    mentions: list[dict[str, Any]], copies: Mapping[str, int], known: Mapping[str, PlatformInfo]
) -> None:
    """A text, and the platforms that it may speak of."""
    document = int(mentions[0]["document_id"])
    with st.container(border=True, key=f"card_{document}", gap="small"):
        st.html(_review.passage(mentions, max(copies.values(), default=1), _data.event_names()))
        for candidate in _review.candidates(mentions, known):
            offer(document, candidate, copies.get(candidate.platform_id, 1))


def listed(queue: pd.DataFrame) -> None:
    """A page of texts, newest first, each with all its candidates."""
    documents = list(dict.fromkeys(queue["document_id"]))
    stories = queue["story_id"].nunique()
    st.header(f"这些文本说的是我们的平台吗？（{len(queue):,} 处，{stories:,} 篇报道）", anchor=False)
    if not documents:
        _parts.empty("没有待复核的链接。名称有歧义、与别家同名或疑似隐去写法的提及，研读后会列在这里。")
        return
    slot, page = st.container(gap="small"), 1  # the page number stands below the list, but is asked first
    if (pages := -(-len(documents) // SHOWN)) > 1:
        page = st.pagination(pages, key="page", bind="query-params")
    chosen = documents[(page - 1) * SHOWN : page * SHOWN]
    with _data.database().reading() as session:
        texts = read.review_texts(session, chosen)
    known = {one: info for one in set(texts["platform_id"]) if (info := _data.platform(one)) is not None}
    with slot:
        for document in chosen:
            copies = queue[queue["document_id"] == document].set_index("platform_id")["copies"].to_dict()
            card(texts[texts["document_id"] == document].to_dict("records"), copies, known)
    _parts.numbers(queue[list(_review.LABELS)], "review", _review.LABELS)


def answered() -> None:
    """The last answers, and the way back."""
    with _data.database().reading() as session:
        rows = read.link_answers(session)
    st.header("最近的答复", anchor=False)
    if rows.empty:
        _parts.empty("还没有人答复过。")
        return
    for row in rows.to_dict("records"):
        what = What(row["what"])
        tone = "good" if what is What.RIGHT_LINK else "plain"
        platform = _look.link("platform", row["platform_name"], platform=row["platform_id"])
        told = escape(str(row["told"] or "（内容已删除）"))
        by = escape(f"{row['who']}，{_words.moment(row['at'])}")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            chip = _look.chip(_correct.WORDS[what], tone)
            st.html(f"{chip}　{platform}　{told}　<span class='tw-mute'>{by}</span>", width="content")
            if _who.may("correct"):
                st.button(
                    "撤销",
                    key=f"undo_{row['id']}",
                    type="tertiary",
                    on_click=_correct.change,
                    args=(_correct.undo(int(row["id"])),),
                )


def main() -> None:
    """The page."""
    _parts.heading("待复核链接")
    _correct.tell()
    st.html(f'<p class="tw-mute">{TOLD}</p>')
    listed(filters())
    answered()


main()
