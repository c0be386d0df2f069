"""Evidence that people can correct: one click opens, a second one corrects, and one takes it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _data, _notes, _story, _who, _words
from db import read, write
from db.roles import NotAllowed
from db.session import DatabaseError, Session
from signals.corrections import What

MODEL_SAYS_SO = 0.5
"""P(negative) from which a row is offered as not negative; below it, as negative."""
WORDS = {
    What.WRONG_PLATFORM: "不是该平台",
    What.NOT_NEGATIVE: "并非负面",
    What.NEGATIVE: "是负面",
    What.WRONG_EVENT: "事件有误",
    What.RIGHT_LINK: "是该平台",
}
REFUSALS = (
    write.CorrectionRefused,
    write.InputRefused,
    write.AccountRefused,
    write.ThresholdsRefused,
    NotAllowed,
    DatabaseError,
)
"""What a click may meet and a person is told."""

Row = Mapping[str, Any]
Change = Callable[[Session], str]
"""Changes something for a person and says in one sentence what was done."""


def change(do: Change) -> None:
    """A click's work, in one transaction; what was done, or why not, is told when the page is drawn again."""
    try:
        with _data.database().writing() as session:
            st.session_state["done"] = do(session)
    except REFUSALS as error:
        st.session_state["refused"] = str(error)


def tell() -> None:
    """What the last click did: a toast, or the reason why it did nothing."""
    if done := st.session_state.pop("done", None):
        st.toast(done)
    if refused := st.session_state.pop("refused", None):
        st.html(f'<div class="tw-banner fail" role="alert">{escape(str(refused))}</div>')


def exhibits(platform_id: str, day: date, found: pd.DataFrame) -> bool:
    """The evidence of a platform, strongest first, corrected rows in their place; False where there is none."""
    with _data.database().reading() as session:
        corrected, said = read.corrected_evidence(session, platform_id, day)
    by_people = set(corrected["document_id"])
    rows: list[Row] = [row for row in found.to_dict("records") if row["document_id"] not in by_people]
    rows += corrected.to_dict("records")
    if not rows:
        return False
    names = _data.event_names()
    with _data.database().reading() as session:
        notes = read.notes(session, [int(row["document_id"]) for row in rows])
    for row in sorted(rows, key=lambda row: (-row["weight"], -row["document_id"])):
        mine = said[said["document_id"] == row["document_id"]].to_dict("records")
        with st.container(key=f"exhibit_{row['document_id']}", gap=None):
            note = _notes.note(notes.get(int(row["document_id"])))
            shown = {**row, "note": note} | ({"weight": None} if mine else {})
            st.html(_story.evidence([shown], names))
            for each in mine:
                standing(each, names)
            offer(platform_id, row, {(each["what"], each["event_id"]) for each in mine}, names)
    return True


def standing(said: Row, names: Mapping[str, str], tag: str = "") -> None:
    """已更正（谁，何时）, and the way back. `tag` tells several of one correction on a page apart."""
    what = What(said["what"])
    event = f"：{names.get(said['event_id'], said['event_id'])}" if said["event_id"] else ""
    sure = "已确认" if what is What.RIGHT_LINK else "已更正"
    note = f"　{said['note']}" if said["note"] else ""
    told = f"{sure}（{said['who']}，{_words.moment(said['at'])}）：{WORDS[what]}{event}{note}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            f'<p class="tw-meta"><span class="tw-chip tw-good">✓</span> {escape(told)}</p>', width="content"
        )
        if _who.may("correct"):
            st.button(
                "撤销",
                key=f"undo_{said['id']}{tag}",
                type="tertiary",
                on_click=change,
                args=(undo(int(said["id"])),),
            )


def offer(
    platform_id: str,
    row: Row,
    mine: set[tuple[str, str | None]],
    names: Mapping[str, str],
    *,
    label: str = "更正",
    tag: str = "",
) -> None:
    """The corrections that make sense of a row, behind `label`; `tag` as for `standing`."""
    offers: list[tuple[What, str | None]] = [(What.WRONG_PLATFORM, None)]
    if row["needs_review"]:
        offers.insert(0, (What.RIGHT_LINK, None))
    negative = row["negative"] >= MODEL_SAYS_SO
    offers.append((What.NOT_NEGATIVE if negative else What.NEGATIVE, None))
    offers += [(What.WRONG_EVENT, event) for event in dict.fromkeys(hit["id"] for hit in row["events"])]
    if (str(What.WRONG_PLATFORM), None) in mine or not _who.may("correct"):
        return
    left = [offer for offer in offers if (str(offer[0]), offer[1]) not in mine]
    document = int(row["document_id"])
    with st.popover(label, key=f"correct_{document}{tag}", type="tertiary"):
        for what, event in left:
            word = WORDS[what] + (f"：{names.get(event, event)}" if event else "")
            st.button(
                word,
                key=f"{what}_{event or ''}_{document}{tag}",
                width="stretch",
                on_click=change,
                args=(_correction(platform_id, row, what, event, word),),
            )


def _correction(platform_id: str, row: Row, what: What, event: str | None, label: str) -> Change:
    def do(session: Session) -> str:
        write.correct(
            session,
            int(row["document_id"]),
            platform_id,
            what,
            actor=_who.actor(),
            now=_data.now(),
            events={each.id: each for each in _data.settings().events},
            event_id=event,
        )
        copies = int(row["story_copies"])
        together = f"，同一报道的 {copies} 篇一并更正" if copies > 1 else ""
        return f"已更正：{label}{together}。等级稍后重新计算；可在该条下方撤销。"

    return do


def undo(number: int) -> Change:
    """Take a correction back."""

    def do(session: Session) -> str:
        events = {each.id: each for each in _data.settings().events}
        write.undo_correction(session, number, actor=_who.actor(), now=_data.now(), events=events)
        return "已撤销更正：恢复为模型的判断，等级稍后重新计算。"

    return do
