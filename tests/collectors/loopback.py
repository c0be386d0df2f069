"""A real HTTP server on 127.0.0.1 whose answers a test writes down, and which remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

Script = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Answer:
    """One scripted answer; `script` instead of the rest writes to the connection itself."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    script: Script | None = None


class Loopback:
    """Answers by path; of several for one path each is given once, the last for ever. Unknown paths are 404."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[str] = []
        self.agents: list[str] = []
        handler = type("Handler", (_Handler,), {"loopback": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def add(self, path: str, *answers: Answer) -> str:
        """Scripts a path and gives its URL."""
        self.answers[path] = list(answers)
        return self.url + path


class _Handler(BaseHTTPRequestHandler):
    loopback: Loopback

    def do_GET(self) -> None:
        here = self.loopback
        here.asked.append(self.path)
        here.agents.append(self.headers["User-Agent"])
        queue = here.answers.get(self.path, [Answer(b"not found", 404)])
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if answer.script:
            answer.script(self)
            return
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

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
