"""Canonical URLs: one page, one address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.write.urls import canonical_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://News.Example.CN/a", "https://news.example.cn/a"),
        ("https://example.cn:443/a/", "https://example.cn/a"),
        ("http://example.cn:8080/a", "https://example.cn:8080/a"),
        ("https://example.cn", "https://example.cn/"),
        ("https://example.cn/a#part", "https://example.cn/a"),
        ("https://example.cn/a?utm_source=x&id=3&from=wechat&spm=1.2", "https://example.cn/a?id=3"),
        ("https://example.cn/a?b=2&a=1", "https://example.cn/a?a=1&b=2"),
        ("https://example.cn/公告?标题=提现", "https://example.cn/公告?标题=提现"),
        ("https://user:pw@example.cn/a", "https://example.cn/a"),
    ],
)
def test_what_does_not_choose_the_page_goes(url: str, expected: str) -> None:
    """Host in lower case; port, fragment, tracking and user data dropped; parameters in order."""
    assert canonical_url(url) == expected


@pytest.mark.parametrize(
    "url", ["", None, "微信公众号", "ftp://example.cn/a", "//example.cn/a", "http://", "http:///a"]
)
def test_what_is_no_web_address_has_none(url: str | None) -> None:
    """Two rows without an address must not look like one page."""
    assert canonical_url(url) is None


@pytest.mark.parametrize("query", ["fromid=3", "spmx=1", "share=1", "page=2", "source=a"])
def test_parameters_that_may_choose_the_page_stay(query: str) -> None:
    """Only whole, known names are tracking."""
    assert canonical_url(f"https://example.cn/a?{query}") == f"https://example.cn/a?{query}"


@given(st.text(max_size=80).map(lambda tail: f"http://example.cn/{tail}"))
def test_canonical_is_a_fixed_point(url: str) -> None:
    """Doing it twice changes nothing, whatever the address holds."""
    once = canonical_url(url)
    assert once is None or canonical_url(once) == once
