"""The web process over a filled database, and an empty Streamlit page beside it, started as people start them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from db import write
from db.session import Database
from tests.door import OWN, first_sign_in, post

ROOT = Path(__file__).parent.parent
READY_SECONDS = 180


@dataclass(frozen=True)
class Served:
    """A running server: its address, its process, and the session of somebody who signed in ("" = nobody has to)."""

    url: str
    process: subprocess.Popen[bytes]
    token: str = ""

    @property
    def memory(self) -> float:
        """Resident set, MB."""
        told = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line for line in told.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024

    @property
    def busy(self) -> float:
        """Processor seconds so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def product(folder: Path) -> Iterator[Served]:
    """serve.py over the database in `folder`, with the administrator signed in and a worker's heartbeat."""
    url = f"sqlite:///{folder / 'trustwatch.db'}"
    with Database.open(url) as database:
        password = write.first_admin(database, datetime.now(UTC))
        beat(database)
        environment = {"TRUSTWATCH_DATABASE_URL": url, "TRUSTWATCH_DATA": str(folder)}
        with _server([sys.executable, "serve.py"], environment, "/healthz") as found:
            token = (
                post(found.url, "begin", account="admin", password=OWN)
                if password is None
                else first_sign_in(found.url, password)
            )
            yield Served(found.url, found.process, token)


@contextmanager
def empty_page() -> Iterator[Served]:
    """bench/empty_page.py."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "bench/empty_page.py", "--server.port", str(port)]
    with _server(command, {}, "/_stcore/health", port) as found:
        yield found


def beat(database: Database) -> None:
    """A worker that is alive and idle: its absence is a page's first concern."""
    with database.writing() as session:
        write.beat(session, holder="bench", now=datetime.now(UTC))


def computed(database: Database) -> None:
    """What the worker does to the caches: a level of today computed anew, so nothing that is held counts any more."""
    columns = "platform_id, day, t, t_star, q, scope, coverage, level, level_before_grey, since, provisional, reason, "
    columns += "floor, state, threshold_version, settings_hash"
    last = "(SELECT day, max(as_of) FROM platform_days WHERE platform_id = 'b-0001' AND day = "
    last += "(SELECT max(day) FROM platform_days WHERE platform_id = 'b-0001'))"
    with database.writing() as session:
        session.execute(
            text(
                f"INSERT INTO platform_days ({columns}, as_of) SELECT {columns}, :now FROM platform_days "
                f"WHERE platform_id = 'b-0001' AND (day, as_of) = {last}"
            ),
            {"now": datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")},
        )


@contextmanager
def _server(
    command: list[str], environment: Mapping[str, str], health: str, port: int | None = None
) -> Iterator[Served]:
    number = port or _free_port()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment, "PORT": str(number)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{number}"
        _await(url + health, process)
        yield Served(url, process)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"{url} does not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
