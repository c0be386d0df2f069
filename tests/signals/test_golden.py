"""EARS and the published Farrington algorithms against R's package surveillance (golden/README.md); ours near them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from signals.detectors import alarms, create

GOLDEN = Path(__file__).parent / "golden"
FIRST = 319
"""Row, from 0, of the first week that R was asked about."""
DAYS = 14_612 + 7 * np.arange(360)


def counts() -> tuple[list[str], np.ndarray]:
    """Names, and counts (weeks, series)."""
    with (GOLDEN / "counts.csv").open() as handle:
        names, *rows = csv.reader(handle)
    return names, np.array(rows, dtype=float)


def golden(method: str) -> dict[str, np.ndarray]:
    """`expected`, `upper` and `alarm` of one method, (weeks, series)."""
    names, _ = counts()
    found = {field: np.full((360 - FIRST, len(names)), np.nan) for field in ("expected", "upper", "alarm")}
    with (GOLDEN / "surveillance.csv").open() as handle:
        for row in csv.DictReader(handle):
            if row["method"] == method:
                for field, table in found.items():
                    told = np.nan if row[field] == "NA" else float(row[field])
                    table[int(row["row"]) - 1 - FIRST, names.index(row["series"])] = told
    return found


def judged(name: str) -> dict[str, np.ndarray]:
    """The same of our detector."""
    _, values = counts()
    detector = create(name, 7)
    verdict = detector.judge(values, DAYS, FIRST)
    return {
        "expected": verdict.expected,
        "variance": verdict.variance,
        "upper": verdict.upper(detector.alpha),
        "alarm": alarms(verdict, values[FIRST:], detector.alpha),
    }


@pytest.mark.parametrize("name", ["ears_c1", "ears_c2"])
def test_ears_is_that_of_r(name: str) -> None:
    """C1 and C2: bounds to 1e-6, and the same alarms."""
    theirs, ours = golden(name), judged(name)
    np.testing.assert_allclose(ours["upper"], theirs["upper"], rtol=0, atol=1e-6)
    np.testing.assert_array_equal(ours["alarm"], theirs["alarm"] == 1)


def test_ears_c3_is_that_of_rs_manual() -> None:
    """What C3 adds to, or takes from, the bound for the weeks before: to 1e-6 wherever neither bound was cut at 0."""
    _, values = counts()
    theirs, ours = golden("ears_c3"), judged("ears_c3")
    sd = np.sqrt(ours["variance"])
    uncut = (theirs["upper"] > 0) & (ours["upper"] > 0)
    assert uncut.mean() > 0.5
    from_mean = ours["upper"] - ours["expected"] - sd  # the manual: mean + sd · (z + 1 - carried)
    from_count = theirs["upper"] - values[FIRST:]  # version 1.20.3: count + sd · (z - carried)
    np.testing.assert_allclose(from_mean[uncut], from_count[uncut], rtol=0, atol=1e-6)


def test_farrington_flexible_is_that_of_r() -> None:
    """Expected counts to 1e-5 of their size, bounds and alarms the same."""
    theirs, ours = golden("farrington_flexible"), judged("farrington_flexible")
    known = ~np.isnan(theirs["upper"])
    assert known.mean() > 0.9
    np.testing.assert_allclose(ours["expected"][known], theirs["expected"][known], rtol=1e-5)
    np.testing.assert_array_equal(ours["upper"][known], theirs["upper"][known])
    np.testing.assert_array_equal(ours["alarm"], theirs["alarm"] == 1)


def test_farrington_1996_is_that_of_r() -> None:
    """Bounds to 1e-3 (R's iteration stops at a relative change of 1e-8 in deviance), and the same alarms."""
    theirs, ours = golden("farrington_1996"), judged("farrington_1996")
    known = theirs["upper"] > 0
    assert known.mean() > 0.9
    np.testing.assert_allclose(ours["upper"][known], theirs["upper"][known], rtol=0, atol=1e-3)
    np.testing.assert_array_equal(ours["alarm"], theirs["alarm"] == 1)


def test_ours_expects_what_the_flexible_one_expects() -> None:
    """Where five items a week are usual, the default detector expects what farringtonFlexible does, give or take a
    quarter, in nine weeks of ten; and its expectation moves less: two seasonal parameters, not nine."""
    names, _ = counts()
    usual = [names.index(name) for name in ("rising", "falling", "many")]
    theirs, ours = (
        golden("farrington_flexible")["expected"][:, usual],
        judged("farrington")["expected"][:, usual],
    )
    assert (np.abs(np.log(ours / theirs)) < np.log(1.25)).mean() > 0.9
    assert np.abs(np.diff(np.log(ours), axis=0)).mean() < np.abs(np.diff(np.log(theirs), axis=0)).mean()
