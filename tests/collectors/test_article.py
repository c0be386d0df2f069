"""The page behind an item: reader mode where selectors find nothing, and one document per penalised party."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from collectors.base import SourceBlocked, SourceConfig, collect
from collectors.fetch import Fetcher
from tests.collectors.examples import documents, refusals, texts
from tests.collectors.loopback import Answer, Loopback, serving
from tests.collectors.test_extract import ARTICLE, SENTENCES
from tests.collectors.web import Web, context, rows, source

SITE = "https://site.example.org/list.html"
PAGE = "https://site.example.org/1.html"
LIST = '<ul><li id="77"><a href="1.html">监管局行政处罚信息公开表</a><span>2026-11-18</span><p>{summary}</p></li></ul>'
TABLE = """<div class="new"><table>
<tr><td>序号</td><td>当事人名称</td><td>行政处罚决定书文号</td><td>主要违法违规行为</td><td>行政处罚内容</td><td>作出决定机关</td></tr>
<tr><td>1</td><td>岚桥消费金融有限公司</td><td>某金罚决字〔2026〕1号</td><td>贷后管理不到位</td><td>罚款56万元</td>
<td>某某监管局</td></tr>
<tr><td>2</td><td>李某某（时任岚桥消费金融有限公司经理）</td><td>某金罚决字〔2026〕2号</td><td>对上述行为负有责任</td><td>警告</td>
<td>某某监管局</td></tr>
</table></div>"""


def site(**article: Any) -> SourceConfig:
    return source(
        "html_list",
        kind="regulatory",
        url=SITE,
        item="li",
        mapping={
            "external_id": "::attr(id)",
            "title": "a",
            "url": "a::attr(href)",
            "published_at": "span",
            "text": "p",
        },
        article={"mapping": {"text": "div.content"}} | article,
    )


def web(page: str, summary: str = "") -> Web:
    return Web({SITE: LIST.format(summary=summary), PAGE: page})


def test_reader_mode_takes_over_where_the_selector_finds_nothing() -> None:
    """The text is there, and the document says that no selector found it."""
    [document] = documents(rows(site(), web(ARTICLE)))
    assert document.text.splitlines() == SENTENCES
    assert document.fields == {"text_from": "正文提取"}


def test_reader_mode_can_be_switched_off() -> None:
    """Then a page whose selector finds nothing is refused."""
    [refusal] = refusals(rows(site(fallback=False), web(ARTICLE)))
    assert refusal.reason == "没有找到正文，页面可能已改版，请检查 article.mapping.text"


def test_a_text_found_by_its_selector_says_nothing_of_it() -> None:
    """The mark is for what deviates."""
    [document] = documents(rows(site(), web('<div class="content">提现困难</div>')))
    assert (document.text, document.fields) == ("提现困难", {})


@pytest.mark.parametrize("page", ['<div class="content"> </div>', "<div>甲</div>", ""])
def test_a_page_where_neither_finds_a_text_is_refused(page: str) -> None:
    """A selector that matches an empty element has found nothing either."""
    [refusal] = refusals(rows(site(), web(page)))
    assert refusal.reason.startswith("没有找到正文")


def test_the_summary_of_the_list_is_better_than_nothing() -> None:
    """It is kept, with the mark that it is no more than that."""
    [document] = documents(rows(site(), web("<div>甲</div>", summary="三日未到账")))
    assert (document.text, document.fields) == ("三日未到账", {"text_from": "列表摘要"})


@pytest.mark.parametrize("page", ["[]", "null", "3", "<html>"])
def test_an_article_that_is_no_json_object_is_refused(page: str) -> None:
    """It costs itself, not the run."""
    [refusal] = refusals(rows(site(format="json", mapping={"text": "data.body"}), web(page)))
    assert refusal.field == "文章页"


def test_every_penalised_party_is_a_document() -> None:
    """Identity by place in the page, the party as subject, link and date of the page; fields as published."""
    found = documents(rows(site(split="penalties", mapping={"text": "div.new"}), web(TABLE)))
    assert [document.external_id for document in found] == ["77#1", "77#2"]
    assert {document.url for document in found} == {PAGE}
    assert len({document.published_at for document in found}) == 1
    company, person = found
    assert company.subject == "岚桥消费金融有限公司"
    assert company.title == "监管局行政处罚信息公开表：岚桥消费金融有限公司"
    assert company.fields["decision_number"] == "某金罚决字〔2026〕1号"
    assert Decimal(company.fields["amount_yuan"]) == 560_000
    assert company.fields["page_id"] == "77"
    assert "amount_yuan" not in person.fields
    assert person.fields["penalty"] == "警告"


def test_a_penalty_reads_as_sentences() -> None:
    """The heading of the page, then what the row says: analysed like any other text."""
    company, _ = documents(rows(site(split="penalties", mapping={"text": "div.new"}), web(TABLE)))
    heading, *said = company.text.splitlines()
    assert heading == "监管局行政处罚信息公开表"
    assert "主要违法违规行为：贷后管理不到位。" in said
    assert "行政处罚内容：罚款56万元。" in said


def test_penalties_are_found_without_the_selector_of_the_text() -> None:
    """A redesigned page whose table is still there needs no text."""
    found = documents(rows(site(split="penalties"), web(f"<html><body>{TABLE}</body></html>")))
    assert len(found) == 2
    assert "text_from" not in found[0].fields


def test_a_table_in_json_is_split_too() -> None:
    """The markup inside the answer, not its visible text."""
    config = site(
        split="penalties",
        format="json",
        mapping={"text": {"column": ["data.empty", "data.doc"], "html": True}},
    )
    found = documents(rows(config, web(json.dumps({"data": {"doc": TABLE, "empty": ""}}))))
    assert [document.external_id for document in found] == ["77#1", "77#2"]


def test_a_page_without_a_table_stays_one_document() -> None:
    """And says that no table was recognised."""
    [document] = documents(
        rows(site(split="penalties"), web('<div class="content">关于开展检查的通知</div>'))
    )
    assert (document.external_id, document.text) == ("77", "关于开展检查的通知")
    assert document.fields == {"table": "未识别"}


def test_parties_of_a_page_share_its_number() -> None:
    """Rows with one number belong together: they are stored together, or the page would count as known too early."""
    found = rows(site(split="penalties", mapping={"text": "div.new"}), web(TABLE))
    assert [row.number for row in found] == [1, 1]


def test_a_split_page_that_is_stored_is_not_opened_again() -> None:
    """Its documents carry the address of the page."""
    here = web(TABLE)
    assert rows(site(split="penalties"), here, known=lambda url: url == PAGE) == []
    assert here.asked == [SITE]


def test_a_page_of_penalties_without_an_id_is_known_by_its_link() -> None:
    """Two pages must not share the identities of their parties."""
    config = site(split="penalties", mapping={"text": "div.new"})
    config = config.model_copy(update={"mapping": config.mapping.model_copy(update={"external_id": None})})
    assert texts(rows(config, web(TABLE)))
    assert documents(rows(config, web(TABLE)))[0].external_id == PAGE + "#1"


@pytest.fixture
def here() -> Iterator[Loopback]:
    with serving() as server:
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Loopback]:
    with serving() as server:
        yield server


GOOD_PAGE = Answer('<div class="content">提现困难</div>'.encode())


def listing(server: Loopback, *links: str) -> SourceConfig:
    """A source whose list, on `server`, holds these links."""
    entries = [
        f'<li id="{n}"><a href="{link}">第{n}条</a><span>2026-11-18</span></li>'
        for n, link in enumerate(links)
    ]
    page = Answer(("<ul>" + "".join(entries) + "</ul>").encode())
    return site().model_copy(update={"url": server.add("/list", page)})


def fetched(config: SourceConfig) -> tuple[list[Any], SourceBlocked | None]:
    """The rows over real HTTP, and the refusal of the site that ended them."""
    found: list[Any] = []
    get = Fetcher(allow_hosts={"127.0.0.1"}, attempts=1, sleep=lambda _: None)
    try:
        found.extend(collect(config, context(get)))
    except SourceBlocked as error:
        return found, error
    return found, None


def test_a_forbidden_page_costs_itself(here: Loopback) -> None:
    """For members only, or closed by robots.txt: a refused row, and the pages behind it are read."""
    here.add("/robots.txt", Answer(b"User-agent: *\nDisallow: /closed"))
    members = here.add("/members", Answer(b"members", 403))
    config = listing(here, members, here.url + "/closed", here.add("/open", GOOD_PAGE))
    found, ended = fetched(config)
    assert ended is None
    assert [refusal.field for refusal in refusals(found)] == ["文章页", "文章页"]
    by_status, by_robots = (refusal.reason for refusal in refusals(found))
    assert "HTTP 403" in by_status
    assert "robots.txt" in by_robots
    assert texts(found) == ["提现困难"]
    assert "/closed" not in here.asked


WALL = "<html><title>滑动验证</title><body>请完成验证</body></html>".encode()


@pytest.mark.parametrize(
    "answer", [Answer(b"", 429, {"Retry-After": "60"}), Answer(b"", 403, {"Retry-After": "60"}), Answer(WALL)]
)
def test_a_site_that_wants_none_of_us_ends_the_run(here: Loopback, answer: Answer) -> None:
    """Too many requests, a captcha: the next page is not asked for, and the wait it named is kept."""
    config = listing(here, here.add("/1", answer), here.add("/2", GOOD_PAGE))
    found, ended = fetched(config)
    assert (found, "/2" in here.asked) == ([], False)
    assert ended is not None
    assert ended.retry_after == (60.0 if "Retry-After" in answer.headers else None)


def test_the_third_forbidden_page_in_a_row_ends_the_run(here: Loopback) -> None:
    """Then it is we who are forbidden. A page that opens in between begins the count anew."""
    no = [here.add(f"/no{n}", Answer(b"", 403)) for n in range(5)]
    yes = here.add("/yes", GOOD_PAGE)
    found, ended = fetched(listing(here, *no[:2], yes, *no[2:], yes))
    assert (len(refusals(found)), len(texts(found))) == (4, 1)
    assert ended is not None
    assert here.asked[-1] == "/no4"


@pytest.mark.parametrize(("answer", "asked"), [(Answer(WALL), 1), (Answer(b"", 403), 3)])
def test_another_host_that_refuses_is_left_alone(
    here: Loopback, elsewhere: Loopback, answer: Answer, asked: int
) -> None:
    """Its pages are refused rows, without asking on; the pages of the list's own host are read."""
    links = [elsewhere.add(f"/{n}", answer) for n in range(5)]
    found, ended = fetched(listing(here, *links, here.add("/open", GOOD_PAGE)))
    assert ended is None
    assert (len(refusals(found)), texts(found)) == (5, ["提现困难"])
    assert len([path for path in elsewhere.asked if path != "/robots.txt"]) == asked
