"""证据 as HTML: a result with what was searched for highlighted, whom it speaks of, and who told its story. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any
from urllib.parse import urlencode

from app_pages import _look, _passage, _story, _words
from app_pages._look import Column
from signals.bigrams import Query, reading
from signals.model import Level

Row = Mapping[str, Any]
LONG = 5_000
"""Characters of a text that a list of results holds."""
TELLERS = (
    Column("次序", "num"),
    Column("可用时间", "tight", "发布时间与首次看到的时间中较晚者；按它计入当天"),
    Column("发布者", "tight"),
    Column("来源", "tight"),
    Column("标题", "wide"),
    Column("原文", "tight"),
)


def hits(row: Row, query: Query) -> list[_passage.Span]:
    """Where the words of `query` stand in title, text and subject."""
    if not query.words or not _words.missing(row.get("purged_at")):
        return []
    laid = reading(str(row["title"] or ""), str(row["text"] or ""), _text(row["subject"]))
    spans = (laid.span(start, end, _passage.HIT) for start, end in query.hits(laid.folded))
    return [{"part": span.part, "start": span.start, "end": span.end, "label": span.label} for span in spans]


def spans(row: Row, mentions: Sequence[Row], query: Query) -> list[_passage.Span]:
    """All that is highlighted in a document: words searched for, names and events."""
    marks = [mark for mention in mentions for mark in _story.marks(mention)]
    return [*hits(row, query), *marks]


def result(
    row: Row, mentions: Sequence[Row], query: Query, names: Mapping[str, str], here: Mapping[str, str]
) -> str:
    """One document of the list. `here`: the address of the search, to which `doc` is added."""
    found = spans(row, mentions, query)
    return (
        f"<h3 class='tw-found'>{_title(row, found, names, here)}</h3>"
        f"<p class='tw-meta'>{provenance(row)}</p>"
        f"{_subject(row, found, names)}{_passage.passage(*_near(_text(row['text']), found), names)}"
    )


def _near(text: str, found: list[_passage.Span]) -> tuple[str, list[_passage.Span]]:
    """A list shows of a very long text what lies around the first word searched for; the document itself shows all."""
    places = [int(str(span["start"])) for span in found if span["part"] == "text"]
    if len(text) <= LONG:
        return text, found
    begin = max(0, min(places, default=0) - LONG // 2)
    shifted = [
        {**span, "start": int(str(span["start"])) - begin, "end": int(str(span["end"])) - begin}
        if span["part"] == "text"
        else span
        for span in found
    ]
    return text[begin : begin + LONG], shifted


def head(row: Row, mentions: Sequence[Row], query: Query, names: Mapping[str, str]) -> str:
    """A document by itself: its title, where it is from, whom it is about."""
    found = spans(row, mentions, query)
    title = _passage.highlight(_text(row["title"]), found, "title", names) or "（无标题）"
    return f"<h2 class='tw-found'>{title}</h2><p class='tw-meta'>{provenance(row)}</p>{_subject(row, found, names)}"


def copy(row: Row, mentions: Sequence[Row], query: Query, names: Mapping[str, str]) -> str:
    """The stored text in full; people in it were masked before it was stored."""
    if not _words.missing(row.get("purged_at")):
        return f"<p class='tw-mute'>{_story.gone(row['purged_at'])}</p>"
    text = _passage.highlight(_text(row["text"]), spans(row, mentions, query), "text", names)
    return f"<div class='tw-copy'><p class='tw-text'>{text or '（没有正文）'}</p></div>"


def mention(row: Row, names: Mapping[str, str], day: date) -> str:
    """What a document says about one platform, and the platform's level on that day."""
    link = _look.link(
        "platform", str(row["platform_name"]), platform=str(row["platform_id"]), day=day.isoformat()
    )
    level = row["level"]
    badge = _look.badge(Level(level)) if isinstance(level, str) else _look.chip("当日尚无等级")
    taken = _look.chip("已更正为与该平台无关", "plain") if row["removed"] else _story.standing(row, names)
    return f"<div class='tw-said'><b>{link}</b>{badge}<span>{taken}</span></div>"


def provenance(row: Row) -> str:
    """Kind, publisher, source, date, version and copies of a document, and its original."""
    parts = [_story.provenance(row), escape(f"来源：{row['source_name']}")]
    if row["official"]:
        parts.append(_look.chip("官方", "good"))
    if int(row["revision"]) > 1:
        parts.append(_look.chip(f"第 {int(row['revision'])} 版", "plain", "内容发布后有过改动"))
    if _text(row["url"]):
        parts.append(_look.outward(row["url"], "查看原文"))
    return "　".join(parts)


def story(rows: Iterable[Row], document_id: int, here: Mapping[str, str]) -> str:
    """Who told it, in the order in which it became available; the document shown is marked."""
    body = [_teller(number, row, document_id, here) for number, row in enumerate(rows, 1)]
    return f'<div class="tw-scroll">{_look.table(TELLERS, body, "同一报道的发布者，按可用时间先后")}</div>'


def _teller(number: int, row: Row, document_id: int, here: Mapping[str, str]) -> list[str]:
    title = _text(row["title"]) or "（无标题）"
    if not _words.missing(row["purged_at"]):
        title = "内容已按保留期限删除"
    mine = int(row["document_id"]) == document_id
    shown = f"<b>{escape(title)}</b> {_look.chip('正在查看', 'good')}" if mine else _open(title, row, here)
    revision = int(row["revision"])
    version = f" {_look.chip(f'第 {revision} 版')}" if revision > 1 else ""
    official = f" {_look.chip('官方', 'good')}" if row["official"] else ""
    return [
        str(number),
        _words.moment(row["available_at"]),
        escape(_text(row["publisher"]) or "发布者不详") + official,
        escape(_text(row["source_name"])),
        shown + version,
        _look.outward(row["url"], "查看原文") if _text(row["url"]) else _words.NONE,
    ]


def _open(title: str, row: Row, here: Mapping[str, str]) -> str:
    return _look.link("evidence", title, **{**here, "doc": str(int(row["document_id"]))})


def _title(
    row: Row, found: Sequence[_passage.Span], names: Mapping[str, str], here: Mapping[str, str]
) -> str:
    title = _passage.highlight(_text(row["title"]), found, "title", names) or "（无标题）"
    target = f"./evidence?{urlencode({**here, 'doc': str(int(row['document_id']))})}"
    return f'<a class="tw-link" data-tw-page="evidence" href="{escape(target)}">{title}</a>'


def _subject(row: Row, found: Sequence[_passage.Span], names: Mapping[str, str]) -> str:
    subject = _text(row["subject"])
    if not subject:
        return ""
    return f"<p class='tw-meta'>投诉对象 / 当事人：{_passage.highlight(subject, found, 'subject', names)}</p>"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
