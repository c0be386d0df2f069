"""What a user would look at instead: counts of negative news and complaints, mean sentiment, and pure chance.

Each gets as many alarm days as ours, so that the other figures can be compared.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from signals.evaluation.episodes import Episodes
from signals.evaluation.grid import Bools, Floats, Grid

DAYS = 7
"""A baseline's score sums (counts) or averages (sentiment) the last seven days: single days are too ragged."""
HOLD = 7
"""Days after which a baseline's alarm ends, as orange ends: without them it would flicker and look worse than it is."""
NAMES = {
    "negative_count": "negative_count",
    "snownlp_mean": "snownlp_mean",
    "complaint_count": "complaint_count",
}
"""Name of the method -> its column of baselines.csv."""


def score(frame: pd.DataFrame, column: str, over: Grid) -> Floats:
    """(platforms, days): higher = worse; NaN where nothing is known of the last seven days.

    Args: frame: platform, day and the column. Sentiment (1 = positive) is turned round.
    """
    values = np.full(over.level.shape, np.nan)
    row, day = over.place(frame["platform"], frame["day"])
    inside = (row >= 0) & (day >= 0)
    values[row[inside], day[inside]] = frame[column].to_numpy("float64", na_value=np.nan)[inside]
    known = ~np.isnan(values)
    if column == "snownlp_mean":
        values = 1 - values
    total, number = _trailing(np.where(known, values, 0.0)), _trailing(known.astype(np.float64))
    if column == "snownlp_mean":
        total = np.divide(total, number, out=total, where=number > 0)
    return np.where(number > 0, total, np.nan)


def _trailing(values: Floats) -> Floats:
    """Sum of the last DAYS columns up to each."""
    padded = np.pad(values, ((0, 0), (DAYS, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, DAYS, axis=1)[:, 1:]
    return np.asarray(windows.sum(axis=2), dtype=np.float64)  # not a running sum: that would drift


def matched_alarm(scores: Floats, exposure: Bools, days: int) -> Bools:
    """The alarm whose days within the exposure come closest to `days`, fewer if in doubt.

    It begins when the score reaches a threshold and ends after HOLD days below it. Counts have ties, so the number
    is not always met: the table shows each method's own share of alarm days.
    """
    scores = _held(scores)
    values, counts = np.unique(scores[exposure & ~np.isnan(scores)], return_counts=True)
    given = np.concatenate(([0], np.cumsum(counts[::-1])))  # alarm days with the highest 0, 1, 2 … values
    best = int(np.argmin(np.abs(given - days)))
    threshold = values[values.size - best] if best else np.inf
    return np.asarray(np.nan_to_num(scores, nan=-np.inf) >= threshold, dtype=np.bool_)


def _held(scores: Floats) -> Floats:
    """The highest score of the last HOLD days; NaN where none is known."""
    padded = np.pad(np.nan_to_num(scores, nan=-np.inf), ((0, 0), (HOLD - 1, 0)), constant_values=-np.inf)
    highest = np.lib.stride_tricks.sliding_window_view(padded, HOLD, axis=1).max(axis=2)
    return np.where(np.isfinite(highest), highest, np.nan)


def random_episodes(lengths: np.ndarray, exposure: Bools, first: int, rng: np.random.Generator) -> Episodes:
    """As many episodes of the same lengths in days, each beginning on an exposed platform-day drawn at random."""
    cells = np.flatnonzero(exposure)
    platform, column = np.divmod(rng.choice(cells, lengths.size), exposure.shape[1])
    order = np.lexsort((column, platform))
    start = column[order] + first
    end = np.minimum(start + lengths[order] - 1, first + exposure.shape[1] - 1)
    return Episodes(platform[order].astype(np.int64), start, end)


def drawn_alarm(found: Episodes, shape: tuple[int, int], first: int) -> Bools:
    """(platforms, days) in which the episodes stand."""
    change = np.zeros((shape[0], shape[1] + 1), dtype=np.int64)
    np.add.at(change, (found.platform, found.start - first), 1)
    np.add.at(change, (found.platform, found.end - first + 1), -1)
    return np.asarray(np.cumsum(change, axis=1)[:, :-1] > 0, dtype=np.bool_)
