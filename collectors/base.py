"""What every collector shares: rows, refusals, typed errors, the `Get` protocol, and `collect`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Protocol

from collectors.catalogue import SourceFault, load_sources
from collectors.config import Politeness, SourceConfig
from settings.models import Platform
from signals.model import Document

__all__ = [
    "READERS",
    "Context",
    "Get",
    "Politeness",
    "Refusal",
    "Response",
    "Row",
    "SourceBlocked",
    "SourceBroken",
    "SourceConfig",
    "SourceError",
    "SourceFault",
    "UnreadableFile",
    "collect",
    "load_sources",
]

READERS = {
    "feed": "collectors.readers.feed",
    "html_list": "collectors.readers.html_list",
    "json_api": "collectors.readers.json_api",
    "table": "collectors.readers.table",
}
"""Reader word of source.toml -> module with `collect(source, context) -> Iterator[Row]`."""

VALUE_LIMIT = 80


class SourceError(Exception):
    """A source did not bring what it should; the message says in Chinese what happened and what to do."""


class SourceBroken(SourceError):
    """The source answers, but not as described in source.toml, or does not answer at all."""


class SourceBlocked(SourceError):
    """The source asked us to stop (403, 429, robots.txt); `retry_after`: seconds, where it named them."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnreadableFile(SourceError):
    """A file of which no row can be used; the message names file, fault and remedy."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row not taken: `field` as the file calls it, `value` cut to 80 characters, `reason` with remedy."""

    file: str
    row: int
    field: str
    value: str
    reason: str

    def __post_init__(self) -> None:
        if len(self.value) > VALUE_LIMIT:
            object.__setattr__(self, "value", self.value[:VALUE_LIMIT] + "…")

    def __str__(self) -> str:
        shown = f"（值：{self.value}）" if self.value else ""
        unit = "条" if self.file.startswith("http") else "行"
        return f"{self.file} 第 {self.row} {unit}，{self.field}：{self.reason}{shown}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row and its number as a person counts: the file's row (header = 1), or the item's place."""

    number: int
    item: Document | Refusal


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with status 200: `url` after redirects, header names lower case, `content` unpacked."""

    url: str
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Get(Protocol):
    """Fetches one URL politely. Raises SourceBlocked or SourceBroken."""

    def __call__(self, url: str, politeness: Politeness = ...) -> Response: ...


def _nothing(_: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Context:
    """What a collection needs from outside: network, clock, folders, watch list.

    `now` is an aware datetime and the reference of relative dates; paging stops at items older than `since`;
    `known(url)` True spares opening an article page that is stored already.
    """

    get: Get
    now: datetime
    data_dir: Path
    since: datetime | None = None
    platforms: Sequence[Platform] = ()
    known: Callable[[str], bool] = _nothing


def collect(source: SourceConfig, context: Context) -> Iterator[Row]:
    """Every row the source has to say now, good or refused. Raises SourceError.

    Nothing is kept in memory beyond one page; rows yielded before an error are good.
    """
    rows: Iterator[Row] = import_module(READERS[source.reader]).collect(source, context)
    return rows
