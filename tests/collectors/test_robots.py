"""robots.txt is obeyed, whatever it looks like."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from collectors.base import Politeness, SourceBlocked, SourceBroken, SourceError
from tests.collectors.fetching import OK, Clock, fetcher
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


def test_a_longer_crawl_delay_wins(server: Loopback) -> None:
    """What the site asks for is more than what we would do."""
    server.add("/robots.txt", Answer(b"User-agent: *\nCrawl-delay: 7\n"))
    clock = Clock()
    get = fetcher(clock)
    for _ in range(2):
        get(server.add("/a", OK), Politeness(delay_seconds=2))
    assert clock.slept == [7]


def test_a_forbidden_path_is_refused_behind_a_redirect(server: Loopback) -> None:
    """robots.txt is asked at every hop."""
    server.add("/robots.txt", Answer(b"User-agent: *\nDisallow: /private\n"))
    server.add("/private", OK)
    with pytest.raises(SourceBlocked):
        fetcher()(server.add("/a", Answer(status=302, headers={"Location": "/private"})))
    assert "/private" not in server.asked


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        (Answer(b"none", 404), True),
        (Answer(b"no", 403), True),
        (Answer(status=302, headers={"Location": "/robots.txt"}), True),
        (Answer(b"slow down", 429), False),
        (Answer("<title>访问验证</title>".encode()), False),
        (Answer(b"?", headers={"Content-Encoding": "gzip"}), False),
        (Answer(b"User-agent: *\nDisallow: /a\n" + b"#" * 600_000), False),
        (Answer(b"#" * 600_000), True),
    ],
    ids=["404", "403", "circle", "429", "wall", "not gzip", "large and no", "large"],
)
def test_what_robots_txt_may_be(server: Loopback, answer: Answer, allowed: bool) -> None:
    """None allows all; one that is too large holds as far as it is read; trouble and walls keep us away."""
    server.add("/robots.txt", answer)
    url = server.add("/a", OK)
    if allowed:
        assert fetcher()(url).content == OK.body
    else:
        with pytest.raises(SourceError):
            fetcher()(url)
        assert "/a" not in server.asked
