"""Backup and restore: consistent while others write, whole or not at all, across both databases."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from db import read, write
from db.session import BackupRefused, Database, DatabaseLocked, DiskFull, Leader
from tests.db.builders import (
    NOW,
    TODAY,
    add_platforms,
    add_source,
    analyse_all,
    counts,
    days,
    document,
    index_value_rows,
    platform_day_rows,
    store,
)
from tests.db.servers import created


@pytest.fixture
def filled(database: Database) -> Database:
    """Ten documents read, with mentions, values and a fact."""
    with database.writing() as session:
        add_source(session)
        add_platforms(session, "a", "b")
        store(session, [document(n) for n in range(10)])
        write.set_fact(session, "名字", "值")
    analyse_all(database, "a", "b")
    with database.writing() as session:
        write.save_platform_days(session, platform_day_rows("a", days(5)), NOW)
        write.save_index_values(session, index_value_rows("a", days(5), expected=None), NOW)
    return database


@pytest.fixture
def other(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of the other kind."""
    if backend == "postgres":
        folder = tmp_path / "other"
        folder.mkdir()
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "trustwatch.db")
        with Database.open(f"sqlite:///{folder / 'trustwatch.db'}") as database:
            yield database
        return
    for url in created(request.getfixturevalue("postgres_server")):
        with Database.open(url) as database:
            yield database


def contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of what people look at."""
    with database.reading() as session:
        return {
            name: [tuple(map(str, row.values())) for row in read.rows(session, name)]  # type: ignore[arg-type]
            for name in read.COLUMNS
        }


def test_restore_brings_back_what_was_backed_up(filled: Database, tmp_path: Path) -> None:
    """All rows are as they were, and what was written since is gone from the database but kept aside."""
    before, copy = contents(filled), tmp_path / "copy.db"
    filled.backup(copy)
    with filled.writing() as session:
        store(session, [document(n) for n in range(10, 20)])
        write.set_fact(session, "名字", "别的")
    aside = filled.restore(copy)
    assert contents(filled) == before
    assert aside is not None
    with Database.open(f"sqlite:///{aside}") as kept, kept.reading() as session:
        assert read.fact(session, "名字") == "别的"


def test_numbering_goes_on_after_restore(filled: Database, tmp_path: Path) -> None:
    """A document stored after a restore gets an id nobody had."""
    filled.backup(tmp_path / "copy.db")
    filled.restore(tmp_path / "copy.db")
    with filled.writing() as session:
        store(session, [document(77)])
    with filled.reading() as session:
        assert [item.id for item in read.waiting_documents(session, "v", limit=5)] == [11]


def test_backup_moves_between_databases(filled: Database, other: Database, tmp_path: Path) -> None:
    """One format: the embedded database moves to PostgreSQL and back without losing a row."""
    filled.backup(tmp_path / "copy.db")
    other.restore(tmp_path / "copy.db")
    assert contents(other) == contents(filled)
    assert counts(other) == counts(filled)
    with other.writing() as session:
        assert store(session, [document(3), document(99)]) == write.StoreCounts(stored=1, duplicates=1)


def test_backup_while_another_thread_writes(filled: Database, tmp_path: Path) -> None:
    """The copy is one moment: every analysed document in it has its mentions, stories and bands."""
    stop = threading.Event()

    def write_on() -> None:
        number = 100
        while not stop.is_set():
            with filled.writing() as session:
                store(session, [document(n) for n in range(number, number + 20)])
            analyse_all(filled, "a", "b")
            number += 20

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        for attempt in range(5):
            filled.backup(tmp_path / f"copy{attempt}.db")
    finally:
        stop.set()
        writer.join()
    for attempt in range(5):
        with sqlite3.connect(tmp_path / f"copy{attempt}.db") as copy:
            read_documents = copy.execute(
                "SELECT count(*) FROM documents WHERE analysed_with IS NOT NULL"
            ).fetchone()
            mentions = copy.execute("SELECT count(*) FROM mentions").fetchone()
            orphans = copy.execute("PRAGMA foreign_key_check").fetchall()
        assert mentions[0] == 2 * read_documents[0] > 0
        assert orphans == []


def test_backup_never_overwrites(filled: Database, tmp_path: Path) -> None:
    """An existing file, whatever it is, stays as it is."""
    path = tmp_path / "copy.db"
    path.write_text("mine")
    with pytest.raises(BackupRefused, match="不会覆盖"):
        filled.backup(path)
    assert path.read_text() == "mine"


def test_backup_is_one_file(filled: Database, tmp_path: Path) -> None:
    """Nothing else is left beside it, so it can be copied away as it is."""
    folder = tmp_path / "backups"
    folder.mkdir()
    filled.backup(folder / "copy.db")
    assert [path.name for path in folder.iterdir()] == ["copy.db"]


def test_missing_folder_is_named(filled: Database, tmp_path: Path) -> None:
    """The message says which folder to make."""
    with pytest.raises(BackupRefused, match="none"):
        filled.backup(tmp_path / "none" / "copy.db")


@pytest.mark.parametrize(
    "content", [b"", b"no database at all" * 100, b"SQLite format 3\x00" + b"\x01" * 5000]
)
def test_what_is_no_backup_is_refused(filled: Database, tmp_path: Path, content: bytes) -> None:
    """Nothing was replaced when the file is not a backup."""
    before = contents(filled)
    path = tmp_path / "strange.db"
    path.write_bytes(content)
    with pytest.raises(BackupRefused, match="备份"):
        filled.restore(path)
    assert contents(filled) == before


def test_damaged_backup_is_refused(filled: Database, tmp_path: Path) -> None:
    """A page overwritten in the middle of the file is found before anything is replaced."""
    before, path = contents(filled), tmp_path / "copy.db"
    filled.backup(path)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 20_000] = b"\xff" * 20_000
    path.write_bytes(raw)
    with pytest.raises(BackupRefused):
        filled.restore(path)
    assert contents(filled) == before


def test_missing_backup_is_named(filled: Database, tmp_path: Path) -> None:
    """A mistyped name is said so."""
    with pytest.raises(BackupRefused, match=r"nowhere\.db"):
        filled.restore(tmp_path / "nowhere.db")


def test_newer_backup_is_refused(filled: Database, tmp_path: Path) -> None:
    """A backup of a later version is not squeezed into this one."""
    path = tmp_path / "copy.db"
    filled.backup(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BackupRefused, match="更新版本"):
        filled.restore(path)


def test_older_backup_is_migrated(filled: Database, tmp_path: Path) -> None:
    """A backup of an earlier version comes up to this one; the backup itself is not touched."""
    from tests.db.test_migrations import at_revision, fill_first_revision

    path = tmp_path / "old" / "old.db"
    with at_revision(f"sqlite:///{path}", "0001") as old:
        fill_first_revision(old)
    raw = path.read_bytes()
    filled.restore(path)
    with filled.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM documents")) == 3
    assert path.read_bytes() == raw


def test_restore_refuses_while_a_worker_leads(filled: Database, tmp_path: Path) -> None:
    """A worker would go on writing from what it remembers of the former content."""
    filled.backup(tmp_path / "copy.db")
    with Database.open(filled.url.render_as_string(hide_password=False)) as worker:
        leader = Leader(worker)
        assert leader.acquire()
        with pytest.raises(DatabaseLocked, match="停止"):
            filled.restore(tmp_path / "copy.db")
        leader.release()
    filled.restore(tmp_path / "copy.db")


def test_readers_see_old_or_new_never_a_mixture(filled: Database, tmp_path: Path) -> None:
    """A page that reads during a restore keeps its snapshot, and the next one sees the restored rows."""
    filled.backup(tmp_path / "copy.db")
    with filled.writing() as session:
        store(session, [document(n) for n in range(10, 30)])
    with Database.open(filled.url.render_as_string(hide_password=False)) as page:
        if page.is_sqlite:
            with page.reading() as session:
                assert len(list(read.rows(session, "documents"))) == 30
                filled.restore(tmp_path / "copy.db")
                assert len(list(read.rows(session, "documents"))) == 30
        else:
            filled.restore(tmp_path / "copy.db")
        with page.reading() as session:
            assert len(list(read.rows(session, "documents"))) == 10


def test_restore_replaces_a_damaged_file(sqlite_database: Database, tmp_path: Path) -> None:
    """When the database itself is beyond reading, restoring is exactly what is wanted; the wreck is kept."""
    with sqlite_database.writing() as session:
        write.set_fact(session, "名字", "值")
    sqlite_database.backup(tmp_path / "copy.db")
    sqlite_database.close()
    path = Path(sqlite_database.url.database or "")
    path.write_bytes(b"rubbish" * 1000)
    with Database.open(f"sqlite:///{path}") as database:
        aside = database.restore(tmp_path / "copy.db")
        with database.reading() as session:
            assert read.fact(session, "名字") == "值"
    assert aside is not None
    assert aside.read_bytes().startswith(b"rubbish")


def test_restore_into_nothing(sqlite_database: Database, tmp_path: Path) -> None:
    """On a fresh machine there is nothing to put aside."""
    sqlite_database.backup(tmp_path / "copy.db")
    with Database.open(f"sqlite:///{tmp_path / 'new' / 'trustwatch.db'}") as database:
        assert database.restore(tmp_path / "copy.db") is None
        database.check()


def test_each_restore_keeps_its_own_copy(sqlite_database: Database, tmp_path: Path) -> None:
    """A second restore does not overwrite what the first put aside."""
    sqlite_database.backup(tmp_path / "copy.db")
    kept = [sqlite_database.restore(tmp_path / "copy.db") for _ in range(3)]
    assert len({path for path in kept if path and path.exists()}) == 3


def test_today_is_in_the_backup(filled: Database, tmp_path: Path) -> None:
    """Days, times, JSON and missing numbers survive the copy as what they were."""
    filled.backup(tmp_path / "copy.db")
    with Database.open(f"sqlite:///{tmp_path / 'copy.db'}") as copy, copy.reading() as session:
        row = read.platform_days(session, "a", TODAY, TODAY).iloc[0]
        values = read.index_values(session, "a", TODAY, TODAY).iloc[0]
    assert row["day"] == TODAY
    assert row["as_of"].to_pydatetime() == NOW
    assert row["state"] == {"peak": 40.0}
    assert values.isna()["expected"]


def test_full_disk_moves_nothing(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No room to put the present content aside: it stays where it is, and the message speaks of the disk."""
    sqlite_database.backup(tmp_path / "copy.db")
    connect = sqlite3.connect

    def without_room(target: object, **options: object) -> sqlite3.Connection:
        connection = connect(target, **options)  # type: ignore[call-overload]
        if "before-restore" in str(target):
            connection.execute("PRAGMA max_page_count=5")
        return connection  # type: ignore[no-any-return]

    monkeypatch.setattr(sqlite3, "connect", without_room)
    with pytest.raises(DiskFull, match="磁盘空间不足"):
        sqlite_database.restore(tmp_path / "copy.db")
    monkeypatch.undo()
    assert not list(tmp_path.glob("*before-restore*"))
    sqlite_database.check()
