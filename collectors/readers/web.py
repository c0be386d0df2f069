"""What the readers of web pages share: paging, conditional requests, and rows with their refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from collectors.base import Context, Refusal, Response, Row, SourceBroken, SourceConfig
from collectors.columns import Mapping as MappingConfig
from collectors.columns import Rule
from collectors.encoding import Decoded
from collectors.mapping import BadField, Mapper, Origin, absolute, build
from collectors.readers.answers import decoded, evident, parse_json
from collectors.readers.article import Doors, article_documents
from collectors.readers.paths import at
from collectors.readers.request import Call, calls
from collectors.rules import Resolve, as_text, compile_rule
from signals.model import Document

T = TypeVar("T")
ALL_REFUSED = 3
"""From so many items on, a page of which not one could be used is a redesigned page, not a few bad rows."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The items of one answer, the mapping for them, and how a column is taken from one."""

    items: Sequence[T]
    mapping: MappingConfig
    resolve: Resolve[T]


def collect_pages(
    source: SourceConfig,
    context: Context,
    read: Callable[[SourceConfig, Decoded], Page[T]],
    places: Mapping[str, str] | None = None,
    start: int = 0,
    doors: Doors | None = None,
) -> Iterator[Row]:
    """Page after page until one is unchanged, has no items or nothing new, or the last allowed one is read.

    After a run that was not whole a page of which everything is known does not end it: the next may never have been
    read, and pages are asked for without validators. `doors`: those of the run where it has several lists.

    `places` are filled into the requests (None: what `[lookup]` finds); items are numbered from `start` + 1. A page's
    validators are remembered only after its last row was taken: a row lost on the way must be asked for again.

    Raises: SourceBroken when the first page is empty and the source does not call that normal, or when not one item
    of a page can be used; with the answer as evidence.
    """
    before, doors = start, doors or Doors()
    for place, call in enumerate(
        calls(source, looked_up(source, context) if places is None else places, context.now)
    ):
        response = _asked(source, context, call)
        if response.unchanged:
            return
        with evident(call.url, response):
            answer = decoded(response)
            page = read(source, answer)
            if not page.items and place == 0 and not source.may_be_empty:
                raise SourceBroken(
                    f"{source.name}：{call.url} 有回应但没有任何条目，页面可能已改版，请检查 item 的位置"
                )
        reading = _Reading(source, context, page, response, answer, doors)
        for number, item in enumerate(page.items, before + 1):
            yield from reading.rows(number, item)
        before += len(page.items)
        with evident(call.url, response):
            reading.check_any_used()
        if call.lasting and (found := response.validators):
            context.remember(call.url, found)
        if not reading.fresh:
            return


def looked_up(source: SourceConfig, context: Context) -> dict[str, str]:
    """The places that `[lookup]` fills. Raises SourceBroken naming those that its answer does not hold."""
    if source.lookup is None:
        return {}
    response = context.get(source.lookup.url, source.politeness)
    with evident(source.lookup.url, response):
        answer = parse_json(decoded(response))
        found = {name: as_text(at(answer, path.split("."))) for name, path in source.lookup.values.items()}
        if missing := [name for name, value in found.items() if not value]:
            raise SourceBroken(
                f"{source.name}：{source.lookup.url} 的回应里没有 {'、'.join(missing)}，接口可能已改版"
            )
    return found


def _asked(source: SourceConfig, context: Context, call: Call) -> Response:
    validators = context.validators(call.url) if call.lasting and context.complete else None
    response = context.get(call.url, source.politeness, replace(call.ask, validators=validators))
    if response.unchanged and validators is None:
        raise SourceBroken(f"{source.name}：{call.url} 回应“未改变”（HTTP 304），但我们没有旧内容，网站有误")
    return response


class _Reading(Generic[T]):
    """One page being read: turns its items into rows and keeps account of them."""

    def __init__(
        self,
        source: SourceConfig,
        context: Context,
        page: Page[T],
        response: Response,
        answer: Decoded,
        doors: Doors,
    ) -> None:
        self._source, self._context, self._doors = source, context, doors
        self._mapper = Mapper(page.mapping, page.resolve)
        self._origin = Origin(
            response.url, context.now, answer.encoding, answer.replaced_share, self._mapper.labels
        )
        template = source.article and source.article.url
        self._article_url = compile_rule(Rule(template=template), page.resolve) if template else None
        self._items, self._refusals = len(page.items), list[Refusal]()
        self.fresh = False
        """Whether a row speaks for reading on: one that is not older than `since`, or of a run to be repeated."""

    def rows(self, number: int, item: T) -> Iterator[Row]:
        """The item's rows: one, or one per penalised party; none for an article that is stored already."""
        try:
            documents = self._documents(item)
        except BadField as fault:
            row = self._origin.refusal(number, fault)
            if isinstance(row.item, Refusal):
                self._refusals.append(row.item)
            self.fresh = True
            yield row
            return
        for document in documents:
            self.fresh = self.fresh or self._is_new(document)
            yield Row(number, document)

    def check_any_used(self) -> None:
        """Raises SourceBroken when every single item was refused."""
        if len(self._refusals) == self._items >= ALL_REFUSED:
            first = self._refusals[0]
            raise SourceBroken(
                f"{self._source.name}：{first.file} 的 {self._items} 个条目全部不可用，页面可能已改版；"
                f"第一个：{first.field}：{first.reason}"
            )

    def _is_new(self, document: Document) -> bool:
        since = self._context.since
        return since is None or document.published_at is None or document.published_at >= since

    def _documents(self, item: T) -> list[Document]:
        raw = self._mapper.raw(item)
        if self._source.article is None:
            return [build(raw, self._source, self._origin)]
        link = absolute(self._origin.file, as_text(raw.get("url")))
        if self._context.known(link):
            self.fresh = self.fresh or not self._context.complete
            return []
        address = link if self._article_url is None else as_text(self._article_url(item))
        return article_documents(self._source, self._context, self._origin, raw, address, self._doors)
