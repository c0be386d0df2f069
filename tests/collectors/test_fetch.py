"""The polite Get against a real server on loopback; clocks and pauses are injected, so nothing waits."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest
import stamina

from collectors.base import Politeness, SourceBlocked, SourceBroken
from collectors.fetch import MAX_REDIRECTS, Fetcher, Unreachable, retry_after
from collectors.guard import AddressRefused
from tests.collectors.loopback import Answer, Loopback, serving

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
OK = Answer("提现困难".encode())


class Clock:
    """Seconds that pass only when somebody sleeps, or a fixed step at each look."""

    def __init__(self, step: float = 0.0) -> None:
        self.time, self.step = 1000.0, step
        self.slept: list[float] = []

    def __call__(self) -> float:
        self.time += self.step
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    """Three attempts without the pauses between them."""
    with stamina.set_testing(True, attempts=3):
        yield


def fetcher(clock: Clock | None = None) -> Fetcher:
    clock = clock or Clock()
    return Fetcher(
        allow_hosts={"127.0.0.1"}, contact="ops@example.org", clock=clock, now=lambda: NOW, sleep=clock.sleep
    )


def test_a_page_is_fetched(server: Loopback) -> None:
    """Bytes, final address and headers in lower case."""
    url = server.add("/a", Answer(b"abc", headers={"Content-Type": "text/plain"}))
    answer = fetcher()(url)
    assert (answer.url, answer.content, answer.headers["content-type"]) == (url, b"abc", "text/plain")


def test_we_say_who_we_are(server: Loopback) -> None:
    """An honest name with a contact, for robots.txt too."""
    fetcher()(server.add("/a", OK))
    assert set(server.agents) == {"TrustWatch/0.1 (consumer finance monitor; ops@example.org)"}


def test_robots_txt_is_obeyed(server: Loopback) -> None:
    """A forbidden path is never asked for; robots.txt itself is asked once."""
    server.add("/robots.txt", Answer(b"User-agent: *\nDisallow: /private\n"))
    get = fetcher()
    with pytest.raises(SourceBlocked, match=r"robots\.txt 不允许"):
        get(server.add("/private/a", OK))
    get(server.add("/open", OK))
    assert server.asked == ["/robots.txt", "/open"]


def test_a_robots_txt_in_trouble_stops_us(server: Loopback) -> None:
    """A site that cannot say what it allows (5xx) is not collected from (RFC 9309)."""
    server.add("/robots.txt", Answer(status=500))
    with pytest.raises(SourceBroken, match="HTTP 500"):
        fetcher()(server.add("/a", OK))
    assert "/a" not in server.asked


def test_requests_to_a_host_keep_their_distance(server: Loopback) -> None:
    """The pause runs from the end of one request to the start of the next."""
    clock = Clock()
    get = fetcher(clock)
    for _ in range(3):
        get(server.add("/a", OK), Politeness(delay_seconds=2))
    assert clock.slept == [2, 2]


def test_a_longer_crawl_delay_wins(server: Loopback) -> None:
    """What the site asks for is more than what we would do."""
    server.add("/robots.txt", Answer(b"User-agent: *\nCrawl-delay: 7\n"))
    clock = Clock()
    get = fetcher(clock)
    for _ in range(2):
        get(server.add("/a", OK), Politeness(delay_seconds=2))
    assert clock.slept == [7]


@pytest.mark.parametrize("status", [401, 403, 418, 429, 451])
def test_a_refusal_stops_at_once(server: Loopback, status: int) -> None:
    """Who says no is not asked again."""
    url = server.add("/a", Answer(status=status))
    with pytest.raises(SourceBlocked, match=f"HTTP {status}"):
        fetcher()(url)
    assert server.asked.count("/a") == 1


def test_a_429_tells_when_to_come_back(server: Loopback) -> None:
    """Retry-After reaches the scheduler, as seconds or as a date."""
    for header, seconds in (("120", 120), ("Sat, 21 Nov 2026 04:05:00 GMT", 300)):
        url = server.add("/a", Answer(status=429, headers={"Retry-After": header}))
        with pytest.raises(SourceBlocked) as caught:
            fetcher()(url)
        assert caught.value.retry_after == seconds


def test_a_passing_fault_is_tried_again(server: Loopback) -> None:
    """500 twice, then 200, is a success."""
    url = server.add("/a", Answer(status=500), Answer(status=502), OK)
    assert fetcher()(url).content == OK.body


def test_a_lasting_fault_is_told(server: Loopback) -> None:
    """After three attempts the error of the last one comes through."""
    url = server.add("/a", Answer(status=503))
    with pytest.raises(Unreachable, match="网站出错（HTTP 503）"):
        fetcher()(url)
    assert server.asked.count("/a") == 3


def test_retry_after_sets_the_pause_between_attempts() -> None:
    """A short wait is kept to, a long one left to the next run, other errors are not repeated."""
    assert retry_after(Unreachable("x", 7.0)) == 7.0
    assert retry_after(Unreachable("x")) is True
    assert retry_after(Unreachable("x", 3600.0)) is False
    assert retry_after(SourceBroken("x")) is False


def test_a_missing_page_is_not_tried_again(server: Loopback) -> None:
    """404 means that the address has changed."""
    with pytest.raises(SourceBroken, match="HTTP 404，地址可能已改"):
        fetcher()(server.url + "/gone")
    assert server.asked.count("/gone") == 1


def test_nobody_there_is_told() -> None:
    """A refused connection is a fault in words."""
    with serving() as gone:
        url = gone.url + "/a"
    with pytest.raises(Unreachable, match="连接失败"):
        fetcher()(url)


def test_redirects_are_followed(server: Loopback) -> None:
    """Relative targets too; the answer has the final address."""
    server.add("/b", OK)
    answer = fetcher()(server.add("/a", Answer(status=302, headers={"Location": "/b"})))
    assert answer.url == server.url + "/b"


def test_a_circle_of_redirects_ends(server: Loopback) -> None:
    """After a few hops it is an error."""
    url = server.add("/a", Answer(status=301, headers={"Location": "/a"}))
    with pytest.raises(SourceBroken, match="重定向超过 5 次"):
        fetcher()(url)
    assert server.asked.count("/a") == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    "target", ["http://localhost:1/", "http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/"]
)
def test_a_redirect_into_the_inner_network_is_refused(server: Loopback, target: str) -> None:
    """The allow-list is by host: being allowed on 127.0.0.1 opens no other inner address."""
    url = server.add("/a", Answer(status=302, headers={"Location": target}))
    with pytest.raises(AddressRefused, match="指向内网或保留地址"):
        fetcher()(url)


def test_a_redirect_to_another_scheme_is_refused(server: Loopback) -> None:
    """file:// and the like are not followed."""
    url = server.add("/a", Answer(status=302, headers={"Location": "file:///etc/passwd"}))
    with pytest.raises(SourceBroken, match="不是 http"):
        fetcher()(url)


def test_a_forbidden_path_is_refused_behind_a_redirect(server: Loopback) -> None:
    """robots.txt is asked at every hop."""
    server.add("/robots.txt", Answer(b"User-agent: *\nDisallow: /private\n"))
    server.add("/private", OK)
    with pytest.raises(SourceBlocked):
        fetcher()(server.add("/a", Answer(status=302, headers={"Location": "/private"})))
    assert "/private" not in server.asked


def test_loopback_is_refused_unless_allowed(server: Loopback) -> None:
    """Without the allow-list nothing inside is reached, not even robots.txt."""
    with pytest.raises(AddressRefused):
        Fetcher(allow_hosts=())(server.add("/a", OK))
    assert server.asked == []


def test_the_environment_names_allowed_hosts_and_contact(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a deployment sets reaches the fetcher without a line of code."""
    monkeypatch.setenv("TRUSTWATCH_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("TRUSTWATCH_CONTACT", "risk@example.org")
    assert Fetcher()(server.add("/a", OK)).content == OK.body
    assert "risk@example.org" in server.agents[-1]


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
    """Bytes that keep coming, each in time, do not hold the worker for ever."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x")
                handler.wfile.flush()
        except OSError:
            return

    url = server.add("/a", Answer(script=drip))
    with pytest.raises(Unreachable, match="30 秒内没有下载完"):
        fetcher(Clock(step=5.0))(url, Politeness(delay_seconds=0, total_seconds=30))


def test_a_body_cut_short_is_a_fault(server: Loopback) -> None:
    """Half a page is not a page: fewer bytes than announced are an error, tried again."""
    cut = Answer(b"half", headers={"Content-Length": "400"})
    with pytest.raises(Unreachable, match="连接失败"):
        fetcher()(server.add("/a", cut))


def test_cookies_are_not_kept(server: Loopback) -> None:
    """Every request stands alone."""
    seen: list[str | None] = []

    def look(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Cookie"])
        handler.send_response(200)
        handler.send_header("Set-Cookie", "id=1")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    get = fetcher()
    url = server.add("/a", Answer(script=look))
    get(url)
    get(url)
    assert seen == [None, None]


@pytest.mark.parametrize("url", ["ftp://example.org/a", "file:///etc/passwd", "http:///a", "nonsense"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    """Before any connection."""
    with pytest.raises(SourceBroken, match="不是 http"):
        fetcher()(url)
