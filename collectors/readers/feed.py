"""Reader `feed`: RSS, Atom and JSON Feed. `{name}` in the URL asks once for every watched platform."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import quote

import feedparser

from collectors.base import Context, Row, SourceBroken, SourceConfig
from collectors.columns import Mapping as MappingConfig
from collectors.columns import Rule
from collectors.encoding import Decoded
from collectors.readers.paths import json_path
from collectors.readers.web import Page, collect_pages, parse_json

_XML = MappingConfig(
    external_id=Rule(column=("id",)),
    title=Rule(column=("title",), html=True),
    text=Rule(column=("content.0.value", "summary"), html=True),
    url=Rule(column=("link",)),
    publisher=Rule(column=("source.title",)),
    author=Rule(column=("author",)),
    published_at=Rule(column=("published", "updated")),
)
_JSON = MappingConfig(
    external_id=Rule(column=("id",)),
    title=Rule(column=("title",), html=True),
    text=Rule(column=("content_html", "content_text", "summary"), html=True),
    url=Rule(column=("url", "external_url")),
    author=Rule(column=("authors.0.name", "author.name")),
    published_at=Rule(column=("date_published", "date_modified")),
)
_ENTITY = re.compile(r"<!ENTITY", re.I)


def collect(source: SourceConfig, context: Context) -> Iterator[Row]:
    """Every entry of the feed, or of one feed per platform. Raises SourceBroken, SourceBlocked."""
    url = source.url or ""
    if "{name}" not in url:
        return collect_pages(source, context, read_page)
    urls = [url.replace("{name}", quote(platform.name)) for platform in context.platforms]
    return collect_pages(source, context, read_page, urls)


def read_page(source: SourceConfig, decoded: Decoded) -> Page[Mapping[str, Any]]:
    """The entries of one feed. Raises SourceBroken for no feed, and for declared entities."""
    if decoded.text.lstrip("\ufeff \r\n\t").startswith("{"):
        items = parse_json(decoded).get("items")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise SourceBroken(f"{source.name}：不是 JSON Feed（没有 items 列表）")
        return Page(items, _merged(_JSON, source.mapping), json_path)
    if _ENTITY.search(decoded.text):
        raise SourceBroken(f"{source.name}：XML 声明了实体，为安全起见不予展开")
    # Bytes with their charset as a header: given text, feedparser takes it for a URL or file name to open.
    headers = {"content-type": "application/xml; charset=utf-8"}
    parsed = feedparser.parse(BytesIO(decoded.text.encode("utf-8", "replace")), response_headers=headers)
    if not parsed.get("version") and not parsed.entries:
        raise SourceBroken(f"{source.name}：不是 RSS 或 Atom，地址可能已改")
    return Page(parsed.entries, _merged(_XML, source.mapping), json_path)


def _merged(usual: MappingConfig, own: MappingConfig) -> MappingConfig:
    return usual.model_copy(update={**own.rules(), "fields": own.fields})
