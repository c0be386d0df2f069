"""待复核链接 as words: the sentence of a doubtful link, its candidates and why each is doubtful. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from app_pages import _look, _passage, _story, _words
from db.read import PlatformInfo
from signals.doubt import Doubt, doubts
from signals.model import Span
from signals.text import Reading

Row = Mapping[str, Any]
WHY = {
    Doubt.SHARED: "同一名称也属于{others}",
    Doubt.PRODUCT: "名称紧跟在银行之后，可能是银行的同名产品",
    Doubt.HIDDEN: "“{label}”与登记名称只是形近或谐音，可能是隐去的写法，也可能与平台无关",
    Doubt.AMBIGUOUS: "“{label}”也是日常用语或另有所指，附近没有能确定是该平台的词",
}
LABELS = {
    "day": "日期",
    "platform_name": "候选平台",
    "title": "标题",
    "source_name": "来源",
    "copies": "同一报道篇数",
    "document_id": "文本编号",
    "platform_id": "平台编号",
}


@dataclass(frozen=True)
class Candidate:
    """A platform that a text may speak of. `reasons`: sentences, the weightiest first."""

    platform_id: str
    name: str
    reasons: tuple[str, ...]
    negative: float


def names_of(row: Row) -> list[Span]:
    """Where a mention's text names its platform; its events are marked by the same kind of span."""
    happened = {event["id"] for event in row["events"]}
    return [Span(**span) for span in row["spans"] if span["label"] not in happened]


def candidates(mentions: Sequence[Row], known: Mapping[str, PlatformInfo]) -> list[Candidate]:
    """The platforms of one text that wait for judgement, each with the reasons for doubt.

    Args:    mentions: all rows of one document as db.read.review_texts gives them. known: platforms by id.
    """
    if not mentions:
        return []
    first = mentions[0]
    reading = Reading.of(first["title"], first["text"], first["subject"])
    found = []
    for row in mentions:
        if not row["needs_review"] or row["removed"]:
            continue
        others = [other for other in mentions if other["platform_id"] != row["platform_id"]]
        reasons = _reasons(row, others, reading, known.get(row["platform_id"]))
        found.append(Candidate(row["platform_id"], row["platform_name"], reasons, row["negative"]))
    return found


def _reasons(row: Row, others: Sequence[Row], reading: Reading, info: PlatformInfo | None) -> tuple[str, ...]:
    spans = names_of(row)
    named = {(span.part, span.start, span.end) for span in spans}
    same = [
        other["platform_name"]
        for other in others
        if any((span.part, span.start, span.end) in named for span in names_of(other))
    ]
    registered = [row["platform_name"]]
    if info is not None:
        registered += [name for tier, names in info.aliases.items() if tier != "not_this" for name in names]
    taken = [span for other in others for span in names_of(other)]
    told = {"others": "、".join(f"“{name}”" for name in same), "label": spans[0].label if spans else ""}
    return tuple(WHY[doubt].format(**told) for doubt in doubts(reading, spans, registered, taken))


def passage(mentions: Sequence[Row], copies: int, events: Mapping[str, str]) -> str:
    """The text with every doubtful name underlined: title, where it comes from, sentence."""
    row = mentions[0]
    waiting = [each for each in mentions if each["needs_review"] and not each["removed"]]
    spans = list({_key(span): span for each in waiting for span in _story.marks(each)}.values())
    title = str(row["title"] or "")
    head = f'<h3 class="tw-found">{_passage.highlight(title, spans, "title", events)}</h3>' if title else ""
    kind = str(row["kind"])
    parts = [_look.chip(_words.KINDS.get(kind, kind)), escape(str(row["publisher"] or "发布者不详"))]
    parts.append(_words.published(row["available_at"]))
    if copies > 1:
        parts.append(_look.chip(f"同一报道 {copies} 篇，一并答复"))
    if row["url"]:
        parts.append(_look.outward(str(row["url"]), "查看原文"))
    about = ""
    if row["subject"]:
        marked = _passage.highlight(str(row["subject"]), spans, "subject", events)
        about = f'<p class="tw-meta">投诉对象 / 当事人：{marked}</p>'
    return (
        f'{head}<p class="tw-meta">{"　".join(parts)}</p>{about}'
        f"{_passage.passage(str(row['text'] or ''), spans, events)}"
    )


def _key(span: Mapping[str, object]) -> tuple[object, ...]:
    return span["part"], span["start"], span["end"], span["label"]


def asked(candidate: Candidate) -> str:
    """指的是……吗？, with the reasons for doubt."""
    name = _look.link("platform", candidate.name, "tw-strong", platform=candidate.platform_id)
    why = "；".join(candidate.reasons)
    return (
        f'<p class="tw-text">指的是 {name} 吗？</p>'
        f'<p class="tw-meta">存疑原因：{escape(why)}　'
        f'<span class="tw-keep">若是，为负面的概率 {_words.share(candidate.negative)}</span></p>'
    )
