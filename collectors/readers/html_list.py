"""Reader `html_list`: `item` selects the entries of a page, `[mapping]` holds selectors inside one entry."""

from __future__ import annotations

from collections.abc import Iterator

from parsel import Selector

from collectors.base import Context, Row, SourceConfig
from collectors.encoding import Decoded
from collectors.markup import is_xpath
from collectors.readers.web import Page, collect_pages, html_resolve


def collect(source: SourceConfig, context: Context) -> Iterator[Row]:
    """Every entry of every page. Raises SourceBroken, SourceBlocked."""
    return collect_pages(source, context, read_page)


def read_page(source: SourceConfig, decoded: Decoded) -> Page[Selector]:
    """The entries of one page; none when the selector finds nothing."""
    root = Selector(text=decoded.text, type="html")
    item = source.item or ""
    return Page(root.xpath(item) if is_xpath(item) else root.css(item), source.mapping, html_resolve)
