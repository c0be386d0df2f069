"""Bytes to text: declared, marked and silent encodings, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.encoding import decode, known_encoding, looks_binary, silent_utf16

PAGE = "<html><head><title>提现困难</title></head><body>云汀钱包多名用户反映提现三日未到账。</body></html>"
COMMON = "".join(
    bytes((row, cell)).decode("gb2312") for row in range(0xB0, 0xD7) for cell in range(0xA1, 0xFF)
)
IN_BIG5 = "".join(char for char in COMMON if char.encode("big5", "ignore"))
TRADITIONAL = "貸款錢莊應還資產負債實際執業務與現場檢查報告風險個證監會銀聯"
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


prose = st.text(alphabet=COMMON + "，。、：12ab", min_size=40, max_size=200)
big5_prose = st.text(alphabet=IN_BIG5 + TRADITIONAL * 20 + "，。", min_size=40, max_size=200)
labels = st.sampled_from([None, "utf-8", "gb2312", "gbk", "GB18030", "big5", "iso-8859-1", "x-unknown"])


def labelled(label: str | None) -> str | None:
    return label and f"text/html; charset={label}"


@given(prose, st.sampled_from(["utf-8", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"]), labels)
def test_running_text_is_read_under_any_label(text: str, encoding: str, label: str | None) -> None:
    """With the right label, a wrong one or none, ordinary Chinese comes back as it was written."""
    found = decode(text.encode(encoding), labelled(label))
    assert (found.text, found.replaced_share) == (text, 0)


@given(big5_prose, labels)
def test_big5_is_read_under_any_label(text: str, label: str | None) -> None:
    """Pages from Hong Kong and Taiwan, labelled as GB by a proxy or not at all."""
    assert decode(text.encode("big5hkscs"), labelled(label)).text == text


@given(prose, st.sampled_from(["utf-8", "gb18030"]), st.integers(1, 30))
def test_a_page_cut_within_a_character_loses_that_one_alone(text: str, encoding: str, short: int) -> None:
    """A body cut at a limit of bytes: all whole characters are there, and the broken one is told."""
    content = text.encode(encoding)[:-short]
    found = decode(content, "text/html; charset=gb2312" if encoding == "utf-8" else None)
    whole = content.decode(encoding, "ignore")
    assert found.text.rstrip("\ufffd") == whole.rstrip("\ufffd")
    assert len(found.text) <= len(whole) + 3


def test_a_page_of_both_worlds_keeps_the_greater_part() -> None:
    """UTF-8 with one line that a script added in GBK: the page is read, the share of the line is told."""
    page = (PAGE * 20).encode() + "责任编辑".encode("gbk")
    found = decode(page, "text/html; charset=utf-8")
    assert found.text.startswith(PAGE * 20)
    assert found.encoding == "utf-8"
    assert 0 < found.replaced_share < 0.02


def test_the_euro_sign_of_windows_is_read() -> None:
    """0x80 in a GBK page is €; four-byte characters of GB18030 are read in the same page."""
    content = "报价".encode("gbk") + b"\x80" + "100，𠮷".encode("gb18030")
    assert decode(content, "text/html; charset=gbk").text == "报价€100，𠮷"


def test_a_header_and_a_page_that_disagree_are_settled_by_the_bytes() -> None:
    """The server says gb2312, the page says utf-8, and the bytes are what the page says; and the reverse."""
    page = PAGE.replace("<title>", '<meta charset="utf-8"><title>')
    assert decode(page.encode(), "text/html; charset=gb2312").text == page
    assert decode(page.encode("gb18030"), "text/html; charset=utf-8").text == page


def test_binary_content_is_told_from_text() -> None:
    """An image named .csv is no text; text in any encoding is no binary."""
    assert looks_binary(bytes(range(256)) * 8)
    for encoding in ("utf-8", "utf-16", "utf-16-le", "gb18030"):
        assert not looks_binary(PAGE.encode(encoding))
