"""A web of a few pages for tests of readers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from collectors.base import (
    Context,
    Politeness,
    Response,
    Row,
    SourceBroken,
    SourceConfig,
    collect,
)
from settings.models import Platform
from tests.collectors.examples import NOW


class Web:
    """A `Get` over a dictionary; an exception as page is raised. Remembers what was asked."""

    def __init__(self, pages: dict[str, str | bytes | Exception]) -> None:
        self.pages, self.asked = pages, list[str]()

    def __call__(self, url: str, politeness: Politeness = Politeness()) -> Response:
        self.asked.append(url)
        page = self.pages.get(url, SourceBroken(f"{url}：网站回应 HTTP 404，地址可能已改"))
        if isinstance(page, Exception):
            raise page
        return Response(url, page if isinstance(page, bytes) else page.encode())


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
) -> list[Row]:
    context = Context(get=web, now=NOW, data_dir=Path(), since=since, platforms=platforms, known=known)
    return list(collect(config, context))
