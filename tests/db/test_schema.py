"""What the schema promises beyond what migrations can compare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest
from sqlalchemy import text

from db import read, write
from db.schema import Base, Utc
from db.session import Database
from db.sql import among, chunks, records
from tests.db.builders import NOW, add_source


def test_clustered_tables_are_built_clustered(sqlite_database: Database) -> None:
    """Alembic does not compare WITHOUT ROWID and AUTOINCREMENT: the file must have them where the models say so."""
    with sqlite_database.reading() as session:
        built = dict(session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all())
    for table in Base.metadata.sorted_tables:
        options = table.dialect_options["sqlite"]
        assert ("WITHOUT ROWID" in built[table.name]) == (options["with_rowid"] is False), table.name
        assert ("AUTOINCREMENT" in built[table.name]) == bool(options["autoincrement"]), table.name


def test_times_keep_their_moment(database: Database) -> None:
    """Any zone in, UTC out, to the microsecond, on both databases."""
    moment = datetime(2026, 11, 20, 11, 5, 7, 123456, tzinfo=timezone(timedelta(hours=8)))
    with database.writing() as session:
        add_source(session)
        write.set_source_state(session, "news", "ok", None, last_success_at=moment)
    with database.reading() as session:
        found = read.last_runs(session)["news"]
    assert found == moment
    assert found.tzinfo is UTC


def test_naive_times_are_refused() -> None:
    """A time without a zone is a bug and never guessed."""
    from sqlalchemy.dialects import sqlite

    with pytest.raises(ValueError, match="naive"):
        Utc().process_bind_param(NOW.replace(tzinfo=None), sqlite.dialect())


def test_every_table_says_what_it_is() -> None:
    """The data model is explained where it is declared."""
    assert all(mapper.class_.__doc__ for mapper in Base.registry.mappers)


def test_any_number_of_values_is_one_parameter(database: Database) -> None:
    """A hundred thousand ids in one condition: beyond what either database takes as parameters."""
    from db.schema import Source

    with database.writing() as session:
        add_source(session)
    with database.reading() as session:
        many = [f"s{n}" for n in range(100_000)] + ["news"]
        assert session.query(Source.id).where(among(session, Source.id, many)).all() == [("news",)]
        assert session.query(Source.id).where(among(session, Source.id, [])).all() == []


def test_records_are_plain_values() -> None:
    """What pandas holds becomes what a driver takes: None for missing, dates for days."""
    data = pd.DataFrame(
        {
            "day": pd.to_datetime(["2026-11-20", None]),
            "value": [1.5, float("nan")],
            "name": pd.Series(["甲", None], dtype="str"),
            "at": pd.to_datetime(["2026-11-20T03:00:00Z", None], utc=True),
        }
    )
    (first, second) = records(data, ["day", "value", "name", "at"])
    assert first == (NOW.date(), 1.5, "甲", NOW)
    assert second == (None, None, None, None)
    assert type(first[3]) is datetime


def test_chunks_lose_nothing() -> None:
    """Every item once, in order, in pieces of at most the size."""
    assert list(chunks(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(chunks([], 2)) == []
