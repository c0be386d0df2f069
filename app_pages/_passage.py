"""Evidence: a text with its spans highlighted, as escaped HTML. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

Span = Mapping[str, object]

HIT = "\ue000hit"
"""Label of a span that somebody searched for; no event and no platform is called so."""

CONTEXT = 60
"""Characters shown before the first highlighted event of a long text."""


def highlight(text: str, spans: Sequence[Span], part: str, events: Mapping[str, str]) -> str:
    """`text` with the spans of `part` marked: events and negative wording yellow, platform names underlined.

    Args:    spans: {"part", "start", "end", "label"}, offsets into `text`; those beyond it are cut off.
             events: event id to its name, which becomes the tooltip.
    Returns: escaped HTML.
    """
    marks = _cuts(spans, part, len(text))
    edges = sorted({0, len(text), *(edge for start, end, _ in marks for edge in (start, end))})
    pieces = []
    for start, end in pairwise(edges):
        labels = [label for left, right, label in marks if left <= start and end <= right]
        pieces.append(_mark(text[start:end], labels, events))
    return "".join(pieces)


def passage(text: str, spans: Sequence[Span], events: Mapping[str, str], limit: int = 220) -> str:
    """The sentence that matters of `text`, highlighted; a longer text opens in full below it."""
    if len(text) <= limit:
        return f'<p class="tw-text">{highlight(text, spans, "text", events)}</p>'
    start = max(0, _focus(spans, events) - CONTEXT)
    end = min(len(text), start + limit)
    shifted = [
        {**span, "start": _int(span["start"]) - start, "end": _int(span["end"]) - start} for span in spans
    ]
    shown = highlight(text[start:end], shifted, "text", events)
    head, tail = "…" if start else "", "…" if end < len(text) else ""
    full = highlight(text, spans, "text", events)
    return (
        f'<p class="tw-text">{head}{shown}{tail}</p>'
        f'<details class="tw-more"><summary>展开全文（{len(text)} 字）</summary>'
        f'<p class="tw-text">{full}</p></details>'
    )


def _cuts(spans: Sequence[Span], part: str, length: int) -> list[tuple[int, int, str]]:
    cuts = [
        (max(0, _int(span["start"])), min(length, _int(span["end"])), str(span["label"]))
        for span in spans
        if span["part"] == part
    ]
    return [cut for cut in cuts if cut[0] < cut[1]]


def _mark(text: str, labels: Sequence[str], events: Mapping[str, str]) -> str:
    if not labels:
        return escape(text)
    if HIT in labels:
        return f'<mark class="tw-hit" title="搜索词">{escape(text)}</mark>'
    names = [events.get(label, "负面表述" if label == "negative" else "") for label in labels]
    told = "、".join(dict.fromkeys(name for name in names if name))
    if told:
        return f'<mark class="tw-event" title="{escape(told)}">{escape(text)}</mark>'
    return f'<mark class="tw-name" title="平台名称">{escape(text)}</mark>'


def _focus(spans: Sequence[Span], events: Mapping[str, str]) -> int:
    """Where the first word searched for begins; else the first event; else the first name; else the beginning."""
    starts = [
        (span["label"] != HIT, span["label"] not in events, _int(span["start"]))
        for span in spans
        if span["part"] == "text"
    ]
    return min(starts)[2] if starts else 0


def _int(value: object) -> int:
    return int(str(value))
