"""Backtest (c): failures per day, industry-wide: on which days would the detector have alarmed?

The count of platforms that failed on a day stands for the count of the industry row. Days without a row are days
without a failure; days on which the list was filled in bulk are not observed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.csv_files import encoding_of
from signals.calendar import day_number
from signals.detectors import DEFAULT, alarms, create
from signals.evaluation.grid import Bools, Floats

COUNTS = "problem_daily_to_2018-03.csv"
BULK = tuple(
    [date(2018, 1, day) for day in (11, 12, 13, 14)]
    + [date(2016, 8, 10), date(2016, 8, 17), date(2016, 3, 7)]
)
"""Days on which hundreds of platforms were entered at once: the day of the entry, not of the failures."""
FIRST = date(2014, 1, 1)
"""Before, the list holds a failure or two a month."""
OTHERS = ("ears_c1", "ears_c3", "ewma", "cusum")
LIMITS = (
    "The date is that of publication; many failures became known days or weeks before or after.",
    "The list grew with the site's own coverage: a rise may be a rise of attention.",
    "There is no list of true industry crises to judge against: the table shows when, not whether rightly.",
    "Bulk-entry days are masked by hand as named in the data description; smaller bulk entries may remain.",
)


def series(folder: Path) -> tuple[Floats, np.ndarray]:
    """(counts, day numbers) of every day; NaN on bulk-entry days. Raises UnreadableFile."""
    rows = pd.read_csv(folder / COUNTS, encoding=encoding_of(folder / COUNTS))
    at = pd.to_datetime(rows["problem_date"]).dt.date
    first, last = day_number(FIRST), day_number(max(at))
    counts = np.zeros(last - first + 1)
    for day, count in zip(at, rows["count"], strict=True):
        if day >= FIRST:
            counts[day_number(day) - first] += float(count)
    for day in BULK:
        if first <= day_number(day) <= last:
            counts[day_number(day) - first] = np.nan
    return counts, np.arange(first, last + 1)


def judged(name: str, counts: Floats, days: np.ndarray, start: int) -> tuple[Bools, Floats]:
    """(alarm, expected) per day from row `start` on; the baseline of a day never contains it."""
    detector = create(name)
    found = detector.judge(counts[:, None], days, start)
    alarm = alarms(found, np.nan_to_num(counts[start:, None]), detector.alpha)
    return alarm[:, 0], found.expected[:, 0]


def lines(folder: Path) -> Iterator[str]:
    """The tables as Markdown."""
    counts, days = series(folder)
    start = 26 * 7
    masked = int(np.isnan(counts).sum())
    yield (
        f"{FIRST} to {FIRST + timedelta(days=counts.size - 1)}: {np.nansum(counts):.0f} failures on "
        f"{int((counts > 0).sum())} of {counts.size} days, {masked} bulk-entry days masked; "
        f"judged from day {start + 1} on."
    )
    yield ""
    yield "| detector | days judged | alarm days | runs of alarm days (≤ 7 days apart) | failures on alarm days |"
    yield "|---|---|---|---|---|"
    for name in (DEFAULT, *OTHERS):
        alarm, expected = judged(name, counts, days, start)
        number = int((~np.isnan(expected)).sum())
        caught = float(np.nansum(counts[start:][alarm]))
        share = caught / float(np.nansum(counts[start:]))
        yield f"| {name} | {number} | {int(alarm.sum())} | {len(_runs(alarm))} | {caught:.0f} ({share:.0%}) |"
    yield ""
    yield from _when(counts, days, start)
    yield ""
    yield from (f"- {limit}" for limit in LIMITS)


def _when(counts: Floats, days: np.ndarray, start: int) -> Iterator[str]:
    """The runs of the default detector."""
    alarm, expected = judged(DEFAULT, counts, days, start)
    yield f"When {DEFAULT} alarmed:"
    yield ""
    yield "| from | to | alarm days | failures in the run | expected | highest day |"
    yield "|---|---|---|---|---|---|"
    for begin, end in _runs(alarm):
        part = counts[start + begin : start + end + 1]
        first = FIRST + timedelta(days=start + begin)
        yield (
            f"| {first} | {first + timedelta(days=end - begin)} | {int(alarm[begin : end + 1].sum())} "
            f"| {np.nansum(part):.0f} | {np.nansum(expected[begin : end + 1]):.1f} | {np.nanmax(part):.0f} |"
        )


def _runs(alarm: Bools) -> list[tuple[int, int]]:
    """First and last alarm day of each run; a week without an alarm ends it."""
    runs: list[tuple[int, int]] = []
    for day in np.flatnonzero(alarm).tolist():
        if runs and day - runs[-1][1] <= 7:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs
