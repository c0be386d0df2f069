"""The polite Get against a real server on loopback; clocks and pauses are injected, so nothing waits."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import pytest
import stamina
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.base import Politeness, SourceBlocked, SourceBroken, SourceError
from collectors.fetch import MAX_REDIRECTS, MAX_RETRY_AFTER, Fetcher, retry_after, retry_seconds
from collectors.guard import AddressRefused
from collectors.received import Unreachable
from tests.collectors.fetching import NOW, OK, Clock, fetcher
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


def test_a_page_is_fetched(server: Loopback) -> None:
    """Bytes, final address and headers in lower case."""
    url = server.add("/a", Answer(b"abc", headers={"Content-Type": "text/plain"}))
    answer = fetcher()(url)
    assert (answer.url, answer.content, answer.headers["content-type"]) == (url, b"abc", "text/plain")


def test_we_say_who_we_are(server: Loopback) -> None:
    """An honest name with a contact, for robots.txt too."""
    fetcher()(server.add("/a", OK))
    assert set(server.agents) == {"TrustWatch/0.1 (consumer finance monitor; ops@example.org)"}


def test_requests_to_a_host_keep_their_distance(server: Loopback) -> None:
    """The pause runs from the end of one request to the start of the next."""
    clock = Clock()
    get = fetcher(clock)
    for _ in range(3):
        get(server.add("/a", OK), Politeness(delay_seconds=2))
    assert clock.slept == [2, 2]


@pytest.mark.parametrize("status", [401, 403, 418, 429, 451])
def test_a_refusal_stops_at_once(server: Loopback, status: int) -> None:
    """Who says no is not asked again."""
    url = server.add("/a", Answer(status=status))
    with pytest.raises(SourceBlocked, match=f"HTTP {status}"):
        fetcher()(url)
    assert server.asked.count("/a") == 1


def test_a_429_tells_when_to_come_back(server: Loopback) -> None:
    """Retry-After reaches the scheduler, as seconds or as a date, at most a day; nonsense says nothing."""
    year = format_datetime(NOW.replace(year=2027), usegmt=True)
    for header, seconds in (
        *(("120", 120), ("Sat, 21 Nov 2026 04:05:00 GMT", 300), ("Sat, 21 Nov 2020 04:05:00 GMT", 0)),
        *(
            (year, MAX_RETRY_AFTER),
            ("99999999999", MAX_RETRY_AFTER),
            ("-5", None),
            ("soon", None),
            ("1e3", None),
        ),
    ):
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


def test_a_long_retry_after_of_a_site_in_trouble_reaches_the_scheduler(server: Loopback) -> None:
    """Not waited for within the run, and not asked again in it."""
    url = server.add("/a", Answer(status=503, headers={"Retry-After": "3600"}))
    with pytest.raises(Unreachable) as caught:
        fetcher()(url)
    assert caught.value.retry_after == 3600
    assert server.asked.count("/a") == 1


def test_a_short_retry_after_holds_for_the_whole_host(server: Loopback) -> None:
    """Whoever asks next for another page of the host waits as well."""
    clock = Clock()
    get = Fetcher(allow_hosts={"127.0.0.1"}, attempts=1, clock=clock, sleep=clock.sleep)
    with stamina.set_testing(True, attempts=1), pytest.raises(Unreachable):
        get(server.add("/a", Answer(status=503, headers={"Retry-After": "20"})), Politeness(delay_seconds=1))
    get(server.add("/b", OK))
    assert clock.slept == [20]


@given(
    st.text(max_size=40)
    | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,6} \d\d:\d\d:\d\d( \S{1,6})?")
)
def test_no_retry_after_breaks_its_reading(header: str) -> None:
    """Seconds between nothing and a day, or no statement."""
    seconds = retry_seconds(header, NOW)
    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER


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


def test_threads_share_the_one_turn_of_a_host(server: Loopback) -> None:
    """However many threads ask, also through redirects: one request at a time, and robots.txt once."""
    server.add("/target", OK)
    urls = [
        server.add(f"/{n}", Answer(status=302, headers={"Location": "/target"}) if n % 2 else OK)
        for n in range(24)
    ]
    clock = Clock()
    get = fetcher(clock)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda url: get(url, Politeness(delay_seconds=1)), urls))
    assert {answer.content for answer in answers} == {OK.body}
    assert server.most_at_once == 1
    assert server.asked.count("/robots.txt") == 1
    assert len(clock.slept) == len(server.asked) - 2  # robots.txt and the first page wait for nobody


def test_a_wall_with_status_200_stops_us(server: Loopback) -> None:
    """A slider instead of the page is a refusal, not content; it is not asked again."""
    wall = "<html><head><title>滑动验证</title></head><body></body></html>".encode()
    url = server.add("/a", Answer(wall, headers={"Content-Type": "text/html; charset=utf-8"}))
    with pytest.raises(SourceBlocked, match="人机验证（验证页“滑动验证”）") as caught:
        fetcher()(url)
    assert caught.value.evidence is not None
    assert (caught.value.evidence.status, caught.value.evidence.body) == (200, wall)
    assert server.asked.count("/a") == 1


def test_a_script_challenge_with_a_status_of_its_own_stops_us(server: Loopback) -> None:
    """521 and 503 would be faults that pass; with a challenge in the page they are refusals."""
    page = b"<script>document.cookie='__jsl_clearance_s='+x;location.href='/'</script>"
    for status in (521, 503, 202):
        with pytest.raises(SourceBlocked, match="加速乐"):
            fetcher()(server.add("/a", Answer(page, status)))


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60))
def test_no_redirect_target_breaks_the_fetcher(target: str) -> None:
    """Whatever stands in Location: a page, or a typed error; and no other host is reached."""
    with serving() as server:
        url = server.add("/a", Answer(status=302, headers={"Location": target}))
        get = Fetcher(allow_hosts={"127.0.0.1"}, attempts=1, resolver=_nobody)
        with pytest.raises(SourceError):
            get(url, Politeness(delay_seconds=0))


def _nobody(host: str, port: int) -> list[str]:
    """127.0.0.1 as itself; other names lead inside."""
    return ["127.0.0.1" if host == "127.0.0.1" else "10.0.0.1"]
