"""What a judgement says of itself: the words that it rests on, its sentiment and one sentence of reasons."""

from __future__ import annotations

from collections.abc import Sequence

from signals import verdict
from signals.events import Account, Hit, is_adverse
from signals.model import Polarity
from signals.text import Reading

QUOTED = 60
"""Characters on either side of an event that its evidence shows."""
LONGEST = 160
"""Characters of a sentence quoted as evidence."""
GOOD = 0.8
"""Sentiment of a text that reports good news only, before what it says ill."""
POLARITY_WORDS = {
    Polarity.ASSERTED: "陈述",
    Polarity.CONDITIONAL: "假设",
    Polarity.ASKED: "疑问",
    Polarity.HISTORICAL: "往事",
    Polarity.QUOTED: "转述",
    Polarity.DENIED: "被否认",
    Polarity.ADVERT: "广告",
}


def around(reading: Reading, account: Account, hit: Hit) -> str:
    """The event with its sentence, cut to QUOTED characters on either side."""
    first, last = account.sentences[hit.sentence]
    return quote(reading, max(first, hit.start - QUOTED), min(max(last, hit.end), hit.end + QUOTED))


def quote(reading: Reading, start: int, end: int) -> str:
    """The text as written, blanks and line breaks run together; "" for nothing but blanks."""
    return " ".join(reading.raw[slice(*reading.whole(start, end))].split()) if end > start else ""


def sentiment(negative: float, hits: Sequence[Hit]) -> float:
    """-1..1: -P(negative), raised towards GOOD where the text reports good news and nothing adverse."""
    if not hits:
        return -negative
    good = any(not is_adverse(hit.event) for hit in hits) and not any(verdict.counts(hit) for hit in hits)
    return (1 - negative) * GOOD * good - negative


def reason(
    negative: float,
    document: float,
    polarity: Polarity,
    told: Sequence[Hit],
    threshold: float,
    *,
    named: bool,
) -> str:
    """One Chinese sentence about a candidate: the judgement, what it rests on, and why not where it is not.

    Args: told: the events that it rests on, gravest first; named: whether the text names the candidate at all.
    """
    said, happened = f"负面概率 {negative:.2f}", _happened(told)
    if not named:
        said += "（文中未见该名称，按全文判断）"
    if negative >= threshold:
        return said + (f"，涉及{happened}" if happened else "，未见事件表述")
    if polarity is Polarity.ADVERT:
        return f"{said}，判为广告"
    if polarity is Polarity.DENIED:
        return f"{said}，文中予以否认或澄清" + (f"：{happened}" if happened else "")
    if document >= threshold:
        return f"{said}：全文负面（{document:.2f}），但所指不是该主体"
    return said + (f"，涉及{happened}" if happened else "，未见负面表述")


def reason_of_nobody(document: float, told: Sequence[Hit]) -> str:
    """The same of a text that names no platform."""
    happened = _happened(told)
    return f"文中没有候选平台；全文负面概率 {document:.2f}" + (f"，涉及{happened}" if happened else "")


def _happened(told: Sequence[Hit]) -> str:
    if not told:
        return ""
    return "、".join(
        list(dict.fromkeys(f"{hit.event.name}（{POLARITY_WORDS[hit.polarity]}）" for hit in told))[:4]
    )
