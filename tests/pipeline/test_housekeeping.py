"""The nightly turn: retention is enforced, what is of no use goes, and nothing that is shown changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from db import write
from db.schema import Document
from pipeline.commands.stages import carry
from pipeline.housekeeping import PurgeIncomplete, nightly
from pipeline.prepare import Workplace, declaration
from pipeline.progress import silent
from pipeline.stages.collect import import_file
from tests.pipeline.conftest import NOW, PLATFORM, Rows

TODAY = date(2026, 3, 10)
LIMIT = 30
SOURCE = "import_documents"


def complaint(number: int, day: date) -> Mapping[str, str]:
    """Somebody who cannot withdraw."""
    return {
        "id": str(number),
        "title": "无法提现",
        "text": f"我在岚桥优贷申请提现已经{number}天没有到账，现在完全无法提现",
        "published_at": day.isoformat(),
        "first_seen_at": day.isoformat(),
        "kind": "complaint",
        "author": f"用户{number % 4}",
    }


@pytest.fixture
def ready(workplace: Workplace, table: Callable[[Rows], Path]) -> Workplace:
    """Complaints of 29 to 32 days ago, computed to the end; their source keeps content for 30 days."""
    source = workplace.source(SOURCE)
    assert source is not None
    rows = [complaint(n, TODAY - timedelta(days=29 + n % 4)) for n in range(20)]
    import_file(workplace, source, table(rows), now=NOW)
    carry(workplace, NOW, silent)
    keep(workplace, LIMIT)
    return workplace


def keep(workplace: Workplace, days: int | None) -> None:
    """As if source.toml said so."""
    source = workplace.source(SOURCE)
    assert source is not None
    with workplace.database.writing() as session:
        write.upsert_sources(session, [declaration(source.model_copy(update={"retention_days": days}))])


def readable(workplace: Workplace) -> list[date]:
    """Days of documents that still have their words."""
    with workplace.database.reading() as session:
        statement = select(Document.available_day).where(Document.text != "").distinct()
        return sorted(session.scalars(statement))


def shown(workplace: Workplace) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that was computed, without its as_of."""
    tables = ("index_days", "index_values", "platform_days", "flips", "mentions")
    with workplace.database.reading() as session:
        return {
            name: sorted(tuple(map(str, row)) for row in session.execute(text(f"SELECT * FROM {name}")))
            for name in tables
        }


def test_retention_is_counted_in_days(ready: Workplace) -> None:
    """Thirty days are kept: the thirtieth day stays, the thirty-first goes."""
    sentence = nightly(ready, NOW)
    assert readable(ready) == [TODAY - timedelta(days=30), TODAY - timedelta(days=29)]
    assert "清除内容 10 篇" in sentence


def test_without_a_limit_everything_is_kept(ready: Workplace) -> None:
    """retention_days is a source's own word."""
    keep(ready, None)
    nightly(ready, NOW)
    assert len(readable(ready)) == 4


def test_a_second_night_finds_nothing(ready: Workplace) -> None:
    """Once a day or ten times: the same."""
    nightly(ready, NOW)
    assert "清除内容 0 篇" in nightly(ready, NOW)


def test_no_figure_changes(ready: Workplace) -> None:
    """Not by the purge, and not when all days are computed again afterwards."""
    before = shown(ready)
    nightly(ready, NOW)
    assert shown(ready) == before
    with ready.database.writing() as session:
        write.rescore(session)
        write.add_pending(session, "index", [(PLATFORM.id, TODAY - timedelta(days=40))])
    carry(ready, NOW + timedelta(hours=1), silent)
    assert shown(ready) == before


def test_a_removed_source_file_is_no_way_out(ready: Workplace) -> None:
    """The row of the database counts, not the folder: without its source.toml a source keeps its word."""
    bare = Workplace(ready.database, ready.settings, (), (), ready.publishers)
    nightly(bare, NOW)
    assert len(readable(ready)) == 2


def test_progress_names_the_source(ready: Workplace) -> None:
    """The page of the worker says what it is doing."""
    seen: list[tuple[str, int, int, str]] = []

    def report(stage: str, done: int, total: int, message: str = "") -> None:
        seen.append((stage, done, total, message))

    nightly(ready, NOW, report)
    assert [said[:3] for said in seen] == [("housekeeping", 10, 10)]


def test_a_stop_in_the_middle_is_taken_up_again(ready: Workplace) -> None:
    """The worker is asked to end while it purges: what is emptied stays, the next night does the rest."""

    def stop(stage: str, done: int, total: int, message: str = "") -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nightly(ready, NOW, stop)
    nightly(ready, NOW)
    assert len(readable(ready)) == 2


def test_what_is_left_readable_is_no_silence(ready: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A purge that did not do what it says stops the turn with a sentence for people."""
    done = write.purge

    def leaky(*arguments: Any, **options: Any) -> write.PurgeReport:
        report = done(*arguments, **options)
        report.still_readable = 2
        return report

    monkeypatch.setattr(write, "purge", leaky)
    with pytest.raises(PurgeIncomplete, match="仍能读到 2 处"):
        nightly(ready, NOW)
