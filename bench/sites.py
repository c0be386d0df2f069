"""Fast sites on loopback, each a host of its own (a port), whose items grow with a simulated clock."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SUBJECTS = (
    "提现到账时间",
    "平台信息披露",
    "客服回复",
    "合同条款",
    "年度报告",
    "存管银行变更",
    "利率公示",
    "清退进展",
)
Fault = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Item:
    """One entry of a site; an edit changes the text and nothing else."""

    number: int
    title: str
    text: str
    published: datetime


@dataclass
class Site:
    """Serves its newest `shown` items as JSON, `per_page` a page; `fault` answers instead where it is set."""

    name: str
    per_page: int = 50
    shown: int = 400
    items: list[Item] = field(default_factory=list)
    fault: Fault | None = None
    asked: list[float] = field(default_factory=list)
    """When requests for pages came, by the monotonic clock."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def publish(self, moment: datetime, count: int = 1) -> None:
        """New items of that moment."""
        for _ in range(count):
            number = len(self.items)
            subject = SUBJECTS[number % len(SUBJECTS)]
            text = f"【合成】{self.name}第{number}条：关于{subject}的说明，供压力测试使用。" + subject * 12
            self.items.append(Item(number, f"{self.name}：{subject}（{number}）", text, moment))

    def page(self, number: int) -> bytes:
        """Page `number` (from 1), newest first."""
        newest = self.items[::-1][: self.shown]
        start = (number - 1) * self.per_page
        rows = [
            {
                "id": f"{self.name}-{item.number}",
                "title": item.title,
                "text": item.text,
                "time": int(item.published.timestamp()),
                "link": f"{self.url}/{item.number}",
            }
            for item in newest[start : start + self.per_page]
        ]
        return json.dumps({"data": {"rows": rows}}, ensure_ascii=False).encode()


def source_toml(site: Site, *, every_minutes: int, pages: int, delay: float) -> str:
    """A source.toml that reads the site."""
    return f"""id = "{site.name}"
name = "压力测试 {site.name}"
kind = "news"
publisher = "压力测试 {site.name}"
reader = "json_api"
url = "{site.url}/list?page={{page}}"
item = "data.rows"
covers = "all"
[schedule]
every_minutes = {every_minutes}
[paging]
pages = {pages}
[politeness]
delay_seconds = {delay}
timeout_seconds = 2
total_seconds = 4
[mapping]
external_id = "id"
title = "title"
text = "text"
published_at = "time"
url = "link"
"""


class _Handler(BaseHTTPRequestHandler):
    site: Site
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/robots.txt":
            self._send(b"", 404)
            return
        self.site.asked.append(time.monotonic())
        if self.site.fault is not None:
            self.close_connection = True
            self.site.fault(self)
            return
        self._send(self.site.page(int(parse_qs(parts.query).get("page", ["1"])[0])), 200)

    def _send(self, body: bytes, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is part of the exercise."""


@contextmanager
def serving(sites: list[Site]) -> Iterator[None]:
    """All sites answer until the end of the block."""
    servers = []
    for site in sites:
        server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
        site.port = server.server_port
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 5.0}, daemon=True).start()
        servers.append(server)
    try:
        yield
    finally:
        for server in servers:
            threading.Thread(target=server.shutdown, daemon=True).start()
        for server in servers:
            server.server_close()
