"""Which of the discovered names are rising: this week against the eight weeks before."""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import pandas as pd

WEEK: Final = 7
WEEKS_BEFORE: Final = 8
PRIOR: Final = 1.0
"""Mentions a week that every name is credited with on both sides: two mentions after none are no storm yet."""
COLUMNS: Final = ("name", "recent", "before", "rise", "first_seen")


def rank_rising(frame: pd.DataFrame, today: date) -> pd.DataFrame:
    """Names of the last WEEK days, the steepest rise first.

    Args:    frame: columns name, day (date), documents, publishers (counts >= 0 of that day; a missing number of
             publishers counts as one); a row without documents was not observed and is left out. Any order; the counts
             of equal (name, day) are added. Rows after `today` do not exist yet.
    Returns: columns name; recent, documents of the last 7 days; before, documents a week in the 8 weeks before; rise,
             log2 of (recent + PRIOR) / (before + PRIOR) of a Poisson rate under a gamma prior, each day's documents
             weighed as the geometric mean of documents and publishers, so that one publisher repeating itself
             rises less; first_seen, the earliest day of the frame. Ties by recent, then by name.
    """
    days = pd.to_datetime(frame["day"])
    counts = frame[["documents", "publishers"]].astype("float64")
    # Not > 0 and not observed are the same here: nothing to count.
    known = counts.assign(name=frame["name"], day=days)[
        (days <= pd.Timestamp(today)) & (counts["documents"] > 0)
    ]
    if known.empty:
        return pd.DataFrame({column: [] for column in COLUMNS})
    age = (pd.Timestamp(today) - known["day"]).dt.days
    publishers = known["publishers"].fillna(1).clip(lower=1)
    weighed = np.sqrt(known["documents"] * np.minimum(publishers, known["documents"]))
    recent, past = age < WEEK, (age >= WEEK) & (age < WEEK * (1 + WEEKS_BEFORE))
    grouped = known.assign(
        recent=known["documents"].where(recent, 0),
        before=known["documents"].where(past, 0) / WEEKS_BEFORE,
        now=weighed.where(recent, 0.0),
        then=weighed.where(past, 0.0) / WEEKS_BEFORE,
    ).groupby("name", sort=True)
    out = grouped[["recent", "before"]].sum()
    # Rounded, for the last bits of a sum depend on the order of the rows.
    sums = grouped[["now", "then"]].sum().round(9)
    out["rise"] = np.log2((sums["now"] + PRIOR) / (sums["then"] + PRIOR))
    out["first_seen"] = grouped["day"].min().dt.date
    out = out[out["recent"] > 0].reset_index().astype({"recent": "int64"})
    order = out.sort_values(["rise", "recent", "name"], ascending=[False, False, True], kind="stable")
    return order[list(COLUMNS)].reset_index(drop=True)
