"""Pages that have not changed are not sent again, and what failed on the way is asked for again."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.base import Ask, Politeness, Response, Row, SourceBroken, SourceConfig, Validators, collect
from tests.collectors.examples import refusals
from tests.collectors.web import Memory, Web, context, rows, source

API = "https://api.example.org/list?page="
ONE = '{"rows": [{"t": "提现困难", "d": "2026-11-18"}]}'


def api(**changes: Any) -> SourceConfig:
    usual = {"url": API + "{page}", "item": "rows", "mapping": {"title": "t", "published_at": "d"}}
    return source("json_api", **(usual | {"paging": {"pages": 3}} | changes))


def three() -> Web:
    return Web(
        {API + str(page): ONE for page in (1, 2, 3)}, {API + str(page): f'"{page}"' for page in (1, 2)}
    )


def test_every_page_read_is_remembered() -> None:
    """Later pages too; one whose site gives nothing to recognise it by is not."""
    memory = Memory()
    rows(api(), three(), memory=memory)
    assert memory.kept == {API + "1": Validators('"1"'), API + "2": Validators('"2"')}


def test_an_unchanged_page_ends_the_run_without_rows() -> None:
    """304 is neither an empty page nor a reason to ask for the next one."""
    memory = Memory()
    rows(api(), three(), memory=memory)
    web = three()
    assert rows(api(), web, memory=memory) == []
    assert web.asked == [API + "1"]


def test_a_changed_first_page_goes_on_to_an_unchanged_second() -> None:
    """What is new stands in front; behind it the second page is as it was, and the run ends there."""
    memory = Memory()
    rows(api(), three(), memory=memory)
    web = three()
    web.versions[API + "1"] = '"new"'
    assert len(rows(api(), web, memory=memory)) == 1
    assert web.asked == [API + "1", API + "2"]
    assert memory.kept[API + "1"] == Validators('"new"')


def test_a_page_left_half_read_is_not_remembered() -> None:
    """Whoever stops in the middle of a page, killed or failing, will be given the whole page again."""
    memory = Memory()
    pages = Web({API + "1": ONE.replace("]", ', {"t": "二", "d": "2026-11-18"}]')}, {API + "1": '"1"'})
    running = collect(api(), context(pages, memory=memory))
    next(running)
    next(running)
    assert memory.kept == {}
    with pytest.raises(SourceBroken):  # the second page is missing: only now is the first one done with
        next(running)
    assert list(memory.kept) == [API + "1"]


def test_a_page_of_rows_none_of_which_can_be_used_is_not_remembered() -> None:
    """It is a redesigned page: it must not be silent for as long as it stays the same."""
    memory = Memory()
    bad = '{"rows": [' + ",".join(['{"t": "", "d": "2026-11-18"}'] * 3) + "]}"
    found: list[Row] = []
    running = collect(api(), context(Web({API + "1": bad}, {API + "1": '"1"'}), memory=memory))
    with pytest.raises(SourceBroken, match="3 个条目全部不可用，页面可能已改版") as caught:
        found.extend(running)
    assert len(refusals(found)) == 3
    assert memory.kept == {}
    assert caught.value.evidence is not None


def test_a_post_is_never_conditional() -> None:
    """Its answer depends on the body, which validators do not tell apart."""
    memory = Memory()
    web = Web({API + "1": ONE}, {API + "1": '"1"'})
    rows(api(url=API + "1", request={"form": {"a": "1"}}), web, memory=memory)
    assert memory.kept == {}
    assert web.asks[0].validators is None


def test_a_304_that_nobody_asked_for_is_a_broken_source() -> None:
    """A site that answers "unchanged" to a first request would be silent for ever."""

    def get(url: str, politeness: Politeness = Politeness(), ask: Ask = Ask()) -> Response:
        return Response(url, b"", unchanged=True)

    with pytest.raises(SourceBroken, match="304"):
        list(collect(api(), context(get)))


def test_an_unchanged_feed_is_no_broken_feed() -> None:
    """The same for a feed, whose first page must otherwise not be empty."""
    memory, url = Memory(), "https://feeds.example.org/a"
    feed = '<rss version="2.0"><channel><item><title>提现</title><pubDate>2026-11-18</pubDate></item></channel></rss>'
    web = Web({url: feed}, {url: '"1"'})
    assert len(rows(source("feed", url=url), web, memory=memory)) == 1
    assert rows(source("feed", url=url), web, memory=memory) == []
    assert web.asks[1].validators == Validators('"1"')


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<html>维护中</html>", "回应不是 JSON"),
        ('{"data": {}}', "没有条目列表"),
        ('{"rows": []}', "没有任何条目"),
    ],
)
def test_what_was_answered_is_kept_as_evidence(page: str, words: str) -> None:
    """A person can look at the answer that was not understood: URL, status, and at most 64 KiB of it."""
    padded = page + " " * 70_000
    with pytest.raises(SourceBroken, match=words) as caught:
        rows(api(), Web({API + "1": padded}, {API + "1": '"1"'}))
    evidence = caught.value.evidence
    assert evidence is not None
    assert (evidence.url, evidence.status, evidence.cut) == (API + "1", 200, True)
    assert evidence.body == padded.encode()[:65_536]
    assert evidence.headers == {"etag": '"1"'}


def test_a_look_up_that_fails_is_evidence_too() -> None:
    """The answer is that of the look-up, not of the list."""
    ids = "https://api.example.org/ids"
    config = api(url="https://api.example.org/{c}", lookup={"url": ids, "values": {"c": "r.id"}})
    with pytest.raises(SourceBroken) as caught:
        rows(config, Web({ids: '{"r": {}}'}))
    assert caught.value.evidence is not None
    assert caught.value.evidence.body == b'{"r": {}}'
