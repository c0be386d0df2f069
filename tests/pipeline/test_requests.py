"""What pages ask for: done once, in order, with an end people can read; a bad request stops no other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors.base import SourceConfig
from collectors.config import Schedule as Every
from collectors.fetch import Fetcher
from db import read, write
from db.roles import command_line
from pipeline import requests
from pipeline.errors import UsageFault
from pipeline.forget import forget
from pipeline.prepare import SAMPLE, Workplace, declaration, open_workplace
from pipeline.scheduler import Schedule
from pipeline.stages.collect import import_file
from tests.pipeline.conftest import NOW, Rows


def serve(workplace: Workplace) -> int:
    schedule = Schedule(lambda *_: None, lambda: None, lambda *_: None)
    return requests.serve(workplace, schedule, Fetcher(), NOW)


def asked(workplace: Workplace, what: str, **arguments: str) -> None:
    with workplace.database.writing() as session:
        write.ask(session, what, arguments, command_line("测试"), NOW)


def test_a_source_is_forgotten_with_all_that_came_of_it(
    workplace: Workplace, table: Callable[[Rows], Path]
) -> None:
    """After the request no document of the source is left, and the request says how many there were."""
    source = workplace.source("import_documents")
    assert source is not None
    path = table([{"id": "1", "title": "t", "text": "岚桥优贷发布公告。", "published_at": "2026-03-09"}])
    import_file(workplace, source, path, now=NOW)
    asked(workplace, "forget_source", source_id="import_documents")
    assert serve(workplace) == 1
    with workplace.database.reading() as session:
        assert list(read.rows(session, "documents")) == []
        row = read.requests(session).iloc[0]
    assert row["state"] == "done"
    assert "文档 1" in row["message"]


def test_a_bad_request_fails_alone(workplace: Workplace) -> None:
    """Unknown work and unknown sources end as failed with a sentence; what comes after them is done."""
    asked(workplace, "make_coffee")
    asked(workplace, "forget_source", source_id="nobody")
    asked(workplace, "collect", source_id="import_documents")
    assert serve(workplace) == 3
    with workplace.database.reading() as session:
        rows = read.requests(session).sort_values("id")
    assert list(rows["state"]) == ["failed", "failed", "done"]
    assert "make_coffee" in rows["message"].iloc[0]
    assert "nobody" in rows["message"].iloc[1]


def test_the_sample_archive_once_removed_stays_away(data_folder: Path) -> None:
    """Opening again brings neither its platforms nor its source back."""
    first = open_workplace(NOW)
    assert first.source(SAMPLE) is not None
    forget(first, SAMPLE)
    first.database.close()
    again = open_workplace(NOW)
    assert again.source(SAMPLE) is None
    with again.database.reading() as session:
        assert not read.has_demo(session)
        assert read.watch_list(session, demo=True) == ()
    again.database.close()


def test_an_unknown_source_is_named_with_those_there_are(workplace: Workplace) -> None:
    """A typo is mended from the message."""
    with pytest.raises(UsageFault, match="import_documents"):
        forget(workplace, "import_document")


def test_an_administrator_may_ask_before_the_site_wants_it(workplace: Workplace) -> None:
    """Collecting now overrides a postponement, and the answer says so."""
    config = SourceConfig(
        id="feed_a",
        name="示例",
        kind="news",
        reader="feed",
        url="http://127.0.0.1:9/feed",
        covers="all",
        schedule=Every(every_minutes=60),
    )
    with workplace.database.writing() as session:
        write.upsert_sources(session, [declaration(config)])
        until = datetime.now(UTC) + timedelta(hours=5)
        write.set_source_state(session, "feed_a", "blocked", "HTTP 429", retry_at=until)
    asked(workplace, "collect", source_id="feed_a")
    assert serve(dataclasses.replace(workplace, sources=(config,))) == 1
    with workplace.database.reading() as session:
        row = read.requests(session).iloc[0]
    assert row["state"] == "failed"
    assert "已按要求提前尝试" in row["message"]
