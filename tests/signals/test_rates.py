"""A source's usual complaints a day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from signals.rates import DAYS, MIN_DAYS, daily_rate
from tests.mention_tables import DAY


def brought(*items: int, source: str = "s") -> pd.DataFrame:
    """What a source brought on the days before DAY, the last one yesterday."""
    first = DAY - timedelta(len(items))
    days = [first + timedelta(n) for n in range(len(items))]
    return pd.DataFrame({"source_id": source, "day": days, "items": items})


def rate(told: pd.DataFrame, day: date = DAY, promised: dict[str, float] | None = None) -> float:
    """The rate of one complaint of source s."""
    mentions = pd.DataFrame({"source_id": ["s"], "day": [pd.Timestamp(day)]})
    return float(daily_rate(mentions, told, promised or {})[0])


def test_what_is_promised_counts() -> None:
    """The configuration says how many a day are usual."""
    assert rate(brought(*[90] * 20), promised={"s": 12.0}) == 12.0


def test_without_a_promise_the_median_of_four_weeks() -> None:
    """A flood of some days does not lift its own cap."""
    assert rate(brought(*[4] * 20, *[500] * 7)) == 4.0


def test_days_in_the_dark_are_missing_not_zero() -> None:
    """Only answered days are handed in; too few of them, and nothing is known."""
    assert np.isnan(rate(brought(*[4] * (MIN_DAYS - 1))))
    assert rate(brought(*[4] * MIN_DAYS)) == 4.0


def test_other_sources_say_nothing() -> None:
    """Each source has its own rate."""
    assert np.isnan(rate(brought(*[4] * 20, source="t")))


@given(st.lists(st.integers(0, 50), min_size=0, max_size=60), st.integers(0, 40))
def test_only_the_past_counts(items: list[int], back: int) -> None:
    """What came on the day and later changes nothing of its cap."""
    day = DAY - timedelta(back)
    told = brought(*items)
    known = told[np.array([day - timedelta(DAYS) <= one < day for one in told["day"]], dtype=bool)]
    np.testing.assert_equal(rate(told, day), rate(known, day))
