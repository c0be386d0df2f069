"""The door: two engines, short locks, and every environmental fault as one clear sentence."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from sqlalchemy import event, text

from db import read, write
from db.engines import resolve_url
from db.schema import Document, Fact
from db.session import (
    Database,
    DatabaseDamaged,
    DatabaseError,
    DatabaseLocked,
    DatabaseReadOnly,
    DatabaseUnreachable,
    DiskFull,
)
from tests.db.builders import add_source, count, document, store


def test_environment_names_the_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """TRUSTWATCH_DATABASE_URL counts unless a URL is given."""
    monkeypatch.setenv("TRUSTWATCH_DATABASE_URL", f"sqlite:///{tmp_path}/env.db")
    assert Database.open().where.endswith("env.db")
    assert Database.open(f"sqlite:///{tmp_path}/given.db").where.endswith("given.db")


def test_default_is_the_embedded_file() -> None:
    """Nothing configured: a file in data/."""
    assert resolve_url(None, {}).database == "data/trustwatch.db"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"])
def test_postgresql_urls_use_psycopg(scheme: str) -> None:
    """Whatever spelling a hosting company hands out."""
    assert resolve_url(f"{scheme}://u:p@h/d", {}).drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mysql://u:geheim@h/d", "mysql"),
        ("not a url geheim", "无法解析"),
        ("sqlite://", "文件路径"),
        ("sqlite:///:memory:", "文件路径"),
        ("postgresql://u:geheim@h:port/d", "无法解析"),
    ],
)
def test_bad_urls_are_explained_without_their_secrets(url: str, expected: str) -> None:
    """The message says what is wrong and shows no password."""
    with pytest.raises(DatabaseError, match=expected) as caught:
        Database.open(url)
    assert "geheim" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_password_is_in_no_message_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """A server that cannot be reached is named by host and database only."""
    with (
        caplog.at_level(logging.DEBUG),
        Database.open("postgresql://leser:geheim@127.0.0.1:1/lager?sslmode=disable") as database,
        pytest.raises(DatabaseUnreachable) as caught,
    ):
        database.check()
    assert "127.0.0.1:1/lager" in str(caught.value)
    assert "TRUSTWATCH_DATABASE_URL" in str(caught.value)
    assert "geheim" not in str(caught.value) + repr(caught.value.__cause__) + caplog.text


def test_missing_driver_names_the_file_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without psycopg the message is one command."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DatabaseUnreachable, match=r"requirements-postgres\.txt"):
        Database.open("postgresql://u@h/d")


def test_writing_commits_whole_or_not_at_all(database: Database) -> None:
    """An exception inside the block leaves nothing of it."""
    with database.writing() as session:
        write.set_fact(session, "a", "1")

    def fail() -> None:
        with database.writing() as session:
            write.set_fact(session, "b", "2")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.reading() as session:
        assert (read.fact(session, "a"), read.fact(session, "b")) == ("1", None)


def test_reading_refuses_to_write(database: Database) -> None:
    """A page cannot change anything by accident."""
    with pytest.raises(DatabaseReadOnly), database.reading() as session:
        write.set_fact(session, "a", "1")
    with database.writing() as session:
        write.set_fact(session, "a", "2")


def test_reading_is_one_snapshot(database: Database) -> None:
    """Two queries of one page never disagree about what was written between them."""
    with database.reading() as session:
        assert read.fact(session, "a") is None
        with database.writing() as other:
            write.set_fact(other, "a", "1")
        assert read.fact(session, "a") is None
    with database.reading() as session:
        assert read.fact(session, "a") == "1"


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    """Reading takes no write lock: it answers while a transaction is open."""
    with database.writing() as session:
        write.set_fact(session, "a", "1")
        with database.reading() as other:
            assert read.fact(other, "a") is None


def test_writers_queue_without_error(database: Database) -> None:
    """Many threads that read and then write: the deferred upgrade that fails at once never happens."""
    errors: list[Exception] = []

    def increase() -> None:
        try:
            for _ in range(20):
                with database.writing() as session:
                    row = session.get(Fact, "n", with_for_update=True)
                    assert row is not None
                    write.set_fact(session, "n", str(int(row.value) + 1))
                    session.expire_all()
        except Exception as error:  # noqa: BLE001 # reported by the assertion below
            errors.append(error)

    with database.writing() as session:
        write.set_fact(session, "n", "0")
    threads = [threading.Thread(target=increase) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with database.reading() as session:
        assert read.fact(session, "n") == "80"


def test_locked_file_is_explained(sqlite_database: Database) -> None:
    """A database browser that holds the write lock: the message says so and what to close."""

    def hurry(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=50")

    event.listen(sqlite_database.engines.writing, "connect", hurry)
    with sqlite3.connect(sqlite_database.where) as browser:
        browser.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseLocked, match=r"占用.*关闭"), sqlite_database.writing():
            pass
        browser.rollback()


def test_full_disk_loses_nothing_stored(sqlite_database: Database) -> None:
    """No room: the transaction is undone with a clear message, and what was stored before is still there."""
    with sqlite_database.writing() as session:
        add_source(session)
        store(session, [document(1)])

    def no_room(connection: sqlite3.Connection, _record: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages + 3}")

    sqlite_database.close()
    event.listen(sqlite_database.engines.writing, "connect", no_room)
    with pytest.raises(DiskFull, match=r"磁盘空间不足.*此前的数据完好"), sqlite_database.writing() as session:
        store(session, [document(n) for n in range(2, 2000)])
    with sqlite_database.reading() as session:
        assert count(session, Document) == 1


def test_file_that_is_no_database_is_explained(tmp_path: Path) -> None:
    """A CSV named trustwatch.db: damaged, and how to go on."""
    path = tmp_path / "trustwatch.db"
    path.write_text("平台,日期\n" * 500, "utf-8")
    with Database.open(f"sqlite:///{path}") as database:
        with pytest.raises(DatabaseDamaged, match=r"trustwatch\.db.*restore"):
            database.check()
        with pytest.raises(DatabaseDamaged):
            database.migrate()
    assert path.read_text("utf-8").startswith("平台")


def test_folder_in_place_of_the_file_is_explained(tmp_path: Path) -> None:
    """A folder of that name cannot be opened as a database."""
    (tmp_path / "trustwatch.db").mkdir()
    with (
        Database.open(f"sqlite:///{tmp_path}/trustwatch.db") as database,
        pytest.raises(DatabaseUnreachable, match=r"trustwatch\.db"),
    ):
        database.migrate()


WRITE_AS_NOBODY = """
import os, sys
from db.session import Database, DatabaseReadOnly, DatabaseUnreachable
database = Database.open("sqlite:///" + sys.argv[1])
database.check()
database.close()
os.chmod(os.path.dirname(sys.argv[1]), 0o555)
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    with database.writing():
        pass
except (DatabaseReadOnly, DatabaseUnreachable) as error:
    print(error)
"""


def test_read_only_folder_is_explained(sqlite_database: Database) -> None:
    """A folder without write permission: which file, and what to check."""
    sqlite_database.close()
    path = Path(sqlite_database.where)
    if os.geteuid() != 0:
        path.chmod(0o444)
        path.parent.chmod(0o555)
        with Database.open(f"sqlite:///{path}") as database, pytest.raises(DatabaseUnreachable, match="权限"):
            database.migrate()
        path.parent.chmod(0o755)
        return
    shared = Path(tempfile.gettempdir())
    for folder in path.parents:  # root may write everywhere: somebody else has to try
        if shared in folder.parents:
            folder.chmod(0o755)
    path.chmod(0o444)
    command = [sys.executable, "-c", WRITE_AS_NOBODY, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    path.parent.chmod(0o755)
    assert path.name in result.stdout, result.stderr
    assert "权限" in result.stdout


def test_foreign_keys_are_enforced(database: Database) -> None:
    """A document of an unknown source is a bug and is not stored."""
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), database.writing() as session:
        store(session, [document(1)])


def test_errors_carry_no_text_of_people(database: Database) -> None:
    """What SQLAlchemy says about a failed statement does not repeat its parameters."""
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError) as caught, database.writing() as session:
        store(session, [document(1, text="张某的私事")])
    assert "张某" not in str(caught.value)


def test_missing_column_reads_as_older_schema(database: Database) -> None:
    """A table that lacks what the programme asks for names the migration, not an SQL error."""
    from db.session import DatabaseOlder

    with pytest.raises(DatabaseOlder, match="migrate"), database.reading() as session:
        session.execute(text("SELECT nothing_like_it FROM facts"))


def test_sqlite_is_durable_and_concurrent(sqlite_database: Database) -> None:
    """WAL lets readers go on; FULL keeps a committed document through a power cut; foreign keys are on."""
    with sqlite_database.engines.writing.connect() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert found == ["wal", 2, 1, 15_000]
