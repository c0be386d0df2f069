"""The door to the database: `with database.reading() as session`, `with database.writing() as session`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db import backup as _backup
from db import migrations
from db.engines import Engines, make_engines, resolve_url, sqlite_path
from db.errors import (
    BackupRefused,
    DatabaseDamaged,
    DatabaseError,
    DatabaseLocked,
    DatabaseNewer,
    DatabaseOlder,
    DatabaseReadOnly,
    DatabaseUnreachable,
    DiskFull,
    translate,
)
from db.leader import Leader

__all__ = [
    "BackupRefused",
    "Database",
    "DatabaseDamaged",
    "DatabaseError",
    "DatabaseLocked",
    "DatabaseNewer",
    "DatabaseOlder",
    "DatabaseReadOnly",
    "DatabaseUnreachable",
    "DiskFull",
    "Leader",
    "Session",
]

ANY_FAULT = (DBAPIError, sqlite3.Error, OSError)


class Database:
    """A database and its two engines. Opening connects to nothing; threads may share one object, forks may not."""

    def __init__(self, url: URL, engines: Engines) -> None:
        self.url = url
        self.engines = engines
        self._checked = False

    @classmethod
    def open(cls, url: str | None = None) -> Self:
        """`url`, else TRUSTWATCH_DATABASE_URL, else sqlite:///data/trustwatch.db. Raises DatabaseError."""
        parsed = resolve_url(url)
        return cls(parsed, make_engines(parsed))

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def where(self) -> str:
        """The database as messages name it: the file, or the URL without its password and parameters."""
        if self.is_sqlite:
            return str(sqlite_path(self.url))
        return self.url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent snapshot, no write lock, writes refused. Raises DatabaseError."""
        self.check()
        with self._translated(DBAPIError), Session(self.engines.reading) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction that has the write lock from its start; committed on success, else rolled back whole.

        Keep it short, with no network and no long computation inside. Raises DatabaseError.
        """
        self.check()
        with self._translated(DBAPIError), Session(self.engines.writing) as session, session.begin():
            session.connection()
            yield session

    def check(self) -> None:
        """Raises DatabaseNewer or DatabaseOlder unless the schema is exactly ours. Asks the database once."""
        if not self._checked:
            with self._translated(*ANY_FAULT):
                migrations.check(self.engines.reading, self.where)
            self._checked = True

    def migrate(self) -> bool:
        """Bring the schema to this version's; True if anything was done. Safe when two processes start at once.

        Raises: DatabaseNewer: the database is ahead of this programme; nothing was changed.
        """
        with self._translated(*ANY_FAULT):
            if self.is_sqlite:
                sqlite_path(self.url).parent.mkdir(parents=True, exist_ok=True)
            changed = migrations.upgrade(self.engines.writing, self.where)
        self._checked = True
        return changed

    def backup(self, path: Path) -> None:
        """A consistent copy at `path`, one SQLite file whatever the database, while others read and write.

        Raises: BackupRefused: `path` exists. DiskFull and the like: nothing is left at `path`.
        """
        self.check()
        with self._translated(*ANY_FAULT):
            _backup.backup(self, Path(path))

    def restore(self, path: Path) -> Path | None:
        """Replace everything by the backup at `path`, or nothing. Returns where the former content was put aside.

        An older backup is migrated. Raises: BackupRefused: not a sound backup of ours, or newer than the programme.
        DatabaseLocked: a worker is running.
        """
        with self._translated(*ANY_FAULT):
            aside = _backup.restore(self, Path(path))
        self._checked = False
        return aside

    def close(self) -> None:
        """Give back all pooled connections."""
        for engine in self.engines:
            engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _translated(self, *faults: type[Exception]) -> Iterator[None]:
        """Faults of the environment as ours. `OSError` is one only where no caller's code runs inside."""
        try:
            yield
        except faults as error:
            ours = translate(error, self.where)
            if ours is None:
                raise
            raise ours from error
