"""What T* adds up from, day by day: the bars of signals.explain as one table (METHOD section 5)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from signals.calendar import dates, day_numbers
from signals.composite import Rules, composite

RAISED, MEMORY = "raised", "memory"
"""Columns beside the indices: what the single-index rule and the floors add, and what is remembered of a peak."""


def daily_shares(values: pd.DataFrame, platform_days: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Points of T* per day and cause.

    Args:    values: index_values rows of one platform, from `carry_days` before the first day; platform_days: day, t,
             t_star of the same platform (NaN = unknown), any order; rules: those in force on these days.
    Returns: day (date, ascending), a column per index id in the order of `rules.indices`, RAISED, MEMORY; each ≥ 0 and
             together t_star; all NaN where T* is unknown.
    Where indices were revised after T was decided, their shares are scaled to what was decided.
    """
    ordered = platform_days.sort_values("day", kind="stable")
    ids = [index.id for index in rules.indices]
    numbers = day_numbers(ordered["day"])
    table = pd.DataFrame({"day": dates(numbers)})
    if not len(numbers):
        return table.assign(**{name: pd.Series(dtype="float64") for name in (*ids, RAISED, MEMORY)})
    whole = composite(values.assign(platform_id=""), [""], numbers, rules)
    t_star = ordered["t_star"].to_numpy("float64", na_value=np.nan)
    t = np.fmin(np.nan_to_num(ordered["t"].to_numpy("float64", na_value=np.nan)), t_star)
    q = np.fmin(np.nan_to_num(whole.q[:, 0]), t)
    squares = whole.weights * whole.used[:, 0] ** 2
    total = squares.sum(axis=1, keepdims=True)
    parts = np.divide(squares, total, out=np.zeros_like(squares), where=total > 0) * q[:, None]
    spoken = parts.sum(axis=1)  # 0 where no index says anything: then all of T was raised
    columns = dict(zip(ids, parts.T, strict=True)) | {RAISED: t - spoken, MEMORY: t_star - t}
    unknown = np.isnan(t_star)
    return table.assign(**{name: np.where(unknown, np.nan, column) for name, column in columns.items()})
