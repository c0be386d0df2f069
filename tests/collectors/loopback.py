"""A real HTTP server on 127.0.0.1 whose answers a test writes down, and which remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

Script = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Answer:
    """One scripted answer; `script` instead of the rest writes to the connection itself.

    With `etag` or `last_modified` it is 304 for whoever has this version already.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    script: Script | None = None
    etag: str | None = None
    last_modified: str | None = None

    def known_to(self, headers: Mapping[str, str]) -> bool:
        """Whether a request names this version; If-None-Match goes before If-Modified-Since (RFC 9110)."""
        if "If-None-Match" in headers:
            return headers["If-None-Match"] == self.etag
        return self.last_modified is not None and headers.get("If-Modified-Since") == self.last_modified

    def all_headers(self) -> dict[str, str]:
        versions = {"ETag": self.etag, "Last-Modified": self.last_modified}
        return self.headers | {name: value for name, value in versions.items() if value}


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Loopback:
    """Answers by method, path and body; of several answers each is given once, the last for ever.

    Unknown paths are 404, known ones asked by another method 405.
    """

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str, bytes | None], list[Answer]] = {}
        self.requests: list[Asked] = []
        self.most_at_once = 0
        """How many requests were being answered at the same time, at most."""
        self._at_once = 0
        self._lock = Lock()
        handler = type("Handler", (_Handler,), {"loopback": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def asked(self) -> list[str]:
        """The paths asked for, in order."""
        return [request.path for request in self.requests]

    @property
    def agents(self) -> list[str]:
        """The User-Agent of every request."""
        return [request.headers["User-Agent"] for request in self.requests]

    def add(self, path: str, *answers: Answer, method: str = "GET", body: bytes | None = None) -> str:
        """Scripts a path and gives its URL; `body`: only for exactly this one."""
        self._answers[method, path, body] = list(answers)
        return self.url + path

    def answer(self, request: Asked) -> Answer:
        """The next answer to a request, which is remembered."""
        with self._lock:
            self.requests.append(request)
            keys = (request.method, request.path, request.body), (request.method, request.path, None)
            queue = next((self._answers[key] for key in keys if key in self._answers), None)
            if queue is None:
                known = any(path == request.path for _, path, _ in self._answers)
                return Answer(b"wrong method or body", 405) if known else Answer(b"not found", 404)
            return queue.pop(0) if len(queue) > 1 else queue[0]

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Counts the requests under way."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1


class _Handler(BaseHTTPRequestHandler):
    loopback: Loopback

    def do_GET(self) -> None:
        self._respond(b"")

    def do_POST(self) -> None:
        self._respond(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _respond(self, body: bytes) -> None:
        """A request is under way until its answer leaves: the next may come before this thread goes on."""
        with self.loopback.busy():
            content = self._prepared(body)
        if content is not None:
            self.end_headers()
            self.wfile.write(content)

    def _prepared(self, body: bytes) -> bytes | None:
        """The body to send, headers buffered; None where a script has answered already."""
        answer = self.loopback.answer(Asked(self.command, self.path, self.headers, body))
        if answer.script:
            answer.script(self)
            return None
        unchanged = answer.known_to(self.headers)
        content = b"" if unchanged else answer.body
        self.send_response(304 if unchanged else answer.status)
        for name, value in {"Content-Length": str(len(content)), **answer.all_headers()}.items():
            self.send_header(name, value)
        return content

    def log_message(self, format: str, *args: object) -> None:
        """Silent: a test's output is its own."""


@contextmanager
def serving() -> Iterator[Loopback]:
    """A running server, stopped at the end."""
    loopback = Loopback()
    thread = Thread(target=loopback.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        loopback.server.shutdown()
        loopback.server.server_close()
        thread.join()
