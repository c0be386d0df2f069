"""Exports too large for a page: an address that answers with a file, written row by row and never held in memory.

The file is complete before its first byte is sent: what breaks off on the way is told as an error, not as a short
file. Asked for by a link of the page 导出; the session's cookie says who it is, and the audit log keeps it.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlencode

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from app_pages._export import MIME
from app_pages._routes import token_of
from db import read, write
from db.roles import NotAllowed
from db.schema import SCHEMA_VERSION
from db.session import Database, DatabaseError
from settings.loader import load
from signals.export import ExportMeta, write_table
from signals.model import shanghai_day

WORDS = {"platform": "平台", "start": "起始日", "end": "截止日", "demo": "数据"}
_one = threading.Lock()
"""One at a time: each reads as fast as the disk gives."""


class Refused(ValueError):
    """The address cannot be answered; `status` is the HTTP status, the message is for the reader."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def routes() -> list[Route]:
    """GET /bulk/<table>.csv | .xlsx."""
    return [Route("/bulk/{name}", answer, methods=["GET"])]


def address(table: str, form: str, chosen: Mapping[str, object], *, chinese: bool = True) -> str:
    """The link to a file; `chosen` as db.read.rows takes it, `chinese`: headers of a workbook."""
    demo = {True: "demo", False: "real", None: None}[chosen.get("demo")]  # type: ignore[index] # bool or None
    told = {"platform": chosen.get("platform_id"), "demo": demo, "headers": None if chinese else "plain"}
    days = {name: day.isoformat() for name in ("start", "end") if isinstance(day := chosen.get(name), date)}
    return f"./bulk/{table}.{form}?{urlencode({k: v for k, v in (told | days).items() if v is not None})}"


async def answer(request: Request) -> Response:
    """The file, or a sentence why not."""
    if not _one.acquire(blocking=False):
        return _sentence(429, "正在准备另一份导出，请稍后再试。")
    try:
        path, meta, form = await run_in_threadpool(_made, request)
    except Refused as error:
        return _sentence(error.status, str(error))
    except NotAllowed as error:
        return _sentence(403, str(error))
    except DatabaseError as error:
        return _sentence(503, f"暂时读不到数据：{error}")
    finally:
        _one.release()
    return FileResponse(
        path,
        media_type=MIME[form],
        filename=meta.filename(shanghai_day(datetime.now(UTC)), form),
        headers={"Cache-Control": "no-store"},
        background=BackgroundTask(path.unlink, missing_ok=True),
    )


def _sentence(status: int, text: str) -> Response:
    return Response(text, status, media_type="text/plain; charset=utf-8")


def _made(request: Request) -> tuple[Path, ExportMeta, str]:
    table, _, form = request.path_params["name"].partition(".")
    if table not in read.COLUMNS or form not in MIME:
        raise Refused(404, "没有这样的导出。")
    chosen = _chosen(request.query_params)
    told = {WORDS[name]: value for name, value in request.query_params.items() if name in WORDS}
    now = datetime.now(UTC)
    with Database.open() as database:
        with database.reading() as session:
            found = read.visitor(session, token_of(request), now)
        if found is None or found.must_change:
            raise Refused(403, "请先登录。")
        with database.writing() as session:
            write.record_export(session, found.actor, table, told, now=now)
        with database.reading() as session:
            version, as_of = read.model_version(session), read.data_as_of(session)
            meta = ExportMeta(table, SCHEMA_VERSION, load().hash, as_of, version, told)
            rows = read.rows(session, table, **chosen)  # type: ignore[arg-type] # as _chosen says
            return _file(rows, meta, form, request.query_params.get("headers") != "plain"), meta, form


def _file(rows: Iterator[dict[str, object]], meta: ExportMeta, form: str, chinese: bool) -> Path:
    handle, name = tempfile.mkstemp(prefix="trustwatch-", suffix=f".{form}")
    try:
        with os.fdopen(handle, "w+b") as target:
            write_table(target, form, rows, read.COLUMNS[meta.table], meta, chinese=chinese)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _chosen(query: Mapping[str, str]) -> dict[str, object]:
    """Filters of db.read.rows from the address. Raises Refused."""
    try:
        days = {name: date.fromisoformat(query[name]) for name in ("start", "end") if query.get(name)}
        demo = {"demo": True, "real": False, None: None}[query.get("demo")]
    except (ValueError, KeyError) as error:
        raise Refused(400, "地址里的日期或数据范围不对：日期应写成 2026-01-31。") from error
    return {"platform_id": query.get("platform") or None, "demo": demo, **days}
