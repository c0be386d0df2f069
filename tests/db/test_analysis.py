"""Mentions in versions, stories, and the work they make."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest
from sqlalchemy import select, update

from db import read, write
from db.schema import Document, Mention, Story, StoryBand
from db.session import Database
from db.write import AnalysisRow
from tests.db.builders import (
    LATER,
    NOW,
    TODAY,
    add_platforms,
    add_source,
    analyse_all,
    count,
    counts,
    days,
    document,
    mention,
    store,
)

WEEK = (days(7)[0], TODAY)


@pytest.fixture
def ready(database: Database) -> Database:
    """Three documents wait, platforms a and b are watched."""
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a", "b")
        store(session, [document(n) for n in range(3)])
    return database


def save(database: Database, *rows: AnalysisRow, as_of: object = NOW, version: str = "v1") -> int:
    """save_analysis in a transaction of its own."""
    with database.writing() as session:
        return write.save_analysis(session, rows, version=version, as_of=as_of)  # type: ignore[arg-type]


def stories(database: Database) -> dict[int, tuple[int, int]]:
    """Story id -> (copies, publishers)."""
    with database.reading() as session:
        return {row.id: (row.copies, row.publishers) for row in session.scalars(select(Story))}


def test_analysis_twice_changes_nothing(ready: Database) -> None:
    """The same findings, later: no new version, no story, no work."""
    analyse_all(ready, "a", "b")
    before = counts(ready)
    with ready.writing() as session:
        write.rescore(session)
        write.clear_pending(session, "index", dict.fromkeys("ab", TODAY))
    analyse_all(ready, "a", "b", as_of=LATER)
    assert counts(ready) == before | {"pending": 0}


def test_findings_ask_for_the_index_stage(ready: Database) -> None:
    """Platform and day of every new mention wait, written with the mention itself."""
    analyse_all(ready, "a")
    with ready.reading() as session:
        assert read.pending(session, "index") == {"a": TODAY}
        assert read.waiting_count(session) == 0


def test_changed_finding_is_a_new_version(ready: Database) -> None:
    """What was known before stays readable; the latest counts."""
    analyse_all(ready, "a")
    save(ready, AnalysisRow(1, [mention("a", negative=0.1)]), as_of=LATER, version="v2")
    with ready.reading() as session:
        assert count(session, Mention) == 4
        found = read.mention_table(session, ["a"], WEEK).set_index("document_id")["negative"]
    assert found.to_dict() == {1: 0.1, 2: 0.9, 3: 0.9}


def test_vanished_finding_is_removed_not_deleted(ready: Database) -> None:
    """A mention the new model does not see gets a removed version, and its day is computed again."""
    analyse_all(ready, "a")
    with ready.writing() as session:
        write.clear_pending(session, "index", {"a": TODAY})
    save(ready, AnalysisRow(1, []), as_of=LATER)
    with ready.reading() as session:
        assert set(read.mention_table(session, ["a"], WEEK)["document_id"]) == {2, 3}
        assert read.pending(session, "index") == {"a": TODAY}
        assert count(session, Mention) == 4


def test_denied_mention_stays_removed(ready: Database) -> None:
    """What an official denial took out does not come back with the next model."""
    analyse_all(ready, "a")
    taken = pd.DataFrame({"document_id": [2], "platform_id": ["a"]})
    with ready.writing() as session:
        assert write.remove_mentions(session, taken, reason="官方澄清", as_of=LATER) == 1
        assert write.remove_mentions(session, taken, reason="官方澄清", as_of=LATER) == 0
        write.rescore(session)
    analyse_all(ready, "a", as_of=LATER + timedelta(hours=1), negative=0.5)
    with ready.reading() as session:
        assert set(read.mention_table(session, ["a"], WEEK)["document_id"]) == {1, 3}


def test_a_document_changed_meanwhile_stays_waiting(ready: Database) -> None:
    """Findings about the former text are not written over the new one."""
    waiting = AnalysisRow(1, [mention("a")], revision=1)
    with ready.writing() as session:
        store(session, [document(0, text="改了")], now=LATER)
    assert save(ready, waiting) == 0
    with ready.reading() as session:
        assert count(session, Mention) == 0
        assert read.waiting_count(session) == 3


def test_a_vanished_document_is_left_out(ready: Database) -> None:
    """Forgotten between reading and saving: nothing to save, nothing to fail."""
    assert save(ready, AnalysisRow(999, [mention("a")], revision=1), AnalysisRow(1, [])) == 1


def test_moved_document_moves_its_mention(ready: Database) -> None:
    """A corrected date: the old day loses the mention, the new one gains it, both are computed again."""
    analyse_all(ready, "a")
    with ready.writing() as session:
        write.clear_pending(session, "index", {"a": TODAY})
        earlier = NOW - timedelta(days=3)
        store(session, [document(0, published_at=earlier, first_seen_at=earlier)], now=LATER)
    analyse_all(ready, "a", as_of=LATER)
    with ready.reading() as session:
        waiting = {row.day for row in read.pending_rows(session, "index")}
        found = read.mention_table(session, ["a"], (TODAY, TODAY))
    assert waiting == {TODAY, TODAY - timedelta(days=3)}
    assert set(found["document_id"]) == {2, 3}


def test_every_document_has_a_story(ready: Database) -> None:
    """Alone in it, as a rule; its id is the document's."""
    analyse_all(ready, "a")
    assert stories(ready) == {1: (1, 1), 2: (1, 1), 3: (1, 1)}


def test_copies_join_a_story(ready: Database) -> None:
    """Copies and independent publishers are counted, within a batch and across batches."""
    save(ready, AnalysisRow(1, []), AnalysisRow(2, [], same_story_as=1))
    assert stories(ready) == {1: (2, 2)}
    with ready.writing() as session:
        store(session, [document(9, publisher="报纸0"), document(10, publisher=None)])
    save(ready, AnalysisRow(4, [], same_story_as=2), AnalysisRow(5, [], same_story_as=4))
    assert stories(ready) == {1: (4, 3)}


def test_joining_later_empties_the_former_story(ready: Database) -> None:
    """Read again and found to be a copy: the document moves, and no empty story is left."""
    analyse_all(ready)
    save(ready, AnalysisRow(3, [], same_story_as=1))
    assert stories(ready) == {1: (2, 2), 2: (1, 1)}


def test_joining_twice_counts_once(ready: Database) -> None:
    """A batch repeated after a crash changes no count."""
    for _ in range(2):
        save(ready, AnalysisRow(1, []), AnalysisRow(2, [], same_story_as=1))
    assert stories(ready) == {1: (2, 2)}


def test_a_story_outlives_its_founder(ready: Database) -> None:
    """Forgetting the source of the first copy leaves the others a story, counted anew."""
    with ready.writing() as session:
        add_source(session, "other")
        store(session, [document(1, source_id="other", publisher="另一家")])
    save(ready, AnalysisRow(1, []), AnalysisRow(4, [], same_story_as=1))
    write.forget_source(ready, "news", now=NOW)
    assert stories(ready) == {1: (1, 1)}


def test_candidates_share_band_keys(ready: Database) -> None:
    """The likeliest story first; other keys and far-away days are no candidates."""
    save(
        ready,
        AnalysisRow(1, [], band_keys=(1, 2, 3)),
        AnalysisRow(2, [], band_keys=(3, -(2**62))),
        AnalysisRow(3, [], band_keys=(9,)),
    )
    with ready.reading() as session:
        found = read.story_candidates(session, {77: (1, 2, 3, 4)}, {77: TODAY})
        far = read.story_candidates(session, {77: (1, 2, 3)}, {77: TODAY + timedelta(days=31)})
        near = read.story_candidates(session, {77: (1, 2, 3)}, {77: TODAY - timedelta(days=30)})
    assert [(each.story_id, each.shared) for each in found[77]] == [(1, 3), (2, 1)]
    assert found[77][0].text == document(0).text
    assert far == {}
    assert near.keys() == {77}


def test_a_story_is_one_candidate(ready: Database) -> None:
    """A thousand copies of a story offer one text to compare, the newest."""
    rows = [AnalysisRow(n, [], same_story_as=1 if n > 1 else None, band_keys=(5,)) for n in (1, 2, 3)]
    save(ready, *rows)
    with ready.reading() as session:
        (candidate,) = read.story_candidates(session, {77: (5,)}, {77: TODAY})[77]
    assert (candidate.story_id, candidate.document_id) == (1, 3)


def test_reading_again_replaces_band_keys(ready: Database) -> None:
    """Keys of a text that changed do not stay behind."""
    save(ready, AnalysisRow(1, [], band_keys=(1, 2)))
    save(ready, AnalysisRow(1, [], band_keys=(2, 3)))
    with ready.reading() as session:
        assert set(session.scalars(select(StoryBand.key))) == {2, 3}


def test_one_page_from_two_sources(ready: Database) -> None:
    """The same address brought by another source is the same page; within a source it may be a list page."""
    address = "https://example.cn/a"
    with ready.writing() as session:
        add_source(session, "other")
        store(session, [document(20, url=address), document(21, url=address)])
        store(session, [document(1, source_id="other", url=f"{address}?utm_source=x")])
    with ready.reading() as session:
        assert read.same_page(session, [4, 5, 6]) == {6: 4}


def test_weights_are_written_into_versions(ready: Database) -> None:
    """A weight belongs to the version it was computed from."""
    analyse_all(ready, "a")
    with ready.writing() as session:
        write.save_weights(session, [(1, "a", NOW, 0.25), (1, "a", LATER, 9.0)])
    with ready.reading() as session:
        found = read.mention_table(session, ["a"], WEEK).set_index("document_id")["weight"]
    assert found[1] == 0.25
    assert found.isna()[2]


def test_mention_table_is_typed_when_empty(ready: Database) -> None:
    """No mention yet: every column is there with its type, so that sums and comparisons work."""
    with ready.reading() as session:
        empty = read.mention_table(session, [], WEEK)
    analyse_all(ready, "a")
    with ready.reading() as session:
        full = read.mention_table(session, ["a"], WEEK)
    assert list(empty.columns) == list(full.columns)
    for name in ("day", "available_at", "negative", "reach", "weight", "unresolved", "document_id"):
        assert empty[name].dtype == full[name].dtype, name
    assert str(full["day"].dtype) == "datetime64[s]"


@pytest.mark.parametrize(
    ("status", "age", "unresolved"),
    [("处理中", 20, True), ("处理中", 3, False), ("已完成", 20, False), (None, 20, False)],
)
def test_unresolved_complaints(database: Database, status: str | None, age: int, unresolved: bool) -> None:
    """Open 15 days after it was made, as far as was known when it reached us: no later knowledge counts."""
    fields = {"status": status} if status else {}
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a")
        made = NOW - timedelta(days=age)
        store(session, [document(1, kind="complaint", published_at=made, fields=fields)])
    analyse_all(database, "a")
    with database.reading() as session:
        assert read.mention_table(session, ["a"], WEEK)["unresolved"].tolist() == [unresolved]


def test_story_context_looks_back_from_a_moment(ready: Database) -> None:
    """Earlier mentions of the same stories, up to but not including the moment."""
    analyse_all(ready, "a")
    with ready.writing() as session:
        session.execute(
            update(Document).where(Document.id == 1).values(available_at=NOW - timedelta(hours=80))
        )
    with ready.reading() as session:
        near = read.story_context(session, [1, 2], NOW + timedelta(seconds=1))
        wide = read.story_context(session, [1, 2], NOW + timedelta(seconds=1), hours=100)
        before = read.story_context(session, [1, 2], NOW)
    assert [set(each["document_id"]) for each in (near, wide, before)] == [{2}, {1, 2}, set()]


def test_floor_events_are_a_row_each(ready: Database) -> None:
    """Only the wanted events, with their own polarity and what independence is judged by."""
    analyse_all(ready, "a")
    with ready.reading() as session:
        found = read.floor_events(session, ["a"], *WEEK, ["withdrawal_difficulty", "case_filed"])
        none = read.floor_events(session, ["a"], *WEEK, ["case_filed"])
    assert found["event_id"].tolist() == ["withdrawal_difficulty"] * 3
    assert set(found["polarity"]) == {"asserted"}
    assert {"official", "story_id", "publisher", "author", "kind", "available_at"} <= set(found.columns)
    assert list(none.columns) == list(found.columns)
    assert none.empty


def test_linked_counts(ready: Database) -> None:
    """How much of a source speaks of the watch list."""
    save(
        ready,
        AnalysisRow(1, [mention("a"), mention("b")]),
        AnalysisRow(2, [mention("a")]),
        AnalysisRow(3, []),
    )
    with ready.reading() as session:
        assert read.linked_counts(session, "news") == read.LinkedCounts(3, 2, 2, 3)
