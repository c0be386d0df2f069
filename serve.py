"""The web process: `python serve.py` serves dashboard.py and /healthz on http://127.0.0.1:8501.

From the environment: PORT (default 8501; refused if taken), TRUSTWATCH_DATABASE_URL (default the embedded
database), TRUSTWATCH_PARENT_PID (stop when that parent process is gone: no orphan keeps the port).
SIGTERM and SIGINT stop it cleanly with exit code 0. Further settings are in .streamlit/config.toml.
`streamlit run dashboard.py` shows the same pages without /healthz and without sign-in.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from db import read
from db.session import Database, DatabaseError

log = logging.getLogger("trustwatch.serve")
HOST = "127.0.0.1"
POLL_SECONDS = 1.0
GRACE_SECONDS = 8.0
"""How long open connections may hold up a stop after the parent died."""


def health(now: datetime) -> tuple[int, dict[str, object]]:
    """HTTP status and body of /healthz: is the database readable, and how old is the worker's heartbeat?

    200 while pages can be shown, whatever the worker does; 503 when the database cannot be read.
    """
    try:
        with Database.open() as database, database.reading() as session:
            worker = read.worker_status(session)
    except DatabaseError as error:
        return 503, {"status": "error", "database": "unreachable", "error": str(error)}
    beat = worker.heartbeat_at
    age = None if beat is None else round((now - beat).total_seconds(), 1)
    return 200, {"status": "ok", "database": "ok", "worker_heartbeat_age_seconds": age, "stage": worker.stage}


async def healthz(_request: Request) -> JSONResponse:
    """The route; the database is asked in a thread, so that a slow one holds up no page."""
    status, body = await run_in_threadpool(health, datetime.now(UTC))
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})


def on_script_error(error: Exception) -> bool:
    """An unforeseen fault of a page: the log gets the details, the reader a sentence and no traceback."""
    log.error("page failed", exc_info=error)
    st.error("页面出错，详情已写入服务日志。请刷新重试；若仍出现，请把日志交给管理员。")
    return True


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Say where it listens: the socket is bound before this runs."""
    sys.stderr.write(f"看板地址 http://{HOST}:{port(os.environ)}\n")
    sys.stderr.flush()
    yield


app = st.App(
    Path(__file__).with_name("dashboard.py"),
    lifespan=lifespan,
    routes=[Route("/healthz", healthz)],
    on_script_error=on_script_error,
)


def port(environment: Mapping[str, str]) -> int:
    """PORT as a number. Exits with code 2 and a message on anything else."""
    given = environment.get("PORT") or "8501"
    if not (given.isascii() and given.isdigit() and 0 < int(given) < 65536):
        refuse(f"PORT={given} 不是有效的端口号，请设为 1–65535，例如 PORT=8501")
    return int(given)


def require_free(number: int) -> None:
    """Exits with code 2 and a message when something listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, number))
        except OSError as error:
            refuse(f"端口 {number} 无法使用（{error.strerror}）。请换一个，例如 PORT=8600 python serve.py")


def refuse(message: str) -> NoReturn:
    """End with code 2: the way it was called cannot work."""
    sys.stderr.write(message + "\n")
    raise SystemExit(2)


def watch_parent(parent: int) -> None:
    """Stop this process once `parent` is no longer its parent; runs in a daemon thread."""
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(0)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def main() -> None:
    """Serve until stopped."""
    chosen = port(os.environ)
    require_free(chosen)
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn stops by its own handlers and then raises the signal again: this makes that exit code 0.
        signal.signal(number, _stop)
    if parent := os.environ.get("TRUSTWATCH_PARENT_PID"):
        threading.Thread(target=watch_parent, args=(int(parent),), daemon=True).start()
    app.run(config={"server.port": chosen})


if __name__ == "__main__":
    main()
