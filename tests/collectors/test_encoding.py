"""Bytes to text: declared, marked and silent encodings, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.encoding import decode, known_encoding, looks_binary, silent_utf16

PAGE = "<html><head><title>提现困难</title></head><body>云汀钱包多名用户反映提现三日未到账。</body></html>"
chinese = st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=3, max_size=80)


def test_the_header_names_the_encoding() -> None:
    """The HTTP header is believed first, and gb2312 is read as the larger GB18030."""
    found = decode("喆镕".encode("gb18030"), "text/html; charset=gb2312")
    assert (found.text, found.encoding, found.replaced_share) == ("喆镕", "gb18030", 0)


def test_the_page_names_the_encoding() -> None:
    """Without a header a meta element counts."""
    page = PAGE.replace("<title>", '<meta charset="gbk"><title>')
    assert decode(page.encode("gb18030"), "text/html").text == page


def test_the_xml_declaration_names_the_encoding() -> None:
    """Feeds declare it in their first line."""
    feed = '<?xml version="1.0" encoding="GB2312"?><rss><title>逾期</title></rss>'
    found = decode(feed.encode("gb18030"))
    assert (found.text, found.encoding) == (feed, "gb18030")


def test_a_byte_order_mark_wins_over_the_header() -> None:
    """The mark is part of the bytes; a server's default charset is not."""
    assert decode("提现".encode("utf-8-sig"), "text/html; charset=gbk").text == "提现"
    assert decode("提现".encode("utf-16"), "text/html; charset=gbk").text == "提现"


def test_a_wrong_header_is_found_out() -> None:
    """Bytes that the declared encoding cannot read are read by the one that can."""
    assert decode(PAGE.encode("gb18030"), "text/html; charset=utf-8").text == PAGE


def test_latin_1_is_no_information() -> None:
    """A server's default latin-1 reads any byte, so it would turn every Chinese page into noise."""
    assert decode(PAGE.encode(), "text/html; charset=iso-8859-1").text == PAGE


def test_utf_16_without_a_mark_is_recognised() -> None:
    """Zero bytes on one side tell UTF-16 and its byte order."""
    assert silent_utf16(PAGE.encode("utf-16-le")) == "utf-16-le"
    assert decode(PAGE.encode("utf-16-be")).text == PAGE


def test_undecodable_bytes_are_counted() -> None:
    """The share of replacement characters is told, not hidden."""
    found = decode(PAGE.encode() + b"\xff\xfe", "text/html")
    assert (found.text, found.encoding) == (PAGE + "\ufffd\ufffd", "utf-8")
    assert found.replaced_share == 2 / len(found.text)


@pytest.mark.parametrize("label", ["utf-7", "hex", "rot13", "no-such", "zip", "idna", "latin-1", "ascii"])
def test_odd_labels_are_ignored(label: str) -> None:
    """Only encodings of Chinese text are believed; codecs that are none, or read anything, are not."""
    assert known_encoding(label) is None


@given(chinese, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]))
def test_text_survives_every_encoding(text: str, encoding: str) -> None:
    """With the charset declared or a mark, text comes back whole."""
    assert decode(text.encode(encoding), f"text/plain; charset={encoding}").text == text


@given(st.binary(max_size=300), st.text(max_size=40))
def test_decoding_never_raises(content: bytes, header: str) -> None:
    """Whatever arrives, there is text and a share between 0 and 1."""
    assert 0 <= decode(content, header).replaced_share <= 1


def test_binary_content_is_told_from_text() -> None:
    """An image named .csv is no text; text in any encoding is no binary."""
    assert looks_binary(bytes(range(256)) * 8)
    for encoding in ("utf-8", "utf-16", "utf-16-le", "gb18030"):
        assert not looks_binary(PAGE.encode(encoding))
