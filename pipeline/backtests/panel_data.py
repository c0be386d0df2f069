"""Monthly platform figures joined with published failures: what was known when, and what happened afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.csv_files import encoding_of
from signals.evaluation.grid import Bools

PANEL, FAILURES = "panel_monthly_dev.csv", "problem_platforms_dev.csv"
KNOWN_AFTER = pd.Timedelta(days=10)
"""A month's figures become known so long after it ends."""
LAST_LISTED = pd.Timestamp("2019-01-16")
"""The list of failures ends here: horizons that reach beyond are not judged."""
LEAST = 200
"""Platforms in a month, at least: before 2017-08 the panel holds a hundred at most."""
INVESTORS = tuple(f"investor_{size}" for size in ("0to1w", "1to10w", "10to100w", "100w_up"))
BORROWERS = tuple(f"borrower_{size}" for size in ("0to20w", "20to100w", "100w_up"))
TERMS = ("0to1m", "1to2m", "2to3m", "3to6m", "6m_up")
YIELDS = tuple(f"return_rate_diff_{term}" for term in TERMS)
TURNOVER = tuple(f"complete_time_diff_{term}" for term in TERMS)


@dataclass(frozen=True)
class Panel:
    """`rows`: one per platform and month, sorted by both, with `platform`, `month` (its end), `known`, `failed` (NaT:
    never) and the features; rows of platforms that had failed by `known` are left out."""

    rows: pd.DataFrame

    def labels(self, horizon: int) -> Bools:
        """Per row: failed 1..horizon days after its figures were known."""
        ahead = (self.rows["failed"] - self.rows["known"]).dt.days
        return np.asarray((ahead >= 1) & (ahead <= horizon), dtype=np.bool_)

    def judged(self, horizon: int) -> Bools:
        """Rows of months with enough platforms whose horizon the list of failures covers."""
        many = self.rows.groupby("month")["platform"].transform("size") >= LEAST
        covered = self.rows["known"] + pd.Timedelta(days=horizon) <= LAST_LISTED
        return np.asarray(many & covered, dtype=np.bool_)


def read_panel(folder: Path) -> Panel:
    """The panel of a data folder. Raises UnreadableFile."""
    rows = pd.read_csv(folder / PANEL, encoding=encoding_of(folder / PANEL))
    listed = pd.read_csv(folder / FAILURES, encoding=encoding_of(folder / FAILURES))
    listed["problem_date"] = pd.to_datetime(listed["problem_date"])
    first = listed.groupby("platform")["problem_date"].min()
    rows = rows.rename(columns={"name": "platform"})
    rows["month"] = pd.to_datetime(rows["day"])
    rows["known"] = rows["month"] + KNOWN_AFTER
    rows["failed"] = rows["platform"].map(first)
    rows = rows.sort_values(["platform", "month"], kind="stable").reset_index(drop=True)
    rows = with_features(rows)
    return Panel(rows[~(rows["failed"] <= rows["known"])].reset_index(drop=True))


def with_features(rows: pd.DataFrame) -> pd.DataFrame:
    """Levels, and changes against the platform's own earlier months; none looks at a later row.

    The static column `background` is left alone: one value per platform, filled in when the pages were read, and
    missing for half of the platforms that failed later. So is the platform's age: online_date exists only for failures.
    """
    investors = rows[list(INVESTORS)].sum(axis=1, min_count=1)
    borrowers = rows[list(BORROWERS)].sum(axis=1, min_count=1)
    turnover = rows[list(TURNOVER)]
    offered = rows[list(YIELDS)].where(rows[list(YIELDS)] > 0)
    known = rows.assign(
        highest_yield=offered.max(axis=1),
        mean_yield=offered.mean(axis=1),
        log_investors=np.log1p(investors),
        log_borrowers=np.log1p(borrowers),
        log_turnover=np.log1p(turnover.sum(axis=1, min_count=1)),
        borrowers_per_investor=np.log1p(borrowers) - np.log1p(investors),
        borrowers_per_lender=borrowers / investors.where(investors > 0),
        large_investors=(rows["investor_10to100w"] + rows["investor_100w_up"])
        / investors.where(investors > 0),
        top10_borrowers=rows["top_ten_borrower_to_repay"],
        top10_investors=rows["top_ten_investor_to_receice"],
        registered=rows["wdzj_plat_id"],
    )
    own = known.groupby("platform", sort=False)
    for name in ("log_investors", "log_borrowers", "log_turnover", "highest_yield"):
        known[f"{name}_1m"] = known[name] - own[name].shift(1)
        known[f"{name}_3m"] = known[name] - own[name].shift(3)
    return known


FEATURES = (
    *(
        "highest_yield",
        "mean_yield",
        "log_investors",
        "log_borrowers",
        "log_turnover",
        "borrowers_per_investor",
    ),
    *("large_investors", "top10_borrowers", "top10_investors", "registered"),
    *(
        f"{name}_{lag}m"
        for name in ("log_investors", "log_borrowers", "log_turnover", "highest_yield")
        for lag in (1, 3)
    ),
)


def ranks(rows: pd.DataFrame, names: tuple[str, ...] = FEATURES) -> pd.DataFrame:
    """Each feature as its rank among the platforms of the same month, -.5 .. .5, unknown in the middle: robust against
    units, outliers and drift, and known with the month's own figures."""
    grouped = rows.groupby("month")
    return pd.DataFrame({name: grouped[name].rank(pct=True).sub(0.5).fillna(0.0) for name in names})
