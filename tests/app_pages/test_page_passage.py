"""Highlighting evidence."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from app_pages import _passage

EVENTS = {"withdrawal_difficulty": "提现困难"}


def span(start: int, end: int, label: str = "withdrawal_difficulty", part: str = "text") -> dict[str, object]:
    return {"part": part, "start": start, "end": end, "label": label}


def test_the_event_is_marked_where_it_stands() -> None:
    """Offsets are characters of the stored text; the tooltip names the event."""
    shown = _passage.highlight("某平台提现困难", [span(3, 7)], "text", EVENTS)
    assert shown == '某平台<mark class="tw-event" title="提现困难">提现困难</mark>'


def test_a_name_is_underlined_not_accused() -> None:
    """The platform's name is no evidence by itself."""
    assert '<mark class="tw-name"' in _passage.highlight("星河", [span(0, 2, "星河")], "text", EVENTS)


def test_spans_of_another_part_are_left_out() -> None:
    """A span of the title does not mark the text."""
    assert "<mark" not in _passage.highlight("某平台", [span(0, 2, part="title")], "text", EVENTS)


def test_overlapping_spans_are_both_told() -> None:
    """A name inside an event phrase is marked once per stretch."""
    shown = _passage.highlight("星河提现困难", [span(0, 6), span(0, 2, "negative")], "text", EVENTS)
    assert 'title="提现困难、负面表述"' in shown


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=6),
)
def test_highlighting_changes_no_character(text: str, offsets: list[tuple[int, int]]) -> None:
    """Whatever the offsets: without the marks the escaped text remains, and nothing else."""
    spans = [span(start, end) for start, end in offsets]
    shown = _passage.highlight(text, spans, "text", EVENTS)
    assert html.unescape(re.sub(r"</?mark[^>]*>", "", shown)) == text


def test_a_long_text_opens_at_its_event() -> None:
    """The excerpt holds the event; the full text is one click away."""
    text = "无关" * 200 + "提现困难" + "后文" * 200
    shown = _passage.passage(text, [span(400, 404)], EVENTS)
    excerpt, _, full = shown.partition("<details")
    assert "提现困难</mark>" in excerpt
    assert excerpt.count("…") == 2
    assert "展开全文（804 字）" in full


def test_markup_in_a_text_is_shown_as_text() -> None:
    """A hostile document runs nothing."""
    assert "<script" not in _passage.passage("<script>alert(1)</script>", [], EVENTS)
