"""How many items a day should bring."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.expected import expected_items, is_workday, waiting_hours, working_hours
from signals.model import Kind, day_start
from tests.collectors.examples import table_source

SOURCE = table_source(expected={"complaint": 40, "holiday_share": 0.25})


@pytest.mark.parametrize(
    ("day", "items"),
    [
        (date(2026, 11, 18), 40.0),  # a Wednesday
        (date(2026, 11, 21), 10.0),  # a Saturday
        (date(2026, 10, 1), 10.0),  # the National Day, a Thursday
        (date(2026, 10, 10), 40.0),  # a Saturday worked to make up for it
    ],
)
def test_days_off_bring_less(day: date, items: float) -> None:
    """Weekends and public holidays lower what is expected, make-up workdays do not."""
    assert expected_items(SOURCE, Kind.COMPLAINT, day) == items


def test_kinds_that_are_not_promised_are_not_expected() -> None:
    """A source without a promise for a kind is never short of it."""
    assert expected_items(SOURCE, Kind.NEWS, date(2026, 11, 18)) == 0.0


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2031, 11, 19), True),
        (date(2031, 11, 22), False),
        (date(2031, 10, 2), False),
        (date(2031, 1, 24), False),
    ],
)
def test_years_without_a_published_calendar_are_estimated(day: date, works: bool) -> None:
    """Weekends, fixed holidays and the Spring Festival, with a warning, rather than an error."""
    assert is_workday(day) is works


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))
SPANS = st.timedeltas(timedelta(0), timedelta(days=40))


@given(MOMENTS, SPANS, SPANS)
def test_working_hours_are_a_part_of_all_hours_and_add_up(
    begin: datetime, first: timedelta, more: timedelta
) -> None:
    """Never more than the clock shows, and a span is the sum of its halves."""
    middle, end = begin + first, begin + first + more
    whole = working_hours(begin, end)
    assert 0 <= whole <= (end - begin) / timedelta(hours=1) + 1e-9
    assert whole == pytest.approx(working_hours(begin, middle) + working_hours(middle, end))


@given(st.dates(date(2024, 1, 1), date(2031, 12, 30)))
def test_a_day_is_worked_or_not(day: date) -> None:
    """24 hours or none, in step with what is expected of it."""
    hours = working_hours(day_start(day), day_start(day + timedelta(days=1)))
    assert hours == (24 if is_workday(day) else 0)
    assert expected_items(SOURCE, Kind.COMPLAINT, day) == (40.0 if hours else 10.0)


def test_a_make_up_saturday_is_waited_for() -> None:
    """14 February 2026 is worked to make up for the Spring Festival: its hours count, those of the Sunday do not."""
    begin = day_start(date(2026, 2, 14))
    assert working_hours(begin, begin + timedelta(days=2)) == 24


def test_regulators_rest_whatever_is_expected_of_their_days_off() -> None:
    """A national holiday of a regulator is no silence, even where source.toml forgot to say so."""
    begin, end = day_start(date(2026, 10, 1)), day_start(date(2026, 10, 8))
    always = {"news": 1, "holiday_share": 1.0}
    assert waiting_hours(table_source(kind="regulatory", expected=always), begin, end) == 0
    assert waiting_hours(table_source(kind="news", official=True, expected=always), begin, end) == 0
    assert waiting_hours(table_source(kind="news", expected=always), begin, end) == 7 * 24


def test_the_order_of_two_moments_may_be_wrong() -> None:
    """A clock that was set back gives no negative age."""
    begin = day_start(date(2026, 3, 10))
    assert working_hours(begin, begin - timedelta(hours=5)) == 0
    assert waiting_hours(SOURCE, begin, begin - timedelta(days=5)) == 0
