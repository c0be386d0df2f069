"""Purging: the content is gone, from the rows and from the file; what rests on it stays; nothing brings it back."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from db import read, write
from db.schema import Document, DocumentRevision, Mention, StoryBand
from db.session import Database
from db.write import AnalysisRow, NothingChosen, StoreCounts
from tests.db.builders import (
    LATER,
    NOW,
    TODAY,
    add_platforms,
    add_source,
    analyse_all,
    count,
    counts,
    document,
    mention,
    store,
)

DAY = timedelta(days=1)
MARKER = "青禾湾七号楼的住户"
"""Words that occur nowhere but in the documents to be purged."""


def old(number: int, **changes: Any) -> Any:
    """A document that became available a hundred days ago and more."""
    then = NOW - timedelta(days=100 + number % 5)
    wanted = {
        "published_at": then,
        "text": f"{MARKER}第{number}人说：甲平台提现困难",
        "author": f"网友{number % 3}",
    }
    return document(number, **(wanted | changes))


@pytest.fixture
def ready(database: Database) -> Database:
    """Forty old documents of a source and two of today, read, weighed, in stories; one of them was corrected."""
    with database.writing() as session:
        add_source(session)
        add_source(session, "other")
        add_platforms(session, "a")
        fields = {"status": "处理中", "诉求": MARKER}
        store(session, [old(n, subject=MARKER, fields=fields) for n in range(40)], backfill=True)
        store(session, [old(0, subject=MARKER, fields=fields, title=MARKER)], backfill=True)
        store(session, [document(n) for n in (90, 91)] + [old(7, source_id="other")])
        waiting = read.waiting_documents(session, "v1", limit=99)
        rows = [AnalysisRow(item.id, [mention("a")], band_keys=[item.id, 777]) for item in waiting]
        write.save_analysis(session, rows, version="v1", as_of=NOW)
        write.save_weights(session, [(item.id, "a", NOW, 0.25) for item in waiting])
        told = {
            item.id: write.Digest([MARKER], [MARKER], item.revision) for item in waiting if item.day < TODAY
        }
        write.save_digests(session, told)
        write.keep_response(
            session,
            "news",
            None,
            url="https://a.example",
            status=500,
            reason="错误",
            headers={},
            body=MARKER.encode(),
            cut=False,
            now=NOW - timedelta(days=70),
        )
    return database


def purge(database: Database, **changes: Any) -> write.PurgeReport:
    """Everything of source news that became available before today."""
    wanted: dict[str, Any] = {"source_id": "news", "before": TODAY, "now": LATER}
    return write.purge(database, **(wanted | changes))


def everything(database: Database) -> str:
    """All rows of all tables that hold text, as one string."""
    tables = (
        "documents",
        "document_revisions",
        "kept_responses",
        "mentions",
        "story_bands",
        "story_digests",
        "stories",
        "sources",
    )
    with database.reading() as session:
        return str([session.execute(text(f"SELECT * FROM {name} ORDER BY 1, 2")).all() for name in tables])


def test_the_content_is_gone_and_the_report_says_so(ready: Database) -> None:
    """Counts by table, source and kind, the days, and a fresh look that finds nothing left."""
    report = purge(ready)
    assert report.still_readable == 0
    assert report.tables == {
        "documents": 40,
        "document_revisions": 1,
        "story_bands": 80,
        "story_digests": 40,
        "kept_responses": 1,
    }
    assert (report.compacted, report.wal_cleared) == ((True, True) if ready.is_sqlite else (None, None))
    assert report.by_source == {("news", "news"): 40}
    assert (report.first_day, report.last_day) == (TODAY - 104 * DAY, TODAY - 100 * DAY)
    with ready.reading() as session:
        rows = session.scalars(select(Document).where(Document.purged_at.is_not(None))).all()
        assert len(rows) == 40
        assert {(row.title, row.text, row.subject, row.purged_at) for row in rows} == {("", "", None, LATER)}
        assert {str(row.fields) for row in rows} == {"{'status': '处理中'}"}
        assert not session.scalar(select(DocumentRevision).limit(1))
    with ready.writing() as session:
        left = session.scalars(select(Document).where(Document.source_id == "other")).one()
        session.delete(left)
    assert MARKER not in everything(ready)


def test_the_digest_can_be_checked_by_anybody(ready: Database) -> None:
    """SHA-256 over the identities, one a line: who kept a list can prove that these were removed, and no others."""
    with ready.reading() as session:
        chosen = select(Document.identity).where(Document.source_id == "news", Document.available_day < TODAY)
        identities = session.scalars(chosen.order_by(Document.available_at, Document.id)).all()
    report = purge(ready)
    assert report.digest == hashlib.sha256("".join(f"{i}\n" for i in identities).encode()).hexdigest()


def test_nobody_else_is_touched(ready: Database) -> None:
    """Another source's old documents and the same source's new ones stay word for word."""
    with ready.reading() as session:
        others = (Document.source_id == "other") | (Document.available_day >= TODAY)
        before = session.execute(select(*Document.__table__.c).where(others)).all()
    purge(ready)
    with ready.reading() as session:
        assert session.execute(select(*Document.__table__.c).where(others)).all() == before


def test_what_rests_on_it_stays(ready: Database) -> None:
    """Mentions with their weights, stories, hashes and addresses: finished days can be computed as they were."""
    kept = (
        Document.identity,
        Document.content_hash,
        Document.external_id,
        Document.story_id,
        Document.available_at,
    )

    def resting(database: Database) -> list[Any]:
        with database.reading() as session:
            return [
                session.execute(select(*kept).order_by(Document.id)).all(),
                session.execute(select(*Mention.__table__.c)).all(),
                read.index_days(session, ["a"], date(2026, 1, 1), TODAY).values.tolist(),
            ]

    before = resting(ready)
    purge(ready)
    assert resting(ready) == before
    with ready.reading() as session:
        assert read.pending(session, "index") == {"a": TODAY - 104 * DAY}, "as analysis left it"


def test_authors_stay_apart_and_lead_nowhere(ready: Database) -> None:
    """Three people filed forty complaints: still three, none of whom can be found again by the salted hash."""
    with ready.reading() as session:
        named = set(session.scalars(select(Document.author_hash)))
    purge(ready)
    with ready.reading() as session:
        purged = select(Document.author_hash).where(Document.purged_at.is_not(None))
        cut = set(session.scalars(purged))
    assert len(cut) == 3
    assert not cut & named


def test_a_repeated_import_brings_nothing_back(ready: Database) -> None:
    """Same rows, changed rows, as an import or from the site: known, and left empty."""
    purge(ready)
    with ready.writing() as session:
        for changed in ({}, {"text": "改了"}, {"title": "改了"}):
            for backfill in (True, False):
                again = store(session, [old(3, **changed)], now=LATER + DAY, backfill=backfill)
                assert again == StoreCounts(duplicates=1)
    with ready.reading() as session:
        assert session.scalars(select(Document).where(Document.external_id == "3")).one().text == ""


def test_purged_documents_are_never_read_again(ready: Database) -> None:
    """Re-scoring leaves them out: analysed anew, an empty text would lose its mentions."""
    purge(ready)
    with ready.writing() as session:
        assert write.rescore(session) == 3
        assert {item.document.source_id for item in read.waiting_documents(session, "v", limit=99)} == {
            "news",
            "other",
        }
        assert read.waiting_count(session) == 3


def test_analysis_under_way_cannot_save_what_it_read(ready: Database) -> None:
    """Read before, saved after the purge: the revision has moved on, and the row is left out."""
    with ready.writing() as session:
        write.rescore(session)
    with ready.reading() as session:
        (item, *_) = read.waiting_documents(session, "v2", limit=1)
    purge(ready)
    with ready.writing() as session:
        row = AnalysisRow(item.id, [], band_keys=[1], revision=item.revision)
        assert write.save_analysis(session, [row], version="v2", as_of=LATER) == 0
        assert not session.scalars(select(StoryBand).where(StoryBand.document_id == item.id)).all()


def test_what_was_never_read_waits_for_nobody(ready: Database) -> None:
    """Purged before the analyse stage came to it: it leaves the queue."""
    with ready.writing() as session:
        store(session, [old(50)], backfill=True)
    purge(ready)
    with ready.reading() as session:
        assert read.waiting_count(session) == 0


def test_a_dry_run_reports_and_removes_nothing(ready: Database) -> None:
    """The same figures as the purge that follows, and not a byte changed."""
    before = everything(ready)
    planned = purge(ready, dry_run=True)
    assert everything(ready) == before
    done = purge(ready)
    for name in ("documents", "by_source", "first_day", "last_day", "digest"):
        assert getattr(planned, name) == getattr(done, name)


def test_twice_removes_once(ready: Database) -> None:
    """A purge repeated finds nothing to do."""
    purge(ready)
    again = purge(ready)
    assert (again.documents, again.still_readable) == (0, 0)


def test_an_interrupted_purge_goes_on(ready: Database) -> None:
    """Killed between two batches: what is emptied stays so, and the next call does the rest."""
    with ready.writing() as session:
        store(session, [old(n) for n in range(100, 2600)], backfill=True)

    def interrupt(done: int, total: int) -> None:
        assert total == 2540
        if done >= 2000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        purge(ready, progress=interrupt)
    report = purge(ready)
    assert (report.documents, report.still_readable) == (540, 0)


def test_one_document_goes_with_all_its_versions(ready: Database) -> None:
    """Somebody asks for removal of a page: its later versions hold the same words."""
    analyse_all(ready, "a")
    with ready.writing() as session:
        store(session, [document(90, text="改一")], now=NOW + DAY)
        store(session, [document(90, text="改二")], now=NOW + 2 * DAY)
        newest = session.scalars(select(Document.id).order_by(Document.id.desc())).all()[0]
    report = write.purge(ready, document_ids=[newest], now=NOW + 3 * DAY)
    assert (report.documents, report.still_readable) == (3, 0)
    with ready.writing() as session:
        assert store(session, [document(90, text="改三")], now=NOW + 4 * DAY) == StoreCounts(duplicates=1)


def test_conditions_narrow_each_other(ready: Database) -> None:
    """These documents, but only those of that source and before that day."""
    ids = list(range(1, 60))
    assert write.purge(ready, source_id="other", document_ids=ids, now=LATER, dry_run=True).documents == 1
    day = TODAY - 103 * DAY
    assert write.purge(ready, before=day, document_ids=ids, now=LATER, dry_run=True).documents == 8
    assert write.purge(ready, before=TODAY, now=LATER, dry_run=True).documents == 40


def test_choosing_nothing_is_refused(ready: Database) -> None:
    """A forgotten argument must not empty the archive."""
    with pytest.raises(NothingChosen, match="请指定"):
        write.purge(ready, now=LATER)
    assert write.purge(ready, document_ids=[], now=LATER).documents == 0
    with ready.reading() as session:
        assert count(session, Document) == 43


def test_backups_are_named_as_untouched(ready: Database) -> None:
    """The report does not promise what it did not do."""
    assert "备份" in purge(ready).backups


def test_no_byte_is_left_in_the_files(sqlite_database: Database) -> None:
    """SQLite leaves removed content in free space and in its log: after a purge neither holds a word of it."""
    database = sqlite_database
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a")
    for start in range(0, 3000, 500):
        texts = [f"{MARKER}{n}" + "，详情见附件" * (n % 300) for n in range(start, start + 500)]
        with database.writing() as session:
            store(session, [old(start + n, text=words) for n, words in enumerate(texts)], backfill=True)
            store(session, [document(10_000 + start + n) for n in range(500)])
            corrected = [old(start + n, text=f"更正{words}") for n, words in enumerate(texts) if n % 3]
            store(session, corrected, backfill=True)
    path = Path(database.url.database or "")
    marker = MARKER.encode()
    assert marker in path.read_bytes() + Path(f"{path}-wal").read_bytes()
    report = purge(database)
    assert (report.documents, report.still_readable, report.wal_cleared) == (3000, 0, True)
    assert marker not in path.read_bytes()
    assert Path(f"{path}-wal").stat().st_size == 0


def test_a_reader_that_holds_the_log_is_reported(sqlite_database: Database) -> None:
    """A page open on an old snapshot keeps the log: the report says so instead of promising too much."""
    with sqlite_database.writing() as session:
        add_source(session)
        store(session, [old(1)], backfill=True)
    with sqlite_database.reading() as session:
        assert count(session, Document) == 1
        report = purge(sqlite_database)
    assert report.wal_cleared is False
    assert counts(sqlite_database)["documents"] == 1
