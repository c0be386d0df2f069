"""The first page in a handful of statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import event

from db import read, write
from db.session import Database
from settings.models import Platform
from tests.db.builders import (
    LATER,
    NOW,
    TODAY,
    add_platforms,
    add_source,
    analyse_all,
    days,
    document,
    platform_day_rows,
    store,
)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that the reading engine executes."""
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(database.engines.reading, "before_cursor_execute", note)
    yield statements
    event.remove(database.engines.reading, "before_cursor_execute", note)


def overview(database: Database, **filters: Any) -> pd.DataFrame:
    """The overview by platform id."""
    with database.reading() as session:
        return read.overview(session, **filters).set_index("platform_id")


@pytest.fixture
def ready(database: Database) -> Database:
    """Platform a has 40 days, b none."""
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a", "b")
        rows = platform_day_rows("a", days(40))
        rows["t_star"] = np.arange(40.0)
        write.save_platform_days(session, rows, NOW)
    return database


def test_newest_version_of_the_newest_day(ready: Database) -> None:
    """Level, numbers and reason are those of the last recomputation."""
    with ready.writing() as session:
        newer = platform_day_rows(
            "a", [TODAY], t_star=70.0, level="橙", reason="12 家媒体报道", provisional=True
        )
        write.save_platform_days(session, newer, LATER)
    row = overview(ready).loc["a"]
    assert (row["level"], row["t_star"], row["reason"], row["day"]) == ("橙", 70.0, "12 家媒体报道", TODAY)
    assert row["as_of"].to_pydatetime() == LATER
    assert bool(row["provisional"])


def test_sparkline_and_change(ready: Database) -> None:
    """Thirty days that end on the newest, and the difference to seven days before."""
    row = overview(ready).loc["a"]
    assert row["spark"] == [float(n) for n in range(10, 40)]
    assert row["change7"] == 7.0


def test_gaps_are_gaps(database: Database) -> None:
    """A day without a value is None in the line, and a change over it is unknown, not 0."""
    with database.writing() as session:
        add_platforms(session, "a")
        present = [day for day in days(20) if day != TODAY - timedelta(days=7)]
        write.save_platform_days(session, platform_day_rows("a", present), NOW)
    row = overview(database).loc["a"]
    assert row["spark"] == [None] * 10 + [40.0] * 12 + [None] + [40.0] * 7
    assert np.isnan(row["change7"])


def test_platform_without_a_day_is_grey(ready: Database) -> None:
    """Nothing computed is 数据不足 and no number, never calm."""
    row = overview(ready).loc["b"]
    assert row["level"] == "数据不足"
    assert row[["t", "t_star", "change7", "coverage", "scope"]].isna().all()
    assert row["day"] is None
    assert row["spark"] == [None] * 30
    assert row["mentions90"] == 0


def test_nothing_at_all(database: Database) -> None:
    """An empty watch list is an empty frame with all its columns."""
    empty = overview(database)
    with database.writing() as session:
        add_platforms(session, "a")
    assert list(empty.columns) == list(overview(database).columns)
    assert empty.empty


def test_status_is_shown(database: Database) -> None:
    """A platform that failed shows its status; the latest entry counts."""
    with database.writing() as session:
        for word, since in (("出险", date(2026, 1, 1)), ("清盘", date(2026, 5, 1))):
            failed = Platform(id="x", name="某平台", category="网贷", status=word, status_since=since)  # type: ignore[arg-type]
            write.load_platforms(session, [failed], now=NOW, who="测试", evidence=None, replace=True)
        add_platforms(session, "a")
    found = overview(database)
    assert found.loc["x", ["status", "status_since"]].tolist() == ["清盘", date(2026, 5, 1)]
    assert found.loc["a", ["status", "status_since"]].tolist() == ["在营", None]


def test_mentions_of_ninety_days(ready: Database) -> None:
    """Versions count once, removed ones not, older ones no more."""
    with ready.writing() as session:
        old = NOW - timedelta(days=90)
        store(session, [document(n) for n in range(4)] + [document(9, published_at=old, first_seen_at=old)])
    analyse_all(ready, "a")
    with ready.writing() as session:
        write.rescore(session)
    analyse_all(ready, "a", as_of=LATER, negative=0.2)
    with ready.writing() as session:
        taken = pd.DataFrame({"document_id": [2], "platform_id": ["a"]})
        write.remove_mentions(session, taken, reason="官方澄清", as_of=LATER + timedelta(hours=1))
    assert overview(ready)["mentions90"].to_dict() == {"a": 3, "b": 0}


def test_demo_and_real(ready: Database) -> None:
    """The filter 演示 / 真实."""
    with ready.writing() as session:
        add_platforms(session, "d", demo=True)
    assert list(overview(ready, demo=True).index) == ["d"]
    assert set(overview(ready, demo=False).index) == {"a", "b"}


def test_statements_do_not_grow_with_platforms(ready: Database) -> None:
    """Two platforms or two hundred: the same handful of statements."""
    with ready.reading() as session, counted(ready) as few:
        read.overview(session)
    with ready.writing() as session:
        add_platforms(session, *(f"p{n}" for n in range(200)))
    with ready.reading() as session, counted(ready) as many:
        read.overview(session)
    assert len(many) == len(few) <= 6
