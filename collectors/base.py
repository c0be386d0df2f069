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
    "Ask",
    "Context",
    "Evidence",
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
    "Validators",
    "collect",
    "load_sources",
]

READERS = {
    "feed": "collectors.readers.feed",
    "html_list": "collectors.readers.html_list",
    "json_api": "collectors.readers.json_api",
    "search_feed": "collectors.readers.search_feed",
    "sql": "collectors.readers.sql",
    "table": "collectors.readers.table",
}
"""Reader word of source.toml -> module with `collect(source, context) -> Iterator[Row]`."""

VALUE_LIMIT = 80
EVIDENCE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a site answered when it failed, for a person to look at: `body` holds at most EVIDENCE_BYTES of it.

    `status` None: no HTTP answer at all. `body` is as received; whoever keeps it masks it first.
    """

    url: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False


class SourceError(Exception):
    """A source did not bring what it should; the message says in Chinese what happened and what to do.

    `retry_after`: seconds, 0 to a day, for which the site asked to be left alone; None where it named none.
    """

    def __init__(
        self, message: str, *, evidence: Evidence | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.evidence = evidence
        self.retry_after = retry_after


class SourceBroken(SourceError):
    """The source answers, but not as described in source.toml, or does not answer at all."""


class SourceBlocked(SourceError):
    """The source asked us to stop: 403, 429, captcha, robots.txt.

    `page_only`: the refusal speaks of this address alone (robots.txt, 401, 403, 451 without Retry-After), such as a
    page for members; False for what is meant for us wherever we ask next (429, captcha).
    """

    def __init__(
        self,
        message: str,
        retry_after: float | None = None,
        *,
        evidence: Evidence | None = None,
        page_only: bool = False,
    ) -> None:
        super().__init__(message, evidence=evidence, retry_after=retry_after)
        self.page_only = page_only


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
class Validators:
    """By what a site recognises the version of a page that we have (RFC 9110, section 8.8)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with status 2xx: `url` after redirects, `content` unpacked.

    `headers`: names in lower case, and only those that say something about the page; never a cookie.
    `unchanged`: the site answered 304, there is no content, and what the validators stand for is still current.
    """

    url: str
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    unchanged: bool = False

    @property
    def validators(self) -> Validators | None:
        """What to send next time; None when the site gives nothing to recognise the page by."""
        found = Validators(self.headers.get("etag"), self.headers.get("last-modified"))
        return found if found.etag or found.last_modified else None


@dataclass(frozen=True, slots=True)
class Ask:
    """What goes along with a request: a `body` makes it a POST; `validators` make a GET conditional.

    Of `headers` only those that config.HeaderWord names are sent.
    """

    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    validators: Validators | None = None


class Get(Protocol):
    """Fetches one URL politely. Raises SourceBlocked or SourceBroken."""

    def __call__(self, url: str, politeness: Politeness = ..., ask: Ask = ...) -> Response: ...


def _nothing(_: str) -> bool:
    return False


def _no_validators(_: str) -> Validators | None:
    return None


def _forget(_: str, __: Validators) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Context:
    """What a collection needs from outside: network, clock, folders, watch list.

    `now` is an aware datetime and the reference of relative dates; paging stops at items older than `since`;
    `known(url)` True spares opening an article page that is stored already. `validators(url)` is what the last run
    that succeeded whole told `remember(url, …)` about a list page: they are kept only once every row of the run is
    stored, or a page whose rows were lost would answer "unchanged" for ever. `complete`: the source's previous run was
    whole; otherwise a page that is known or unchanged says nothing about those behind it, and all are read. `due` is
    the scheduled moment that the run stands for, None for `now`.
    """

    get: Get
    now: datetime
    data_dir: Path
    since: datetime | None = None
    platforms: Sequence[Platform] = ()
    known: Callable[[str], bool] = _nothing
    validators: Callable[[str], Validators | None] = _no_validators
    remember: Callable[[str, Validators], None] = _forget
    complete: bool = True
    due: datetime | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    """Secrets that a source names, such as the URL of a database: from the environment, never from a file."""


def collect(source: SourceConfig, context: Context) -> Iterator[Row]:
    """Every row the source has to say now, good or refused. Raises SourceError.

    Nothing is kept in memory beyond one page; rows yielded before an error are good.
    """
    rows: Iterator[Row] = import_module(READERS[source.reader]).collect(source, context)
    return rows
