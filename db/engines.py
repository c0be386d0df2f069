"""Engines: two for SQLite (one only reads, one begins IMMEDIATE), the same two roles on PostgreSQL.

SQLite's deferred transaction fails at once when a read turns into a write while another process writes, whatever
busy_timeout says; so writing begins IMMEDIATE, and on its own engine, for a global hook would make every read take
the write lock.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pydantic_core
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from db.errors import LOCK_WAIT_SECONDS, DatabaseError, DatabaseUnreachable

VARIABLE = "TRUSTWATCH_DATABASE_URL"
DEFAULT_URL = "sqlite:///data/trustwatch.db"
CACHE_KIB = 65_536


class Engines(NamedTuple):
    """`reading` refuses writes; `writing` holds the write lock from the first statement."""

    reading: Engine
    writing: Engine


def resolve_url(url: str | None, environment: Mapping[str, str] = os.environ) -> URL:
    """The given URL, else TRUSTWATCH_DATABASE_URL, else the embedded file. Raises DatabaseError naming the remedy."""
    given = url or environment.get(VARIABLE) or DEFAULT_URL
    try:
        parsed = make_url(given)
    except (ArgumentError, ValueError):
        # `from None`: the parser's message may repeat the URL, and with it the password.
        raise DatabaseError(
            f"数据库地址无法解析。请检查 {VARIABLE}，形如 postgresql://用户:密码@主机:5432/库名 或 {DEFAULT_URL}"
        ) from None
    name = parsed.get_backend_name()
    if name in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if name != "sqlite":
        raise DatabaseError(f"不支持的数据库类型 {name}。请使用 sqlite:/// 或 postgresql:// 开头的地址")
    if parsed.database in (None, "", ":memory:"):
        raise DatabaseError(f"SQLite 数据库需要一个文件路径，例如 {DEFAULT_URL}")
    return parsed.set(drivername="sqlite+pysqlite")


def _plain(value: object) -> object:
    if hasattr(value, "item"):  # numpy scalars
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")


def to_json(value: object) -> str:
    """JSON as stored: compact, readable Chinese, NaN as null (missing is None).

    Each document brings three or four of these; pydantic's writer takes a quarter of the time of json.dumps.
    """
    return pydantic_core.to_json(value, inf_nan_mode="null", fallback=_plain).decode()


def make_engines(url: URL) -> Engines:
    """Engines for `url`; no connection is made yet. Raises DatabaseUnreachable where the driver is missing."""
    try:
        return _sqlite(url) if url.get_backend_name() == "sqlite" else _postgres(url)
    except (ImportError, NoSuchModuleError) as error:
        raise DatabaseUnreachable(
            "连接 PostgreSQL 需要 psycopg，当前环境没有安装。请运行 pip install -r requirements-postgres.txt"
        ) from error


def sqlite_path(url: URL) -> Path:
    """The database file of a SQLite URL."""
    return Path(url.database or "")


def _sqlite(url: URL) -> Engines:
    options: dict[str, Any] = {
        "connect_args": {"timeout": LOCK_WAIT_SECONDS, "check_same_thread": False},
        "hide_parameters": True,  # an error in a log must not carry people's texts
        "json_serializer": to_json,
    }
    reading, writing = create_engine(url, **options), create_engine(url, **options)
    event.listen(reading, "connect", _on_sqlite_connect)
    event.listen(reading, "connect", _refuse_writes)
    event.listen(reading, "begin", _begin_deferred)
    event.listen(writing, "connect", _on_sqlite_connect)
    event.listen(writing, "connect", _checkpoint_seldom)
    event.listen(writing, "connect", _overwrite_removed)
    event.listen(writing, "begin", _begin_immediate)
    return Engines(reading, writing)


def _on_sqlite_connect(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # else pysqlite begins by itself, deferred
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    cursor.close()


def _refuse_writes(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()


def _checkpoint_seldom(connection: DBAPIConnection, _record: object) -> None:
    """A bulk import writes the same pages again and again: carry them over once in 32 MiB, not every 4."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA wal_autocheckpoint=8192")
    cursor.close()


def _overwrite_removed(connection: DBAPIConnection, _record: object) -> None:
    """Removed content is zeroed, not only marked as free: always, for a purge reaches no row that moved long ago."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgres(url: URL) -> Engines:
    options: dict[str, Any] = {
        "connect_args": {
            "connect_timeout": 10,
            "application_name": "trustwatch",
            "options": f"-c timezone=UTC -c lock_timeout={LOCK_WAIT_SECONDS}s",
        },
        "hide_parameters": True,
        "json_serializer": to_json,
        "pool_pre_ping": True,
    }
    reading = create_engine(
        url, isolation_level="REPEATABLE READ", execution_options={"postgresql_readonly": True}, **options
    )
    return Engines(reading, create_engine(url, **options))
