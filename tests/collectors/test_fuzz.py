"""Whatever strangers send, only typed errors escape: mutated pages, hostile nesting, broken characters."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import SEEDS, TARGETS

TOKENS = (
    *(
        b"<",
        b">",
        b"</",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"&",
        b"&amp;",
        b"&#0;",
        b"&#xD800;",
        b"&#99999999999;",
        b"&x;",
    ),
    *(
        b"<!ENTITY a 'b'>",
        b"<!DOCTYPE x>",
        b"<?xml encoding='utf-7'?>",
        b"<table>",
        b"<td rowspan=99999999>",
        b"<svg>",
    ),
    *(
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\x80",
        b"\r",
        b'"',
        b"'",
        b"\\ud800",
        b"\\u0000",
        b"\\",
    ),
    *(
        b"null",
        b"true",
        b"NaN",
        b"-1",
        b"1e999",
        b"9" * 400,
        b"[",
        b"]",
        b"{",
        b"}",
        b":",
        b",",
        b"[[",
        b'{"items":',
    ),
    *(
        "年".encode(),
        "万".encode(),
        "昨天".encode(),
        "５".encode(),
        "半".encode(),
        b"24:00",
        b"-0-",
        b"T",
        b"Z",
        b"+99:99",
    ),
    *(b"https://[::", b"//", b"javascript:", b"http://\xff", b"?", b"#", b"%zz"),
)


@st.composite
def mutated(draw: st.DrawFn, name: str) -> bytes:
    """A seed of the target with pieces cut, doubled and put in; or bytes at random."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=300))
    data = bytearray(draw(st.sampled_from(SEEDS[name])))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(data)))
        to = min(len(data), at + draw(st.integers(0, 12)))
        piece = draw(st.sampled_from(TOKENS) | st.binary(max_size=4) | st.just(bytes(data[at:to])))
        data[at : to if draw(st.booleans()) else at] = piece
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
@settings(deadline=None)
@given(data=st.data())
def test_only_typed_errors_escape(name: str, data: st.DataObject) -> None:
    """Every parser takes every mutation of what it is made for."""
    TARGETS[name](data.draw(mutated(name)))


@settings(deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text_is_a_date_or_an_amount_or_refused(text: str) -> None:
    """Half surrogates, zero bytes and letters of every script."""
    for name in ("dates", "amounts", "texts"):
        TARGETS[name](text.encode("utf-8", "surrogatepass"))


HOSTILE = {
    "html nested": ("html_list", b"<div>" * 100_000 + b"<a href=/1>x</a>"),
    "html unclosed": ("html_list", b"<li><a>" * 20_000),
    "impossible link": ("html_list", b"<li><a href='https://[::'>x</a><span>2018-07-16</span>"),
    "html of small lists": ("html_list", b"<ul><li><a href=/1>x</a></ul>" * 5_000),
    "xml nested": ("feed", b"<rss version='2.0'><channel>" + b"<item>" * 50_000),
    "xml entities": ("feed", b"<!DOCTYPE l [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><rss>&b;</rss>"),
    "no such character": (
        "feed",
        b"<rss version='2.0'><channel>&#xD800;<item>&#99999999999;<title>x</title>&#0;",
    ),
    "entity in utf-16": (
        "feed",
        "<!DOCTYPE l [<!ENTITY a 'x'>]><rss version='2.0'>&a;</rss>".encode("utf-16"),
    ),
    "json nested": ("json_api", b"[" * 200_000),
    "json nested in data": ("json_api", b'{"data":{"rows":' + b"[" * 50_000 + b"]" * 50_000 + b"}}"),
    "json objects": ("json_api", b'{"data":' * 50_000),
    "json huge number": (
        "json_api",
        b'{"data":{"rows":[{"id":' + b"9" * 10_000 + b',"title":"x","time":1e400}]}}',
    ),
    "json feed of lists": (
        "feed",
        b'{"items":[{"id":[[[[1]]]],"title":{"a":1},"authors":[[]],"date_published":[]}]}',
    ),
    "html in json": ("json_api", b'{"data":{"rows":[{"title":"x","text":"' + b"<b>" * 50_000 + b'"}]}}'),
    "jsonl nested": ("tables", b"\1" + b'{"a":' * 100_000),
    "csv of quotes": ("tables", b"\0" + "编号,标题,内容,日期\n".encode() + b'"' * 99_999),
    "long digits": ("dates", b"9" * 100_000),
    "long blanks": ("dates", b"2018-07-16" + b" " * 100_000 + b"x"),
    "long chinese number": ("amounts", "一百".encode() * 50_000),
    "thousands of thousands": ("amounts", "千千元".encode()),
    "markup of angles": ("texts", b"<" * 100_000),
    "many digits": ("texts", b"1 3 8 1 " * 20_000),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_shapes_end_in_time(case: str) -> None:
    """100,000 levels, numbers of 10,000 digits, entities within entities: an answer or a typed error, soon."""
    name, data = HOSTILE[case]
    TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_random_bytes(name: str) -> None:
    """Plain noise, and the seeds cut at every place."""
    rng = random.Random(1)
    for _ in range(30):
        TARGETS[name](rng.randbytes(rng.randint(0, 400)))
    for seed in SEEDS[name]:
        for end in range(0, len(seed), max(1, len(seed) // 25)):
            TARGETS[name](seed[:end])
