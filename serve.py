"""The web process: `python serve.py` serves dashboard.py, sign-in and /healthz on http://127.0.0.1:8501.

From the environment: PORT (default 8501; refused if taken), TRUSTWATCH_DATABASE_URL (default the embedded
database), TRUSTWATCH_PARENT_PID (stop when that parent process is gone: no orphan keeps the port), and who reaches it
and how people sign in (settings.access). Other machines reach it only once somebody has set up sign-in.
SIGTERM and SIGINT stop it cleanly with exit code 0. Further settings are in .streamlit/config.toml.
`streamlit run dashboard.py` shows the same pages to this machine, to look at: nobody can sign in there.
"""

from __future__ import annotations

import logging
import os
import secrets
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
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app_pages import _bulk, _guard, _routes, _who
from db import read
from db.session import Database, DatabaseError
from settings.access import ADDRESS, Access, access
from settings.loader import SettingsError

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
    sys.stderr.write(f"看板地址 {reach().base(port(os.environ))}\n")
    sys.stderr.flush()
    yield


def reach() -> Access:
    """Who reaches the pages and how people sign in. Exits with code 2 and a message where that cannot work."""
    try:
        return access(os.environ)
    except SettingsError as error:
        refuse(str(error))


def secrets_of(found: Access, number: int) -> dict[str, object]:
    """What st.login needs to know of the identity provider.

    The key of its cookies is made anew at each start: they only carry what the provider said to our own session.
    """
    provider = found.provider
    if provider is None:
        return {}
    return {
        "auth": {
            "redirect_uri": f"{found.base(number)}/oauth2callback",
            "cookie_secret": secrets.token_hex(32),
            "client_id": provider.client_id,
            "client_secret": provider.client_secret,
            "server_metadata_url": provider.url,
            "client_kwargs": {"scope": provider.scope},
        }
    }


def make_app() -> st.App:
    """The application: pages, sign-in, and the guard before all of them."""
    found = reach()
    _who.served, _who.provider = True, found.provider
    return st.App(
        Path(__file__).with_name("dashboard.py"),
        secrets=secrets_of(found, port(os.environ)),
        lifespan=lifespan,
        routes=[Route("/healthz", healthz), *_routes.routes(found), *_bulk.routes()],
        middleware=[Middleware(_guard.Guard, access=found)],
        on_script_error=on_script_error,
    )


def port(environment: Mapping[str, str]) -> int:
    """PORT as a number. Exits with code 2 and a message on anything else."""
    given = environment.get("PORT") or "8501"
    if not (given.isascii() and given.isdigit() and 0 < int(given) < 65536):
        refuse(f"PORT={given} 不是有效的端口号，请设为 1–65535，例如 PORT=8501")
    return int(given)


def require_set_up(found: Access) -> None:
    """Exits with code 2 where other machines would reach an installation that nobody has set up yet."""
    if found.local or found.provider is not None:
        return
    try:
        with Database.open() as database, database.reading() as session:
            ready = read.set_up(session)
    except DatabaseError as error:
        refuse(str(error))
    if not ready:
        refuse(
            f"{ADDRESS}={found.address} 会让其他机器访问，但还没有完成登录设置。请先不设 {ADDRESS}，在本机登录并修改"
            "管理员的初始密码；或配置单位账号登录（TRUSTWATCH_OIDC_*，见 docs/access.md）"
        )


def require_free(number: int, host: str = HOST) -> None:
    """Exits with code 2 and a message when something listens on the port already."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
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
    chosen, found = port(os.environ), reach()
    require_set_up(found)
    require_free(chosen, found.address)
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn stops by its own handlers and then raises the signal again: this makes that exit code 0.
        signal.signal(number, _stop)
    if parent := os.environ.get("TRUSTWATCH_PARENT_PID"):
        threading.Thread(target=watch_parent, args=(int(parent),), daemon=True).start()
    make_app().run(config={"server.port": chosen, "server.address": found.address})


if __name__ == "__main__":
    main()
