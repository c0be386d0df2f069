"""In front of every request: only our own host names, only our own pages' forms, no file without a session."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from app_pages import _routes
from db import read
from db.session import Database, DatabaseError
from settings.access import LOOPBACK, Access

GUARDED = ("/media/", "/_stcore/upload_file")
"""Downloads that pages made, and uploads: for people who are signed in."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Referrer-Policy": "same-origin",
}


class Guard:
    """ASGI middleware; it also sees websockets."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app = app
        self.access = access
        own = urlsplit(access.public_url).hostname if access.public_url else None
        self.hosts = {*LOOPBACK, *([own] if own else [])}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = self.refusal(scope, headers)
        if refused is None and scope["type"] == "http" and scope["path"].startswith(GUARDED):
            refused = await self._anonymous(Request(scope))
        if refused is not None:
            await _refuse(refused, scope, receive, send)
            return
        await self.app(scope, receive, self._hardened(send) if scope["type"] == "http" else send)

    def refusal(self, scope: Scope, headers: Headers) -> str | None:
        """Why a request is turned away: a foreign host name (DNS rebinding), or another site's page behind it."""
        host = headers.get("host", "")
        if _hostname(host) not in self.hosts:
            return "请使用配置的网址访问（TRUSTWATCH_PUBLIC_URL）"
        origin = headers.get("origin")
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE
        if not changes:
            return None
        if origin is None:
            own_form = scope["type"] == "http" and scope["path"].startswith("/session/")
            return "请求缺少来源（Origin）" if own_form else None
        theirs = urlsplit(origin).netloc
        ours = urlsplit(self.access.public_url).netloc if self.access.public_url else host
        return None if theirs in (host, ours) else "请求来自其他网站"

    async def _anonymous(self, request: Request) -> str | None:
        signed_in = await run_in_threadpool(_signed_in, _routes.token_of(request))
        return None if signed_in else "请先登录"

    def _hardened(self, send: Send) -> Send:
        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self.access.secure:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        return hardened


def _signed_in(token: str | None) -> bool:
    try:
        with Database.open() as database, database.reading() as session:
            found = read.visitor(session, token, datetime.now(UTC))
    except DatabaseError:
        return False
    return found is not None and not found.must_change


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


async def _refuse(why: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocketClose(code=1008, reason=None)(scope, receive, send)
        return
    await Response(why, 403, media_type="text/plain; charset=utf-8")(scope, receive, send)
