"""Reader `html_list`: `item` selects the entries of a page, `[mapping]` holds selectors inside one entry."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from parsel import Selector

from collectors.base import Context, Row, SourceBroken, SourceConfig
from collectors.encoding import Decoded
from collectors.markup import is_xpath
from collectors.readers.answers import html_resolve
from collectors.readers.web import Page, collect_pages

DEEPEST = 500
"""Levels of markup above an entry; real pages have a few dozen."""


def collect(source: SourceConfig, context: Context) -> Iterator[Row]:
    """Every entry of every page. Raises SourceBroken, SourceBlocked."""
    return collect_pages(source, context, read_page)


def read_page(source: SourceConfig, decoded: Decoded) -> Page[Selector]:
    """The entries of one page; none when the selector finds nothing."""
    root = Selector(text=decoded.text, type="html")
    item = source.item or ""
    items = root.xpath(item) if is_xpath(item) else root.css(item)
    if any(_is_deep(one) for one in items):
        raise SourceBroken(
            f"{source.name}：页面的标签嵌套超过 {DEEPEST} 层，不是正常页面，请检查 item 的位置"
        )
    return Page(items, source.mapping, html_resolve)


def _is_deep(item: Selector) -> bool:
    """Tags that nobody closed put every entry into the one before: reading them costs the square of the page."""
    above = () if isinstance(item.root, str) else item.root.iterancestors()
    return sum(1 for _ in islice(above, DEEPEST + 1)) > DEEPEST
