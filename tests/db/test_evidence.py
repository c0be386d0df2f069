"""The sentences a level rests on."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from db import read, write
from db.roles import Actor, Role
from db.session import Database
from db.write import AnalysisRow
from tests.db.builders import LATER, NOW, TODAY, add_platforms, add_source, document, mention, store


@pytest.fixture
def ready(database: Database) -> Database:
    """Four documents mention a, with n = .1 .2 .3 .4; the last on the day before."""
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a")
        yesterday = NOW - timedelta(days=1)
        store(
            session,
            [document(n) for n in range(3)] + [document(3, published_at=yesterday, first_seen_at=yesterday)],
        )
        rows = [AnalysisRow(n, [mention("a", negative=n / 10)]) for n in (1, 2, 3, 4)]
        write.save_analysis(session, rows, version="v1", as_of=NOW)
    return database


def ids(database: Database, **options: int) -> list[int]:
    """Document ids, strongest first."""
    with database.reading() as session:
        return read.evidence(session, "a", TODAY, **options)["document_id"].tolist()


def test_strongest_first(ready: Database) -> None:
    """Before weights are known, relevance times negative ranks; then the weight does."""
    assert ids(ready) == [4, 3, 2, 1]
    with ready.writing() as session:
        write.save_weights(session, [(1, "a", NOW, 0.9), (2, "a", NOW, 0.0)])
    assert ids(ready) == [1, 4, 3, 2]


def test_only_what_was_available_by_the_day(ready: Database) -> None:
    """Evidence of a day in the past shows nothing that came later."""
    with ready.reading() as session:
        found = read.evidence(session, "a", TODAY - timedelta(days=1))
    assert found["document_id"].tolist() == [4]


def test_only_the_last_days(ready: Database) -> None:
    """`days` counts the day itself."""
    assert ids(ready, days=1) == [3, 2, 1]
    assert ids(ready, limit=2) == [4, 3]


def test_removed_mentions_are_no_evidence(ready: Database) -> None:
    """A denied report is not shown as a reason."""
    taken = pd.DataFrame({"document_id": [4], "platform_id": ["a"]})
    with ready.writing() as session:
        write.remove_mentions(session, taken, reason="官方澄清", as_of=LATER)
    assert ids(ready) == [3, 2, 1]


def test_evidence_can_be_shown(ready: Database) -> None:
    """Text, offsets that fit it, link, times and how many printed it."""
    with ready.writing() as session:
        copy = AnalysisRow(1, [mention("a", negative=0.95)], same_story_as=2)
        write.save_analysis(session, [copy], version="v1", as_of=LATER)
    with ready.reading() as session:
        row = read.evidence(session, "a", TODAY).iloc[0]
    event = row["events"][0]
    assert row["text"][event["start"] : event["end"]] == "提现困难"
    assert row["title"][row["spans"][0]["start"] : row["spans"][0]["end"]] == "甲平台"
    assert (row["story_copies"], row["story_publishers"], row["source_id"]) == (2, 2, "news")
    assert row["first_seen_at"].to_pydatetime() == NOW
    assert not row["backfilled"]


def test_evidence_of_a_past_day_counts_no_later_copies(ready: Database) -> None:
    """A copy of today does not stand beside the evidence of yesterday; today it does, corrected rows included."""
    with ready.writing() as session:
        joins = [AnalysisRow(n, [mention("a", negative=n / 10)], same_story_as=4) for n in (1, 2)]
        write.save_analysis(session, joins, version="v2", as_of=LATER)
        li = Actor("李", Role.ANALYST)
        write.correct(session, 4, "a", "not_negative", actor=li, now=LATER, events={})
    seen = []
    for day in (TODAY - timedelta(days=1), TODAY):
        with ready.reading() as session:
            plain, (corrected, _) = (
                read.evidence(session, "a", day),
                read.corrected_evidence(session, "a", day),
            )
        for rows in (plain, corrected):
            row = rows[rows["document_id"] == 4].iloc[0]
            seen.append((row["story_copies"], row["story_publishers"]))
    assert seen == [(1, 1), (1, 1), (3, 2), (3, 2)]


def test_no_evidence_is_an_empty_frame(ready: Database) -> None:
    """A platform nobody mentioned."""
    with ready.reading() as session:
        found = read.evidence(session, "nobody", TODAY)
    assert found.empty
    assert {"title", "text", "weight", "spans"} <= set(found.columns)
