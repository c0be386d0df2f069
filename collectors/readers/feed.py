"""Reader `feed`: RSS, Atom and JSON Feed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import feedparser

from collectors.base import Context, Row, SourceBroken, SourceConfig
from collectors.columns import Mapping as MappingConfig
from collectors.columns import Rule
from collectors.encoding import Decoded
from collectors.readers.answers import parse_json
from collectors.readers.paths import json_path
from collectors.readers.web import Page, collect_pages

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
_WHOLE = re.compile(r"</(?:rss|feed|(?:\w+:)?RDF)\s*>(?:\s|<!--.*?-->)*\Z", re.S | re.I)
"""The end of a feed that arrived whole. Cut in the middle, its last entry would be taken with half its text."""

_CHARACTER = re.compile(r"&#(?:x([0-9a-f]+)|([0-9]+))", re.I)


def collect(source: SourceConfig, context: Context) -> Iterator[Row]:
    """Every entry of the feed. Raises SourceBroken, SourceBlocked."""
    return collect_pages(source, context, read_page)


def read_page(source: SourceConfig, decoded: Decoded) -> Page[Mapping[str, Any]]:
    """The entries of one feed. Raises SourceBroken for no feed, for half a feed, and for declared entities."""
    if decoded.text.lstrip("\ufeff \r\n\t").startswith("{"):
        items = parse_json(decoded).get("items")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise SourceBroken(f"{source.name}：不是 JSON Feed（没有 items 列表）")
        return Page(items, _merged(_JSON, source.mapping), json_path)
    if _ENTITY.search(decoded.text):
        raise SourceBroken(f"{source.name}：XML 声明了实体，为安全起见不予展开")
    # Bytes with their charset as a header: given text, feedparser takes it for a URL or file name to open.
    headers = {"content-type": "application/xml; charset=utf-8"}
    text = _CHARACTER.sub(_possible, decoded.text)
    parsed = feedparser.parse(BytesIO(text.encode("utf-8", "replace")), response_headers=headers)
    if not parsed.get("version") and not parsed.entries:
        raise SourceBroken(f"{source.name}：不是 RSS 或 Atom，地址可能已改")
    if parsed.bozo and not _WHOLE.search(decoded.text[-5000:]):
        raise SourceBroken(f"{source.name}：XML 不完整（没有结尾），可能在传输中被截断，下次采集时重试")
    return Page(parsed.entries, _merged(_XML, source.mapping), json_path)


def _possible(reference: re.Match[str]) -> str:
    """&#xD800; and the like name no character; feedparser gives the whole feed up over one of them."""
    digits, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    code = int(digits, base) if len(digits) <= 10 else -1
    return reference[0] if 0 < code < 0xD800 or 0xDFFF < code < 0x110000 else "&#xFFFD"


def _merged(usual: MappingConfig, own: MappingConfig) -> MappingConfig:
    return usual.model_copy(update={**own.rules(), "fields": own.fields})
