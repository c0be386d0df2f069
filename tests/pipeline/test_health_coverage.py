"""A source that falls silent lowers the coverage of what it feeds the same day: over the real stages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta

import pandas as pd
import pytest

from collectors.base import SourceConfig
from collectors.fetch import Fetcher
from db import read
from pipeline.commands.stages import carry
from pipeline.prepare import Workplace
from pipeline.progress import silent
from pipeline.stages.collect import collect_source
from pipeline.stages.coverage import follow
from pipeline.stages.source_days import record_silence
from signals.model import day_start, shanghai_day
from tests.collectors.loopback import Answer, Loopback, serving
from tests.pipeline.conftest import NOW, PLATFORM
from tests.pipeline.test_health_run import feed, source

TODAY = shanghai_day(NOW)
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as running:
        running.add("/robots.txt", Answer(b"User-agent: *\nAllow: /\n"))
        yield running


def collect(workplace: Workplace, config: SourceConfig, now: datetime) -> None:
    get = Fetcher(allow_hosts={"127.0.0.1"}, attempts=1, sleep=lambda _: None)
    assert collect_source(workplace, config, slot=now.isoformat(), now=now, get=get) is not None


def turn(workplace: Workplace, now: datetime) -> None:
    """As the worker's: what time shows, then the stages."""
    carry(workplace, now, silent)
    record_silence(workplace.database, workplace.sources, now)
    follow(workplace, now)
    carry(workplace, now, silent)


def rows(workplace: Workplace) -> pd.DataFrame:
    with workplace.database.reading() as session:
        return read.platform_days(session, PLATFORM.id, YESTERDAY, TODAY + timedelta(days=9)).set_index("day")


def alone(workplace: Workplace, config: SourceConfig) -> Workplace:
    return dataclasses.replace(workplace, sources=(config,))


def test_a_source_that_is_refused_lowers_coverage_the_same_day(
    workplace: Workplace, server: Loopback
) -> None:
    """Answered yesterday, 403 today: today is unobserved, yesterday stays as it was, after three days it is grey."""
    config = source(workplace, server.add("/f", feed(1), Answer(b"no", 403)))
    here = alone(workplace, config)
    collect(here, config, NOW - timedelta(days=1))
    turn(here, NOW - timedelta(days=1))
    before = rows(here).loc[YESTERDAY]
    assert before["coverage"] == 1.0
    carry(here, NOW, silent)  # the night decides yesterday
    decided = rows(here).loc[YESTERDAY]
    collect(here, config, NOW)
    turn(here, NOW)
    found = rows(here)
    assert found["coverage"][TODAY] == 0.0
    assert found["level"][TODAY] == before["level"], "held for three days, whatever is missing"
    pd.testing.assert_series_equal(found.loc[YESTERDAY], decided)
    for days in range(1, 5):  # the night after a day decides it
        turn(here, NOW + timedelta(days=days))
    assert rows(here)["level"][TODAY + timedelta(days=3)] == "数据不足"


def test_an_answer_of_the_morning_does_not_vouch_for_the_evening(
    workplace: Workplace, server: Loopback
) -> None:
    """Three items by nine are enough of ten a day; silent from then on, they are not by the evening."""
    answers = (feed(1, 2, 3), Answer(b"no", 403))
    config = source(workplace, server.add("/f", *answers), expected={"news": 10})
    here, morning = alone(workplace, config), day_start(TODAY) + timedelta(hours=9, minutes=30)
    collect(here, config, morning)
    turn(here, morning)
    assert rows(here)["coverage"][TODAY] == 1.0
    collect(here, config, morning + timedelta(hours=1))
    turn(here, morning + timedelta(hours=1))
    assert rows(here)["coverage"][TODAY] == 1.0, "an earlier answer of the day stands"
    turn(here, day_start(TODAY) + timedelta(hours=22))
    assert rows(here)["coverage"][TODAY] == 0.0


def test_coverage_that_is_as_computed_asks_for_nothing(workplace: Workplace, server: Loopback) -> None:
    """Looking again finds no work, so a worker that looks every minute computes nothing twice."""
    config = source(workplace, server.add("/f", feed(1)))
    here = alone(workplace, config)
    collect(here, config, NOW)
    turn(here, NOW)
    assert follow(here, NOW) == 0


def test_a_redesigned_page_is_silence(workplace: Workplace, server: Loopback) -> None:
    """Rows that break the contract are kept, but the day does not count as observed."""
    config = source(workplace, server.add("/f", feed(*range(1, 7), undated=5)), undated="keep")
    here = alone(workplace, config)
    collect(here, config, NOW)
    turn(here, NOW)
    assert rows(here)["coverage"][TODAY] == 0.0
