"""Finished days are judged by the thresholds that were in force on them, and say which those were."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from db import read, write
from db.read import ThresholdVersionRow
from db.schema import ThresholdVersion
from pipeline.commands.stages import carry
from pipeline.prepare import Workplace
from pipeline.progress import silent
from pipeline.stages.in_force import in_force, spells
from signals.model import day_start
from tests.mention_tables import THRESHOLDS
from tests.pipeline.conftest import NOW, PLATFORM, Rows
from tests.pipeline.test_stages import bring, complaint

TODAY = date(2026, 3, 10)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INSTALLED = day_start(date(2026, 3, 1)) + timedelta(hours=9)


def version(number: int, effective: datetime, created: datetime | None = None) -> ThresholdVersionRow:
    """An active version."""
    return ThresholdVersionRow(number, THRESHOLDS, created or effective, effective)


FIRST = version(1, EPOCH, INSTALLED)


def of(day: date, *others: ThresholdVersionRow) -> int:
    """The version that decides a day."""
    return in_force([FIRST, *others], day, NOW).id


def test_days_before_the_installation_go_by_its_version() -> None:
    """A backfill of last year has no other thresholds to go by."""
    assert of(date(2025, 6, 1)) == 1
    assert of(date(2025, 6, 1), version(2, NOW)) == 1


def test_a_version_decides_the_day_on_which_it_comes_into_force() -> None:
    """The day is decided after its midnight, when the version is in force; midnight itself belongs to the next day."""
    noon = version(2, day_start(date(2026, 3, 5)) + timedelta(hours=12))
    assert [of(date(2026, 3, day), noon) for day in (4, 5, 6)] == [1, 2, 2]
    midnight = version(2, day_start(date(2026, 3, 5)))
    assert [of(date(2026, 3, day), midnight) for day in (4, 5)] == [1, 2]


def test_today_goes_by_what_is_in_force_now() -> None:
    """A version that comes into force this evening does not judge the morning."""
    assert of(TODAY, version(2, NOW)) == 2
    assert of(TODAY, version(2, NOW + timedelta(hours=1), NOW)) == 1


def test_no_version_reaches_back_behind_its_making() -> None:
    """Written today with an earlier date: the days that ended before keep their own."""
    backdated = version(2, day_start(date(2026, 3, 2)), NOW)
    assert of(date(2026, 3, 5), backdated) == 1
    assert of(TODAY, backdated) == 2


def test_a_version_taken_up_again_is_the_latest_in_force() -> None:
    """Going back to former thresholds is a version of its own."""
    second, third = (version(n, day_start(date(2026, 3, n * 2))) for n in (2, 3))
    assert [of(date(2026, 3, day), second, third) for day in (3, 4, 5, 6)] == [1, 2, 2, 3]


moments = st.integers(0, 20).map(lambda n: day_start(date(2026, 2, 20)) + timedelta(days=n, hours=7))


@given(st.lists(moments, max_size=5), st.integers(0, 30))
def test_spells_cover_every_day_once_and_never_go_back(effective: list[datetime], start: int) -> None:
    """Runs of days in order, each with the version that decides all of them."""
    history = [FIRST, *(version(n, at) for n, at in enumerate(sorted(effective), 2))]
    days = [
        date(2026, 2, 8) + timedelta(days=start + n)
        for n in range((TODAY - date(2026, 2, 8)).days + 1 - start)
    ]
    runs = list(spells(history, days, NOW))
    assert [day for _, run in runs for day in run] == days
    assert all(in_force(history, day, NOW).id == one.id for one, run in runs for day in run)
    moments = [max(one.effective_from, one.created_at) for one, _ in runs]
    assert moments == sorted(moments) or runs[0][0].id == 1


def add_version(workplace: Workplace, effective: datetime, **changes: Any) -> int:
    """A version that a person brought into force."""
    content = THRESHOLDS.model_copy(update=changes).model_dump(mode="json")
    row = {"content": content, "who": "甲", "why": "试", "state": "active"}
    with workplace.database.writing() as session:
        session.execute(
            insert(ThresholdVersion), [{**row, "created_at": effective, "effective_from": effective}]
        )
        return read.threshold_history(session)[-1].id


def test_recomputing_the_past_uses_the_thresholds_of_its_time(
    workplace: Workplace, table: Callable[[Rows], Path]
) -> None:
    """A stricter version from the 9th on: recomputed, the 7th and 8th keep their levels and versions to the bit."""
    bring(workplace, table([complaint(n, date(2026, 3, 7 + n % 2)) for n in range(1, 5)]))
    before = days(workplace)
    strict = add_version(
        workplace, day_start(date(2026, 3, 9)), blue=THRESHOLDS.blue.model_copy(update={"enter": 1.0})
    )
    with workplace.database.writing() as session:
        write.add_pending(session, "index", [(PLATFORM.id, date(2026, 3, 7))])
    carry(workplace, NOW + timedelta(minutes=5), silent)
    after = days(workplace)
    assert after.loc[:1].equals(before.loc[:1])
    assert before["threshold_version"].nunique() == 1
    assert list(after["threshold_version"])[2:] == [strict, strict]


def days(workplace: Workplace) -> Any:
    with workplace.database.reading() as session:
        return read.platform_days(session, PLATFORM.id, date(2026, 3, 7), TODAY)


def test_the_state_goes_on_from_one_version_to_the_next(
    workplace: Workplace, table: Callable[[Rows], Path]
) -> None:
    """A change of thresholds is no new beginning: level, memory and runs of days are carried over."""
    bring(workplace, table([complaint(n, date(2026, 3, 7 + n % 2)) for n in range(1, 14)]))
    level, t_star = (days(workplace).set_index("day")[name][date(2026, 3, 8)] for name in ("level", "t_star"))
    add_version(workplace, day_start(date(2026, 3, 9)), memory_half_life_days=60.0)
    with workplace.database.writing() as session:
        write.add_pending(session, "warn", [(PLATFORM.id, date(2026, 3, 7))])
    carry(workplace, NOW + timedelta(minutes=5), silent)
    after = days(workplace).set_index("day")
    assert level in {"橙", "红"}
    assert after["level"][date(2026, 3, 9)] == level
    assert after["t_star"][date(2026, 3, 9)] == pytest.approx(t_star)
