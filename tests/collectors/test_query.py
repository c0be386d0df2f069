"""Which queries reader sql takes: one that reads, and nothing else."""

from __future__ import annotations

import pytest

from collectors.query import query_fault


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id FROM complaints WHERE updated_at >= :since",
        "  select id from complaints;  ",
        "-- newest first\nSELECT id FROM complaints ORDER BY 1 DESC",
        "WITH late AS (SELECT id FROM complaints) SELECT id FROM late",
        "(SELECT id FROM a) UNION ALL (SELECT id FROM b)",
        "SELECT 'please delete; this' AS text FROM complaints",
        'SELECT "update", `lock` FROM complaints',
        "SELECT update_time, replace(phone, '1', '*') FROM complaints /* drop folder; */",
    ],
)
def test_a_query_that_reads_is_taken(query: str) -> None:
    """Words in texts, quoted names and comments are no commands, nor are names that merely contain one."""
    assert query_fault(query) is None


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("DELETE FROM complaints", "必须以 SELECT 或 WITH 开头"),
        ("", "必须以 SELECT 或 WITH 开头"),
        ("SELECT 1; DROP TABLE complaints", "只能写一条查询语句"),
        ("WITH gone AS (DELETE FROM complaints RETURNING *) SELECT * FROM gone", "DELETE"),
        ("SELECT * INTO copied FROM complaints", "INTO"),
        ("SELECT * FROM complaints FOR UPDATE", "UPDATE"),
        ("SELECT 1 /*! ; DROP TABLE complaints */", "注释"),
        ("PRAGMA writable_schema = 1", "必须以 SELECT 或 WITH 开头"),
    ],
)
def test_a_query_that_changes_something_is_refused(query: str, words: str) -> None:
    """The reason names the word, so that a person can put a column of that name into quotes."""
    assert words in (query_fault(query) or "")
