"""The end of a run: validators, failing answers, postponement and contract, over real HTTP and a real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pandas as pd
import pytest

from collectors.base import SourceConfig
from collectors.config import Contract, Schedule
from collectors.fetch import Fetcher
from db import read, write
from pipeline.prepare import Workplace, declaration
from pipeline.stages.collect import collect_source
from pipeline.stages.ledger import LONGEST_PAUSE, Outcome, postponed
from tests.collectors.loopback import Answer, Loopback, serving
from tests.pipeline.conftest import NOW

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>示例</title>{items}</channel></rss>"""
ITEM = """<item><title>岚桥优贷第{n}条</title><link>http://example.org/{n}</link><guid>{n}</guid>{date}
<description>岚桥优贷今日发布第{n}号公告。</description></item>"""
DATE = "<pubDate>Tue, 10 Mar 2026 09:00:00 +0800</pubDate>"
ETAG = '"v1"'


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as running:
        running.add("/robots.txt", Answer(b"User-agent: *\nAllow: /\n"))
        yield running


def feed(*numbers: int, undated: int = 0, etag: str | None = None) -> Answer:
    items = [ITEM.format(n=n, date="" if place < undated else DATE) for place, n in enumerate(numbers)]
    body = FEED.format(items="".join(items)).encode()
    return Answer(body, headers={"Content-Type": "application/rss+xml"}, etag=etag)


def source(workplace: Workplace, url: str, **more: object) -> SourceConfig:
    values: dict[str, object] = {
        "id": "feed_a",
        "name": "示例",
        "kind": "news",
        "reader": "feed",
        "url": url,
        "covers": "all",
        "schedule": Schedule(every_minutes=60),
    }
    config = SourceConfig.model_validate(values | more)
    with workplace.database.writing() as session:
        write.upsert_sources(session, [declaration(config)])
    return config


def run(workplace: Workplace, config: SourceConfig, slot: str, now: datetime = NOW) -> Outcome:
    get = Fetcher(allow_hosts={"127.0.0.1"}, attempts=1, sleep=lambda _: None)
    outcome = collect_source(workplace, config, slot=slot, now=now, get=get)
    assert outcome is not None
    return outcome


def state(workplace: Workplace) -> pd.Series[object]:
    with workplace.database.reading() as session:
        return read.sources(session).set_index("id").loc["feed_a"]


def newest_run(workplace: Workplace) -> dict[str, object]:
    with workplace.database.reading() as session:
        rows = read.runs(session, source_id="feed_a", limit=1)
    return {str(key): value for key, value in rows.iloc[0].items()}


def test_a_page_that_has_not_changed_is_a_success_without_reading(
    workplace: Workplace, server: Loopback
) -> None:
    """What the site recognises is sent back next time; 304 everywhere is done, unchanged, and an answer of the day."""
    config = source(workplace, server.add("/f", feed(1, 2, etag=ETAG)))
    assert not run(workplace, config, "s1").unchanged
    second = run(workplace, config, "s2")
    assert server.requests[-1].headers["If-None-Match"] == ETAG
    assert (second.state, second.counts.items, second.unchanged) == ("done", 0, True)
    assert newest_run(workplace)["unchanged"]
    assert state(workplace)["state"] == "ok"


def test_a_changed_mapping_reads_everything_again(workplace: Workplace, server: Loopback) -> None:
    """Validators belong to a configuration: what another mapping would have made of the page is not known."""
    url = server.add("/f", feed(1, etag=ETAG))
    run(workplace, source(workplace, url), "s1")
    again = run(workplace, source(workplace, url, name="改过的示例"), "s2")
    assert "If-None-Match" not in server.requests[-1].headers
    assert (again.counts.items, again.unchanged) == (1, False)


def test_a_page_with_a_refused_row_is_read_again(workplace: Workplace, server: Loopback) -> None:
    """A row that was lost must be asked for again, though the page itself has not changed."""
    config = source(workplace, server.add("/f", feed(1, 2, undated=1, etag=ETAG)))
    assert run(workplace, config, "s1").counts.refused == 1
    run(workplace, config, "s2")
    assert "If-None-Match" not in server.requests[-1].headers


def test_the_failing_answer_is_kept_masked(workplace: Workplace, server: Loopback) -> None:
    """Status, reason and body for a person to look at; a telephone number in the page is starred out."""
    config = source(workplace, server.add("/f", Answer("请联系 13812345678 申请访问".encode(), 403)))
    run(workplace, config, "s1")
    with workplace.database.reading() as session:
        (kept,) = read.kept_responses(session, "feed_a").to_dict("records")
    assert kept["status"] == 403
    assert "申请访问" in kept["body"]
    assert "13812345678" not in kept["body"]


def test_a_site_that_asks_for_time_gets_it(workplace: Workplace, server: Loopback) -> None:
    """429 with Retry-After of three hours: not before that, though the source runs every hour."""
    config = source(workplace, server.add("/f", Answer(b"slow down", 429, {"Retry-After": "10800"})))
    outcome = run(workplace, config, "s1")
    assert outcome.retry_at is not None
    assert outcome.retry_at >= NOW + timedelta(hours=3)
    with workplace.database.reading() as session:
        assert postponed(session, "feed_a", NOW + timedelta(hours=2)) == outcome.retry_at
        assert postponed(session, "feed_a", outcome.retry_at) is None


def test_an_overloaded_site_that_names_a_time_is_broken_and_left_alone(
    workplace: Workplace, server: Loopback
) -> None:
    """503 with Retry-After: no refusal, but a wish all the same."""
    config = source(workplace, server.add("/f", Answer(b"busy", 503, {"Retry-After": "7200"})))
    outcome = run(workplace, config, "s1")
    assert state(workplace)["state"] == "broken"
    assert outcome.retry_at is not None
    assert outcome.retry_at >= NOW + timedelta(hours=2)


def test_a_refusing_site_is_asked_ever_more_rarely(workplace: Workplace, server: Loopback) -> None:
    """Every refusal doubles the pause up to a day; the first good answer ends it."""
    config = source(workplace, server.add("/f", *[Answer(b"no", 403)] * 8, feed(1), Answer(b"no", 403)))
    pauses, now = [], NOW
    for number in range(8):
        outcome = run(workplace, config, f"s{number}", now)
        assert outcome.retry_at is not None
        pauses.append(outcome.retry_at - now)
        now = outcome.retry_at
    doubled = [2 * before for before in pauses]
    assert all(after in (twice, max(pauses)) for twice, after in zip(doubled, pauses[1:], strict=False))
    assert LONGEST_PAUSE * 0.9 < max(pauses) <= LONGEST_PAUSE
    assert run(workplace, config, "good", now).retry_at is None
    assert pd.isna(state(workplace)["retry_at"])
    again = run(workplace, config, "bad", now)
    assert again.retry_at is not None
    assert again.retry_at - now == pauses[0]


def test_rows_that_break_the_contract_are_kept_and_the_source_is_broken(
    workplace: Workplace, server: Loopback
) -> None:
    """Most without a date: stored, counted in the ledger, the page kept for a look, and no answer of the day."""
    config = source(
        workplace,
        server.add("/f", feed(*range(1, 7), undated=5)),
        undated="keep",
        contract=Contract(from_rows=5),
    )
    outcome = run(workplace, config, "s1")
    assert outcome.counts.stored == 6
    row = newest_run(workplace)
    assert (row["state"], row["undated"]) == ("partial", 5)
    known = state(workplace)
    assert known["state"] == "broken"
    assert "6 条中 5 条没有日期" in str(known["state_reason"])
    with workplace.database.reading() as session:
        days = read.source_days(session, NOW.date(), NOW.date())
        kept = read.kept_responses(session, "feed_a")
    assert not days.loc[days["source_id"] == "feed_a", "answered"].any()
    assert list(kept["status"]) == [200]


def test_a_source_is_well_again_as_soon_as_its_rows_are(workplace: Workplace, server: Loopback) -> None:
    """Broken is no life sentence, and the page that broke the contract was not remembered as read."""
    bad, good = feed(*range(1, 7), undated=5, etag=ETAG), feed(*range(1, 9), etag=ETAG)
    config = source(workplace, server.add("/f", bad, good), undated="keep")
    run(workplace, config, "s1")
    assert run(workplace, config, "s2").counts.stored == 2
    assert state(workplace)["state"] == "ok"


def test_a_source_that_brings_little_is_judged_by_several_runs(
    workplace: Workplace, server: Loopback
) -> None:
    """Two rows a run, all undated: broken at the third; good rows make it well again as soon as they are enough."""
    bad = [feed(2 * n, 2 * n + 1, undated=2) for n in range(3)]
    good = [feed(*range(10 + 2 * n, 12 + 2 * n)) for n in range(3)]
    url = server.add("/f", *bad, *good)
    config = source(workplace, url, undated="keep", contract=Contract(from_rows=5))
    states = []
    for number in range(6):
        run(workplace, config, f"s{number}", NOW + timedelta(hours=number))
        states.append(state(workplace)["state"])
    assert states == ["ok", "ok", "broken", "broken", "ok", "ok"]
