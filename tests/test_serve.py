"""The web process as its supervisor meets it: a real process on a real port."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db import write
from db.session import Database
from serve import health, port, require_free

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)

Start = Callable[..., tuple[subprocess.Popen[str], int]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A migrated database that the process will read."""
    monkeypatch.setenv("TRUSTWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'web.db'}")
    database = Database.open()
    database.migrate()
    return database


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the process and waits for the line that says where it listens."""
    running: list[subprocess.Popen[str]] = []

    def go(command: tuple[str, ...] = ("serve.py",), **environment: str) -> tuple[subprocess.Popen[str], int]:
        chosen = free_port()
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, "PORT": str(chosen), "PYTHONUNBUFFERED": "1", **environment},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        assert process.stderr is not None
        for line in process.stderr:
            if "看板地址" in line:
                return process, chosen
        raise AssertionError(f"ended before it listened: {process.wait()}")

    yield go
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def get(number: int, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{number}{path}", timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_health_tells_database_and_heartbeat(database: Database) -> None:
    """Age in seconds; null before the first heartbeat, which is no age of 0."""
    assert health(NOW)[1]["worker_heartbeat_age_seconds"] is None
    with database.writing() as session:
        write.beat(session, holder="t", now=NOW - timedelta(seconds=42), stage="index")
    status, body = health(NOW)
    assert status == 200
    assert body == {"status": "ok", "database": "ok", "worker_heartbeat_age_seconds": 42.0, "stage": "index"}


def test_health_of_a_missing_database_is_503(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the sentence that says what to do."""
    monkeypatch.setenv("TRUSTWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'none' / 'x.db'}")
    status, body = health(NOW)
    assert status == 503
    assert body["error"]


@pytest.mark.parametrize("given", ["0", "65536", "abc", "-1", "８５０１"])
def test_a_bad_port_is_refused_with_a_sentence(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2: bad usage."""
    with pytest.raises(SystemExit) as stopped:
        port({"PORT": given})
    assert stopped.value.code == 2
    assert "不是有效的端口号" in capsys.readouterr().err


def test_a_port_in_use_is_refused_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Rather than moving to another one that nobody looks at."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SystemExit):
            require_free(other.getsockname()[1])
    assert "无法使用" in capsys.readouterr().err


def test_the_default_port_is_8501() -> None:
    """As README says."""
    assert port({}) == 8501


def test_the_process_serves_health_and_pages_on_its_port(database: Database, start: Start) -> None:
    """On the loopback address; every page address answers with the application."""
    process, number = start()
    status, body = get(number, "/healthz")
    assert (status, json.loads(body)["status"]) == (200, "ok")
    for path in ("/", "/platform?platform=x", "/sources", "/export", "/method"):
        status, body = get(number, path)
        assert status == 200
        assert b"<html" in body
    assert process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_signal_ends_it_cleanly(database: Database, start: Start, number: signal.Signals) -> None:
    """Exit code 0: the supervisor sees no failure."""
    process, _ = start()
    process.send_signal(number)
    assert process.wait(30) == 0


def test_it_ends_with_its_parent(database: Database, start: Start) -> None:
    """No orphan keeps the port, even when the parent died by kill -9."""
    parent = "import os, subprocess, sys; os.environ['TRUSTWATCH_PARENT_PID'] = str(os.getpid()); "
    parent += "subprocess.run([sys.executable, 'serve.py'])"
    process, number = start(("-c", parent))
    assert get(number, "/healthz")[0] == 200
    process.kill()
    assert process.stderr is not None
    process.stderr.read()  # the child holds the other end: it closes when the child is gone
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", number)) != 0
