"""Backup and restore. A backup is one SQLite file whatever the database: it can be looked into with common tools, and
restoring it elsewhere moves an installation from the embedded database to PostgreSQL or back.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Connection, Integer, Row, Table, func, insert, make_url, select, text

from db import migrations
from db.engines import make_engines, sqlite_path, to_json
from db.errors import LOCK_WAIT_SECONDS, BackupRefused, DatabaseLocked, DatabaseNewer, describe
from db.leader import Leader
from db.schema import Base
from db.search import restart

if TYPE_CHECKING:
    from db.session import Database

ROWS = 2_000


def backup(database: Database, path: Path) -> None:
    """See Database.backup. Written under another name and linked into place: no half backup bears the name."""
    if path.exists():
        raise BackupRefused(f"备份文件已存在，不会覆盖：{path}。请换一个文件名，或先移走旧文件")
    if not path.parent.is_dir():
        raise BackupRefused(f"备份文件所在的文件夹不存在：{path.parent}。请先建立它")
    with _scratch(path) as unfinished:
        if database.is_sqlite:
            _copy_file(sqlite_path(database.url), unfinished)
        else:
            _copy_out(database, unfinished)
        _verify(unfinished)
        _publish(unfinished, path)


def restore(database: Database, path: Path) -> Path | None:
    """See Database.restore. The leader lock is held throughout, so that no worker writes meanwhile."""
    if not path.is_file():
        raise BackupRefused(f"找不到备份文件：{path}。请检查路径")
    if database.is_sqlite:
        sqlite_path(database.url).parent.mkdir(parents=True, exist_ok=True)
    leader = Leader(database)
    if not leader.acquire():
        raise DatabaseLocked(
            "工作进程正在运行，不能恢复。请先停止 TrustWatch（make run 或 pipeline work）再恢复"
        )
    try:
        return _into_file(database, path) if database.is_sqlite else _into_server(database, path)
    finally:
        leader.release()


def _into_file(database: Database, path: Path) -> Path | None:
    target = sqlite_path(database.url)
    with _scratch(target) as ready:
        _prepare(path, ready)
        aside, sound = _put_aside(target)
        if sound:
            _copy_file(ready, target)
        else:
            for suffix in (
                "-wal",
                "-shm",
            ):  # left without their database, they would be replayed into the new one
                Path(f"{target}{suffix}").unlink(missing_ok=True)
            os.replace(ready, target)
    migrations.upgrade(database.engines.writing, database.where)
    return aside


def _into_server(database: Database, path: Path) -> Path:
    migrations.upgrade(database.engines.writing, database.where)
    aside = _free_name(path.with_name("trustwatch.before-restore.db"))
    backup(database, aside)
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.db"
        _prepare(path, ready)
        engines = make_engines(make_url(f"sqlite:///{ready}"))
        with engines.reading.connect() as source, database.engines.writing.begin() as target:
            names = ", ".join(table.name for table in Base.metadata.sorted_tables)
            target.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
            _copy_rows(source, target)
            _continue_numbering(target)
            restart(target)
        engines.reading.dispose()
    return aside


@contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    """A hidden name beside `path`; whatever lies there in the end is removed."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield scratch
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                os.unlink(f"{scratch}{suffix}")


def _publish(unfinished: Path, path: Path) -> None:
    with unfinished.open("rb") as handle:
        os.fsync(handle.fileno())
    try:
        os.link(unfinished, path)  # refuses if `path` appeared meanwhile, where a rename would overwrite it
    except FileExistsError as error:
        raise BackupRefused(f"备份文件已存在，不会覆盖：{path}。请换一个文件名") from error


def _copy_file(source: Path, target: Path) -> None:
    """SQLite's online backup: one snapshot of a file others write, or one transaction into a file others read."""
    with closing(_open(source)) as old, closing(sqlite3.connect(target, timeout=LOCK_WAIT_SECONDS)) as new:
        deadline = time.monotonic() + LOCK_WAIT_SECONDS

        def give_up(status: int, _remaining: int, _total: int) -> None:
            if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > deadline:
                raise describe(DatabaseLocked, str(target))

        old.backup(new, progress=give_up)


def _open(path: Path) -> sqlite3.Connection:
    """An existing file: plain connecting would create a missing one."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=LOCK_WAIT_SECONDS)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """A damaged file is no backup; a full disk or a lock says nothing about the file and passes through."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        raise BackupRefused(
            f"文件不是有效的备份：{path}（{error}）。请选择 pipeline backup 生成的文件"
        ) from error


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    name = getattr(error, "sqlite_errorname", "") or ""
    return name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")) or name == "SQLITE_ERROR"


def _verify(path: Path) -> None:
    """Raises BackupRefused unless the file is a sound database of ours; leaves it one file, without -wal."""
    with _refusing(path), closing(_open(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        (word,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    if word != "ok":
        raise BackupRefused(f"备份没有通过完整性检查：{path}（{word}）。请换一个备份")
    if not {"alembic_version", "documents"} <= tables:
        raise BackupRefused(f"该文件不是 TrustWatch 的备份：{path}。请选择 pipeline backup 生成的文件")


def _prepare(path: Path, ready: Path) -> None:
    """A checked copy of the backup in this version's schema: nothing is replaced before it is complete."""
    with _refusing(path):
        _copy_file(path, ready)
    _verify(ready)
    writing = make_engines(make_url(f"sqlite:///{ready}")).writing
    try:
        migrations.upgrade(writing, str(path))
    except DatabaseNewer as error:
        raise BackupRefused(f"备份来自更新版本的程序：{path}。请先升级程序再恢复") from error
    finally:
        writing.dispose()
    _verify(ready)


def _put_aside(target: Path) -> tuple[Path | None, bool]:
    """Keep the present content: where (None = there was none), and whether `target` is still a sound database."""
    if not target.exists():
        return None, False
    aside = _free_name(target.with_name(f"{target.stem}.before-restore{target.suffix}"))
    try:
        with _scratch(aside) as copy:
            with _refusing(target):
                _copy_file(target, copy)
            _verify(copy)
            _publish(copy, aside)
        return aside, True
    except BackupRefused:
        # Damaged: nobody can be using it, so the files themselves are moved.
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.replace(f"{target}{suffix}", f"{aside}{suffix}")
        return aside, False


def _free_name(path: Path) -> Path:
    """`path`, or with a number behind its stem the first name that is free."""
    names = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(2, 10_000))
    return path if not path.exists() else next(name for name in names if not name.exists())


def _copy_out(database: Database, target: Path) -> None:
    """Every table of a server into a new file, within one read-only REPEATABLE READ transaction."""
    writing = make_engines(make_url(f"sqlite:///{target}")).writing
    try:
        migrations.upgrade(writing, str(target))
        with database.engines.reading.connect() as source, writing.begin() as copy:
            _copy_rows(source, copy)
            copy.execute(
                text("UPDATE sqlite_sequence SET seq = :highest WHERE name = 'documents'"),
                {"highest": _highest(copy, "documents")},
            )
            restart(copy)
    finally:
        writing.dispose()


def _copy_rows(source: Connection, target: Connection) -> None:
    fill = _insert if target.dialect.name == "sqlite" else _stream
    for table in Base.metadata.sorted_tables:  # parents before children
        result = source.execution_options(yield_per=ROWS).execute(select(table))
        fill(target, table, result.partitions())


def _insert(target: Connection, table: Table, batches: Iterable[Sequence[Row[*tuple[Any, ...]]]]) -> None:
    for rows in batches:
        target.execute(insert(table), [dict(row._mapping) for row in rows])


def _stream(target: Connection, table: Table, batches: Iterable[Sequence[Row[*tuple[Any, ...]]]]) -> None:
    """PostgreSQL's COPY: ten times as fast as INSERT."""
    driver: Any = target.connection.driver_connection
    columns = ", ".join(f'"{column.name}"' for column in table.c)
    shapes = [to_json if isinstance(column.type, JSON) else None for column in table.c]
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
        for row in (row for rows in batches for row in rows):
            copy.write_row([shape(cell) if shape else cell for shape, cell in zip(shapes, row, strict=True)])


def _continue_numbering(target: Connection) -> None:
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None and isinstance(column.type, Integer):
            highest = _highest(target, table.name)
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            target.execute(select(func.setval(sequence, max(highest, 1), highest > 0)))


def _highest(connection: Connection, name: str) -> int:
    """The highest id given so far; a story keeps the id of a document that may be gone."""
    tables = [name, "stories"] if name == "documents" else [name]
    found = (connection.scalar(select(func.max(Base.metadata.tables[each].c.id))) for each in tables)
    return max(number or 0 for number in found)
