"""Numbers and dates on screen."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_pages import _words

NOW = datetime(2026, 11, 21, 6, 5, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, math.nan])
def test_what_is_not_known_is_never_shown_as_zero(value: float | None) -> None:
    """Missing is a dash in every format."""
    formats = (_words.score, _words.change, _words.share, _words.count)
    assert [form(value) for form in formats] == ["—"] * 4
    assert _words.day(None) == _words.short_day(None) == _words.moment(pd.NaT) == "—"


def test_times_are_shown_in_shanghai() -> None:
    """06:05 UTC is 14:05 there."""
    assert _words.moment(NOW) == "2026-11-21 14:05"


def test_midnight_sharp_is_a_date() -> None:
    """A source that gives the date alone claims no time."""
    assert _words.published(datetime(2026, 11, 20, 16, tzinfo=UTC)) == "2026-11-21"
    assert _words.published(NOW) == "2026-11-21 14:05"
    assert _words.published(None) == "—"


def test_days_are_chinese() -> None:
    """Long in sentences, short in tables."""
    assert _words.day(date(2026, 11, 5)) == "2026年11月5日"
    assert _words.short_day(date(2026, 11, 5)) == "11-05"


def test_a_change_carries_its_sign() -> None:
    """A true minus sign; a change that rounds to nothing has none."""
    assert [_words.change(x) for x in (3.21, -3.21, 0.01, -0.04)] == ["+3.2", "−3.2", "0.0", "0.0"]


@pytest.mark.parametrize(
    ("past", "told"),
    [
        (timedelta(seconds=5), "刚刚"),
        (timedelta(minutes=5, seconds=59), "5 分钟前"),
        (timedelta(hours=3), "3 小时前"),
        (timedelta(days=2, hours=5), "2 天前"),
        (timedelta(hours=-1), "稍后"),
    ],
)
def test_ages_are_told_in_the_largest_whole_unit(past: timedelta, told: str) -> None:
    """Rounded down: never younger than said by more than a unit."""
    assert _words.ago(NOW - past, NOW) == told


def test_never_is_said_plainly() -> None:
    """A source that never answered."""
    assert _words.ago(None, NOW) == "从未"


@given(st.floats(0, 100))
def test_an_index_has_one_decimal(value: float) -> None:
    """Rounded, and readable back to within half a digit."""
    shown = _words.score(value)
    assert len(shown.partition(".")[2]) == 1
    assert abs(float(shown) - value) <= 0.05 + 1e-9
