"""The shape of a source.toml: an unknown key or a value out of range is an error, never a guess."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, model_validator

from collectors.columns import Mapping, TargetWord
from collectors.query import query_fault
from settings.models import KindWord, Platform, Share, Strict

ReaderWord = Literal["feed", "html_list", "json_api", "search_feed", "sql", "table"]
WEB_READERS = frozenset({"feed", "html_list", "json_api", "search_feed"})


def _as_covers(value: object) -> object:
    if value in ("all", "none"):
        return {value: True}
    return {"platforms": value} if isinstance(value, list | tuple) else value


class Covers(Strict):
    """Which platforms a source can speak about: exactly one of the five. `none`: its silence tells of nobody."""

    all: bool = False
    none: bool = False
    platforms: tuple[str, ...] = ()
    category: str | None = None
    demo: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Covers:
        if sum([self.all, self.none, bool(self.platforms), self.category is not None, self.demo]) != 1:
            raise ValueError(
                'covers 应为 "all"、"none"、平台 id 的列表、{ category = "…" } 或 { demo = true } 之一'
            )
        return self

    def ids(self, watch_list: Iterable[Platform]) -> frozenset[str]:
        """The covered platform ids of a watch list; demo platforms only when asked for by id or `demo`."""
        return frozenset(platform.id for platform in watch_list if self._covers(platform))

    def _covers(self, platform: Platform) -> bool:
        if self.platforms:
            return platform.id in self.platforms
        if self.none:
            return False
        if platform.demo or self.demo:
            return platform.demo and self.demo
        return self.all or platform.category == self.category


Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Schedule(Strict):
    """`[schedule]`: every so many minutes, at times of the day (`at`, in `timezone`), or by hand only."""

    every_minutes: int | None = Field(default=None, ge=1)
    at: tuple[Clock, ...] = ()
    timezone: str = "Asia/Shanghai"
    manual: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Schedule:
        if sum([self.every_minutes is not None, bool(self.at), self.manual]) != 1:
            raise ValueError("every_minutes、at 与 manual = true 必须恰好给出一个")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"不认识的时区 {self.timezone!r}，应写成 Asia/Shanghai 这样的名称") from error
        return self


class Expected(Strict):
    """`[expected]`: items per working day by kind; on weekends and public holidays times `holiday_share`."""

    regulatory: float = Field(default=0.0, ge=0)
    news: float = Field(default=0.0, ge=0)
    social: float = Field(default=0.0, ge=0)
    complaint: float = Field(default=0.0, ge=0)
    disclosure: float = Field(default=0.0, ge=0)
    holiday_share: Share = 0.2


class Paging(Strict):
    """`[paging]`: `{page}` in the URL or `[request]` runs from `first`, at most `pages` times per collection."""

    first: int = Field(default=1, ge=0)
    pages: int = Field(default=1, ge=1, le=200)


class Lookup(Strict):
    """`[lookup]`: a JSON answer fills places in the URL: `{channelId}` by `channelId = "results.0.id"`."""

    url: str = Field(pattern=r"^https?://[^\s]+$")
    values: dict[str, str] = Field(min_length=1)


class Politeness(Strict):
    """`[politeness]`: how gently one site is asked. A longer Crawl-delay of robots.txt wins."""

    delay_seconds: float = Field(default=2.0, ge=0)
    timeout_seconds: float = Field(default=20.0, gt=0)
    total_seconds: float = Field(default=60.0, gt=0)
    max_bytes: int = Field(default=5_000_000, ge=1)


HeaderWord = Literal["Accept", "Content-Type", "Referer", "X-Requested-With"]
"""Headers a source may set: what an interface asks for, nothing by which we would pass for somebody else."""


HeaderText = Annotated[str, Field(pattern=r"^[\x20-\x7e]+$")]


class Request(Strict):
    """`[request]`: what the list's URL needs besides itself. `{page}`, `{now}` (epoch seconds) and the places of
    `[lookup]` are filled in; other braces are text.

    `form` or `json_body` makes it a POST. `sign = "sha1_md5"` adds sign = md5(sha1(query)), the parameters in order of
    their names, as the page's own script does it. `jsonp`: the answer is JSON in a function call.
    """

    params: dict[str, str] = Field(default_factory=dict)
    form: dict[str, str] = Field(default_factory=dict)
    json_body: dict[str, Any] | None = None
    headers: dict[HeaderWord, HeaderText] = Field(default_factory=dict)
    sign: Literal["sha1_md5"] | None = None
    jsonp: bool = False

    @model_validator(mode="after")
    def _one_body(self) -> Request:
        if self.form and self.json_body is not None:
            raise ValueError("form 与 json_body 只能给出一个")
        return self

    def texts(self) -> Iterator[str]:
        """Every text in which a place may be filled."""
        yield from self.params.values()
        yield from self.form.values()
        yield from _texts(self.json_body)


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list | tuple):
        for value in node.values() if isinstance(node, dict) else node:
            yield from _texts(value)


class Search(Strict):
    """`[search]`: reader search_feed asks for `per_run` platforms of the watch list a run, all of them in turn."""

    per_run: int = Field(default=60, ge=1, le=2000)


class Sql(Strict):
    """`[sql]`: reader sql. `database` names the environment variable that holds the SQLAlchemy URL.

    `query` is one SELECT; `:since` in it is the moment (UTC) from which rows are wanted.
    """

    database: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    query: str = Field(min_length=6)

    @model_validator(mode="after")
    def _only_reads(self) -> Sql:
        if fault := query_fault(self.query):
            raise ValueError(f"query {fault}")
        return self


class Contract(Strict):
    """`[contract]`: what a healthy run looks like, beyond `[expected]` and `freshness_hours`. Shares are 0..1.

    `fields` should be filled in at least `filled_share` of the rows; at most `undated_share` may come without a date
    and `undecodable_share` with characters that no encoding reads. Judged from `from_rows` rows on.
    """

    fields: tuple[TargetWord, ...] = ()
    filled_share: Share = 0.9
    undated_share: Share = 0.5
    undecodable_share: Share = 0.1
    from_rows: int = Field(default=5, ge=1)


class Article(Strict):
    """`[article]`: the page behind each item; its values win over the list's. No `url` = the item's link.

    `split = "penalties"`: the page holds a table of penalties, and every penalised party becomes a document.
    `fallback`: where the selector of the text finds nothing, the text is taken as a reader mode would.
    """

    url: str | None = None
    format: Literal["html", "json"] = "html"
    mapping: Mapping
    split: Literal["penalties"] | None = None
    fallback: bool = True


class SourceConfig(Strict):
    """One source.toml. `kind` is what rows are that do not say; `kinds` all that may come."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=64)
    name: str = Field(min_length=1)
    kind: KindWord
    kinds: tuple[KindWord, ...] = ()
    publisher: str | None = None
    reach: Share | None = None
    official: bool = False
    channel: str | None = None
    reader: ReaderWord
    url: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    path: str | None = Field(default=None, min_length=1)
    item: str | None = None
    """Where the items are: JSON path (json_api) or CSS selector (html_list)."""
    covers: Annotated[Covers, BeforeValidator(_as_covers)]
    undated: Literal["keep", "refuse"] = "refuse"
    required: tuple[TargetWord, ...] = ()
    """Targets whose columns a file must have besides a text and a date."""
    may_be_empty: bool = False
    """An answer without items is normal, not a broken page (a search for one name)."""
    schedule: Schedule
    expected: Expected = Expected()
    freshness_hours: float = Field(default=72.0, gt=0)
    enabled: bool = True
    verified: bool = False
    demo: bool = False
    retention_days: int | None = Field(default=None, ge=1)
    mapping: Mapping = Mapping()
    article: Article | None = None
    lookup: Lookup | None = None
    paging: Paging = Paging()
    request: Request = Request()
    search: Search = Search()
    sql: Sql | None = None
    contract: Contract = Contract()
    politeness: Politeness = Politeness()
    note: str | None = None
    """What a person should know before switching it on; shown on 数据源."""

    @model_validator(mode="before")
    @classmethod
    def _implied(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        implied: dict[str, Any] = {"may_be_empty": True} if data.get("reader") == "search_feed" else {}
        if "kind" in data and not data.get("kinds"):
            implied["kinds"] = (data["kind"],)
        return data | implied

    @model_validator(mode="after")
    def _consistent(self) -> SourceConfig:
        if self.kind not in self.kinds:
            raise ValueError(f"kind = {self.kind!r} 不在 kinds 之中")
        if self.reader == "table" and (self.path is None or self.url is not None):
            raise ValueError('reader = "table" 需要 path（data 文件夹下的路径，可用 *），不能有 url')
        if self.reader in WEB_READERS and (self.url is None or self.path is not None):
            raise ValueError(f"reader = {self.reader!r} 需要 url，不能有 path")
        if (self.reader == "search_feed") != any("{name}" in text for text in self.request_texts()):
            raise ValueError('{name}（平台名称填入之处）与 reader = "search_feed" 必须同时给出')
        if self.reader == "search_feed" and self.schedule.manual:
            raise ValueError('reader = "search_feed" 按计划轮流查询各平台，需要 every_minutes 或 at')
        if (self.reader == "sql") != (self.sql is not None):
            raise ValueError('reader = "sql" 与 [sql] 必须同时给出')
        if self.reader == "sql" and (self.url is not None or self.path is not None):
            raise ValueError(
                'reader = "sql" 不能有 url 或 path；数据库地址放在 [sql] database 所指的环境变量里'
            )
        if self.reader in ("json_api", "html_list") and self.item is None:
            raise ValueError(f"reader = {self.reader!r} 需要 item（各条目所在的位置）")
        from collectors.markup import (
            selector_fault,
        )  # its parser of pages is heavy, and `score` shares this module

        for selector in self._selectors():
            if fault := selector_fault(selector):
                raise ValueError(f"选择器 {selector!r} 有误：{fault}")
        return self

    def request_texts(self) -> Iterator[str]:
        """Every text of a list's request in which a place may be filled: the URL and what `[request]` says."""
        yield self.url or ""
        yield from self.request.texts()

    def _selectors(self) -> Iterator[str]:
        if self.reader == "html_list":
            yield self.item or ""
            yield from self.mapping.columns()
        if self.article is not None and self.article.format == "html":
            yield from self.article.mapping.columns()
