"""What can go wrong between a site and us, as a change of the answers of its sample, and what must come of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from itertools import repeat

from collectors.base import SourceBlocked, SourceBroken, SourceError
from collectors.encoding import decode
from tests.collectors.loopback import Answer

NEW_DESIGN = (
    "<html><head><title>全新改版</title></head><body><main>我们的网站换了新的样子。</main></body></html>"
)
SLIDER = (
    "<html><head><title>访问验证</title></head><body><p>请按住滑块，拖动到最右边</p>"
    '<div id="nc_1_wrapper" class="slide-captcha"></div></body></html>'
)
CHALLENGE = (
    "<html><script>var arg1='0F3A';document.cookie='acw_sc__v2='+x(arg1);location.reload()</script></html>"
)
UNLIKE = "没有任何条目|不是 JSON|不是 RSS|没有条目列表"
"""What readers say of a page that is not as source.toml describes it."""


@dataclass(frozen=True)
class Fault:
    """A change of every answer of a site; what is raised, what its message says, and what is kept of the answer."""

    name: str
    change: Callable[[Answer], Sequence[Answer]]
    error: type[SourceError]
    says: str
    status: int | None = None
    body: bytes | None = None
    retry_after: float | None = None


def always(answer: Answer) -> Callable[[Answer], Sequence[Answer]]:
    """The site answers this, whatever is asked for."""
    return lambda _: [answer]


def page(text: str, status: int = 200) -> Answer:
    """A page of HTML."""
    return Answer(text.encode(), status, {"Content-Type": "text/html; charset=utf-8"})


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Closes the connection instead of answering."""
    handler.close_connection = True


FAULTS = (
    Fault("403", always(page("禁止访问", 403)), SourceBlocked, "HTTP 403", 403, "禁止访问".encode()),
    Fault(
        "429",
        always(Answer(b"slow down", 429, {"Retry-After": "120"})),
        SourceBlocked,
        "HTTP 429",
        429,
        b"slow down",
        120,
    ),
    Fault("404", always(page("没有这一页", 404)), SourceBroken, "HTTP 404", 404, "没有这一页".encode()),
    Fault("500", always(Answer(b"oops", 500)), SourceBroken, "HTTP 500", 500, b"oops"),
    Fault(
        "503 until tonight",
        always(Answer(b"maintenance", 503, {"Retry-After": "7200"})),
        SourceBroken,
        "HTTP 503",
        503,
        b"maintenance",
        7200,
    ),
    Fault("304 unasked", always(Answer(status=304)), SourceBroken, "HTTP 304", 304),
    Fault("slider", always(page(SLIDER)), SourceBlocked, "人机验证", 200, SLIDER.encode()),
    Fault("script challenge", always(page(CHALLENGE)), SourceBlocked, "人机验证", 200, CHALLENGE.encode()),
    Fault(
        "challenge as 521", always(page(CHALLENGE, 521)), SourceBlocked, "人机验证", 521, CHALLENGE.encode()
    ),
    Fault(
        "redirect inside",
        always(Answer(status=302, headers={"Location": "http://10.0.0.1/admin"})),
        SourceBroken,
        "内网",
        302,
    ),
    Fault(
        "redirect to a file",
        always(Answer(status=302, headers={"Location": "file:///etc/passwd"})),
        SourceBroken,
        "不是 http",
        302,
    ),
    Fault("hung up", always(Answer(script=hang_up)), SourceBroken, "连接失败", None, b""),
    Fault(
        "not gzip",
        always(Answer(b"plain", headers={"Content-Encoding": "gzip"})),
        SourceBroken,
        "Content-Encoding",
        200,
    ),
    Fault(
        "brotli unasked",
        always(Answer(b"\x0b\x02\x80", headers={"Content-Encoding": "br"})),
        SourceBroken,
        "压缩方式",
        200,
    ),
    Fault("redesigned", always(page(NEW_DESIGN)), SourceBroken, UNLIKE, 200, NEW_DESIGN.encode()),
    Fault("200 and empty", always(Answer(b"")), SourceBroken, UNLIKE, 200, b""),
)
"""Faults that cost nothing to try on every source."""


def in_gb18030(answer: Answer) -> Sequence[Answer]:
    """The same page as an old Chinese server sends it."""
    text = decode(answer.body, answer.headers.get("Content-Type")).text
    kind = answer.headers.get("Content-Type", "text/html").split(";")[0]
    headers = {"Content-Type": f"{kind}; charset=gb2312"}
    return [replace(answer, body=text.encode("gb18030"), headers=headers)]


def after_two_failures(answer: Answer) -> Sequence[Answer]:
    """500 twice, then what there is."""
    return [Answer(b"oops", 500), Answer(b"oops", 502), answer]


def with_version(answer: Answer) -> Sequence[Answer]:
    """Pages that can be recognised: 304 for whoever has them."""
    return [replace(answer, etag='"v1"')] if answer.status == 200 else [answer]


def cut_in_half(answer: Answer) -> Sequence[Answer]:
    """The first half of the page, as if it were all."""
    return [replace(answer, body=answer.body[: len(answer.body) // 2])]


def endless(blocks: Callable[[], Iterator[bytes]], headers: dict[str, str]) -> Answer:
    """A body sent for as long as the reader takes it."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        try:
            for block in blocks():
                handler.wfile.write(block)
        except OSError:
            return

    return Answer(script=send)


def two_gigabytes() -> Answer:
    """As many bytes as announced, if anybody read them."""
    return endless(lambda: repeat(b"0" * 65_536, 32_768), {"Content-Length": str(2 << 30)})


def zip_bomb(layers: int = 1) -> Answer:
    """Two gigabytes of zeros packed a thousand to one, or a million to one in two layers."""
    return endless(lambda: _packed(layers), {"Content-Encoding": ", ".join(["gzip"] * layers)})


def _packed(layers: int) -> Iterator[bytes]:
    packers = [zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS) for _ in range(layers)]
    zeros = bytes(1 << 20)
    for _ in range(2048 * 1000 ** (layers - 1)):
        block = zeros
        for packer in packers:
            block = packer.compress(block)
        if block:
            yield block
