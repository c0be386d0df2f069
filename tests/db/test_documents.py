"""Documents in: what is new, what is known, what changed, and what may never be stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from db import read, write
from db.schema import Document, DocumentRevision
from db.session import Database
from db.write import StoreCounts
from db.write.rows import author_hash
from signals.model import Kind
from tests.db.builders import LATER, NOW, SALT, add_platforms, add_source, analyse_all, count, document, store


@pytest.fixture
def ready(database: Database) -> Database:
    """One source is known."""
    with database.writing() as session:
        add_source(session)
    return database


def only(database: Database) -> Document:
    """The one stored document."""
    with database.reading() as session:
        row = session.scalars(select(Document)).one()
        session.expunge(row)
        return row


def test_storing_twice_stores_nothing_twice(ready: Database) -> None:
    """An import repeated after a crash counts duplicates and changes nothing."""
    batch = [document(n) for n in range(5)]
    with ready.writing() as session:
        assert store(session, batch) == StoreCounts(stored=5)
    with ready.writing() as session:
        assert store(session, batch, now=LATER) == StoreCounts(duplicates=5)
        assert count(session, Document) == 5


def test_people_are_masked_before_storage(ready: Database) -> None:
    """No telephone number reaches the disk, in any part of the document."""
    telephone = "13812345678"
    with ready.writing() as session:
        item = document(1, title=telephone, text=telephone, subject=telephone, fields={"备注": telephone})
        store(session, [item])
    row = only(ready)
    assert telephone not in f"{row.title}{row.text}{row.subject}{row.fields}"


def test_author_is_a_salted_hash(ready: Database) -> None:
    """Authors can be told apart here and linked to nobody elsewhere."""
    with ready.writing() as session:
        store(session, [document(1, author="张三")])
    assert only(ready).author_hash == author_hash("张三", SALT) != author_hash("张三", "other")
    assert "张三" not in str(only(ready).__dict__)


def test_live_document_is_seen_now(ready: Database) -> None:
    """Without first_seen_at a live item became available when we got it."""
    with ready.writing() as session:
        store(session, [document(5)])
    row = only(ready)
    assert (row.first_seen_at, row.available_at, row.backfilled) == (NOW, NOW, False)


def test_backfill_is_available_when_published(ready: Database) -> None:
    """回填: no look-ahead is possible to exclude, so the row says that it is one."""
    with ready.writing() as session:
        store(session, [document(5)], backfill=True)
    row = only(ready)
    assert row.available_at == row.published_at == NOW - timedelta(hours=5)
    assert row.backfilled


def test_first_seen_from_the_input_counts(ready: Database) -> None:
    """An archive that says when it saw an item is no backfill; availability is the later of the two."""
    seen = NOW - timedelta(days=2)
    with ready.writing() as session:
        store(session, [document(1, published_at=NOW - timedelta(days=9), first_seen_at=seen)], backfill=True)
    row = only(ready)
    assert (row.available_at, row.backfilled) == (seen, False)


def test_undated_backfill_is_seen_now(ready: Database) -> None:
    """A row without any date can only be known from today on, and importing it again moves nothing."""
    with ready.writing() as session:
        store(session, [document(1, published_at=None)], backfill=True)
    with ready.writing() as session:
        again = store(session, [document(1, published_at=None)], backfill=True, now=LATER)
    assert again == StoreCounts(duplicates=1)
    assert (only(ready).available_at, only(ready).backfilled) == (NOW, False)


def test_day_is_the_shanghai_day(ready: Database) -> None:
    """23:30 UTC is already tomorrow in Shanghai."""
    late = NOW.replace(hour=23, minute=30)
    with ready.writing() as session:
        store(session, [document(1, published_at=late)], backfill=True)
    assert only(ready).available_day == date(2026, 11, 21)


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("text", {"text": "甲平台已恢复兑付"}),
    ("title", {"title": "更正"}),
    ("kind", {"kind": Kind.REGULATORY}),
    ("status", {"fields": {"status": "已完成"}}),
    ("first seen", {"first_seen_at": NOW - timedelta(hours=2)}),
]


@pytest.mark.parametrize("change", [change for _, change in CHANGES], ids=[name for name, _ in CHANGES])
def test_a_change_is_a_revision(ready: Database, change: dict[str, Any]) -> None:
    """What changed is stored, what it said before is kept, and it waits to be read again."""
    with ready.writing() as session:
        store(session, [document(1)])
    analyse_all(ready)
    with ready.writing() as session:
        assert store(session, [document(1, **change)], now=LATER) == StoreCounts(revised=1)
    row = only(ready)
    assert (row.revision, row.analysed_with) == (2, None)
    with ready.reading() as session:
        former = session.scalars(select(DocumentRevision)).one()
    assert (former.revision, former.replaced_at) == (1, LATER)
    assert former.content["text"] == document(1).text
    assert former.content["kind"] == "news"


def test_people_correct_a_date(ready: Database) -> None:
    """A row imported twice with another date is a revision, and counts on the corrected day."""
    with ready.writing() as session:
        store(session, [document(1)], backfill=True)
        changed = [document(1, published_at=NOW - timedelta(days=3))]
        assert store(session, changed, now=LATER, backfill=True) == StoreCounts(revised=1)
    assert only(ready).available_at == only(ready).published_at == NOW - timedelta(days=3)


def test_a_site_that_touches_its_dates_changes_nothing(ready: Database) -> None:
    """3小时前 is another moment at every visit: the first date stands, and nothing is analysed again."""
    with ready.writing() as session:
        store(session, [document(1)])
        touched = [document(1, published_at=NOW - timedelta(minutes=7))]
        assert store(session, touched, now=LATER) == StoreCounts(duplicates=1)
        assert store(session, touched, now=NOW + timedelta(days=9)) == StoreCounts(duplicates=1)
    assert only(ready).published_at == document(1).published_at


def test_an_undated_item_of_today_may_still_get_its_date(ready: Database) -> None:
    """A date that appears on the same day is news about the document; later it would move a finished day."""
    with ready.writing() as session:
        store(session, [document(1, published_at=None), document(2, published_at=None)])
        assert store(session, [document(1)], now=LATER) == StoreCounts(revised=1)
        assert store(session, [document(2)], now=NOW + timedelta(days=2)) == StoreCounts(duplicates=1)


def test_a_revision_keeps_when_it_was_first_seen(ready: Database) -> None:
    """An edited page was known since its first version; only an explicit date moves that."""
    with ready.writing() as session:
        store(session, [document(1)])
    with ready.writing() as session:
        store(session, [document(1, text="改了")], now=LATER)
    assert only(ready).first_seen_at == NOW


def test_sources_count_their_documents(ready: Database) -> None:
    """The page of sources reads a number that storing and forgetting keep exact, duplicates and later versions too."""
    tomorrow = NOW + timedelta(days=1)
    with ready.writing() as session:
        add_source(session, "other")
        store(session, [document(n) for n in range(4)] + [document(1, source_id="other")])
        store(session, [document(2), document(3, text="改了")], now=tomorrow)
        rows = session.scalar(select(func.count()).where(Document.source_id == "news"))
        assert dict(read.sources(session)[["id", "documents"]].values) == {"news": rows, "other": 1}
    write.forget_source(ready, "news", now=NOW)
    with ready.reading() as session:
        assert dict(read.sources(session)[["id", "documents"]].values) == {"news": 0, "other": 1}


def test_an_address_longer_than_an_index_takes_is_stored(ready: Database) -> None:
    """Some sites put kilobytes into a link: PostgreSQL would refuse the row, and with it the whole batch."""
    address = "https://news.example/" + "".join(f"{n:x}" for n in range(9000))
    with ready.writing() as session:
        assert store(session, [document(1, url=address)]).stored == 1
    assert (only(ready).url, only(ready).canonical_url) == (address, None)


def test_a_read_counter_is_no_change(ready: Database) -> None:
    """Fields that move with every visit must not send the document through analysis each time."""
    with ready.writing() as session:
        store(session, [document(1, fields={"阅读数": "10"})])
        assert store(session, [document(1, fields={"阅读数": "11"})]) == StoreCounts(duplicates=1)


def test_the_same_id_twice_in_a_batch(ready: Database) -> None:
    """The last word of a file counts, the first is kept as its former content."""
    with ready.writing() as session:
        counts = store(session, [document(1), document(1), document(1, text="后来的版本")])
    assert counts == StoreCounts(stored=1, duplicates=1, revised=1)
    assert only(ready).text == "后来的版本"


def test_without_id_copies_on_many_sites_are_many(ready: Database) -> None:
    """Forty sites print one text: forty documents; the same row twice is one."""
    same = {"external_id": None, "text": "通稿", "title": "通稿", "published_at": NOW}
    copies = [document(n, publisher=f"站点{n}", **same) for n in range(40)]
    with ready.writing() as session:
        assert store(session, [*copies, copies[7]]) == StoreCounts(stored=40, duplicates=1)


def test_same_id_of_two_sources_is_two_documents(ready: Database) -> None:
    """An id means something only within its source."""
    with ready.writing() as session:
        add_source(session, "other")
        assert store(session, [document(1), document(1, source_id="other")]).stored == 2


def test_counts_add_up() -> None:
    """Batches of one run sum to the run."""
    total = StoreCounts(1, 2, 3) + StoreCounts(refused=4)
    assert (total, total.items) == (StoreCounts(1, 2, 3, 4), 10)


TEXTS = st.text(st.characters(), max_size=60)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=TEXTS, text=TEXTS, author=TEXTS, external_id=st.none() | TEXTS)
def test_any_text_is_stored_once(
    ready: Database, title: str, text: str, author: str, external_id: str | None
) -> None:
    """Whatever characters a page holds, storing is possible and repeatable."""
    item = document(1, title=title, text=text, author=author, external_id=external_id)
    with ready.writing() as session:
        first = store(session, [item])
        assert first.items == 1
        assert store(session, [item]) == StoreCounts(duplicates=1)


def test_waiting_documents_come_back_as_they_went_in(ready: Database) -> None:
    """The analyser gets what the collector gave: masked, with the author's hash."""
    with ready.writing() as session:
        store(
            session, [document(1, author="李四", reach=0.7, official=True, subject="甲公司", channel="微博")]
        )
    with ready.reading() as session:
        (waiting,) = read.waiting_documents(session, "v1", limit=10)
    assert waiting.document.author == author_hash("李四", SALT)
    assert waiting.document == document(
        1,
        author=waiting.document.author,
        reach=0.7,
        official=True,
        subject="甲公司",
        channel="微博",
        first_seen_at=NOW,
    )
    assert (waiting.revision, waiting.available_at, waiting.day) == (1, NOW, date(2026, 11, 20))


def test_waiting_documents_come_oldest_first_and_limited(ready: Database) -> None:
    """A batch is taken from the front of the queue, whatever its size."""
    with ready.writing() as session:
        store(session, [document(n) for n in range(7)])
    with ready.reading() as session:
        assert [w.id for w in read.waiting_documents(session, "v1", limit=3)] == [1, 2, 3]
        assert read.waiting_count(session) == 7


def test_rescoring_makes_all_wait_again(ready: Database) -> None:
    """After the watch list grew every document is read once more."""
    with ready.writing() as session:
        add_platforms(session, "a")
        store(session, [document(n) for n in range(3)])
    analyse_all(ready, "a")
    with ready.writing() as session:
        assert write.rescore(session) == 3
        assert read.waiting_count(session) == 3


def test_ids_are_never_given_twice(ready: Database, make_forgotten: Callable[[Database], None]) -> None:
    """A link to a removed document must not open another one."""
    with ready.writing() as session:
        store(session, [document(n) for n in range(3)])
    make_forgotten(ready)
    with ready.writing() as session:
        add_source(session, "next")
        store(session, [document(9, source_id="next")])
    assert only(ready).id == 4


@pytest.fixture
def make_forgotten() -> Callable[[Database], None]:
    """Remove everything source `news` brought."""

    def forget(database: Database) -> None:
        write.forget_source(database, "news", now=NOW)

    return forget
