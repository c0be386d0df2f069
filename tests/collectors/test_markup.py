"""Markup to the text a reader sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsel import Selector

from collectors.markup import select, visible_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>一</p><p>二</p>", "一\n二"),
        ("提现<b>困难</b>", "提现困难"),
        ("一<br>二", "一\n二"),
        ("<p>a<script>x()</script>b<style>y</style></p>", "ab"),
        ("<!-- 注释 -->正文", "正文"),
        ("<table><tr><td>一</td><td>二</td></tr><tr><td>三</td></tr></table>", "一 二\n三"),
        ("<p>换\n行</p>", "换 行"),
        ("A&amp;B &lt;1%", "A&B <1%"),
        ("没有标记", "没有标记"),
        ("", ""),
    ],
)
def test_visible_text(markup: str, text: str) -> None:
    """Blocks stand on lines of their own, scripts and comments vanish, entities are resolved."""
    assert visible_text(markup) == text


def test_selectors_give_text_and_attributes() -> None:
    """CSS and XPath, elements, text nodes and attributes, every match in order."""
    page = Selector(
        text='<ul><li><a href="/1">甲<b>乙</b></a></li><li><a href="/2">丙</a></li></ul>', type="html"
    )
    assert select(page, "li a") == ["甲乙", "丙"]
    assert select(page, "a::attr(href)") == ["/1", "/2"]
    assert select(page, "//li[2]/a/text()") == ["丙"]
    assert select(page, ".missing") == []


@given(st.text(alphabet="<>/&;ab甲p div=\"'!-[]\x00\n", max_size=60))
def test_no_markup_raises(markup: str) -> None:
    """Whatever a page holds, there is a text."""
    assert isinstance(visible_text(markup), str)
