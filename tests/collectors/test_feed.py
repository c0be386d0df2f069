"""Feeds: RSS is replayed by tests/test_sources.py; here Atom, JSON Feed, and what is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import SourceBroken
from collectors.encoding import Decoded
from collectors.readers.feed import read_page
from tests.collectors.examples import documents
from tests.collectors.web import Web, rows, source

FEED = "https://feeds.example.org/a"
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>
<entry><id>urn:1</id><title type="html">提现&amp;lt;困难&amp;gt;</title><link href="https://n.example.org/1"/>
<updated>2026-11-18T09:30:00+08:00</updated>
<content type="html">&lt;p&gt;三日&lt;/p&gt;&lt;p&gt;未到账&lt;/p&gt;</content></entry></feed>"""
JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [
            {
                "id": "1",
                "title": "逾期",
                "url": "https://n.example.org/1",
                "content_html": "<p>甲</p>",
                "date_published": "2026-11-18T01:30:00Z",
                "authors": [{"name": "记者"}],
            }
        ],
    }
)


def test_atom_is_read() -> None:
    """Id, link, escaped title, markup content and date."""
    [document] = documents(rows(source("feed", url=FEED), Web({FEED: ATOM})))
    assert (document.external_id, document.url, document.title) == (
        "urn:1",
        "https://n.example.org/1",
        "提现<困难>",
    )
    assert document.text == "三日\n未到账"


def test_json_feed_is_read() -> None:
    """The same parts under their JSON names."""
    [document] = documents(rows(source("feed", url=FEED), Web({FEED: JSON_FEED})))
    assert (document.title, document.text, document.author) == ("逾期", "甲", "记者")


def test_own_mapping_wins_over_the_usual_one() -> None:
    """A feed that puts the medium into the author field can say so."""
    [document] = documents(
        rows(source("feed", url=FEED, mapping={"publisher": "authors.0.name"}), Web({FEED: JSON_FEED}))
    )
    assert document.publisher == "记者"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<html><body>登录</body></html>", "不是 RSS 或 Atom"),
        ("", "不是 RSS 或 Atom"),
        ('{"version": "1"}', "没有 items 列表"),
        ('<!DOCTYPE x [<!ENTITY a "aaaa">]><rss version="2.0"><channel/></rss>', "XML 声明了实体"),
        ('<rss version="2.0"><channel><title>t</title></channel></rss>', "有回应但没有任何条目"),
    ],
)
def test_what_is_no_feed_is_a_broken_source(page: str, words: str) -> None:
    """Log-in pages, empty feeds and entity bombs are told apart."""
    with pytest.raises(SourceBroken, match=words):
        rows(source("feed", url=FEED), Web({FEED: page}))


def test_a_feed_cut_short_is_broken() -> None:
    """Its last entry may have arrived by half; the next run reads the feed whole."""
    with pytest.raises(SourceBroken, match="不完整"):
        rows(source("feed", url=FEED), Web({FEED: ATOM.removesuffix("</feed>")}))


def test_malformed_xml_with_its_end_is_read_as_far_as_it_goes() -> None:
    """A stray ampersand costs nobody a feed."""
    assert len(rows(source("feed", url=FEED), Web({FEED: ATOM.replace("<title>", "<title>A & B ", 1)}))) == 1


@given(st.text(alphabet='<>/!?&;="[]{}:rsfeditmochanl 甲\n', max_size=80))
def test_no_feed_escapes_the_typed_error(text: str) -> None:
    """Whatever arrives in place of a feed, there are entries or a SourceBroken."""
    try:
        read_page(source("feed", url=FEED), Decoded('<rss version="2.0"><channel>' + text, "utf-8", 0.0))
    except SourceBroken:
        return
