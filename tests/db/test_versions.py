"""What a site changes after the day is over: a row of its own, counted from then on, and never twice."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from db import read, write
from db.schema import Document, DocumentRevision, Story
from db.session import Database
from db.write import AnalysisRow, StoreCounts
from signals.model import EventHit, Kind, Polarity, Span
from tests.db.builders import (
    LATER,
    NOW,
    TODAY,
    add_platforms,
    add_source,
    analyse_all,
    count,
    document,
    mention,
    store,
)

DAY = timedelta(days=1)
TOMORROW = NOW + DAY


@pytest.fixture
def ready(database: Database) -> Database:
    """One source is known, and brought one document today."""
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a", "b")
        store(session, [document(1)])
    return database


def edit(database: Database, text: str, now: datetime, **changes: Any) -> StoreCounts:
    """The site shows document 1 with this text."""
    with database.writing() as session:
        return store(session, [document(1, text=text, **changes)], now=now)


def versions(database: Database) -> list[Document]:
    """All rows, in their order."""
    with database.reading() as session:
        rows = list(session.scalars(select(Document).order_by(Document.id)))
        session.expunge_all()
        return rows


def test_a_later_edit_is_a_document_of_its_own_day(ready: Database) -> None:
    """Nobody could read the new words yesterday: they are available now, and yesterday's row stays as it was."""
    before = versions(ready)[0]
    assert edit(ready, "甲平台已无法提现", TOMORROW) == StoreCounts(revised=1)
    first, second = versions(ready)
    assert {c.name: getattr(first, c.name) for c in Document.__table__.c} == {
        c.name: getattr(before, c.name) for c in Document.__table__.c
    }
    assert (second.root_id, second.revision, second.text) == (first.id, 2, "甲平台已无法提现")
    assert (second.first_seen_at, second.available_at, second.available_day) == (
        TOMORROW,
        TOMORROW,
        TODAY + DAY,
    )
    assert (second.external_id, second.backfilled, second.analysed_with) == ("1", False, None)
    with ready.reading() as session:
        assert count(session, DocumentRevision) == 0


@pytest.mark.parametrize(
    "change",
    [{"title": "更正"}, {"subject": "乙公司"}, {"kind": Kind.SOCIAL}, {"official": True}],
    ids=["title", "subject", "kind", "official"],
)
def test_whatever_a_document_says_makes_a_version(ready: Database, change: dict[str, Any]) -> None:
    """Title, subject, kind and who speaks count on a day just as the text does."""
    assert edit(ready, document(1).text, TOMORROW, **change) == StoreCounts(revised=1)
    assert len(versions(ready)) == 2


def test_an_edit_of_today_corrects_in_place(ready: Database) -> None:
    """The day is not over: what it counts may still change, and one row is enough."""
    assert edit(ready, "改了", LATER) == StoreCounts(revised=1)
    (row,) = versions(ready)
    assert (row.text, row.revision, row.first_seen_at) == ("改了", 2, NOW)


def test_the_day_ends_in_shanghai(ready: Database) -> None:
    """16:00 UTC is midnight there: one minute decides whether an edit is of today."""
    midnight = datetime(2026, 11, 20, 16, tzinfo=UTC)
    edit(ready, "当天", midnight - timedelta(minutes=1))
    assert len(versions(ready)) == 1
    edit(ready, "次日", midnight)
    assert len(versions(ready)) == 2


def test_the_same_edit_comes_once(ready: Database) -> None:
    """A list page read every quarter of an hour shows the newest version again and again."""
    edit(ready, "改了", TOMORROW)
    assert edit(ready, "改了", TOMORROW) == StoreCounts(duplicates=1)
    assert edit(ready, "改了", TOMORROW + 5 * DAY) == StoreCounts(duplicates=1)
    assert len(versions(ready)) == 2


def test_both_versions_in_one_batch_are_one_edit(ready: Database) -> None:
    """The same page found on two list pages of one run."""
    with ready.writing() as session:
        counts = store(session, [document(1, text="改了"), document(1, text="改了")], now=TOMORROW)
    assert counts == StoreCounts(revised=1, duplicates=1)
    assert len(versions(ready)) == 2


def test_to_and_fro_ends(ready: Database) -> None:
    """Back to the first words is an edit too; a site that goes on swapping two texts makes no more rows."""
    shown = ["乙", document(1).text, "乙", document(1).text, "乙", document(1).text]
    outcomes = [edit(ready, words, NOW + (n + 1) * DAY) for n, words in enumerate(shown)]
    assert outcomes == [StoreCounts(revised=1)] * 3 + [StoreCounts(duplicates=1)] * 3
    assert [row.text for row in versions(ready)] == [document(1).text, "乙", document(1).text, "乙"]


def test_a_version_of_today_is_corrected_in_place(ready: Database) -> None:
    """Many edits on one day are one row: a page under construction does not fill the archive."""
    for number in range(5):
        edit(ready, f"第{number}稿", TOMORROW + timedelta(minutes=number))
    _, newest = versions(ready)
    assert (newest.text, newest.available_day) == ("第4稿", TODAY + DAY)


def test_progress_of_a_complaint_stays_in_place(ready: Database) -> None:
    """A status is judged by when it reached us: it makes a revision, not a second complaint."""
    edit(ready, "改了", TOMORROW)
    status = {"fields": {"status": "已完成"}}
    assert edit(ready, "改了", TOMORROW + DAY, **status) == StoreCounts(revised=1)
    first, second = versions(ready)
    assert (first.fields, second.fields, second.available_at) == ({}, {"status": "已完成"}, TOMORROW)


def test_people_correct_in_place_whatever_the_day(ready: Database) -> None:
    """An import is a person's correction: METHOD allows it to change what a finished day counts."""
    with ready.writing() as session:
        corrected = [document(1, text="更正后的内容")]
        assert store(session, corrected, now=NOW + 9 * DAY, backfill=True) == StoreCounts(revised=1)
    (row,) = versions(ready)
    assert (row.text, row.root_id) == ("更正后的内容", None)


def test_an_import_of_a_version_already_stored_moves_nothing(ready: Database) -> None:
    """An export that holds the newest words must not carry them back to the first day."""
    edit(ready, "改了", TOMORROW)
    with ready.writing() as session:
        for words in ("改了", document(1).text):
            again = store(session, [document(1, text=words)], now=NOW + 9 * DAY, backfill=True)
            assert again == StoreCounts(duplicates=1)
    assert [row.text for row in versions(ready)] == [document(1).text, "改了"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("甲乙丙丁"), st.integers(0, 40)), min_size=1, max_size=12))
def test_no_finished_day_ever_changes(ready: Database, visits: list[tuple[str, int]]) -> None:
    """Whatever a site shows and when: rows of days that are over stay, and a repeated visit stores nothing."""
    with ready.writing() as session:
        for name in ("document_revisions", "documents"):
            session.execute(text(f"DELETE FROM {name}"))
    now = NOW
    for words, hours in visits:
        now += timedelta(hours=hours)
        today = now.astimezone(UTC) + timedelta(hours=8)
        before = {
            row.id: (row.text, row.available_at)
            for row in versions(ready)
            if row.available_day < today.date()
        }
        edit(ready, words, now)
        after = {row.id: (row.text, row.available_at) for row in versions(ready)}
        assert before.items() <= after.items()
        assert edit(ready, words, now) == StoreCounts(duplicates=1)
        days = [row.available_day for row in versions(ready)]
        assert len(days) == len(set(days))


def test_two_writers_store_one_edit(ready: Database) -> None:
    """Worker and command line see the same edit at once: one row, on either database."""
    barrier = threading.Barrier(2)
    results: list[StoreCounts] = []

    def visit() -> None:
        barrier.wait()
        results.append(edit(ready, "改了", TOMORROW))

    threads = [threading.Thread(target=visit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(results) == 2
    assert len(versions(ready)) == 2


def test_an_edit_is_no_further_copy(ready: Database) -> None:
    """A story of one paper and its later version has one copy and one publisher, named or not."""
    with ready.writing() as session:
        store(session, [document(2, publisher=None)])
    analyse_all(ready, "a")
    with ready.writing() as session:
        store(session, [document(1, text="改一"), document(2, publisher=None, text="改二")], now=TOMORROW)
        waiting = read.waiting_documents(session, "v", limit=9)
        assert [item.root_id for item in waiting] == [1, 2]
        rows = [AnalysisRow(item.id, [mention("a")], same_story_as=item.root_id) for item in waiting]
        write.save_analysis(session, rows, version="v", as_of=TOMORROW)
    with ready.reading() as session:
        stories = [(s.id, s.copies, s.publishers) for s in session.scalars(select(Story).order_by(Story.id))]
    assert stories == [(1, 1, 1), (2, 1, 1)]


def told_again(database: Database, later: datetime, **changes: Any) -> None:
    """Document 1 is analysed, edited at `later`, and the edit tells the same story about platform a."""
    analyse_all(database, "a")
    edit(database, "改了", later)
    with database.writing() as session:
        (item,) = read.waiting_documents(session, "v", limit=9)
        row = AnalysisRow(item.id, [mention("a", **changes)], same_story_as=item.root_id)
        write.save_analysis(session, [row], version="v", as_of=later)


def test_context_of_an_edit_reaches_its_first_version(ready: Database) -> None:
    """Half a year later the page is edited: what it said then must be seen, else it passes for news."""
    later = NOW + 180 * DAY
    told_again(ready, later)
    with ready.reading() as session:
        context = read.story_context(session, [1], later, hours=72)
        assert list(context["document_id"]) == [1]
        table = read.mention_table(session, ["a"], (TODAY, date(2027, 12, 31)))
    assert table["root_id"].fillna(0).tolist() == [0, 1]


def test_a_claim_repeated_by_an_edit_is_the_first_claim(ready: Database) -> None:
    """A floor asks for claims of the last 48 hours: an edit that repeats one does not renew it."""
    told_again(ready, NOW + 5 * DAY)
    with ready.reading() as session:
        found = read.floor_events(session, ["a"], TODAY, TODAY + 9 * DAY, ["withdrawal_difficulty"])
    assert found["document_id"].tolist() == [1, 2]
    assert found["available_at"].tolist() == [NOW, NOW]
    assert found["content_hash"].nunique() == 1


def test_a_claim_that_an_edit_adds_is_its_own(ready: Database) -> None:
    """立案 added to an old article is news of the day it was added."""
    later = NOW + 5 * DAY
    filed = EventHit("case_filed", Polarity.ASSERTED, Span("text", 0, 2, "case_filed"))
    told_again(ready, later, events=(filed,))
    with ready.reading() as session:
        found = read.floor_events(session, ["a"], TODAY, TODAY + 9 * DAY, ["case_filed"])
    assert found["available_at"].tolist() == [later]
