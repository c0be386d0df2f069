"""Targets: each takes any bytes and ends well, or with a typed error; anything else that escapes is a bug."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from collectors.base import Document, Refusal, SourceError
from collectors.dates import EARLIEST, TOLERANCE, BadDate, parse_date
from collectors.encoding import decode
from collectors.markup import visible_text
from collectors.parse import BadAmount, parse_amount
from collectors.readers.table import read_file
from signals.privacy import mask
from signals.stories import band_keys, same_story
from tests.collectors.examples import NOW, table_source
from tests.collectors.web import Web, rows, source

URL = "https://news.example.cn/list"
FEED = source("feed", url=URL, may_be_empty=True, undated="keep")
LIST = source(
    "html_list",
    url=URL,
    may_be_empty=True,
    undated="keep",
    item="li, tr, div",
    mapping={"title": "a", "url": "a::attr(href)", "published_at": "span", "text": ".//p"},
)
API = source(
    "json_api",
    url=URL,
    may_be_empty=True,
    undated="keep",
    item="data.rows",
    mapping={
        "external_id": "id",
        "title": "title",
        "text": {"column": "text", "html": True},
        "url": "url",
        "reach": "reach",
        "published_at": "time",
        "fields": {"fine": {"column": "fine", "amount": True}},
    },
)


def _page(config: object, data: bytes) -> None:
    try:
        found = rows(config, Web({URL: data}))  # type: ignore[arg-type] # a SourceConfig
    except SourceError:
        return
    assert all(isinstance(row.item, Document | Refusal) for row in found)
    for row in found:
        if isinstance(row.item, Document):
            (row.item.title + row.item.text + (row.item.url or "")).encode()


def feed(data: bytes) -> None:
    """RSS, Atom and JSON Feed."""
    _page(FEED, data)


def html_list(data: bytes) -> None:
    """A list page."""
    _page(LIST, data)


def json_api(data: bytes) -> None:
    """A JSON answer."""
    _page(API, data)


def dates(data: bytes) -> None:
    """A date, as text."""
    try:
        moment = parse_date(data.decode("utf-8", "surrogateescape"), NOW)
    except BadDate:
        return
    assert EARLIEST <= moment <= NOW + TOLERANCE


def amounts(data: bytes) -> None:
    """A sum of money."""
    try:
        assert parse_amount(data.decode("utf-8", "surrogateescape")) >= 0
    except BadAmount:
        return


def encoding(data: bytes) -> None:
    """Bytes of a page; the first line is its content type."""
    header, _, body = data.partition(b"\n")
    found = decode(body, header.decode("latin-1"))
    assert 0 <= found.replaced_share <= 1
    found.text.encode("utf-8", "surrogatepass")


def tables(data: bytes) -> None:
    """A dropped file; its first byte chooses the format."""
    suffix = (".csv", ".jsonl", ".xlsx", ".xls")[data[0] % 4 if data else 0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"drop{suffix}"
        path.write_bytes(data[1:])
        try:
            found = list(read_file(path, table_source(), NOW))
        except SourceError:
            return
    assert all(isinstance(row.item, Document | Refusal) for row in found)


def texts(data: bytes) -> None:
    """Markup to text, masking, and the keys of a story."""
    text = visible_text(data.decode("utf-8", "surrogateescape"))
    masked = mask(text)
    assert len(masked) == len(text)
    assert mask(masked) == masked
    assert band_keys(text)
    assert same_story(text, text)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "feed": feed,
    "html_list": html_list,
    "json_api": json_api,
    "dates": dates,
    "amounts": amounts,
    "encoding": encoding,
    "tables": tables,
    "texts": texts,
}
SEEDS: dict[str, tuple[bytes, ...]] = {
    "feed": (
        '<?xml version="1.0" encoding="GB2312"?><rss version="2.0"><channel><item><title>逾期</title>'
        "<link>/a</link><pubDate>Mon, 16 Jul 2018 06:05:00 GMT</pubDate></item></channel></rss>".encode(
            "gb18030"
        ),
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>提现</title><updated>2018-07-16T14:05:00Z</updated>'
        '<content type="html">&lt;p&gt;三日&lt;/p&gt;</content></entry></feed>'.encode(),
        '{"version":"https://jsonfeed.org/version/1","items":[{"id":1,"title":"逾期","date_published":"2018-07-16"}]}'.encode(),
    ),
    "html_list": (
        '<ul><li><a href="/1.html">提现困难</a><span>2018-07-16</span><p>三日未到账</p></li></ul>'.encode(),
        '<meta charset=gbk><table><tr><td><a href="?id=1">罚单</a><span>昨天</span></td></tr></table>'.encode(
            "gbk"
        ),
    ),
    "json_api": (
        '{"data":{"rows":[{"id":1,"title":"逾期","text":"<p>三日</p>","time":1531721100,"fine":"56万元"}]}}'.encode(),
        '{"data":{"rows":[{"id":"a","title":"\\ud800","text":["a","b"],"time":"昨天","reach":"0.5"}]}}'.encode(),
    ),
    "dates": tuple(
        text.encode()
        for text in (
            *(
                "2018年7月16日 下午3:05",
                "2018-07-16T14:05:00.000+0800",
                "Mon, 16 Jul 2018 06:05:00 GMT",
                "3小时前",
            ),
            *(
                "二〇一八年七月十六日",
                "上周五 14:05",
                "1531721100.5",
                "发布时间：2018-07-16 来源：示例",
                "昨晚8点",
            ),
        )
    ),
    "amounts": tuple(
        text.encode()
        for text in ("56万元", "人民币伍拾万元整", "1亿2000万元", "￥3,000.50", "三千二百元五角")
    ),
    "encoding": (
        "text/html; charset=gb2312\n<meta charset=utf-8>提现困难".encode("gb18030"),
        b"text/html\n\xff\xfea\x00b\x00",
        "\n貸款錢莊".encode("big5"),
    ),
    "tables": (
        "\0编号,标题,内容,日期\n1,提现困难,三日未到账,2018-07-16\n".encode(),
        '\1{"编号":1,"标题":"提现","内容":"三日","日期":"2018-07-16"}\n'.encode(),
        b"\2PK\x03\x04",
        b"\3\xd0\xcf\x11\xe0",
    ),
    "texts": (
        "<p>微信：abc_123，家住文昌路138号5幢301室，幺三八1234五六七八</p>".encode(),
        b"1 3 8 - 1234 5678 &#0; <b",
    ),
}
