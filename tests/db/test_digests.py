"""Digests of stories: one a story, never older than its text, gone with it; and SnowNLP counted beside ours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from db import read, write
from db.schema import StoryDigest
from db.session import Database
from db.write import AnalysisRow, Digest
from tests.db.builders import LATER, NOW, TODAY, add_platforms, add_source, document, mention, store

DIGEST = Digest(["提现", "到账"], ["甲平台提现困难。"], 1)


@pytest.fixture
def story(database: Database) -> tuple[Database, list[int]]:
    """Two copies of a story and another text; SnowNLP has judged the first and the last."""
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a")
        store(session, [document(n) for n in range(3)])
    with database.reading() as session:
        ids = sorted(item.id for item in read.waiting_documents(session, "v1", limit=9))
    rows = [
        AnalysisRow(ids[0], [mention("a", negative=0.9)], snownlp=0.8),
        AnalysisRow(ids[1], [mention("a", negative=0.9)], same_story_as=ids[0]),
        AnalysisRow(ids[2], [mention("a", negative=0.1)], snownlp=0.3),
    ]
    with database.writing() as session:
        write.save_analysis(session, rows, version="v1", as_of=NOW)
    return database, ids


def save(database: Database, digests: dict[int, Digest]) -> None:
    with database.writing() as session:
        write.save_digests(session, digests)


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(StoryDigest)) or 0


def test_every_copy_of_a_story_has_its_digest(story: tuple[Database, list[int]]) -> None:
    """One is made and all show it; what SnowNLP says is of the very document."""
    database, ids = story
    save(database, {ids[0]: DIGEST})
    with database.reading() as session:
        found = read.notes(session, ids)
        told = read.digested(session, ids)
    assert found[ids[0]] == read.Note(("提现", "到账"), ("甲平台提现困难。",), 0.8)
    assert found[ids[1]] == read.Note(("提现", "到账"), ("甲平台提现困难。",), None)
    assert found[ids[2]] == read.Note((), (), 0.3)
    assert told == {ids[0]: (ids[0], 1), ids[1]: (ids[0], 1)}


def test_a_story_has_one_digest(story: tuple[Database, list[int]]) -> None:
    """Made again, of the same document or a copy, it replaces the former."""
    database, ids = story
    save(database, {ids[0]: DIGEST, ids[1]: DIGEST})
    save(database, {ids[1]: DIGEST._replace(keywords=["兑付"])})
    assert count(database) == 1
    with database.reading() as session:
        assert read.notes(session, ids[:1])[ids[0]].keywords == ("兑付",)


def test_a_text_that_changed_meanwhile_is_not_digested(story: tuple[Database, list[int]]) -> None:
    """What was made of the old words does not stand under the new ones."""
    database, ids = story
    save(database, {ids[0]: DIGEST._replace(revision=2), 999: DIGEST})
    assert count(database) == 0


def test_no_digest_outlives_its_text(story: tuple[Database, list[int]]) -> None:
    """Purged or forgotten, its sentences go with it, and the purge counts and proves it."""
    database, ids = story
    save(database, {ids[0]: DIGEST})
    report = write.purge(database, document_ids=[ids[0]], now=LATER)
    assert count(database) == 0
    assert report.tables["story_digests"] == 1
    assert report.still_readable == 0
    save(database, {ids[0]: DIGEST, ids[1]: DIGEST})
    with database.reading() as session:
        assert read.digested(session, ids) == dict.fromkeys(ids[:2], (ids[1], 1))
    write.forget_source(database, "news")
    assert count(database) == 0


def test_snownlp_is_counted_beside_ours(story: tuple[Database, list[int]]) -> None:
    """Over the sampled documents only; nothing sampled is no figure."""
    database, _ = story
    with database.reading() as session:
        assert read.compared(session, "a", TODAY) == read.Compared(2, 1, 1)
        assert read.compared(session, "a", TODAY - timedelta(days=60)) == read.Compared(0, 0, 0)
