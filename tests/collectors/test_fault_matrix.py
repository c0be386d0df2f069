"""Faults that cost something, once for every reader of the web, on a bundled source and its own pages.

The cheap ones are tried on every source in tests/test_sources.py.
"""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import pytest

from collectors.base import Politeness, SourceBlocked, SourceBroken
from collectors.catalogue import BUNDLED
from collectors.received import Unreachable
from tests.collectors.faults import always, hang_up, two_gigabytes, zip_bomb
from tests.collectors.loopback import Answer, Loopback, serving
from tests.collectors.replay import SampleSite, source_in

ONE_PER_READER = ("stcn_news", "nfra_news", "rss_custom", "eastmoney_search")
LIMIT = 1_000_000
every_reader = pytest.mark.parametrize("name", ONE_PER_READER)
pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as loopback:
        yield loopback


def rows_with(name: str, server: Loopback, answer: Answer, politeness: Politeness) -> None:
    """Collects the source from a site that gives this answer for everything."""
    folder = BUNDLED / name
    site = SampleSite(folder, server)
    site.serve(always(answer))
    changes = {"politeness": politeness, "may_be_empty": False}
    site.rows(source_in(folder).model_copy(update=changes), clock(folder))


def clock(folder: Path) -> datetime:
    return datetime.fromisoformat(json.loads((folder / "expected.json").read_text("utf-8"))["now"])


@every_reader
@pytest.mark.parametrize("answer", [two_gigabytes(), zip_bomb()], ids=["2 GB", "zip bomb"])
def test_a_body_beyond_all_measure_is_stopped(name: str, answer: Answer, server: Loopback) -> None:
    """Two gigabytes, plain or packed a thousand to one: the error says so and keeps the beginning."""
    with pytest.raises(SourceBroken, match=f"内容超过 {LIMIT} 字节，已停止下载") as caught:
        rows_with(name, server, answer, Politeness(max_bytes=LIMIT))
    assert caught.value.evidence is not None
    assert (len(caught.value.evidence.body), caught.value.evidence.cut) == (65_536, True)


@pytest.mark.parametrize("layers", [0, 1, 2], ids=["2 GB", "bomb", "bomb in a bomb"])
def test_memory_stays_flat_whatever_is_sent(layers: int, server: Loopback) -> None:
    """The peak is the limit and a few parts, counted with what the sending server itself holds."""
    answer = zip_bomb(layers) if layers else two_gigabytes()
    limit = 4_000_000
    tracemalloc.start()
    try:
        with pytest.raises(SourceBroken):
            rows_with("stcn_news", server, answer, Politeness(max_bytes=limit))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 * limit


@every_reader
def test_a_slow_drip_is_broken_off(name: str, server: Loopback) -> None:
    """A page that comes byte by byte, each in time, ends at the limit for the whole; what came is kept."""
    stop = Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        try:
            while not stop.wait(0.02):
                handler.wfile.write(b"<")
        except OSError:
            return

    with pytest.raises(SourceBroken, match=r"0\.3 秒内没有下载完") as caught:
        rows_with(name, server, Answer(script=drip), Politeness(total_seconds=0.3))
    stop.set()
    assert caught.value.evidence is not None
    assert caught.value.evidence.cut
    assert set(caught.value.evidence.body) == set(b"<")


@every_reader
def test_a_site_that_goes_away_in_the_middle_keeps_what_came(name: str, server: Loopback) -> None:
    """Rows of pages read before a fault are good; a source whose first page is lost says so."""

    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"{")

    with pytest.raises(SourceBroken, match="连接失败") as caught:
        rows_with(name, server, Answer(script=half), Politeness())
    assert caught.value.evidence is not None
    assert (caught.value.evidence.body, caught.value.evidence.cut) == (b"{", True)


@pytest.mark.parametrize(
    "xml",
    [
        "<rss version='2.0'><channel><title>断",
        "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><rss version='2.0'>&b;</rss>",
        "<html><body>503 Service Temporarily Unavailable</body></html>",
        "\x00\x01\x02<rss>",
        "{",
        '{"items": 7}',
    ],
)
def test_malformed_feeds_are_told(xml: str, server: Loopback) -> None:
    """What is no feed, or half of one without an entry, or one that declares entities, is a typed error."""
    with pytest.raises(SourceBroken) as caught:
        rows_with("rss_custom", server, Answer(xml.encode()), Politeness())
    assert caught.value.evidence is not None
    assert caught.value.evidence.body == xml.encode()


def test_refused_articles_are_told_and_the_site_is_left_alone(server: Loopback) -> None:
    """The list still opens, the articles of its host do not: each is a refused row, never an article without text."""
    folder = BUNDLED / "sina_finance_roll"
    site, source = SampleSite(folder, server), source_in(folder)
    site.serve(always(Answer(b"no", 403)), but=(source.url or "").replace("{page}", "1"))
    with pytest.raises((SourceBlocked, SourceBroken)) as caught:
        site.rows(source, clock(folder))
    assert caught.value.evidence is not None
    assert len(site.asked) <= 4  # the list and at most three articles


def test_a_connection_refused_is_told_without_an_answer(server: Loopback) -> None:
    """Nobody there: the evidence says that there was no HTTP answer at all."""
    with pytest.raises(Unreachable) as caught:
        rows_with("stcn_news", server, Answer(script=hang_up), Politeness())
    assert caught.value.evidence is not None
    assert caught.value.evidence.status is None
