"""One search per watched platform: whose turn it is, what one failure costs, and when the site is left alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import SourceBlocked, SourceBroken, SourceConfig, collect
from collectors.config import Schedule
from collectors.readers.search_feed import due_platforms, turn
from pipeline.slots import moment_after, moment_at_or_before
from settings.models import Platform
from tests.collectors.examples import NOW, documents, refusals
from tests.collectors.web import Memory, Web, context, rows, source

URL = "https://s.example.org/?format=rss&q="
EMPTY = '<rss version="2.0"><channel><title>t</title></channel></rss>'


def search(**changes: Any) -> SourceConfig:
    return source("search_feed", **({"url": URL + "{name}"} | changes))


def platforms(count: int, demo: bool = False) -> tuple[Platform, ...]:
    return tuple(
        Platform(id=f"p{number:03}", name=f"云汀 {number}", category="支付", demo=demo)
        for number in range(count)
    )


def found(title: str) -> str:
    item = f"<item><title>{title}</title><link>https://n.example.org/{title}</link><pubDate>2026-11-18</pubDate></item>"
    return EMPTY.replace("</channel>", item + "</channel>")


def asked(number: int) -> str:
    return URL + quote(f"云汀 {number}")


def test_every_platform_is_asked_for() -> None:
    """With its name quoted; numbers run through; a search that finds nothing is normal."""
    web = Web({asked(0): found("甲"), asked(1): EMPTY, asked(2): found("乙")})
    got = rows(search(), web, platforms=platforms(3))
    assert [row.number for row in got] == [1, 2]
    assert [document.title for document in documents(got)] == ["甲", "乙"]
    assert web.asked == [asked(0), asked(1), asked(2)]


def test_a_text_that_was_found_is_not_thereby_about_the_platform() -> None:
    """Search engines find what is alike; linking decides."""
    [document] = documents(rows(search(), Web({asked(0): found("甲")}), platforms=platforms(1)))
    assert document.subject is None


def test_a_json_list_can_be_searched() -> None:
    """With `item`, and the name in a parameter that is JSON itself."""
    config = search(
        url="https://s.example.org/jsonp",
        item="result",
        request={"params": {"param": '{"k":"{name}"}'}, "jsonp": True},
        mapping={"title": "title", "published_at": "date"},
    )
    url = "https://s.example.org/jsonp?param=%7B%22k%22%3A%22%E4%BA%91%E6%B1%80+0%22%7D"
    web = Web({url: 'cb({"result": [{"title": "甲", "date": "2026-11-18"}]})'})
    assert [document.title for document in documents(rows(config, web, platforms=platforms(1)))] == ["甲"]


def test_only_covered_platforms_are_asked_for() -> None:
    """Demo platforms are nobody's business but a demo source's."""
    real, demo = platforms(1), (Platform(id="demo", name="演示", category="支付", demo=True),)
    other = (Platform(id="other", name="别的", category="网络借贷"),)
    assert due_platforms(search(), real + demo, NOW) == list(real)
    assert due_platforms(search(covers={"demo": True}), real + demo, NOW) == list(demo)
    assert due_platforms(search(covers={"category": "网络借贷"}), real + other, NOW) == list(other)


@given(st.integers(0, 200), st.integers(1, 70), st.integers(0, 10**6), st.integers(1, 3000))
def test_all_have_had_their_turn_after_the_fewest_runs(
    count: int, per_run: int, runs_before: int, every: int
) -> None:
    """ceil(n / per_run) runs in a row ask for each platform exactly once, wherever one begins to count."""
    config = search(search={"per_run": per_run}, schedule={"every_minutes": every})
    watch_list = platforms(count)
    needed = -(-count // per_run)
    times: Counter[str] = Counter()
    for run in range(runs_before, runs_before + needed):
        due = due_platforms(config, watch_list, NOW + run * timedelta(minutes=every))
        assert len(due) <= per_run
        times.update(platform.id for platform in due)
    assert times == Counter({platform.id: 1 for platform in watch_list})


@given(
    st.text("abcdefgh", min_size=1, max_size=8),
    st.integers(3, 3000),
    st.lists(st.floats(0, 1 / 3), min_size=9, max_size=9),
    st.integers(0, 10**5),
)
def test_runs_that_begin_late_neither_skip_nor_repeat(
    name: str, every: int, late: list[float], before: int
) -> None:
    """Wherever in its period a source runs, and however late within a third of it: every slice once, in order."""
    config = search(id=name, search={"per_run": 1}, schedule={"every_minutes": every})
    width, watch_list = timedelta(minutes=every), platforms(len(late))
    first = moment_after(config, NOW + before * width)
    begun = [first + (run + share) * width for run, share in enumerate(late)]
    due = [due_platforms(config, watch_list, moment_at_or_before(config, now)) for now in begun]
    assert {platform.id for [platform] in due} == {platform.id for platform in watch_list}


def test_the_turn_is_that_of_the_scheduled_moment() -> None:
    """A run that begins when the next turn has come asks for what it stands for."""
    config = search(search={"per_run": 1})
    web = Web({asked(number): EMPTY for number in range(2)})
    for late in (0, 59):
        now = NOW + timedelta(minutes=late, seconds=90)
        assert list(collect(config, replace(context(web, platforms=platforms(2), now=now), due=NOW))) == []
    assert web.asked[0] == web.asked[1]


def test_times_of_the_day_are_counted_one_by_one() -> None:
    """Two turns a day in the schedule's own zone, also over midnight."""
    schedule = Schedule(at=("08:30", "20:00"))
    moments = [NOW.replace(hour=hour, minute=30) for hour in (0, 12)]  # 08:30 and 20:30 in Shanghai
    moments += [moment + timedelta(days=1) for moment in moments]
    first = turn(schedule, moments[0])
    assert [turn(schedule, moment) - first for moment in moments] == [0, 1, 2, 3]


def test_one_failing_search_costs_itself() -> None:
    """The refusal names platform and fault; the others are asked for."""
    got = rows(search(), Web({asked(0): "<html>登录</html>", asked(1): found("乙")}), platforms=platforms(2))
    assert [document.title for document in documents(got)] == ["乙"]
    [refusal] = refusals(got)
    assert refusal.field == "搜索「云汀 0」"
    assert "不是 RSS 或 Atom" in refusal.reason


def test_a_search_cut_off_keeps_what_it_found() -> None:
    """Rows of a first page stay when the second cannot be had, and their numbers are not given again."""
    config = search(url=URL + "{name}&page={page}", paging={"pages": 2})
    web = Web(
        {asked(0) + "&page=1": found("甲"), asked(1) + "&page=1": found("乙"), asked(1) + "&page=2": EMPTY}
    )
    got = rows(config, web, platforms=platforms(2))
    assert [row.number for row in got] == [1, 2, 3]
    assert len(refusals(got)) == 1


def test_all_failing_is_a_broken_source() -> None:
    """Every one is told, and the last answer is the evidence."""
    with pytest.raises(SourceBroken, match="本轮 2 个平台的搜索全部失败") as caught:
        rows(search(), Web({asked(0): "<html/>", asked(1): "<html/>"}), platforms=platforms(2))
    assert caught.value.evidence is not None
    assert caught.value.evidence.url == asked(1)


def test_a_site_that_is_down_is_left_alone() -> None:
    """Five failures in a row end the run, though others had answered before."""
    web = Web({asked(0): found("甲")})
    with pytest.raises(SourceBroken, match="连续 5 个平台的搜索失败，已停止本轮"):
        rows(search(), web, platforms=platforms(9))
    assert len(web.asked) == 6


def test_a_refusal_by_the_site_stops_at_once() -> None:
    """403 is not tried again with the next name."""
    web = Web({asked(0): found("甲"), asked(1): SourceBlocked("403")})
    running = collect(search(), context(web, platforms=platforms(3)))
    next(running)
    with pytest.raises(SourceBlocked):
        next(running)
    assert web.asked == [asked(0), asked(1)]


def test_an_unchanged_search_brings_nothing_and_is_no_failure() -> None:
    """Each search is remembered by itself."""
    memory, web = Memory(), Web({asked(0): found("甲"), asked(1): found("乙")}, {asked(0): '"1"'})
    rows(search(), web, platforms=platforms(2), memory=memory)
    again = rows(search(), web, platforms=platforms(2), memory=memory)
    assert [document.title for document in documents(again)] == ["乙"]


def test_an_empty_watch_list_asks_nobody() -> None:
    """Nothing to say about nobody."""
    assert rows(search(), Web({})) == []
