"""A source's frozen sample served by a real HTTP server, and what the source makes of it."""

from __future__ import annotations

import sqlite3
import tomllib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from collectors.base import Ask, Context, Politeness, Refusal, Response, Row, SourceError, Validators, collect
from collectors.config import WEB_READERS, SourceConfig
from collectors.fetch import Fetcher
from collectors.readers.table import read_file
from settings.loader import read_toml, validate
from settings.models import Platform
from tests.collectors.loopback import Answer, Loopback


def source_in(folder: Path) -> SourceConfig:
    """The source of a folder."""
    return validate(SourceConfig, read_toml(folder / "source.toml"), folder.name)


def rows_of(folder: Path, source: SourceConfig, now: datetime, server: Loopback, scratch: Path) -> list[Row]:
    """What the source says of its sample: files and databases are read, pages fetched from the server."""
    if source.reader == "table":
        return [row for path in sorted((folder / "sample").iterdir()) for row in read_file(path, source, now)]
    if source.reader in WEB_READERS:
        return SampleSite(folder, server).rows(source, now)
    return _rows_of_database(folder, source, now, scratch / "sample.db")


def _rows_of_database(folder: Path, source: SourceConfig, now: datetime, path: Path) -> list[Row]:
    with closing(sqlite3.connect(path)) as database:
        database.executescript((folder / "sample" / "schema.sql").read_text("utf-8"))
    assert source.sql is not None
    environ = {source.sql.database: f"sqlite:///{path}"}
    return list(collect(source, Context(get=_no_web, now=now, data_dir=folder, environ=environ)))


def _no_web(url: str, politeness: Politeness = Politeness(), ask: Ask = Ask()) -> Response:
    raise AssertionError(f"a database is read, not {url}")


@dataclass
class SampleSite:
    """The `Get` of a sample: every real address leads through the real fetcher to its answer on the server.

    `answers.toml` gives for each `url` a `file` of the sample, and may give `status`, `content_type`, and for forms
    `method = "POST"` with the exact `body`; `platforms` names those that a search source asks for.
    """

    folder: Path
    server: Loopback
    attempts: int = 1
    asked: list[str] = field(default_factory=list)
    """The real addresses, in the order in which the source asked for them."""
    kept: dict[str, Validators] = field(default_factory=dict)
    """What the source remembered of its pages."""

    def __post_init__(self) -> None:
        self._script = tomllib.loads((self.folder / "sample" / "answers.toml").read_text("utf-8"))
        self._paths: dict[str, str] = {}
        self.serve(lambda answer: [answer])
        self.fetcher = Fetcher(allow_hosts={"127.0.0.1"}, attempts=self.attempts, sleep=lambda _: None)

    def serve(self, change: Callable[[Answer], Sequence[Answer]], but: str | None = None) -> None:
        """Answers every address from now on with what `change` makes of the sample's answer, one with `but` as ever."""
        for block in self._script["answer"]:
            path = self._paths.setdefault(block["url"], f"/{len(self._paths)}")
            headers = {"Content-Type": block["content_type"]} if "content_type" in block else {}
            content = (self.folder / "sample" / block["file"]).read_bytes()
            answer = Answer(content, block.get("status", 200), headers)
            answers = [answer] if block["url"] == but else change(answer)
            body = block["body"].encode() if "body" in block else None
            self.server.add(path, *answers, method=block.get("method", "GET"), body=body)

    def __call__(self, url: str, politeness: Politeness = Politeness(), ask: Ask = Ask()) -> Response:
        assert url in self._paths, f"the sample has no answer for {url}"
        self.asked.append(url)
        here = self.server.url + self._paths[url]
        try:
            quick = politeness.model_copy(update={"delay_seconds": 0.0})
            answer = self.fetcher(here, quick, ask)
        except SourceError as error:
            error.args = (str(error).replace(here, url),)
            error.evidence = error.evidence and replace(error.evidence, url=url)
            raise
        return replace(answer, url=url)

    def rows(self, source: SourceConfig, now: datetime) -> list[Row]:
        """What the source makes of the site now. Raises SourceError."""
        context = Context(
            get=self,
            now=now,
            data_dir=self.folder,
            platforms=self._platforms(),
            validators=self.kept.get,
            remember=self.kept.__setitem__,
        )
        return list(collect(source, context))

    def _platforms(self) -> Sequence[Platform]:
        names = self._script.get("platforms", ())
        return [Platform(id=f"p{place}", name=name, category="示例") for place, name in enumerate(names)]


def told(row: Row) -> dict[str, Any] | str:
    """A row as expected.json writes it: what is known of a document, or the refusal as people read it."""
    if isinstance(row.item, Refusal):
        return str(row.item).replace("\n", " ")
    known = {name: value for name, value in asdict(row.item).items() if value not in (None, {}, False)}
    known.pop("source_id")
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in known.items()}
