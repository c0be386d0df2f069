"""Today's row follows what becomes available, for the platforms it concerns alone; the night decides everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from db import read, write
from pipeline.commands.stages import carry
from pipeline.prepare import Workplace
from pipeline.progress import silent
from pipeline.stages.analyse import analyse
from pipeline.stages.collect import import_file
from pipeline.stages.index import index
from pipeline.stages.warn import warn
from settings.models import INDUSTRY, Platform
from tests.pipeline.conftest import NOW, PLATFORM, Rows
from tests.pipeline.test_stages import bring, complaint

TODAY = date(2026, 3, 10)
YESTERDAY = TODAY - timedelta(1)
OTHER = Platform(id="yunqiao", name="云峤财富", category="网贷", brand=("云峤财富",))
Table = Callable[[Rows], Path]


@pytest.fixture
def two(workplace: Workplace, table: Table) -> Workplace:
    """Two platforms, both talked about yesterday."""
    with workplace.database.writing() as session:
        write.load_platforms(session, [OTHER], now=NOW, who="test", evidence=None)
    others = [
        {**complaint(n, YESTERDAY), "text": f"云峤财富无法提现，已等待{n}天，编号{n}"} for n in range(50, 53)
    ]
    bring(workplace, table([*(complaint(n, YESTERDAY) for n in range(1, 4)), *others]))
    return workplace


def rows(workplace: Workplace, platform: str) -> pd.DataFrame:
    with workplace.database.reading() as session:
        return read.platform_days(session, platform, YESTERDAY, TODAY + timedelta(2)).set_index("day")


def test_todays_row_follows_a_document_in_the_turn_that_finds_it(two: Workplace, table: Table) -> None:
    """One pass of the stages after the document is stored: T of today has it, provisionally, and yesterday stands."""
    before = rows(two, PLATFORM.id)
    later = NOW + timedelta(minutes=5)
    bring(two, table([complaint(n, TODAY) for n in range(10, 14)]), later)
    after = rows(two, PLATFORM.id)
    assert after["t"][TODAY] > before["t"][TODAY]
    assert after["provisional"][TODAY]
    assert after["as_of"][TODAY] == pd.Timestamp(later)
    pd.testing.assert_series_equal(after.loc[YESTERDAY], before.loc[YESTERDAY])


def test_a_rise_of_today_waits_for_midnight(two: Workplace, table: Table) -> None:
    """T of today is over the line by noon: the level moves when the day is decided."""
    for day, first in ((YESTERDAY, 100), (TODAY, 200)):
        bring(two, table([complaint(first + n, day) for n in range(8)]), NOW + timedelta(minutes=first))
    found = rows(two, PLATFORM.id)
    assert found["t"][TODAY] >= 60
    assert found["level"][TODAY] != "橙"
    carry(two, NOW + timedelta(days=1), silent)
    assert rows(two, PLATFORM.id)["level"][TODAY] in {"橙", "红"}


def test_during_the_day_only_whom_something_new_concerns_is_computed(two: Workplace, table: Table) -> None:
    """The other platform's rows are not even looked at: its stages have nothing waiting. (The first answer of the day
    is another matter: it raises everybody's coverage.)"""
    source = two.source("import_documents")
    assert source is not None
    first, later = NOW + timedelta(minutes=5), NOW + timedelta(minutes=10)
    bring(two, table([complaint(19, TODAY)]), first)
    import_file(two, source, table([complaint(20, TODAY)]), now=later)
    analyse(two, now=later)
    with two.database.reading() as session:
        assert set(read.pending(session, "index")) == {PLATFORM.id}
    index(two, now=later)
    with two.database.reading() as session:
        assert set(read.pending(session, "warn")) == {PLATFORM.id, INDUSTRY}
    warn(two, now=later)
    assert rows(two, PLATFORM.id)["as_of"][TODAY] == pd.Timestamp(later)
    assert rows(two, OTHER.id)["as_of"][TODAY] < pd.Timestamp(later)


def test_after_midnight_everybody_is_decided_from_what_is_stored(two: Workplace) -> None:
    """Without a single new document every platform of the list gets its finished day and its new one."""
    night = NOW + timedelta(hours=13)  # 01:00 in Shanghai
    carry(two, night, silent)
    with two.database.reading() as session:
        everybody = [one.id for one in read.watch_list(session)]
    assert len(everybody) > 2
    for platform in (PLATFORM.id, OTHER.id, everybody[0]):
        found = rows(two, platform)
        assert found["provisional"].to_dict()[TODAY] is False
        assert found["provisional"].to_dict()[TODAY + timedelta(1)] is True


def test_the_night_rewrites_no_decided_day(two: Workplace) -> None:
    """What was decided keeps its version; the state of the night is built on it."""
    carry(two, NOW + timedelta(days=1), silent)
    before = rows(two, PLATFORM.id).loc[:TODAY]
    carry(two, NOW + timedelta(days=2), silent)
    pd.testing.assert_frame_equal(rows(two, PLATFORM.id).loc[:TODAY], before)


def test_texts_without_an_author_count_up_to_the_usual_rate(workplace: Workplace, table: Table) -> None:
    """A source that brings two complaints a day floods one platform with forty nameless texts: two of them count."""
    usual = [complaint(n, TODAY - timedelta(3 + n // 2)) for n in range(2, 40)]
    bring(workplace, table(usual))
    flood = [{**complaint(n, YESTERDAY), "author": ""} for n in range(100, 140)]
    bring(workplace, table(flood), NOW + timedelta(minutes=5))
    with workplace.database.reading() as session:
        told = read.mention_table(session, [PLATFORM.id], (YESTERDAY, YESTERDAY))
    assert len(told) == 40
    assert (told["weight"] > 0).sum() == 2
