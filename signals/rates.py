"""A source's usual complaints a day: up to it, authorless texts count as distinct complainants (METHOD section 2)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from signals.calendar import day_numbers

DAYS = 28
MIN_DAYS = 7
"""With fewer observed days among the DAYS before, nothing is known of a source's rate."""


def daily_rate(
    mentions: pd.DataFrame, brought: pd.DataFrame, promised: Mapping[str, float]
) -> NDArray[np.float64]:
    """The column `daily_rate` of `signals.weight.weigh`, in the order of the mentions.

    Args:    mentions: source_id, day; brought: source_id, day, items: complaints of the days on which the source
             answered; promised: source -> what its configuration says it brings a day.
    Returns: items a day, NaN = not known (no cap). What is promised; without a promise the median of the DAYS before
             the mention's day, so that a flood does not lift its own cap.
    """
    found = np.full(len(mentions), np.nan)
    source, number = mentions["source_id"].to_numpy(dtype=object), day_numbers(mentions["day"])
    past = brought.assign(number=day_numbers(brought["day"]))
    for name in {str(one) for one in source}:
        mine = source == name
        if promised.get(name, 0.0) > 0:
            found[mine] = promised[name]
            continue
        rows = past[(past["source_id"] == name).to_numpy("bool")]
        days, items = rows["number"].to_numpy("int64"), rows["items"].to_numpy("float64")
        for day in np.unique(number[mine]):
            before = items[(days < day) & (days >= day - DAYS)]
            if before.size >= MIN_DAYS:
                found[mine & (number == day)] = float(np.median(before))
    return found
