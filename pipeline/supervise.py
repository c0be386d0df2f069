"""`make run`: worker and dashboard as two processes under one, started together and stopped together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

from db.session import Database, DatabaseError, Leader
from pipeline.errors import Exit, UsageFault
from pipeline.parent import VARIABLE, watch_parent
from pipeline.paths import DATABASE_VARIABLE, ROOT, database_url
from settings.access import Access

HOST = "127.0.0.1"
STOP_SECONDS = 20.0
STANDBY_SECONDS = 10.0
"""How long a second worker waits before it asks for the lead again."""


@dataclass
class Child:
    """One process, restarted with a growing pause when it ends by itself."""

    name: str
    command: list[str]
    ready: Callable[[], bool] = lambda: True
    """Asked before each start; while it says no, the child waits in standby."""
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    start_at: float = 0.0
    started: float = field(default=0.0)

    def start(self) -> None:
        environment = {**os.environ, VARIABLE: str(os.getpid())}
        # A session of its own: Ctrl-C reaches the supervisor alone, which then stops both in order.
        self.process = subprocess.Popen(self.command, cwd=ROOT, env=environment, start_new_session=True)  # noqa: S603 # our own modules
        self.started = time.monotonic()

    def tend(self) -> None:
        """Start when due; note an end and plan the restart."""
        if self.process is None:
            if time.monotonic() < self.start_at:
                return
            if self.ready():
                self.start()
            else:
                self.start_at = time.monotonic() + STANDBY_SECONDS
            return
        code = self.process.poll()
        if code is None:
            return
        self.process = None
        if code == Exit.NOT_LEADER:
            self.start_at = time.monotonic() + STANDBY_SECONDS
            return
        self.failures = 1 if time.monotonic() - self.started > 60 else self.failures + 1
        pause = min(60.0, 2.0**self.failures)
        self.start_at = time.monotonic() + pause
        print(f"{self.name}意外结束（退出码 {code}），{pause:.0f} 秒后重启。", file=sys.stderr, flush=True)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait(self, deadline: float) -> None:
        """Wait for the end; past the deadline it is killed, which loses no committed document."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def nobody_leads() -> bool:
    """Whether a worker started now would lead; a database that does not answer is for the worker to report."""
    try:
        with Database.open(database_url()) as database:
            leader = Leader(database)
            free = leader.acquire()
            leader.release()
            return free
    except DatabaseError:
        return True


def port_from_environment() -> int:
    """PORT, default 8501. Raises UsageFault."""
    text = os.environ.get("PORT") or "8501"
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise UsageFault(f"PORT={text!r} 不是 1–65535 之间的端口号，例如：PORT=8600 make run")
    return int(text)


def require_free(port: int) -> None:
    """Raises UsageFault when something listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UsageFault(
                f"端口 {port} 已被占用（或无权使用）。TrustWatch 可能已在运行；"
                f"否则换一个端口：PORT={min(port + 1, 65535)} make run"
            ) from error


def answers(url: str) -> bool:
    """Whether the dashboard answers at all; 503 (database down) is an answer too."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 # our own loopback address
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def run(port: int, reached: Access) -> int:
    """Start both, print the address when the page answers, and stay until told to stop. Returns the exit code."""
    require_free(port)
    os.environ["PORT"] = str(port)
    os.environ[DATABASE_VARIABLE] = database_url()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    if os.environ.get("MAKELEVEL"):
        watch_parent(stop.set, expected=os.getppid())
    web = Child("看板", [sys.executable, str(ROOT / "serve.py")])
    worker = Child("工作进程", [sys.executable, "-m", "pipeline", "work"], ready=nobody_leads)
    if not nobody_leads():
        print("另一个工作进程正在处理这个数据库；本进程只显示看板，并在它退出后接手。", flush=True)
    everywhere = reached.local or reached.address in ("0.0.0.0", "::")  # noqa: S104 # compared, not bound
    announced, host = False, HOST if everywhere else reached.address
    while not stop.is_set():
        web.tend()
        worker.tend()
        if not announced and answers(f"http://{host}:{port}/healthz"):
            announced = True
            who = "仅本机可访问" if reached.local else f"其他机器可经 {reached.address}:{port} 访问"
            print(f"{who}，需登录。按 Ctrl-C 停止。", flush=True)
            print(f"TrustWatch 信任哨 已就绪： {reached.base(port)}", flush=True)
        stop.wait(0.3)
    print("正在停止……", flush=True)
    deadline = time.monotonic() + STOP_SECONDS
    for child in (web, worker):
        child.stop()
    for child in (web, worker):
        child.wait(deadline)
    print("已停止。", flush=True)
    return Exit.DONE
