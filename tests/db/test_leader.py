"""One worker leads, and its death makes room for another."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from db.session import Database, Leader

HOLD = """
import sys, time
from db.session import Database, Leader
leader = Leader(Database.open(sys.argv[1]))
print(leader.acquire(), flush=True)
sys.stdin.read()
"""


def other_process(url: str) -> subprocess.Popen[str]:
    """A process that tries to lead and then waits."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def url_of(database: Database) -> str:
    """Its full address."""
    return database.url.render_as_string(hide_password=False)


def test_second_worker_does_not_lead(database: Database) -> None:
    """It is told at once, without waiting, and leads once the first lets go."""
    first, second = Leader(database), Leader(Database.open(url_of(database)))
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()


def test_leading_twice_is_leading(database: Database) -> None:
    """Asking again is harmless, and so is letting go without holding."""
    leader = Leader(database)
    assert leader.acquire()
    assert leader.acquire()
    assert leader.held()
    leader.release()
    leader.release()
    assert not leader.held()


def test_another_process_is_kept_out(database: Database) -> None:
    """The lock holds between processes, not only between objects."""
    leader = Leader(database)
    assert leader.acquire()
    process = other_process(url_of(database))
    assert process.stdout is not None
    assert process.stdout.readline() == "False\n"
    process.communicate("")
    leader.release()


def test_killed_worker_leaves_the_lock_free(database: Database) -> None:
    """kill -9 needs no cleaning up: the operating system or the server lets go."""
    process = other_process(url_of(database))
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    leader = Leader(database)
    assert not leader.acquire()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.communicate()
    assert _eventually(leader.acquire)
    leader.release()


def _eventually(attempt: object, times: int = 2000) -> bool:
    """PostgreSQL notices a dead client within milliseconds: ask until then."""
    return any(attempt() for _ in range(times))  # type: ignore[operator]


def test_broken_connection_ends_leading(database: Database) -> None:
    """A worker cut off from the server must not believe that it still leads."""
    if database.is_sqlite:
        pytest.skip("a file lock has no connection to lose")
    leader = Leader(database)
    assert leader.acquire()
    with database.engines.writing.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        )
    assert not leader.held()
    assert leader.acquire()
    leader.release()


def test_leading_does_not_block_the_database(database: Database) -> None:
    """The leader's lock is not the write lock: pages and imports go on."""
    leader = Leader(database)
    assert leader.acquire()
    with database.writing() as session:
        session.execute(text("UPDATE sources SET state = 'ok'"))
    leader.release()
