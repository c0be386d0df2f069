"""Which days a stage computes: enough that nothing is missed, no more than changed."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.read import PendingRow
from pipeline.stages.days import BUDGET, JOINED, TAIL, earliest, groups, judged, segments
from pipeline.stages.source_days import span

TODAY = date(2026, 3, 10)
DAYS = st.lists(st.integers(0, 60), max_size=30).map(lambda ns: [TODAY - timedelta(days=n) for n in ns])


@given(DAYS)
def test_segments_hold_every_covered_day_once_and_today(covered: list[date]) -> None:
    """Runs are apart from each other, hold no day twice, and lose none."""
    runs = segments(covered, TODAY - timedelta(days=60), TODAY)
    days = [day for first, last in runs for day in span(first, last)]
    assert set(covered) | {TODAY} <= set(days)
    assert len(days) == len(set(days))
    assert all(later[0] - earlier[1] > JOINED for earlier, later in pairwise(runs))


@given(DAYS)
def test_judged_days_follow_a_silence_until_grey_sets_in(covered: list[date]) -> None:
    """After the last covered day of a run, the days of holding and the first grey one are judged, never the future."""
    found = judged(covered, TODAY - timedelta(days=60), TODAY)
    assert max(found) == TODAY
    for day in covered:
        assert {day + timedelta(days=n) for n in range(TAIL + 1) if day + timedelta(days=n) <= TODAY} <= set(
            found
        )


def test_one_old_day_does_not_drag_others_back() -> None:
    """A backfill of one platform is computed apart from the platforms that only have today's news."""
    pending = {f"p{n}": TODAY for n in range(1000)} | {"old": date(2015, 1, 1)}
    found = list(groups(pending, TODAY))
    assert [(len(group.platform_ids), group.start) for group in found] == [
        (1000, TODAY),
        (1, date(2015, 1, 1)),
    ]


@given(st.dictionaries(st.text(min_size=1), st.integers(0, 6000), max_size=200))
def test_groups_are_bounded_and_lose_nobody(ages: dict[str, int]) -> None:
    """Every platform is in one group, none starts after its own day, and no group outgrows its budget."""
    pending = {name: TODAY - timedelta(days=age) for name, age in ages.items()}
    found = list(groups(pending, TODAY))
    assert sorted(name for group in found for name in group.platform_ids) == sorted(pending)
    for group in found:
        assert all(group.start <= pending[name] for name in group.platform_ids)
        days = (TODAY - group.start).days + 1
        assert len(group.platform_ids) == 1 or len(group.platform_ids) * days <= BUDGET


def test_the_earliest_mark_counts() -> None:
    """A platform asked for twice is computed from the earlier day."""
    rows = [
        PendingRow("a", TODAY, 1),
        PendingRow("a", TODAY - timedelta(days=3), 2),
        PendingRow("b", TODAY, 1),
    ]
    assert earliest(rows) == {"a": TODAY - timedelta(days=3), "b": TODAY}


@pytest.mark.parametrize("start", [TODAY, TODAY - timedelta(days=5)])
def test_days_before_the_start_are_left_alone(start: date) -> None:
    """Finished days before the wanted ones are not computed again."""
    assert min(judged(span(TODAY - timedelta(days=30), TODAY), start, TODAY)) == start
