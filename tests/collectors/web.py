"""A web of a few pages for tests of readers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from collectors.base import (
    Ask,
    Context,
    Get,
    Politeness,
    Response,
    Row,
    SourceBroken,
    SourceConfig,
    Validators,
    collect,
)
from settings.models import Platform
from tests.collectors.examples import NOW


class Web:
    """A `Get` over a dictionary; an exception as page is raised. Remembers what was asked, and with what.

    A page named in `versions` carries that ETag, and whoever sends it is told that nothing has changed.
    """

    def __init__(
        self, pages: dict[str, str | bytes | Exception], versions: dict[str, str] | None = None
    ) -> None:
        self.pages, self.versions = pages, versions or {}
        self.asked, self.asks = list[str](), list[Ask]()

    def __call__(self, url: str, politeness: Politeness = Politeness(), ask: Ask = Ask()) -> Response:
        self.asked.append(url)
        self.asks.append(ask)
        page = self.pages.get(url, SourceBroken(f"{url}：网站回应 HTTP 404，地址可能已改"))
        if isinstance(page, Exception):
            raise page
        headers = {"etag": self.versions[url]} if url in self.versions else {}
        if ask.validators is not None and ask.validators.etag == headers.get("etag"):
            return Response(url, b"", headers, unchanged=True)
        return Response(url, page if isinstance(page, bytes) else page.encode(), headers)


class Memory:
    """What a source remembers of its list pages between two runs."""

    def __init__(self) -> None:
        self.kept = dict[str, Validators]()

    def remember(self, url: str, validators: Validators) -> None:
        self.kept[url] = validators


def source(reader: str, **changes: Any) -> SourceConfig:
    settings: dict[str, Any] = {
        "id": "site",
        "name": "示例站",
        "kind": "news",
        "reader": reader,
        "covers": "all",
        "schedule": {"every_minutes": 60},
    }
    return SourceConfig.model_validate(settings | changes)


def rows(
    config: SourceConfig,
    web: Web,
    since: datetime | None = None,
    known: Callable[[str], bool] = lambda url: False,
    platforms: tuple[Platform, ...] = (),
    memory: Memory | None = None,
    now: datetime = NOW,
) -> list[Row]:
    return list(collect(config, context(web, since, known, platforms, memory, now)))


def context(
    web: Get,
    since: datetime | None = None,
    known: Callable[[str], bool] = lambda url: False,
    platforms: tuple[Platform, ...] = (),
    memory: Memory | None = None,
    now: datetime = NOW,
) -> Context:
    memory = memory or Memory()
    return Context(
        get=web,
        now=now,
        data_dir=Path(),
        since=since,
        platforms=platforms,
        known=known,
        validators=memory.kept.get,
        remember=memory.remember,
    )
