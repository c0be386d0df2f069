"""Reader `json_api`: lists served as JSON; `item` is the path to the list, `[mapping]` paths in an item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.base import Context, Row, SourceBroken, SourceConfig
from collectors.encoding import Decoded
from collectors.readers.paths import at, json_path
from collectors.readers.web import Page, collect_pages, parse_json


def collect(source: SourceConfig, context: Context) -> Iterator[Row]:
    """Every item of every page. Raises SourceBroken, SourceBlocked."""
    return collect_pages(source, context, read_page)


def read_page(source: SourceConfig, decoded: Decoded) -> Page[Mapping[str, Any]]:
    """The items of one answer. Raises SourceBroken when `item` leads to no list of objects."""
    path = source.item or ""
    items = at(parse_json(decoded), path.split("."))
    if items is None and source.may_be_empty:
        items = []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise SourceBroken(f"{source.name}：回应的 {path} 处没有条目列表，接口可能已改版")
    return Page(items, source.mapping, json_path)
