"""The way up: from nothing, from the revision before, and what must not be opened."""

from __future__ import annotations

import json
import multiprocessing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pandas import NaT
from sqlalchemy import text

from db import migrations, read, write
from db.schema import Base
from db.search import is_derived
from db.session import (
    Database,
    DatabaseDamaged,
    DatabaseNewer,
    DatabaseOlder,
)
from db.write import ReadingRow

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


def at_revision(url: str, revision: str) -> Database:
    """A database that stopped at `revision`."""
    database = Database.open(url)
    if database.is_sqlite:
        Path(database.url.database or "").parent.mkdir(parents=True, exist_ok=True)
    with database.engines.writing.begin() as connection:
        command.upgrade(migrations.config(connection), revision)
    return database


def test_empty_database_reaches_head(empty_url: str) -> None:
    """From nothing to the newest schema; a second run finds nothing to do."""
    with Database.open(empty_url) as database:
        assert database.migrate()
        assert not database.migrate()
        with database.reading() as session:
            assert read.schema_revision(session) == migrations.head()


def declared(name: str | None, kind: str, _parents: object) -> bool:
    """Everything but the search index, whose table is not the same on the two databases."""
    return kind != "table" or not is_derived(name)


def test_models_say_what_migrations_built(database: Database) -> None:
    """schema.py and the migrations agree in every table, column, type, index and constraint."""
    with database.engines.reading.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": declared}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_every_revision_has_one_parent() -> None:
    """One line of revisions: two heads would leave `migrate` without a goal."""
    assert migrations.head() in migrations.known()


STORY_0001 = "INSERT INTO stories (id, first_available_at) VALUES (1, '2026-11-01 00:00:00')"
STORY_0002 = (
    "INSERT INTO stories (id, first_available_at, copies, publishers) VALUES (1, '2026-11-01 00:00:00', 3, 2)"
)


def fill_first_revision(database: Database, story: str = STORY_0001) -> None:
    """Copies of one story, as version 0001 held them."""
    with database.engines.writing.begin() as connection:
        for statement in (
            "INSERT INTO sources (id, name, kinds, config, enabled, demo, verified, state)"
            " VALUES ('s', '来源', '[]', '{}', true, false, true, 'ok')",
            "INSERT INTO platforms (id, name, category, demo, active, added_at)"
            " VALUES ('p', '甲平台', '支付', false, true, '2026-11-01 00:00:00')",
            story,
        ):
            connection.execute(text(statement))
        for number, publisher in ((1, "'甲报'"), (2, "NULL"), (3, "'甲报'")):
            connection.execute(
                text(
                    "INSERT INTO documents (id, identity, source_id, kind, title, text, official, first_seen_at,"
                    " available_at, available_day, backfilled, content_hash, story_id, revision, fields,"
                    " replaced_share, analysed_with, publisher) VALUES"
                    f" ({number}, 'i{number}', 's', 'news', '题', '文', false, '2026-11-01 00:00:00',"
                    f" '2026-11-01 00:00:00', '2026-11-01', false, 'h', 1, 1, '{{}}', 0, 'v1', {publisher})"
                )
            )
            connection.execute(
                text(
                    "INSERT INTO mentions (document_id, platform_id, as_of, available_day, kind, relevance,"
                    " negative, polarity, severity, events, spans, needs_review, removed, model_version) VALUES"
                    f" ({number}, 'p', '2026-11-01 00:00:00', '2026-11-01', 'news', 1, 1, 'asserted', 1, '[]',"
                    " '[]', false, false, 'v1')"
                )
            )


def test_previous_revision_keeps_its_data(empty_url: str) -> None:
    """Rebuilding a table on SQLite drops the old one: no document and no mention may go with it."""
    with at_revision(empty_url, "0001") as database:
        fill_first_revision(database)
        assert database.migrate()
        with database.reading() as session:
            story = session.execute(text("SELECT copies, publishers FROM stories")).one()
            assert tuple(story) == (3, 2)
            assert session.scalar(text("SELECT count(*) FROM documents")) == 3
            assert session.scalar(text("SELECT count(*) FROM mentions")) == 3
            assert read.waiting_count(session) == 3


def fill_second_revision(database: Database) -> None:
    """A run of a source and its three documents, as version 0002 held them."""
    fill_first_revision(database, STORY_0002)
    with database.engines.writing.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO runs (id, source_id, slot, started_at, state, items, stored, duplicates, revised, refused)"
                " VALUES (7, 's', 'slot', '2026-11-01 00:00:00', 'done', 3, 3, 0, 0, 0)"
            )
        )
        connection.execute(text("UPDATE documents SET run_id = 7"))


def test_second_revision_keeps_its_data(empty_url: str) -> None:
    """The ledger and the sources are rebuilt with their rows, documents are left in place, and sources are counted."""
    with at_revision(empty_url, "0002") as database:
        fill_second_revision(database)
        assert database.migrate()
        with database.reading() as session:
            (run,) = read.runs(session).to_dict("records")
            counted = [
                run[name] for name in ("id", "items", "undated", "undecodable", "lacking", "unchanged")
            ]
            assert counted == [7, 3, 0, 0, 0, False]
            (source,) = read.sources(session).to_dict("records")
            assert (source["documents"], source["last_run_state"]) == (3, "done")
            assert source["retry_at"] is None or source["retry_at"] is NaT
            untouched = (
                "SELECT count(*) FROM documents WHERE run_id = 7 AND root_id IS NULL AND purged_at IS NULL"
            )
            assert session.scalar(text(untouched)) == 3
            assert session.scalar(text("SELECT count(*) FROM mentions")) == 3
        with database.writing() as session:
            write.set_source_state(session, "s", "ok", None)


def test_fourth_revision_keeps_its_data(empty_url: str) -> None:
    """Readings come as a table of their own: what was there stays, and a platform of it can be given figures."""
    reading = ReadingRow("p", "balance", date(2026, 9, 30), 5.0, 50_000.0, "元", NOW, False)
    with at_revision(empty_url, "0004") as database:
        with database.engines.writing.begin() as connection:
            for statement in (
                "INSERT INTO platforms (id, name, category, demo, active, added_at)"
                " VALUES ('p', '甲平台', '支付', false, true, '2026-11-01 00:00:00')",
                "INSERT INTO index_days (platform_id, day, index_id, impulse, count, raw)"
                " VALUES ('p', '2026-11-01', 'N', 0.5, 1, 2)",
            ):
                connection.execute(text(statement))
        assert database.migrate()
        with database.writing() as session:
            write.store_readings(session, [reading], NOW)
        with database.reading() as session:
            (day,) = read.index_days(session, ["p"], date(2026, 11, 1), date(2026, 11, 1)).to_dict("records")
            assert (day["impulse"], day["count"], day["raw"]) == (0.5, 1, 2)
            assert read.readings(session, ["p"], date(2026, 12, 31))["value"].tolist() == [5.0]


def test_older_database_is_refused_with_its_remedy(empty_url: str) -> None:
    """A page opened before the migration says what to run instead of failing on a missing column."""
    with at_revision(empty_url, "0001") as database:
        with pytest.raises(DatabaseOlder, match="pipeline migrate"), database.reading():
            pass
        with pytest.raises(DatabaseOlder, match="0001"):
            database.check()


def test_newer_database_is_refused_untouched(database: Database) -> None:
    """A programme that is behind neither reads nor migrates what a newer one wrote."""
    with database.engines.writing.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseNewer, match=r"9999.*升级程序"):
        database.check()
    with pytest.raises(DatabaseNewer):
        database.migrate()
    with database.engines.reading.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_missing_database_says_how_to_begin(tmp_path: Path) -> None:
    """Reading creates no empty file: it names the command that makes a database."""
    path = tmp_path / "none" / "trustwatch.db"
    with Database.open(f"sqlite:///{path}") as database, pytest.raises(DatabaseOlder, match="make run"):
        database.check()
    assert not path.exists()


def test_foreign_database_is_refused(empty_url: str) -> None:
    """Somebody else's tables are left alone."""
    database = Database.open(empty_url)
    if database.is_sqlite:
        Path(database.url.database or "").parent.mkdir(parents=True)
    with database, database.engines.writing.begin() as connection:
        connection.execute(text("CREATE TABLE customers (id INTEGER)"))
    with pytest.raises(DatabaseDamaged, match="customers"):
        database.migrate()


def _migrate(url: str, barrier: object, results: object) -> None:
    with Database.open(url) as database:
        barrier.wait()  # type: ignore[attr-defined]
        results.put(database.migrate())  # type: ignore[attr-defined]


def test_two_processes_migrate_once(empty_url: str) -> None:
    """Worker and dashboard started together: one migrates, the other waits and finds it done."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(3), context.Queue()
    processes = [context.Process(target=_migrate, args=(empty_url, barrier, results)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert sorted(results.get(timeout=5) for _ in processes) == [False, False, True]


def test_json_survives_the_dialects(database: Database) -> None:
    """Chinese text in JSON columns is stored readable, and comes back as it was."""
    with database.engines.writing.begin() as connection:
        connection.execute(
            Base.metadata.tables["requests"].insert(),
            {
                "what": "x",
                "arguments": {"名": "甲"},
                "who": "我",
                "state": "waiting",
                "progress": 0.0,
                "created_at": NOW,
            },
        )
        raw = connection.scalar(text("SELECT arguments FROM requests"))
    assert (raw if isinstance(raw, dict) else json.loads(raw)) == {"名": "甲"}
    assert isinstance(raw, dict) or "甲" in raw
