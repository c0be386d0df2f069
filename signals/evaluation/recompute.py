"""T and alarms recomputed from the index values of a replay, under other weights and lines.

What a replay stores is I_k per platform and day, so weights, the single-index share and the entering lines can be
changed exactly; floors and the days of an official one are told by where T stands above what the indices give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from settings.models import Thresholds
from signals.composite import Composite, Rules, composite
from signals.evaluation.grid import Bools, Floats, Grid
from signals.levels import decayed_peak

ROUNDED = 0.01
"""T in a file may be rounded: less than this above the indices is no floor."""


@dataclass(frozen=True)
class Material:
    """One replay, ready to be recomputed. Arrays are (platforms, days[, indices]).

    `used`: I_k that went in, older values standing in; `in_scope`: (platforms, indices); `floor`: NaN where none;
    `fit`: observed well enough to count for entering and leaving; `agrees`: share of platform-days whose T comes
    out as the replay gives it.
    """

    grid: Grid
    index_ids: tuple[str, ...]
    used: Floats
    in_scope: Bools
    floor: Floats
    at_once: Bools
    fit: Bools
    agrees: float


def material(values: pd.DataFrame, grid: Grid, rules: Rules) -> Material:
    """Args: values: platform, day, T, scope, coverage and a column per index (NaN = not observed); rules: those
    of the replay.

    An index is in scope of a platform if the replay gives it a value on any day: configured kinds count as
    observed on every day, so one without a single value was not connected.
    """
    ids = tuple(index.id for index in rules.indices if index.id in values.columns)
    row, column = grid.place(values["platform"], values["day"])
    shape = (*grid.level.shape, len(ids))
    given = np.full(shape, np.nan)
    given[row, column] = values[list(ids)].to_numpy("float64", na_value=np.nan)
    in_scope = np.asarray((~np.isnan(given)).any(axis=1), dtype=np.bool_)
    whole = _composite(given, in_scope, grid, ids, rules)
    places = [n for n, index in enumerate(rules.indices) if index.id in ids]
    indices_t = whole.t.T
    with np.errstate(invalid="ignore"):
        above = np.nan_to_num(grid.t, nan=-1.0) > np.nan_to_num(indices_t, nan=-1.0) + ROUNDED
        agrees = np.abs(grid.t - indices_t) <= ROUNDED
    floor = np.where(above, grid.t, np.nan)
    instant = min((f.score for f in rules.thresholds.floors.values() if f.at_once), default=np.inf)
    coverage, scope = (
        _spread(values, "coverage", row, column, grid),
        _spread(values, "scope", row, column, grid),
    )
    t = rules.thresholds
    known = ~np.isnan(grid.t)
    return Material(
        grid=grid,
        index_ids=ids,
        used=whole.used.transpose(1, 0, 2)[:, :, places],
        in_scope=in_scope,
        floor=floor,
        at_once=np.nan_to_num(floor) >= instant - ROUNDED,
        fit=(coverage >= t.coverage_min) & (scope >= t.scope_min),
        agrees=float((agrees | above)[known].mean()) if known.any() else float("nan"),
    )


def _spread(values: pd.DataFrame, name: str, row: np.ndarray, column: np.ndarray, grid: Grid) -> Floats:
    found = np.zeros(grid.level.shape)
    found[row, column] = np.nan_to_num(values[name].to_numpy("float64", na_value=np.nan))
    return found


def _composite(given: Floats, in_scope: Bools, grid: Grid, ids: Sequence[str], rules: Rules) -> Composite:
    """signals.composite over the whole replay: the same formula, the same carrying of unobserved values."""
    days = np.arange(grid.first, grid.last + 1)
    platform, day, index = np.nonzero(np.broadcast_to(in_scope[:, None, :], given.shape))
    value = given[platform, day, index]
    rows = pd.DataFrame(
        {
            "platform_id": pd.Categorical.from_codes(platform, list(grid.platforms)),
            "day": (days[day]).astype("datetime64[D]"),
            "index_id": pd.Categorical.from_codes(index, list(ids)),
            "value": value,
            "observed": ~np.isnan(value),
            "level_part": np.nan,
            "count": 0,
        }
    )
    return composite(rows, grid.platforms, days, rules)


def score(given: Material, thresholds: Thresholds, used: Floats | None = None) -> Floats:
    """T (platforms, days) under other weights, share and lines; NaN where the replay knows no T.

    A floor that reached a level's line still reaches it: it is lifted with the line.
    """
    used = given.used if used is None else used
    weights = np.array([thresholds.weights.get(index, 0.0) for index in given.index_ids])
    single = np.array([index in thresholds.single_index_ids for index in given.index_ids])
    in_scope = given.in_scope @ weights
    with np.errstate(invalid="ignore", divide="ignore"):
        q = np.sqrt((used**2 @ weights) / in_scope[:, None])
    alone = thresholds.single_index_share * used[:, :, single].max(axis=2, initial=0.0)
    t = np.fmax(np.where(in_scope[:, None] > 0, np.maximum(q, alone), np.nan), given.floor)
    return np.where(np.isnan(given.grid.t), np.nan, t)


def lifted(floor: Floats, before: Thresholds, after: Thresholds) -> Floats:
    """Standing floors after the lines moved: never lower, and at the new line of the highest level they reached."""
    orange = np.where(floor >= before.orange.enter, np.maximum(floor, after.orange.enter), floor)
    return np.where(floor >= before.red.enter, np.maximum(orange, after.red.enter), orange)


def alarms(t: Floats, given: Material, thresholds: Thresholds) -> Bools:
    """(platforms, days) at orange or above, all platforms walked together: signals.levels for these two levels.

    Days observed too poorly change nothing here; red is signed off on the first eligible day, as in a replay.
    """
    rules = (thresholds.orange, thresholds.red)
    known = np.nan_to_num(t, nan=0.0)
    target = np.zeros(t.shape, dtype=np.int8)
    for rank, rule in enumerate(rules, 1):
        entered = known >= rule.enter
        enough = _enough(entered, given.fit, rule.window_days, rule.need_days)
        target[enough | (given.at_once & entered)] = rank
    found = np.zeros(t.shape, dtype=np.bool_)
    walked = np.flatnonzero(target.any(axis=1))
    star, fit = remembered(known[walked], thresholds), given.fit[walked]
    lines = np.array([0.0, *(rule.enter - thresholds.leave_margin for rule in rules)])
    leave = np.array([t.shape[1] + 1, *(rule.leave_days for rule in rules)])
    level, low = np.zeros(walked.size, dtype=np.int8), np.zeros(walked.size, dtype=np.int64)
    for day in range(t.shape[1]):
        up = target[walked, day]
        rise = up > level
        low = np.where(fit[:, day], np.where(star[:, day] < lines[level], low + 1, 0), low)
        fall = ~rise & fit[:, day] & (low >= leave[level])
        level = np.where(rise, up, level - fall).astype(np.int8)
        low[rise | fall] = 0
        found[walked, day] = level > 0
    return found


def _enough(entered: Bools, fit: Bools, window: int, need: int) -> Bools:
    """Fit days that are high with at least `need` high ones among the last `window` fit days, themselves included."""
    order = np.argsort(~fit, axis=1, kind="stable")  # each platform's fit days first, in their order
    high = np.take_along_axis(entered & fit, order, axis=1).astype(np.int64)
    total = np.cumsum(high, axis=1)
    earlier = np.pad(total, ((0, 0), (window, 0)))[:, : total.shape[1]]
    enough = np.zeros(fit.shape, dtype=np.bool_)
    np.put_along_axis(enough, order, total - earlier >= need, axis=1)
    return enough & entered & fit


def remembered(t: Floats, thresholds: Thresholds) -> Floats:
    """T* of T (platforms, days), 0 where nothing was ever known: signals.levels' memory of the peak."""
    fading = np.array([decayed_peak(1.0, age, thresholds) for age in range(t.shape[1])])
    peak, since = np.zeros(t.shape[0]), np.zeros(t.shape[0], dtype=np.int64)
    star = np.empty(t.shape)
    for day in range(t.shape[1]):
        faded = peak * fading[day - since]
        new = t[:, day] >= faded
        peak, since = np.where(new, t[:, day], peak), np.where(new, day, since)
        star[:, day] = np.where(new, t[:, day], faded)
    return star
