"""One worker leads. The lock dies with its process: a file lock on SQLite, a session's advisory lock on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from db.engines import sqlite_path
from db.errors import translate

if TYPE_CHECKING:
    from db.session import Database

ADVISORY_KEY = 7_230_001
"""Any constant will do; migrations use the next one."""


class _Lock(Protocol):
    def acquire(self) -> bool: ...
    def held(self) -> bool: ...
    def release(self) -> None: ...


class Leader:
    """The right to collect and write as the worker. A context manager is not offered: not leading is no error.

    >>> leader = Leader(database)  # doctest: +SKIP
    >>> if not leader.acquire():  # doctest: +SKIP
    ...     raise SystemExit(3)
    """

    def __init__(self, database: Database) -> None:
        if database.is_sqlite:
            self._lock: _Lock = _FileLeader(str(sqlite_path(database.url)) + ".leader")
        else:
            self._lock = _AdvisoryLeader(database.engines.writing)
        self._where = database.where

    def acquire(self) -> bool:
        """True if we lead now (or did already); False while another process does. Never waits."""
        try:
            return self._lock.acquire()
        except (DBAPIError, OSError) as error:
            ours = translate(error, self._where)
            if ours is None:
                raise
            raise ours from error

    def held(self) -> bool:
        """Whether we still lead. On PostgreSQL a broken connection ends it: stop working and acquire anew."""
        return self._lock.held()

    def release(self) -> None:
        """Let another worker lead. Harmless when we do not."""
        self._lock.release()


class _FileLeader:
    def __init__(self, path: str) -> None:
        self._file = FileLock(path, timeout=0)

    def acquire(self) -> bool:
        if self._file.is_locked:
            return True
        try:
            self._file.acquire()
        except Timeout:
            return False
        return True

    def held(self) -> bool:
        return self._file.is_locked

    def release(self) -> None:
        self._file.release()


class _AdvisoryLeader:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None

    def acquire(self) -> bool:
        if self.held():
            return True
        self.release()
        connection = self._engine.connect()
        # Detached: the pool must never hand the locked session to someone else.
        connection.detach()
        if connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": ADVISORY_KEY}):
            self._connection = connection
            return True
        connection.close()
        return False

    def held(self) -> bool:
        if self._connection is None:
            return False
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            # The lock went with the connection; a silent reconnection would only look like leading.
            self.release()
            return False
        return True

    def release(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
