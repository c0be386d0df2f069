"""json_api and html_list: paging, articles, broken pages; tests/test_sources.py replays sources over HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.base import (
    Context,
    SourceBlocked,
    SourceBroken,
    SourceConfig,
    collect,
)
from tests.collectors.examples import NOW, documents, refusals, texts
from tests.collectors.web import Memory, Web, context, rows, source

API = "https://api.example.org/list?page="
SITE = "https://site.example.org/list.html"


def api(**changes: Any) -> SourceConfig:
    mapping = {"external_id": "id", "title": "title", "text": "body", "published_at": "time", "url": "link"}
    usual = {"url": API + "{page}", "item": "data.rows", "mapping": mapping, "paging": {"pages": 5}}
    return source("json_api", **(usual | changes))


def site(**changes: Any) -> SourceConfig:
    mapping = {"title": "a", "url": "a::attr(href)", "published_at": "span"}
    article = {"mapping": {"text": "div.content p"}}
    return source(
        "html_list", **({"url": SITE, "item": "li", "mapping": mapping, "article": article} | changes)
    )


def answer(*items: dict[str, Any]) -> str:
    return json.dumps({"data": {"rows": items}})


def item(number: int, day: str = "2026-11-18") -> dict[str, Any]:
    return {
        "id": number,
        "title": f"标题{number}",
        "body": f"正文{number}",
        "time": day,
        "link": f"/a/{number}",
    }


def test_pages_are_read_until_one_is_empty() -> None:
    """Items are numbered through, links are absolute, and the empty page ends the run."""
    web = Web({API + "1": answer(item(1), item(2)), API + "2": answer(item(3)), API + "3": answer()})
    found = rows(api(), web)
    assert [row.number for row in found] == [1, 2, 3]
    assert documents(found)[0].url == "https://api.example.org/a/1"
    assert documents(found)[0].external_id == "1"
    assert web.asked == [API + "1", API + "2", API + "3"]


def test_paging_stops_where_nothing_is_new() -> None:
    """A page wholly older than `since` is the last one; its items are still given, for nothing may be lost."""
    web = Web({API + str(page): answer(item(page, f"2026-11-{20 - page}")) for page in range(1, 6)})
    found = rows(api(), web, since=NOW - timedelta(days=4))
    assert len(web.asked) == len(found) == 3


def test_an_answer_without_items_is_a_broken_source() -> None:
    """A 200 with an empty page is no calm day."""
    with pytest.raises(SourceBroken, match="有回应但没有任何条目"):
        rows(api(), Web({API + "1": answer()}))


def test_an_answer_without_items_can_be_normal() -> None:
    """A search for one name may find nothing."""
    assert rows(api(may_be_empty=True), Web({API + "1": answer()})) == []


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<html>维护中</html>", "回应不是 JSON"),
        ('{"data": {}}', "data.rows 处没有条目列表"),
        ('{"data": {"rows": [1]}}', "data.rows 处没有条目列表"),
        ("[" * 100_000, "回应不是 JSON"),
    ],
)
def test_a_changed_interface_is_a_broken_source(page: str, words: str) -> None:
    """The message says what was missing where."""
    with pytest.raises(SourceBroken, match=words):
        rows(api(), Web({API + "1": page}))


def test_a_bad_item_costs_itself() -> None:
    """The others of the page are taken."""
    found = rows(api(), Web({API + "1": answer(item(1), item(2, "改日")), API + "2": answer()}))
    assert len(documents(found)) == 1
    [refusal] = refusals(found)
    assert (refusal.row, refusal.field, refusal.value) == (2, "发布时间（time）", "改日")
    assert str(refusal).startswith(API + "1 第 2 条，")


def test_a_looked_up_value_is_put_into_the_url() -> None:
    """An internal channel id is asked for first."""
    config = api(
        url="https://api.example.org/{channel}",
        lookup={"url": "https://api.example.org/ids", "values": {"channel": "r.-1"}},
    )
    web = Web(
        {"https://api.example.org/ids": '{"r": ["x", "y"]}', "https://api.example.org/y": answer(item(1))}
    )
    assert len(rows(config, web)) == 1


def test_a_look_up_without_the_value_is_a_broken_source() -> None:
    """The message names it."""
    config = api(
        url="https://api.example.org/{c}",
        lookup={"url": "https://api.example.org/ids", "values": {"c": "r.id"}},
    )
    with pytest.raises(SourceBroken, match="的回应里没有 c"):
        rows(config, Web({"https://api.example.org/ids": "{}"}))


LIST = '<ul><li><a href="1.html">一</a><span>11-18</span></li><li><a href="2.html">二</a><span>昨天</span></li></ul>'
BASE = "https://site.example.org/"


def test_articles_are_opened() -> None:
    """The list gives titles and dates, the page behind each gives the text; all paragraphs of it."""
    pages: dict[str, str | bytes | Exception] = {
        SITE: LIST,
        BASE + "1.html": '<div class="content"><p>甲</p><p>乙</p></div>',
        BASE + "2.html": '<meta charset="gb2312"><div class="content"><p>镕</p></div>'.encode("gb18030"),
    }
    found = rows(site(), Web(pages))
    assert texts(found) == ["甲\n乙", "镕"]
    assert [document.encoding for document in documents(found)] == ["utf-8", "gb18030"]


def test_stored_articles_are_not_opened_again() -> None:
    """Politeness: what is known needs no request."""
    web = Web({SITE: LIST, BASE + "2.html": '<div class="content"><p>乙</p></div>'})
    found = rows(site(), web, known=lambda url: url.endswith("1.html"))
    assert texts(found) == ["乙"]
    assert web.asked == [SITE, BASE + "2.html"]


def test_an_article_that_is_gone_costs_itself() -> None:
    """The refusal says which page; the others are taken."""
    found = rows(site(), Web({SITE: LIST, BASE + "2.html": '<div class="content"><p>乙</p></div>'}))
    [refusal] = refusals(found)
    assert (refusal.row, refusal.field, refusal.value) == (1, "文章页", BASE + "1.html")
    assert texts(found) == ["乙"]


def test_a_redesigned_article_is_told() -> None:
    """Selectors that find nothing are no empty text."""
    page = "<div class='neu'>甲</div>"
    found = rows(site(), Web({SITE: LIST, BASE + "1.html": page, BASE + "2.html": page}))
    assert [refusal.reason for refusal in refusals(found)] == [
        "没有找到正文，页面可能已改版，请检查 article.mapping.text"
    ] * 2


def test_a_refusal_by_the_site_ends_the_collection() -> None:
    """429 on an article stops everything; the rows before are good."""
    pages: dict[str, str | bytes | Exception] = {
        SITE: LIST,
        BASE + "1.html": '<div class="content"><p>甲</p></div>',
        BASE + "2.html": SourceBlocked("429"),
    }
    running = collect(site(), Context(get=Web(pages), now=NOW, data_dir=Path()))
    assert texts([next(running)]) == ["甲"]
    with pytest.raises(SourceBlocked):
        next(running)


def test_a_known_page_ends_the_run_only_after_a_whole_one() -> None:
    """After a run that was cut off, the pages behind those that are stored are read; without any validators."""
    article = {"mapping": {"text": "body"}, "format": "json"}
    pages: dict[str, str | bytes | Exception] = {API + str(page): answer(item(page)) for page in (1, 2, 3)}
    pages |= {f"https://api.example.org/a/{page}": json.dumps({"body": f"全文{page}"}) for page in (1, 2, 3)}
    config, memory = api(article=article, paging={"pages": 3}), Memory()

    def known(url: str) -> bool:
        return url.endswith("/a/1")

    whole = Web(pages, {API + "1": '"1"'})
    assert rows(config, whole, known=known, memory=memory) == []
    assert whole.asked == [API + "1"]
    again = Web(pages, {API + "1": '"1"'})
    found = collect(config, replace(context(again, known=known, memory=memory), complete=False))
    assert texts(list(found)) == ["全文2", "全文3"]
    assert all(ask.validators is None for ask in again.asks)


@pytest.mark.parametrize(
    "page",
    [
        '{"code": -1}',
        '{"code": 0}',
        '{"result": {}, "success": false}',
        '{"result": {"code": 500, "rows": null}}',
        '{"result": {}, "error": "too many"}',
        '{"result": null}',
        "[]",
        "null",
    ],
)
def test_an_error_is_no_empty_list(page: str) -> None:
    """Also where finding nothing is normal: the object around the list is missing, or the answer speaks of an error."""
    with pytest.raises(SourceBroken, match=r"result\.rows"):
        rows(api(item="result.rows", may_be_empty=True), Web({API + "1": page}))


@pytest.mark.parametrize(
    "page",
    [
        '{"result": {}}',
        '{"code": "0000", "success": true, "status": 1, "error": null, "result": {"rows": null}}',
        '{"code": -1, "result": {"rows": []}}',
    ],
)
def test_a_search_that_finds_nothing_is_normal(page: str) -> None:
    """An empty list says so itself; without one, an answer that speaks of no error does."""
    assert rows(api(item="result.rows", may_be_empty=True), Web({API + "1": page})) == []


def test_a_redesigned_list_is_a_broken_source() -> None:
    """Selectors that find no entry are no calm day."""
    with pytest.raises(SourceBroken, match="页面可能已改版"):
        rows(site(), Web({SITE: "<div>新版</div>"}))
