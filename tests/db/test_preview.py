"""A dry run decides as the import would, says what would change, and leaves not a byte behind."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from db import write
from db.schema import Base
from db.session import Database
from db.write import StoreCounts, Verdict
from db.write.preview import EARLIER_ROW
from signals.model import Document, Kind
from tests.db.builders import LATER, NOW, SALT, add_source, document, store


@pytest.fixture
def ready(database: Database) -> Database:
    """Three documents of one source were imported."""
    with database.writing() as session:
        add_source(session)
        store(session, [document(n) for n in range(3)], backfill=True)
    return database


def preview(
    database: Database, *documents: Document, seen: dict[str, Any] | None = None, **changes: Any
) -> list[Verdict]:
    """What an import would say."""
    wanted: dict[str, Any] = {
        "now": LATER,
        "salt": SALT,
        "backfill": True,
        "seen": {} if seen is None else seen,
    }
    with database.reading() as session:
        return write.preview_documents(session, documents, **(wanted | changes))


def dump(database: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    with database.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


def test_nothing_is_written(ready: Database) -> None:
    """New, changed and known rows: the database before and after is the same, row by row."""
    before = dump(ready)
    verdicts = preview(ready, document(0), document(1, text="改了"), document(9))
    assert [verdict.outcome for verdict in verdicts] == ["duplicate", "revised", "new"]
    assert dump(ready) == before


def test_a_changed_date_is_shown_old_and_new(ready: Database) -> None:
    """A person sees what the row says now and what it would say."""
    day = NOW - timedelta(days=3)
    (verdict,) = preview(ready, document(1, published_at=day))
    assert verdict == Verdict(
        "revised",
        {"published_at": (document(1).published_at, day), "first_seen_at": (document(1).published_at, day)},
    )


def test_a_changed_label_is_shown_by_its_name(ready: Database) -> None:
    """A complaint's progress; a read counter beside it changes nothing."""
    (verdict,) = preview(ready, document(1, fields={"status": "已完成", "阅读数": "7"}))
    assert verdict == Verdict("revised", {"status": (None, "已完成")})


def test_changed_words_are_shown_whole_and_masked(ready: Database) -> None:
    """Title, text and kind with both values, as they are stored."""
    changed = document(1, title="更正", text="电话13812345678", kind=Kind.SOCIAL)
    (verdict,) = preview(ready, changed)
    assert verdict.changes == {
        "title": (document(1).title, "更正"),
        "text": (document(1).text, "电话138****5678"),
        "kind": ("news", "social"),
    }


def test_rows_of_the_same_file_know_each_other(ready: Database) -> None:
    """In one batch or in two: the second is a duplicate, the third a revision of what is not stored yet."""
    seen: dict[str, Any] = {}
    verdicts = preview(ready, document(9), document(9), seen=seen)
    verdicts += preview(ready, document(9, text="改了"), document(9, text="改了"), seen=seen)
    assert [verdict.outcome for verdict in verdicts] == ["new", "duplicate", "revised", "duplicate"]
    assert verdicts[2].changes == {"text": (EARLIER_ROW, "改了")}


def test_purged_documents_stay_purged(ready: Database) -> None:
    """The dry run says what the import does: nothing comes back."""
    write.purge(ready, source_id="news", now=LATER)
    assert preview(ready, document(1, text="改了")) == [Verdict("duplicate")]


def test_a_site_is_previewed_as_it_would_be_stored(ready: Database) -> None:
    """Live, on a later day: an edit would become a version of its own."""
    (verdict,) = preview(ready, document(1, text="改了"), backfill=False, now=NOW + timedelta(days=2))
    assert verdict == Verdict("revised", {"text": (document(1).text, "改了")})


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("backfill", [True, False])
def test_it_decides_as_storing_does(ready: Database, seed: int, backfill: bool) -> None:
    """Any file, in any batches: the counts of the preview are the counts of the import that follows."""
    draw = random.Random(seed)
    changes: list[dict[str, Any]] = [
        {},
        {"text": "甲"},
        {"text": "乙"},
        {"published_at": NOW - timedelta(days=4)},
        {"fields": {"status": "已完成"}},
        {"publisher": "丙报"},
        {"first_seen_at": NOW - timedelta(days=1)},
    ]
    rows = [replace(document(draw.randrange(5)), **draw.choice(changes)) for _ in range(40)]
    now = NOW + timedelta(days=draw.randrange(3))
    seen: dict[str, Any] = {}
    planned = []
    for start in range(0, 40, 7):
        batch = rows[start : start + 7]
        planned += [v.outcome for v in preview(ready, *batch, seen=seen, backfill=backfill, now=now)]
    stored = StoreCounts()
    for start in range(0, 40, 7):
        with ready.writing() as session:
            stored += store(session, rows[start : start + 7], now=now, backfill=backfill)
    assert planned.count("new") == stored.stored
    assert planned.count("duplicate") == stored.duplicates
    assert planned.count("revised") == stored.revised
