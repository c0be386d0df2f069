"""Which discovered names rise."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.rising import COLUMNS, rank_rising

TODAY = date(2019, 6, 30)
NAMES = ("霜月优投", "青藤理财通", "云帆币")
ROWS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.integers(-10, 80).map(lambda age: TODAY - timedelta(days=age)),
        st.integers(0, 40),
        st.one_of(st.none(), st.integers(0, 9)),
    ),
    max_size=40,
)


def frame(rows: list[tuple[str, date, int, int | None]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["name", "day", "documents", "publishers"])


def every(name: str, ages: range, documents: int, publishers: int) -> list[tuple[str, date, int, int | None]]:
    return [(name, TODAY - timedelta(days=age), documents, publishers) for age in ages]


def test_a_new_name_leads_a_steady_one():
    """Five documents a day from nowhere rise; the same five a day for nine weeks do not."""
    out = rank_rising(frame(every("青藤理财通", range(63), 5, 5) + every("霜月优投", range(7), 5, 5)), TODAY)
    assert out["name"].tolist() == ["霜月优投", "青藤理财通"]
    assert out["recent"].tolist() == [35, 35]
    assert out["before"].tolist() == [0, 35]
    assert out["rise"].iloc[1] == pytest.approx(0)
    assert out["first_seen"].tolist() == [TODAY - timedelta(days=6), TODAY - timedelta(days=62)]


def test_one_publisher_rises_less_than_many():
    """A hundred copies by one publisher are not a hundred voices."""
    out = rank_rising(frame(every("云帆币", range(3), 30, 1) + every("霜月优投", range(3), 30, 20)), TODAY)
    assert out["name"].tolist() == ["霜月优投", "云帆币"]


def test_two_mentions_are_shrunk():
    """Two against none rises less than forty against two a week: small counts prove little."""
    few = every("云帆币", range(2), 1, 1)
    many = every("霜月优投", range(5), 8, 8) + every("霜月优投", range(7, 63, 7), 2, 2)
    assert rank_rising(frame(few + many), TODAY)["name"].tolist() == ["霜月优投", "云帆币"]


def test_a_name_that_was_not_found_this_week_is_not_listed():
    """Nothing rises on old news."""
    assert rank_rising(frame(every("云帆币", range(7, 20), 9, 9)), TODAY).empty


def test_no_rows_give_the_columns():
    """An empty frame has an empty answer of the same shape."""
    assert tuple(rank_rising(frame([]), TODAY).columns) == COLUMNS


@settings(deadline=None)
@given(ROWS)
def test_the_future_changes_nothing(rows: list[tuple[str, date, int, int | None]]):
    """No look-ahead: rows after today are as if they were not there."""
    past = [row for row in rows if row[1] <= TODAY]
    seen, known = rank_rising(frame(rows), TODAY), rank_rising(frame(past), TODAY)
    pd.testing.assert_frame_equal(seen, known, check_dtype=False)


@settings(deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(rows: list[tuple[str, date, int, int | None]], random):
    """A shuffled frame ranks the same, and the frame given is left as it was."""
    before = frame(rows)
    copy = before.copy()
    shuffled = list(rows)
    random.shuffle(shuffled)
    ranked = rank_rising(before, TODAY)
    pd.testing.assert_frame_equal(ranked, rank_rising(frame(shuffled), TODAY), check_dtype=False)
    pd.testing.assert_frame_equal(before, copy)


@settings(deadline=None)
@given(ROWS)
def test_the_steepest_comes_first(rows: list[tuple[str, date, int, int | None]]):
    """Sorted by rise, each name once, only names of this week."""
    out = rank_rising(frame(rows), TODAY)
    assert out["rise"].is_monotonic_decreasing
    assert out["name"].is_unique
    assert (out["recent"] > 0).all()
