"""What a document costs must not grow with the archive: every statement on its way in searches an index.

The planners are asked, on an archive large enough that a scan would be chosen where nothing better is at hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text

from db import read, write
from db.schema import Document, Run
from db.session import Database, Session
from db.write import AnalysisRow
from db.write.purge import BATCH, COLUMNS
from tests.db.builders import NOW, TODAY, add_platforms, add_source, document, mention, store

BIG = ("documents", "story_bands", "mentions", "runs", "document_revisions")
ARCHIVE = 3_000


@pytest.fixture(scope="module")
def archive(module_database: Database) -> Database:
    """Three thousand analysed documents of four sources over two years, each with band keys and a mention."""
    database = module_database
    with database.writing() as session:
        add_platforms(session, "a")
        for source in range(4):
            add_source(session, f"s{source}")
        documents = [
            document(
                n,
                source_id=f"s{n % 4}",
                url=f"https://news.example/{n // 2}",
                published_at=NOW - timedelta(hours=6 * n),
            )
            for n in range(ARCHIVE)
        ]
        store(session, documents, backfill=True)
        runs = [
            {
                "source_id": f"s{n % 4}",
                "slot": str(n),
                "started_at": NOW - timedelta(hours=n),
                "state": "done",
            }
            for n in range(ARCHIVE)
        ]
        session.execute(insert(Run), runs)
    with database.writing() as session:
        rows = [
            AnalysisRow(item.id, [mention("a")], band_keys=[item.id * 97 + n for n in range(8)])
            for item in read.waiting_documents(session, "v", limit=ARCHIVE)
        ]
        write.save_analysis(session, rows, version="v", as_of=NOW)
    if not database.is_sqlite:  # the server keeps statistics by itself; SQLite has none, and must do without
        with database.engines.writing.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    return database


class Undone(Exception):
    """Ends a test's transaction."""


@contextmanager
def undone(archive: Database) -> Iterator[Session]:
    """A transaction that leaves no trace: the archive is filled once for all tests."""
    with suppress(Undone), archive.writing() as session:
        yield session
        raise Undone


@contextmanager
def statements(session: Session) -> Iterator[list[tuple[str, Any]]]:
    """Everything sent to the database meanwhile."""
    sent: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        sent.append((statement, parameters[0] if many and isinstance(parameters, list) else parameters))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def scans(database: Database, session: Session, sent: list[tuple[str, Any]]) -> list[str]:
    """Plans in which a table that grows is read from end to end."""
    explain, scan = (
        # The queue is an index of what waits, and of nothing else.
        ("EXPLAIN QUERY PLAN ", rf"SCAN (?:{'|'.join(BIG)})\b(?! USING INDEX ix_documents_waiting)")
        if database.is_sqlite
        else ("EXPLAIN ", rf"Seq Scan on (?:{'|'.join(BIG)})\b")
    )
    found = []
    for statement, parameters in sent:
        if not re.match(r"\s*(?:SELECT|UPDATE|DELETE)", statement):
            continue
        rows = session.connection().exec_driver_sql(explain + statement, parameters).all()
        plan = "\n".join(str(row[-1]) for row in rows)
        if re.search(scan, plan):
            found.append(f"{statement}\n{plan}")
    return found


def clustering(session: Session) -> None:
    documents = [10, 500, 1200]
    days = dict.fromkeys(documents, TODAY)
    read.story_candidates(session, {number: [number * 97, number * 97 + 1] for number in documents}, days)
    read.same_page(session, documents)


def storing(session: Session) -> None:
    store(session, [document(n, source_id=f"s{n % 4}", text="改了") for n in range(20)])


def analysing(session: Session) -> None:
    read.waiting_documents(session, "v", limit=50)
    rows = [AnalysisRow(n, [mention("a")], same_story_as=n - 1, band_keys=[n]) for n in range(20, 30)]
    write.save_analysis(session, rows, version="v", as_of=NOW + timedelta(hours=1))


def answering(session: Session) -> None:
    read.has_url(session, "https://news.example/3", "s")
    read.last_runs(session)
    read.document_counts(session, "s1", start=TODAY)
    read.sources(session)
    read.runs(session, source_id="s1", limit=20)


def purging(session: Session) -> None:
    old = (Document.source_id == "s1") & (Document.available_at < NOW - timedelta(days=700))
    statement = session.query(*COLUMNS).where(old, Document.purged_at.is_(None))
    statement.order_by(Document.available_at).limit(BATCH).all()


WAYS: list[Callable[[Session], None]] = [clustering, storing, analysing, answering, purging]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_nothing_reads_the_archive(archive: Database, way: Callable[[Session], None]) -> None:
    """Clustering, storing, analysing, the ledger and retention: searches only, on both databases."""
    with undone(archive) as session:
        with statements(session) as sent:
            way(session)
        assert sent
        assert scans(archive, session, sent) == []


def test_candidates_are_found_by_period_and_key(archive: Database) -> None:
    """The band keys lie in the order in which they are asked for."""
    with archive.reading() as session:
        with statements(session) as sent:
            read.story_candidates(session, {10: [970, 971]}, {10: TODAY})
        (asked, *_) = [each for each in sent if "story_bands" in each[0]]
        explain = "EXPLAIN QUERY PLAN " if archive.is_sqlite else "EXPLAIN "
        rows = session.connection().exec_driver_sql(explain + asked[0], asked[1]).all()
    plan = "\n".join(str(row[-1]) for row in rows)
    wanted = (
        r"SEARCH story_bands USING PRIMARY KEY \(period=\? AND key=\?\)"
        if archive.is_sqlite
        else "pk_story_bands"
    )
    assert re.search(wanted, plan), plan


def test_a_page_is_looked_for_within_a_month(archive: Database) -> None:
    """An address that everybody shares is met every day: what is older than thirty days is another story."""
    with undone(archive) as session:
        shared = {"url": "https://portal.example/", "external_id": None}
        store(
            session,
            [document(0, source_id="s0", published_at=NOW - timedelta(days=31), **shared)],
            backfill=True,
        )
        store(
            session,
            [document(1, source_id="s1", published_at=NOW - timedelta(days=30), **shared)],
            backfill=True,
        )
        store(session, [document(2, source_id="s2", published_at=NOW, **shared)], backfill=True)
        ours = select(Document.id).where(Document.url == shared["url"]).order_by(Document.id)
        first, second, third = session.scalars(ours)
        assert read.same_page(session, [first, second, third]) == {second: first, third: second}
