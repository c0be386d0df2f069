"""Forgetting a source: all that came of it, nothing else, restartable."""

from __future__ import annotations

import pytest

from db import read, write
from db.session import Database
from tests.db.builders import (
    NOW,
    TODAY,
    add_platforms,
    add_source,
    analyse_all,
    counts,
    days,
    document,
    flip_rows,
    index_value_rows,
    platform_day_rows,
    store,
)


@pytest.fixture
def ready(database: Database) -> Database:
    """A demo archive about demo platform d and real platform a; real news about a."""
    with database.writing() as session:
        add_source(session)
        add_source(session, "sample", demo=True)
        add_platforms(session, "a")
        add_platforms(session, "d", demo=True)
        run = write.start_run(session, "sample", "s", NOW)
        store(session, [document(n) for n in range(3)])
        store(session, [document(n, source_id="sample") for n in range(2500)], run_id=run)
        write.save_imported_file(session, "sample", "a.csv", "x", 9)
        row = {"day": TODAY, "kind": "news", "answered": True, "items": 3, "expected": 3.0}
        write.save_source_days(session, [row | {"source_id": name} for name in ("news", "sample")])
        for name in "ad":
            write.save_index_values(session, index_value_rows(name, days(3)), NOW)
            write.save_platform_days(session, platform_day_rows(name, days(3)), NOW)
            write.save_flips(session, flip_rows(name, days(1)), NOW, computed=[])
    analyse_all(database, "a", "d")
    with database.writing() as session:
        write.clear_pending(session, "index", {"a": TODAY, "d": TODAY})
    return database


def test_everything_of_a_demo_source_goes(ready: Database) -> None:
    """Documents, mentions, stories, runs, days, files, platforms and all their values; the rest stays whole."""
    found = write.forget_source(ready, "sample", now=NOW)
    assert (found.documents, found.mentions, found.platforms) == (2500, 5000, 1)
    left = counts(ready)
    expected = {
        "documents": 3,
        "mentions": 3,
        "stories": 3,
        "runs": 0,
        "source_days": 1,
        "imported_files": 0,
        "platforms": 1,
        "index_values": 3,
        "platform_days": 3,
        "flips": 1,
        "sources": 2,
    }
    assert {name: left[name] for name in expected} == expected
    with ready.reading() as session:
        assert not read.has_demo(session)
        assert read.sources(session).set_index("id").loc["sample", "removed"]


def test_platforms_that_stay_are_computed_again(ready: Database) -> None:
    """The real platform lost mentions: its day waits for the index stage."""
    write.forget_source(ready, "sample", now=NOW)
    with ready.reading() as session:
        assert read.pending(session, "index") == {"a": TODAY}


def test_forgetting_real_news_keeps_platforms(ready: Database) -> None:
    """The watch list does not belong to a source."""
    found = write.forget_source(ready, "news", now=NOW)
    assert (found.documents, found.platforms) == (3, 0)
    with ready.reading() as session:
        assert len(read.watch_list(session)) == 2


def test_progress_is_reported_between_transactions(ready: Database) -> None:
    """The page sees it move, and another writer gets its turn in between."""
    seen: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        with ready.writing() as session:
            write.beat(session, holder="w", now=NOW, done=done, total=total)

    write.forget_source(ready, "sample", now=NOW, progress=progress)
    assert seen == [(1000, 2500), (2000, 2500), (2500, 2500)]


def test_interrupted_forgetting_goes_on(ready: Database) -> None:
    """Killed in the middle: consistent, removed from sight at once, finished by the next call."""

    def interrupt(done: int, _total: int) -> None:
        if done >= 2000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write.forget_source(ready, "sample", now=NOW, progress=interrupt)
    with ready.reading() as session:
        assert read.linked_counts(session, "sample").documents == 500
        assert [row["id"] for row in read.source_declarations(session)] == ["news"]
    assert write.forget_source(ready, "sample", now=NOW).documents == 500
    assert write.forget_source(ready, "sample", now=NOW).documents == 0
    assert counts(ready)["documents"] == 3


def test_demo_platforms_stay_while_a_demo_source_is_left(ready: Database) -> None:
    """Two demo archives about the same platforms: the last one takes them along."""
    with ready.writing() as session:
        add_source(session, "sample2", demo=True)
    assert write.forget_source(ready, "sample", now=NOW).platforms == 0
    assert write.forget_source(ready, "sample2", now=NOW).platforms == 1


def test_unknown_source_is_nothing(ready: Database) -> None:
    """Forgetting what is not there changes nothing."""
    before = counts(ready)
    assert write.forget_source(ready, "nobody", now=NOW).documents == 0
    assert counts(ready) == before
