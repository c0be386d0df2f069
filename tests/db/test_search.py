"""Full-text search: equal to a plain search of the texts, equal on both databases, and always in step with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from db import read, write
from db.read import SearchFilters
from db.schema import Document as Stored
from db.session import Database, Session
from db.write.search import searchable
from signals.bigrams import parse, reading
from signals.model import Document, Kind, Polarity
from tests.db.builders import (
    LATER,
    NOW,
    SALT,
    TODAY,
    add_platforms,
    add_source,
    analyse_all,
    document,
    mention,
    platform_day_rows,
    store,
)

ANY = SearchFilters()
YESTERDAY = NOW - timedelta(days=1)


def search(database: Database, typed: str, filters: SearchFilters = ANY, **options: int) -> list[int]:
    """Ids of what is found."""
    with database.reading() as session:
        return read.find(session, parse(typed), filters, **options).ids


def searched(session: Session, typed: str) -> list[int]:
    """The same by reading every text: what the index must agree with."""
    rows = session.execute(
        select(Stored.id, Stored.title, Stored.text, Stored.subject)
        .where(Stored.purged_at.is_(None))
        .order_by(Stored.available_day.desc(), Stored.id.desc())
    )
    query = parse(typed)
    return [row.id for row in rows if query.matches(reading(row.title, row.text, row.subject).folded)]


def said(*texts: str, **more: object) -> list[Document]:
    """Documents with these texts and no other words."""
    return [
        document(number, title="", text=words, published_at=NOW, **more) for number, words in enumerate(texts)
    ]


@pytest.fixture
def ready(database: Database) -> Database:
    """A source, and platforms a and b."""
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a", "b")
    return database


# --- what is found -----------------------------------------------------------------------------------------------

LETTERS = "提现逾期贷款台臺e租宝ＡaP2２ ，。-\"“」'*_:()|!%\\\n\u200b"
WORDS = st.sampled_from(["提现", "逾期", "贷", "p2p平台", "12", "台", "e租宝", "提现困难", "租 宝"])
TEXT = st.lists(st.one_of(WORDS, st.text(LETTERS, max_size=4)), max_size=6).map("".join)
QUERY = st.lists(
    st.one_of(WORDS, WORDS.map("-{}".format), WORDS.map('"{}"'.format), st.text(LETTERS, max_size=5)),
    max_size=3,
).map(" ".join)
ROWS = st.lists(st.tuples(TEXT, TEXT, st.none() | TEXT, st.integers(0, 3)), min_size=1, max_size=6)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(rows=ROWS, queries=st.lists(QUERY, min_size=1, max_size=6), edit=TEXT)
def test_both_databases_find_what_the_texts_say(
    sqlite_database: Database,
    postgres_database: Database,
    rows: list[tuple[str, str, str | None, int]],
    queries: list[str],
    edit: str,
) -> None:
    """Any documents, one of them edited, and any queries: the documents that hold the words, newest first, on both."""
    documents = [
        document(n, title=title, text=words, subject=subject, published_at=NOW - timedelta(days=days))
        for n, (title, words, subject, days) in enumerate(rows)
    ]
    found: list[list[list[int]]] = []
    for database in (sqlite_database, postgres_database):
        emptied(database)
        with database.writing() as session:
            add_source(session)
            write.store_documents(session, documents, now=NOW, salt=SALT, backfill=True)
            changed = [document(0, title="改", text=edit, published_at=NOW - timedelta(days=2))]
            write.store_documents(session, changed, now=LATER, salt=SALT, backfill=True)
            first = session.scalar(text("SELECT min(id) FROM documents")) or 0
        with database.reading() as session:
            answers = [read.find(session, parse(typed), ANY).ids for typed in queries]
            assert answers == [searched(session, typed) for typed in queries]
        found.append([[number - first for number in answer] for answer in answers])
    assert found[0] == found[1]


def emptied(database: Database) -> None:
    """Nothing of an example before is left, in the index either."""
    write.forget_source(database, "news")
    with database.reading() as session:
        assert read.find(session, parse(""), ANY).ids == []


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("提现", [3, 2, 1]),
        ("提现 逾期", [2]),
        ("提现 -逾期", [3, 1]),
        ("-提现", [5, 4]),
        ("宝", [4]),
        ("提現困難", [1]),
        ("ｐ２Ｐ", [5]),
        ("年化12.5%", [5]),
        ('"现 逾"', [2]),
        ('"提现 困难"', []),
        ("提现现", []),
        ("暴雷", []),
        ("，", [5, 4, 3, 2, 1]),
        ("", [5, 4, 3, 2, 1]),
    ],
)
def test_what_people_type(ready: Database, typed: str, expected: list[int]) -> None:
    """Two characters, one, Latin, digits, phrases, several words, excluded ones, traditional and full-width letters."""
    texts = ("提现困难", "无法提现 逾期未付", "提现，困难", "e 租 宝 到了", "P2P年化 12.5%")
    with ready.writing() as session:
        store(session, said(*texts))
    assert search(ready, typed) == expected


@pytest.mark.parametrize(
    "typed",
    ['"', '""', "'", "提现' OR '1'='1", "提现*", "NEAR(提现 逾期)", "grams:提现", "提现 AND", "NOT 提现", ")(",
     ":* & !",     "^提现", "\\", "a\x00b", "{提现}", "提现 + 逾期", "\ue000", "\ue001news", "提" * 500],
)  # fmt: skip
def test_nothing_typed_is_syntax(ready: Database, typed: str) -> None:
    """Operators and quotation marks of either database are letters like others: no error, and no other result."""
    with ready.writing() as session:
        store(session, said("提现 and 逾期 not", "提现"))
    with ready.reading() as session:
        assert read.find(session, parse(typed), ANY).ids == searched(session, typed)


def test_long_texts_are_searched(ready: Database) -> None:
    """Many different pairs and far positions are beyond no limit of either database."""
    words = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(90_000))
    with ready.writing() as session:
        store(session, said(words + "尾巴"))
    assert search(ready, "尾巴") == [1]
    assert search(ready, words[50_000:50_040]) == [1]


def test_pages_follow_one_another(ready: Database) -> None:
    """Each page goes on after the last: none twice, none left out, whatever the days; also when texts decide."""
    with ready.writing() as session:
        store(
            session,
            [document(n, published_at=NOW - timedelta(hours=7 * n % 90)) for n in range(20)],
            backfill=True,
        )
    for typed in ("提现", "号消息：提现", ""):
        with ready.reading() as session:
            query, before, pages = parse(typed), None, []
            while True:
                found = read.find(session, query, ANY, before=before, limit=3)
                pages.append(found.ids)
                if found.rest is None:
                    break
                before = found.rest
            assert [number for page in pages for number in page] == searched(session, typed)
        assert max(map(len, pages)) == 3


# --- filters -----------------------------------------------------------------------------------------------------


@pytest.fixture
def told(ready: Database) -> Database:
    """1: today, about a (asserted); 2: yesterday, about b (denied); 3: a demo source's, about nobody."""
    with ready.writing() as session:
        add_source(session, "demo", demo=True)
        store(session, said("提现困难"))
        store(
            session, [document(7, text="提现谣言", published_at=YESTERDAY, kind=Kind.SOCIAL)], backfill=True
        )
        store(session, [document(8, text="提现说明", source_id="demo", published_at=NOW)])
        rows = [
            write.AnalysisRow(1, [mention("a")]),
            write.AnalysisRow(2, [mention("b", polarity=Polarity.DENIED, events=())]),
            write.AnalysisRow(3, []),
        ]
        write.save_analysis(session, rows, version="v1", as_of=NOW)
        days = [TODAY - timedelta(days=1), TODAY]
        write.save_platform_days(session, platform_day_rows("a", days, level="红"), NOW)
        write.save_platform_days(session, platform_day_rows("b", days, level="红"), NOW)
        write.save_platform_days(session, platform_day_rows("b", days, level="蓝"), LATER)
    return ready


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (SearchFilters(), [3, 1, 2]),
        (SearchFilters(platform_id="a"), [1]),
        (SearchFilters(platform_id="b"), [2]),
        (SearchFilters(platform_id="b", start=TODAY), []),
        (SearchFilters(source_id="news"), [1, 2]),
        (SearchFilters(kind="social"), [2]),
        (SearchFilters(event_id="withdrawal_difficulty"), [1]),
        (SearchFilters(event_id="withdrawal"), []),
        (SearchFilters(polarity="denied"), [2]),
        (SearchFilters(platform_id="a", polarity="denied"), []),
        (SearchFilters(level="红"), [1]),
        (SearchFilters(level="蓝"), [2]),
        (SearchFilters(start=TODAY), [3, 1]),
        (SearchFilters(end=TODAY - timedelta(days=1)), [2]),
        (SearchFilters(start=TODAY - timedelta(days=1), end=TODAY - timedelta(days=1), kind="social"), [2]),
        (SearchFilters(demo=True), [3]),
        (SearchFilters(demo=False), [1, 2]),
    ],
)
def test_filters(told: Database, filters: SearchFilters, expected: list[int]) -> None:
    """Each alone, and together; with words, without, and where texts decide."""
    for typed in ("提现", "", "-暴雷"):
        assert search(told, typed, filters) == expected
    assert search(told, "提现困难", filters) == [number for number in expected if number == 1]


def test_a_removed_mention_meets_no_filter(told: Database) -> None:
    """What a person or a denial took out of a platform is not found under it; its text still is."""
    with told.writing() as session:
        statement = "UPDATE mentions SET removed = true WHERE platform_id = 'a'"
        session.execute(text(statement))
    assert search(told, "提现", SearchFilters(platform_id="a")) == []
    assert 1 in search(told, "提现")


def test_without_demo_sources_demo_finds_nothing(ready: Database) -> None:
    """演示 is not 全部 when there is none."""
    with ready.writing() as session:
        store(session, said("提现"))
    assert search(ready, "提现", SearchFilters(demo=True)) == []
    assert search(ready, "提现", SearchFilters(demo=False)) == [1]


# --- in step with the documents ----------------------------------------------------------------------------------


def test_a_new_version_is_searched_beside_the_old_one(ready: Database) -> None:
    """What a site changes later is another document: both are found, each by its own words."""
    with ready.writing() as session:
        before = document(0, title="", text="提现困难", published_at=YESTERDAY)
        store(session, [before], now=YESTERDAY)
    with ready.writing() as session:
        store(session, said("暂停兑付"))
    assert (search(ready, "提现"), search(ready, "兑付")) == ([1], [2])


def test_an_edit_in_place_replaces_the_words(ready: Database) -> None:
    """The former words are not found any more, and a document that moves to another day is found there once."""
    with ready.writing() as session:
        store(session, said("提现困难"), backfill=True)
        store(session, [document(0, title="", text="暂停兑付", published_at=YESTERDAY)], backfill=True)
    assert (search(ready, "提现"), search(ready, "兑付")) == ([], [1])
    assert search(ready, "", SearchFilters(start=TODAY)) == []
    assert search(ready, "", SearchFilters(end=TODAY - timedelta(days=1))) == [1]


def test_purged_content_is_not_found(ready: Database) -> None:
    """Neither by its words nor among all, and the purge proves that too."""
    with ready.writing() as session:
        store(session, said("提现困难", "提现正常"))
    report = write.purge(ready, document_ids=[1], now=LATER)
    assert (search(ready, "提现"), report.still_readable) == ([2], 0)
    with ready.reading() as session:
        assert searchable(session, [1, 2]) == 1


def test_a_file_forgets_purged_words(sqlite_database: Database) -> None:
    """SQLite marks what was taken out of the index until it is merged: after a purge no pair is left in the file."""
    with sqlite_database.writing() as session:
        add_source(session)
        store(session, said("罕见魑魅词语", "平常"))
    write.purge(sqlite_database, document_ids=[1], now=LATER)
    path = sqlite_database.url.database or ""
    with open(path, "rb") as handle:
        assert "魑魅".encode() not in handle.read()


def test_a_forgotten_source_is_not_found(told: Database) -> None:
    """Its documents leave the index with the transaction that deletes them."""
    write.forget_source(told, "demo")
    assert search(told, "提现") == [1, 2]
    with told.reading() as session:
        assert read.find(session, parse(""), ANY).ids == [1, 2]


def test_a_transaction_that_fails_leaves_no_words(ready: Database) -> None:
    """The index is part of the transaction: what is not stored is not found, and stored later it is found once."""

    def fail() -> None:
        with ready.writing() as session:
            store(session, said("提现困难"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert search(ready, "提现") == []
    with ready.writing() as session:
        store(session, said("提现困难"))
        store(session, said("提现困难"))
    assert len(search(ready, "提现")) == 1


# --- what waits to be cut ----------------------------------------------------------------------------------------


def waiting(database: Database, texts: Sequence[str]) -> None:
    """These documents are stored, and the index knows nothing: as after a migration or a restored backup."""
    from db.search import restart

    with database.writing() as session:
        store(session, said(*texts))
        restart(session.connection())


def test_an_archive_is_cut_in_batches(ready: Database) -> None:
    """The newest first; a killed worker goes on where the last batch ended, and the share that waits is told."""
    waiting(ready, ["提现"] * 5)
    with ready.reading() as session:
        assert read.search_waits(session) == 1.0
    steps = []
    while True:
        with ready.writing() as session:
            progress = write.extend_search(session, limit=2)
        if not progress.done:
            break
        steps.append(search(ready, "提现"))
    assert steps == [[5, 4], [5, 4, 3, 2], [5, 4, 3, 2, 1]]
    with ready.reading() as session:
        assert read.search_waits(session) == 0.0


def test_changes_meanwhile_are_neither_lost_nor_doubled(ready: Database) -> None:
    """New, edited, purged and forgotten documents while older ones still wait."""
    waiting(ready, ["提现一", "提现二", "提现三", "提现四"])
    with ready.writing() as session:
        write.extend_search(session, limit=2)
    with ready.writing() as session:
        edits = [document(n, title="", text=f"兑付{n}", published_at=NOW) for n in (0, 3)]
        write.store_documents(session, edits, now=LATER, salt=SALT, correcting=True)
        store(session, [document(9, title="", text="提现五", published_at=NOW)])
    write.purge(ready, document_ids=[2], now=LATER)
    while True:
        with ready.writing() as session:
            if not write.extend_search(session, limit=2).done:
                break
    with ready.reading() as session:
        for typed in ("提现", "兑付", "", "提现 一"):
            assert read.find(session, parse(typed), ANY).ids == searched(session, typed)
    assert search(ready, "兑付") == [4, 1]


def test_another_way_of_cutting_begins_anew(ready: Database) -> None:
    """After an update that folds letters differently, nothing of the former index is trusted."""
    with ready.writing() as session:
        store(session, said("提现一", "提现二"))
        session.execute(text("UPDATE search_state SET form = 'older'"))
    with ready.writing() as session:
        store(session, [document(9, title="", text="提现三", published_at=NOW)])
    with ready.reading() as session:
        assert read.search_waits(session) == 1.0
    with ready.writing() as session:
        assert write.extend_search(session) == (3, 0)
    assert search(ready, "提现") == [3, 2, 1]


def test_a_restored_backup_is_cut_again(ready: Database, tmp_path: object) -> None:
    """A backup of a server holds no index, and one of a file holds its own: after restoring, all is found."""
    from pathlib import Path

    with ready.writing() as session:
        store(session, said("提现困难"))
    path = Path(str(tmp_path)) / "copy.db"
    ready.backup(path)
    ready.restore(path)
    while True:
        with ready.writing() as session:
            if not write.extend_search(session).done:
                break
    assert search(ready, "提现") == [1]


# --- what a page shows -------------------------------------------------------------------------------------------


def test_documents_come_with_their_source_and_story(told: Database) -> None:
    """In the order of results, with what a page names."""
    with told.reading() as session:
        rows = read.found_documents(session, [1, 2, 3])
    assert rows["document_id"].tolist() == [3, 1, 2]
    assert rows["source_name"].tolist() == ["来源demo", "来源news", "来源news"]
    assert rows["story_copies"].tolist() == [1, 1, 1]


def test_mentions_come_with_the_level_of_the_day(told: Database) -> None:
    """The newest version of the level; a mention that analysis withdrew is left out, one that people removed is not."""
    with told.reading() as session:
        rows = read.found_mentions(session, [1, 2, 3])
    assert rows[["document_id", "platform_id", "level"]].to_numpy().tolist() == [
        [1, "a", "红"],
        [2, "b", "蓝"],
    ]
    with told.writing() as session:
        for platform, reason in (("a", "人工更正：不是该平台"), ("b", "官方澄清")):
            statement = (
                "UPDATE mentions SET removed = true, removed_reason = :reason WHERE platform_id = :platform"
            )
            session.execute(text(statement), {"reason": reason, "platform": platform})
    with told.reading() as session:
        rows = read.found_mentions(session, [1, 2])
    assert rows[["platform_id", "removed"]].to_numpy().tolist() == [["a", True]]


def test_a_story_lists_everybody_in_order(ready: Database) -> None:
    """Who told it first stands first; documents of other stories are not listed."""
    with ready.writing() as session:
        times = [NOW, NOW - timedelta(hours=5), NOW - timedelta(hours=1)]
        store(session, [document(n, published_at=at) for n, at in enumerate(times)], backfill=True)
        rows = [write.AnalysisRow(1, []), write.AnalysisRow(2, [], same_story_as=1), write.AnalysisRow(3, [])]
        write.save_analysis(session, rows, version="v1", as_of=NOW)
    with ready.reading() as session:
        story = read.told_by(session, 1)
        assert story["document_id"].tolist() == [2, 1]
        assert story["publisher"].tolist() == ["报纸1", "报纸0"]
        assert read.told_by(session, 3)["document_id"].tolist() == [3]
        assert read.told_by(session, 99).empty


def test_a_document_in_no_story_yet_stands_alone(ready: Database) -> None:
    """It was stored and waits for analysis: others that wait are not its copies."""
    with ready.writing() as session:
        store(session, said("提现", "提现"))
    with ready.reading() as session:
        assert read.told_by(session, 1)["document_id"].tolist() == [1]


def test_a_correction_shows_on_every_copy(ready: Database) -> None:
    """It speaks of the whole story, so each document of the story says so; one taken back does not."""
    with ready.writing() as session:
        store(session, said("提现", "提现"))
    analyse_all(ready, "a")
    with ready.writing() as session:
        joined = [write.AnalysisRow(2, [mention("a")], same_story_as=1)]
        write.save_analysis(session, joined, version="v2", as_of=LATER)
        session.execute(
            text(
                "INSERT INTO corrections (document_id, platform_id, what, who, at)"
                " VALUES (1, 'a', 'negative', '甲', '2026-11-20 03:00:00')"
            )
        )
    with ready.reading() as session:
        assert read.found_corrections(session, [1, 2])["document_id"].tolist() == [1, 2]
    with ready.writing() as session:
        session.execute(text("UPDATE corrections SET undone_at = '2026-11-20 04:00:00'"))
    with ready.reading() as session:
        assert read.found_corrections(session, [1, 2]).empty
