"""Bodies within limits, and what is kept of answers that fail."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from threading import Event

import pytest
import stamina

from collectors.base import EVIDENCE_BYTES, Politeness, SourceBlocked, SourceBroken
from collectors.received import Unreachable
from tests.collectors.fetching import evidence_of, fetcher
from tests.collectors.loopback import Answer, Loopback, serving


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    """Three attempts without the pauses between them."""
    with stamina.set_testing(True, attempts=3):
        yield


def test_too_large_a_body_is_broken_off(server: Loopback) -> None:
    """The limit counts unpacked bytes: a small answer that unpacks to a large one is stopped on the way."""
    bomb = gzip.compress(b"0" * 20_000_000)
    url = server.add("/a", Answer(bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(SourceBroken, match="内容超过 1000000 字节"):
        fetcher()(url, Politeness(max_bytes=1_000_000))


def test_a_body_without_end_is_broken_off(server: Loopback) -> None:
    """A body that never stops is read only up to the limit."""

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"0" * 65_536)
        except OSError:
            return

    url = server.add("/a", Answer(script=endless))
    with pytest.raises(SourceBroken, match="内容超过 1000000 字节"):
        fetcher()(url, Politeness(max_bytes=1_000_000))


def test_a_slow_drip_is_broken_off(server: Loopback) -> None:
    """Bytes that keep coming, each in time, do not hold the worker for ever; what came is kept."""
    stop = Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        try:
            while not stop.wait(0.01):
                handler.wfile.write(b"x")
        except OSError:
            return

    url = server.add("/a", Answer(script=drip))
    with pytest.raises(Unreachable, match=r"0\.2 秒内没有下载完") as caught:
        fetcher()(url, Politeness(delay_seconds=0, total_seconds=0.2))
    stop.set()
    assert caught.value.evidence is not None
    assert caught.value.evidence.body.startswith(b"xx")


@pytest.mark.timeout(30)
@pytest.mark.parametrize("line", [b"X-More: 1\r\n", b"0;" + b"x" * 1000], ids=["trailers", "chunk line"])
def test_an_answer_without_end_around_its_body_is_broken_off(server: Loopback, line: bytes) -> None:
    """Trailers, or the line before a chunk, sent for ever at full speed: nothing of it is body, all is counted."""

    def chatter(handler: BaseHTTPRequestHandler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        try:
            handler.wfile.write(b"2\r\nok\r\n" + (b"0\r\n" if line.endswith(b"\n") else b""))
            while True:
                handler.wfile.write(line)
        except OSError:
            return

    url = server.add("/a", Answer(script=chatter))
    assert evidence_of(fetcher(), url, Politeness(total_seconds=0.2)).body == b"ok"


def test_a_packed_body_that_unpacks_to_nothing_is_broken_off(server: Loopback) -> None:
    """A gzip header names a file without end: no byte of text comes of it, but what is sent is counted too."""

    def endless_name(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        try:
            handler.wfile.write(b"\x1f\x8b\x08\x08\0\0\0\0\0\0")
            while True:
                handler.wfile.write(b"a" * 65_536)
        except OSError:
            return

    url = server.add("/a", Answer(script=endless_name))
    with pytest.raises(SourceBroken, match="内容超过 1000000 字节"):
        fetcher()(url, Politeness(max_bytes=1_000_000))


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd"])
def test_packing_that_was_not_asked_for_is_refused(server: Loopback, encoding: str) -> None:
    """Chains too: each further layer multiplies what a small body unpacks to."""
    body = gzip.compress(gzip.compress(b"text"))
    url = server.add("/a", Answer(body, headers={"Content-Encoding": encoding}))
    with pytest.raises(SourceBroken, match="无法识别的压缩方式"):
        fetcher()(url)


def test_a_wrong_content_encoding_is_told(server: Loopback) -> None:
    """Not tried again: the site would say the same."""
    url = server.add("/a", Answer(b"plain text", headers={"Content-Encoding": "gzip"}))
    with pytest.raises(SourceBroken, match="内容与 Content-Encoding 不符"):
        fetcher()(url)
    assert server.asked.count("/a") == 1


def test_a_packed_body_cut_short_is_a_fault(server: Loopback) -> None:
    """A gzip body without its end is half a page, even if as long as announced."""
    url = server.add("/a", Answer(gzip.compress(b"text" * 99)[:-9], headers={"Content-Encoding": "gzip"}))
    with pytest.raises(Unreachable, match="连接失败"):
        fetcher()(url)


def test_a_body_cut_short_is_a_fault(server: Loopback) -> None:
    """Half a page is not a page: fewer bytes than announced are an error, tried again."""
    cut = Answer(b"half", headers={"Content-Length": "400"})
    with pytest.raises(Unreachable, match="连接失败"):
        fetcher()(server.add("/a", cut))


def test_the_evidence_of_a_refusal(server: Loopback) -> None:
    """Status, harmless headers and the page itself; no cookie, however it came."""
    headers = {"Content-Type": "text/html", "Set-Cookie": "id=secret", "X-Token": "secret", "ETag": '"1"'}
    kept = evidence_of(fetcher(), server.add("/a", Answer("拒绝".encode(), 403, headers)))
    assert (kept.url, kept.status, kept.body, kept.cut) == (server.url + "/a", 403, "拒绝".encode(), False)
    assert {"content-type": "text/html", "etag": '"1"'}.items() <= kept.headers.items()
    assert "secret" not in str(kept.headers)


def test_evidence_is_capped(server: Loopback) -> None:
    """A large failing page, packed or not, is kept to its limit and says that it was cut."""
    page = b"0123456789" * 20_000
    for body, headers in ((page, {}), (gzip.compress(page), {"Content-Encoding": "gzip"})):
        kept = evidence_of(fetcher(), server.add("/a", Answer(body, 500, headers)))
        assert (kept.body, kept.cut) == (page[:EVIDENCE_BYTES], True)


def test_a_failing_page_that_cannot_be_read_is_no_other_fault(server: Loopback) -> None:
    """403 stays 403, though its body breaks off or is not what it says."""
    for answer in (
        Answer(b"half", 403, {"Content-Length": "400"}),
        Answer(b"no gzip", 403, {"Content-Encoding": "gzip"}),
        Answer(b"", 403, {"Content-Encoding": "br"}),
    ):
        with pytest.raises(SourceBlocked, match="HTTP 403") as caught:
            fetcher()(server.add("/a", answer))
        assert caught.value.evidence is not None
        assert caught.value.evidence.cut


def test_a_fault_behind_a_redirect_has_the_redirect_as_evidence(server: Loopback) -> None:
    """Where nothing answered afterwards, what led there is what a person needs to see."""
    kept = evidence_of(
        fetcher(), server.add("/a", Answer(status=302, headers={"Location": "http://10.0.0.1/"}))
    )
    assert (kept.status, kept.headers["location"]) == (302, "http://10.0.0.1/")
