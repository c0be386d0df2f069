"""What the readers of web pages share: paging, the article behind an item, and rows with their refusals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urljoin

from parsel import Selector

from collectors.base import Context, Response, Row, SourceBroken, SourceConfig
from collectors.columns import Mapping, Rule
from collectors.config import Article
from collectors.encoding import Decoded, decode
from collectors.mapping import BadField, Mapper, Origin, build
from collectors.markup import select
from collectors.readers.paths import at, json_path
from collectors.rules import Getter, Resolve, as_text, compile_rule
from signals.model import Document

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The items of one answer, the mapping for them, and how a column is taken from one."""

    items: Sequence[T]
    mapping: Mapping
    resolve: Resolve[T]


def collect_pages(
    source: SourceConfig,
    context: Context,
    read: Callable[[SourceConfig, Decoded], Page[T]],
    urls: Sequence[str] | None = None,
) -> Iterator[Row]:
    """Page after page until one has no items or nothing new, or the last allowed one is read.

    Raises: SourceBroken when the first page is empty and the source does not call that normal.
    """
    number = 0
    for url in page_urls(source, context) if urls is None else urls:
        response = context.get(url, source.politeness)
        decoded = decode(response.content, response.headers.get("content-type"))
        page = read(source, decoded)
        if not page.items and number == 0 and not source.may_be_empty:
            raise SourceBroken(
                f"{source.name}：{url} 有回应但没有任何条目，页面可能已改版，请检查 item 的位置"
            )
        reading = _Reading(source, context, page, response, decoded)
        fresh = False
        for item in page.items:
            number += 1
            if row := reading.row(number, item):
                fresh = fresh or reading.is_new(row)
                yield row
        if not fresh and urls is None:
            return


def page_urls(source: SourceConfig, context: Context) -> list[str]:
    """The URL for every page number, or itself when it has no place for one; looked-up places filled."""
    url = source.url or ""
    for name, value in _looked_up(source, context).items():
        url = url.replace(f"{{{name}}}", quote(value))
    if "{page}" not in url:
        return [url]
    first, count = source.paging.first, source.paging.pages
    return [url.replace("{page}", str(page)) for page in range(first, first + count)]


def _looked_up(source: SourceConfig, context: Context) -> dict[str, str]:
    if source.lookup is None:
        return {}
    response = context.get(source.lookup.url, source.politeness)
    answer = parse_json(decode(response.content, response.headers.get("content-type")))
    found = {name: as_text(at(answer, path.split("."))) for name, path in source.lookup.values.items()}
    if missing := [name for name, value in found.items() if not value]:
        raise SourceBroken(
            f"{source.name}：{source.lookup.url} 的回应里没有 {'、'.join(missing)}，接口可能已改版"
        )
    return found


def parse_json(decoded: Decoded) -> Any:
    """Raises SourceBroken for what is no JSON."""
    try:
        return json.loads(decoded.text)
    except (ValueError, RecursionError) as error:
        raise SourceBroken(f"回应不是 JSON（开头：{decoded.text[:40]!r}），接口可能已改版") from error


def html_resolve(selector: str) -> Getter[Selector]:
    """A column of an HTML item is a selector; all its matches are given, in order."""
    return lambda node: select(node, selector)


class _Reading(Generic[T]):
    """One page being read: turns its items into rows."""

    def __init__(
        self, source: SourceConfig, context: Context, page: Page[T], response: Response, decoded: Decoded
    ) -> None:
        self._source, self._context = source, context
        self._mapper = Mapper(page.mapping, page.resolve)
        self._origin = Origin(
            response.url, context.now, decoded.encoding, decoded.replaced_share, self._mapper.labels
        )
        template = source.article and source.article.url
        self._article_url = compile_rule(Rule(template=template), page.resolve) if template else None

    def row(self, number: int, item: T) -> Row | None:
        """The item's row; None for an article that is stored already."""
        try:
            document = self._document(item)
        except BadField as fault:
            return self._origin.refusal(number, fault)
        return None if document is None else Row(number, document)

    def is_new(self, row: Row) -> bool:
        """Whether a row speaks for reading on: it is not older than `since`."""
        since = self._context.since
        published = row.item.published_at if isinstance(row.item, Document) else None
        return since is None or published is None or published >= since

    def _document(self, item: T) -> Document | None:
        raw = self._mapper.raw(item)
        article = self._source.article
        if article is None:
            return build(raw, self._source, self._origin)
        link = urljoin(self._origin.file, as_text(raw.get("url")))
        if self._context.known(link):
            return None
        address = link if self._article_url is None else as_text(self._article_url(item))
        behind, decoded = self._open(article, address)
        raw |= {name: value for name, value in behind.items() if value not in ("", None, [])}
        if article.mapping.text and not raw.get("text"):
            raise BadField("文章页", address, "没有找到正文，页面可能已改版，请检查 article.mapping.text")
        origin = Origin(self._origin.file, self._context.now, decoded.encoding, decoded.replaced_share)
        return build(raw, self._source, origin)

    def _open(self, article: Article, address: str) -> tuple[dict[str, object], Decoded]:
        try:
            response = self._context.get(address, self._source.politeness)
            decoded = decode(response.content, response.headers.get("content-type"))
            return _article_raw(article, decoded), decoded
        except SourceBroken as error:
            raise BadField("文章页", address, str(error)) from error


def _article_raw(article: Article, decoded: Decoded) -> dict[str, object]:
    if article.format == "json":
        return Mapper(article.mapping, json_path).raw(parse_json(decoded))
    return Mapper(article.mapping, html_resolve).raw(Selector(text=decoded.text, type="html"))
