"""Rows for export: latest versions, streamed, the same columns always."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from db import read, write
from db.session import Database
from tests.db.builders import (
    LATER,
    NOW,
    TODAY,
    add_platforms,
    add_source,
    analyse_all,
    days,
    document,
    flip_rows,
    index_value_rows,
    platform_day_rows,
    store,
)

TABLES = ["documents", "mentions", "index_values", "flips", "platform_days"]


@pytest.fixture
def ready(database: Database) -> Database:
    """Real platform a with news, demo platform d with demo news; values in two versions."""
    with database.writing() as session:
        add_source(session)
        add_source(session, "sample", demo=True)
        add_platforms(session, "a")
        add_platforms(session, "d", demo=True)
        store(session, [document(n) for n in range(3)])
    analyse_all(database, "a")
    with database.writing() as session:
        store(session, [document(n, source_id="sample") for n in range(2)])
    analyse_all(database, "d")
    with database.writing() as session:
        for name in "ad":
            for moment, value in ((NOW, 30.0), (LATER, 50.0)):
                write.save_index_values(session, index_value_rows(name, days(3), value=value), moment)
                write.save_platform_days(session, platform_day_rows(name, days(3), t=value), moment)
                write.save_flips(session, flip_rows(name, days(2), t=value), moment, computed=[])
    return database


def exported(database: Database, table: Any, **filters: Any) -> list[dict[str, Any]]:
    """All rows of an export."""
    with database.reading() as session:
        return list(read.rows(session, table, **filters))


@pytest.mark.parametrize(
    ("table", "expected"),
    [("documents", 5), ("mentions", 5), ("index_values", 6), ("flips", 4), ("platform_days", 6)],
)
def test_latest_versions_with_declared_columns(ready: Database, table: str, expected: int) -> None:
    """One row per thing, and every row has exactly the declared columns in their order."""
    rows = exported(ready, table)
    assert len(rows) == expected
    assert {tuple(row) for row in rows} == {read.COLUMNS[table]}
    assert {row.get("value", row.get("t", 50.0)) for row in rows} == {50.0}


@pytest.mark.parametrize("table", TABLES)
def test_filters(ready: Database, table: str) -> None:
    """Demo apart from real, one platform, a range of days."""
    demo, real = exported(ready, table, demo=True), exported(ready, table, demo=False)
    assert {row["demo"] for row in demo} == {True}
    assert {row["demo"] for row in real} == {False}
    assert exported(ready, table, platform_id="a") == real
    assert exported(ready, table, start=TODAY + timedelta(days=1)) == []
    assert exported(ready, table, end=TODAY - timedelta(days=9)) == []
    today = exported(ready, table, start=TODAY, end=TODAY)
    assert {row["day"] for row in today} == {TODAY}


def test_documents_and_mentions_of_a_source(ready: Database) -> None:
    """Where people look for what one source brought."""
    assert {row["source_id"] for row in exported(ready, "documents", source_id="sample")} == {"sample"}
    assert len(exported(ready, "mentions", source_id="news")) == 3


def test_mentions_carry_their_evidence(ready: Database) -> None:
    """The sentences with the platform and the event, not the whole text; event ids to count by."""
    row = exported(ready, "mentions", platform_id="a")[0]
    assert row["evidence"] == "甲平台第0号消息：提现困难。 … 甲平台公告0"
    assert row["events"] == "withdrawal_difficulty"
    assert row["platform_name"] == "平台a"
    assert "text" not in row


def test_removed_mentions_are_not_exported(ready: Database) -> None:
    """Nor are the documents found by them."""
    with ready.writing() as session:
        taken = pd.DataFrame({"document_id": [1], "platform_id": ["a"]})
        write.remove_mentions(session, taken, reason="官方澄清", as_of=LATER)
    assert [row["document_id"] for row in exported(ready, "mentions", platform_id="a")] == [2, 3]
    assert [row["document_id"] for row in exported(ready, "documents", platform_id="a")] == [2, 3]


def test_withdrawn_flips_are_not_exported(ready: Database) -> None:
    """A change of level that a correction undid."""
    with ready.writing() as session:
        none = flip_rows("a", days(2)).iloc[:0]
        write.save_flips(session, none, LATER + timedelta(hours=1), computed=[("a", TODAY)])
    assert [row["day"] for row in exported(ready, "flips", platform_id="a")] == [days(2)[0]]


def test_rows_are_streamed(ready: Database) -> None:
    """The first rows of a long table come without the rest being read; leaving early is fine."""
    with ready.writing() as session:
        store(session, [document(n) for n in range(100, 5000)])
    with ready.reading() as session:
        stream = read.rows(session, "documents")
        assert len(list(itertools.islice(stream, 10))) == 10
    assert len(exported(ready, "documents")) == 4905


@pytest.mark.parametrize("table", TABLES)
def test_empty_tables_have_columns(database: Database, table: str) -> None:
    """A header can be written before there is a row."""
    assert exported(database, table) == []
    assert "day" in read.COLUMNS[table]
