"""Signing in, out and changing the password: plain forms posted to the web process, which alone can set a cookie.

A page cannot: Streamlit talks to it over a websocket. So the token never passes through a script in the browser.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http.cookies import CookieError
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app_pages import _links, _who
from db import write
from db.passwords import WeakPassword
from db.read.accounts import LONGEST
from db.session import Database, DatabaseError
from settings.access import Access

log = logging.getLogger("trustwatch.session")
TOLD = "trustwatch_told"
"""Cookie with one sentence for the page that is drawn next."""

LARGEST = 16_384
PROVIDERS = ("_streamlit_user", "_streamlit_user_tokens")
"""Cookies by which Streamlit remembers what a provider said; ours replaces them at once."""

Form = dict[str, str]
Work = Callable[[Database, Form, Request], write.Opened | None]


def routes(access: Access) -> list[Route]:
    """The four routes. Requests were checked for their origin before (app_pages._guard)."""
    works: dict[str, Work] = {"begin": begin, "end": end, "password": password, "redeem": redeem}
    return [
        Route(f"/session/{name}", _answer(work, access), methods=["POST"]) for name, work in works.items()
    ]


def begin(database: Database, form: Form, request: Request) -> write.Opened:
    """Sign in by password."""
    return write.sign_in(
        database,
        form.get("account", ""),
        form.get("password", ""),
        address=address_of(request),
        presented=token_of(request),
        now=datetime.now(UTC),
    )


def end(database: Database, _form: Form, request: Request) -> None:
    """Sign out."""
    with database.writing() as session:
        write.sign_out(session, token_of(request), datetime.now(UTC))


def password(database: Database, form: Form, request: Request) -> write.Opened:
    """Change one's own password."""
    if form.get("new", "") != form.get("again", ""):
        raise WeakPassword("两次输入的新密码不一致")
    return write.change_password(
        database, token_of(request), form.get("old", ""), form.get("new", ""), now=datetime.now(UTC)
    )


def redeem(database: Database, form: Form, request: Request) -> write.Opened:
    """A session for the ticket that a page gave after an identity provider vouched for the person."""
    with database.writing() as session:
        return write.redeem(
            session,
            form.get("ticket", ""),
            address=address_of(request),
            presented=token_of(request),
            now=datetime.now(UTC),
        )


def _answer(work: Work, access: Access) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        form = await read_form(request)
        if form is None:
            return Response("表单太大", 413, media_type="text/plain; charset=utf-8")
        secure = access.secure or request.url.scheme == "https"
        response = RedirectResponse(target(form.get("next", "")), 303, headers={"Cache-Control": "no-store"})
        told = ""
        try:
            opened = await run_in_threadpool(_do, work, form, request)
        except (write.SignInRefused, WeakPassword, DatabaseError) as error:
            told = str(error)
        else:
            for name in request.cookies:
                if name in _who.COOKIES or name.startswith(PROVIDERS):
                    response.delete_cookie(name, path="/", secure=name.startswith("__Host-"))
            if opened is not None:
                set_session(response, opened, secure)
        tell(response, told, secure)
        return response

    return answer


def _do(work: Work, form: Form, request: Request) -> write.Opened | None:
    with Database.open() as database:
        return work(database, form, request)


async def read_form(request: Request) -> Form | None:
    """The fields of an urlencoded form; None: larger than any of ours."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return None
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    return {name: values[0] for name, values in fields.items()}


def set_session(response: Response, opened: write.Opened, secure: bool) -> None:
    """The session's cookie: no script reads it, no other site sends it."""
    response.set_cookie(
        _who.COOKIES[0] if secure else _who.COOKIES[1],
        opened.token,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def tell(response: Response, sentence: str, secure: bool) -> None:
    """Leave a sentence for the next page, or take the last one away."""
    if not sentence:
        response.delete_cookie(TOLD, path="/")
        return
    response.set_cookie(
        TOLD, quote(sentence), max_age=15, path="/", secure=secure, httponly=True, samesite="strict"
    )


def target(wanted: str) -> str:
    """Where to go next: a page of ours with its parameters, built anew; anything else leads to the first page."""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    page = parts.path.removeprefix("/")
    if parts.scheme or parts.netloc or page not in _links.PAGES:
        return "/"
    query = urlencode(parse_qsl(parts.query, max_num_fields=None)[:30])
    return f"/{page}?{query}" if query else f"/{page}"


def token_of(request: Request) -> str | None:
    """The token that came with a request."""
    try:
        return next((request.cookies[name] for name in _who.COOKIES if name in request.cookies), None)
    except CookieError:
        return None


def address_of(request: Request) -> str:
    """Where a request came from; behind a proxy on this machine, what that proxy says (uvicorn sees to it)."""
    return request.client.host if request.client else "unknown"
