"""The queue of doubtful links: what waits, what it rests on, and what was answered, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db import read, write
from db.roles import Actor, Role
from db.session import Database
from db.write import AnalysisRow
from tests.db.builders import LATER, NOW, TODAY, add_platforms, add_source, document, mention, store

SECOND = timedelta(seconds=1)
CHEN = Actor("陈一", Role.ANALYST)


@pytest.fixture
def doubtful(database: Database) -> tuple[Database, list[int]]:
    """Two copies of a story that may be about a or b, a sure document, and a doubtful one of last month."""
    with database.writing() as session:
        add_source(session)
        add_source(session, "other")
        add_platforms(session, "a", "b")
        old = NOW - timedelta(days=40)
        store(session, [document(n) for n in range(3)])
        store(session, [document(3, source_id="other", published_at=old, first_seen_at=old)])
    with database.reading() as session:
        ids = sorted(item.id for item in read.waiting_documents(session, "v1", limit=9))
    unsure = [mention("a", needs_review=True), mention("b", needs_review=True)]
    rows = [
        AnalysisRow(ids[0], unsure),
        AnalysisRow(ids[1], unsure, same_story_as=ids[0]),
        AnalysisRow(ids[2], [mention("a")]),
        AnalysisRow(ids[3], unsure[:1]),
    ]
    with database.writing() as session:
        write.save_analysis(session, rows, version="v1", as_of=NOW)
    return database, ids


def queue(database: Database, days: int | None = None) -> list[tuple[int, str, str, int]]:
    with database.reading() as session:
        found = read.review_queue(session, since=None if days is None else TODAY - timedelta(days=days))
    columns = ["document_id", "platform_id", "source_id", "copies"]
    return list(found[columns].itertuples(index=False, name=None))


def test_a_story_waits_once_for_each_platform(doubtful: tuple[Database, list[int]]) -> None:
    """Newest first, by its newest copy, with how many copies one answer settles; sure links wait for nobody."""
    database, ids = doubtful
    newest, old = ids[1], ids[3]
    assert queue(database) == [(newest, "a", "news", 2), (newest, "b", "news", 2), (old, "a", "other", 1)]
    assert queue(database, 30) == [(newest, "a", "news", 2), (newest, "b", "news", 2)]


def test_an_answer_leaves_the_others_waiting(doubtful: tuple[Database, list[int]]) -> None:
    """Yes to one platform is no answer about another; taken back, the question stands again."""
    database, ids = doubtful
    before = queue(database)
    with database.writing() as session:
        number = write.correct(session, ids[0], "a", "right_link", actor=CHEN, now=LATER, events={})
    assert queue(database) == before[1:]
    with database.reading() as session:
        (answer,) = read.link_answers(session).to_dict("records")
    assert (answer["id"], answer["platform_id"], answer["what"], answer["who"]) == (
        number,
        "a",
        "right_link",
        "陈一",
    )
    with database.writing() as session:
        write.undo_correction(session, number, actor=CHEN, now=LATER + SECOND, events={})
    assert queue(database) == before
    with database.reading() as session:
        assert read.link_answers(session).empty


def test_a_text_comes_with_all_it_names(doubtful: tuple[Database, list[int]]) -> None:
    """Answered candidates too: they explain the others."""
    database, ids = doubtful
    with database.writing() as session:
        write.correct(session, ids[1], "b", "wrong_platform", actor=CHEN, now=LATER, events={})
    with database.reading() as session:
        rows = read.review_texts(session, [ids[1]])
    assert list(zip(rows["platform_id"], rows["needs_review"] & ~rows["removed"], strict=True)) == [
        ("a", True),
        ("b", False),
    ]


def test_purged_texts_ask_nobody(doubtful: tuple[Database, list[int]]) -> None:
    """There is nothing left to judge."""
    database, ids = doubtful
    write.purge(database, document_ids=ids[:2], now=LATER)
    assert [row[0] for row in queue(database)] == [ids[3]]


def test_an_empty_queue_has_its_columns(database: Database) -> None:
    """For pages that filter and count."""
    with database.reading() as session:
        found = read.review_queue(session)
    assert found.empty
    assert {"platform_name", "source_name", "story_id", "copies", "title"} <= set(found.columns)
