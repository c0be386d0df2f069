"""How many items a day should bring."""

from __future__ import annotations

from datetime import date

import pytest

from collectors.expected import expected_items, is_workday
from signals.model import Kind
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
