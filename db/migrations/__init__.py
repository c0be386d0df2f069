"""Alembic without an alembic.ini: which revision a database has, whether it suits us, and the way up."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import OperationalError

from db.engines import sqlite_path
from db.errors import (
    LOCK_WAIT_SECONDS,
    DatabaseDamaged,
    DatabaseNewer,
    DatabaseOlder,
    DatabaseUnreachable,
    describe,
)

FOLDER = Path(__file__).parent
UPGRADE_WAIT_SECONDS = 600
"""How long a second process waits for the first one's migration."""

ADVISORY_KEY = 7_230_002


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration; env.py runs on `connection`."""
    result = Config()
    result.set_main_option("script_location", str(FOLDER))
    result.attributes["connection"] = connection
    return result


@cache
def head() -> str:
    """The revision this version of the programme needs."""
    revision = ScriptDirectory.from_config(config()).get_current_head()
    assert revision is not None
    return revision


@cache
def known() -> frozenset[str]:
    """Every revision this version knows."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(config()).walk_revisions())


def revision(connection: Connection) -> str | None:
    """The database's revision; None = empty. Raises DatabaseDamaged for somebody else's database."""
    found = MigrationContext.configure(connection).get_current_revision()
    if found is None:
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
        if tables:
            raise DatabaseDamaged(
                f"该数据库中已有不属于 TrustWatch 的表（{', '.join(sorted(tables)[:3])}）。"
                "请在 TRUSTWATCH_DATABASE_URL 中换一个空的数据库"
            )
    return found


def check(engine: Engine, where: str) -> None:
    """Raises DatabaseNewer or DatabaseOlder unless the database is at our head."""
    if engine.dialect.name == "sqlite" and not sqlite_path(engine.url).exists():
        raise DatabaseOlder(f"数据库尚未建立：{where}。请运行 make run，或先运行 pipeline migrate")
    with engine.connect() as connection:
        _judge(revision(connection), where)


def _judge(found: str | None, where: str) -> None:
    if found == head():
        return
    if found is not None and found not in known():
        raise DatabaseNewer(
            f"数据库的版本（{found}）比程序（{head()}）新：{where}。请升级程序，或用 pipeline restore 恢复旧版备份"
        )
    raise DatabaseOlder(
        f"数据库的版本（{found or '空'}）比程序（{head()}）旧：{where}。请运行 pipeline migrate 升级，数据会保留"
    )


def upgrade(engine: Engine, where: str) -> bool:
    """Run what is missing, in one transaction under a lock; True if anything ran.

    Raises: DatabaseNewer: nothing was changed.
    """
    with _alone(engine) as connection:
        found = revision(connection)
        if found == head():
            return False
        if found is not None and found not in known():
            _judge(found, where)
        command.upgrade(config(connection), "head")
        _check_references(connection, where)
    return True


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A transaction nobody else migrates in; on SQLite without foreign keys: rebuilding a table drops the old one."""
    if engine.dialect.name == "sqlite":
        _use_wal(sqlite_path(engine.url))
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            driver = connection.connection.dbapi_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.execute("PRAGMA foreign_keys=OFF")
            driver.execute(f"PRAGMA busy_timeout={UPGRADE_WAIT_SECONDS * 1000}")
        try:
            with connection.begin():
                if engine.dialect.name != "sqlite":
                    connection.execute(text(f"SET LOCAL lock_timeout='{UPGRADE_WAIT_SECONDS}s'"))
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_KEY})
                yield connection
        finally:
            connection.invalidate()  # its settings must not go back into the pool


def _use_wal(path: Path) -> None:
    """Turn on write-ahead logging; two processes that start at once may find the file busy without a wait."""
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        connection = sqlite3.connect(path, timeout=LOCK_WAIT_SECONDS)
        try:
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise OperationalError("PRAGMA journal_mode=WAL", None, error) from error
            time.sleep(0.05)
            continue
        except sqlite3.DatabaseError as error:
            raise OperationalError("PRAGMA journal_mode=WAL", None, error) from error
        finally:
            connection.close()
        if mode != "wal":
            # Network file systems lack the shared memory it needs.
            raise describe(
                DatabaseUnreachable, str(path), f"该磁盘不支持 WAL 日志（{mode}），请把数据放在本机磁盘"
            )
        return


def _check_references(connection: Connection, where: str) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise DatabaseDamaged(
                f"升级后有悬空的引用（表 {broken[0]} → {broken[2]}），已撤销升级：{where}。请用备份恢复后重试"
            )
