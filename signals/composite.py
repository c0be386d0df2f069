"""Composite T from index values: Q, the single-index rule, scope, coverage, carry of what was not observed.

METHOD section 5. Q = (Σ w_k·I_k² / W)^½ with W the weight in scope; T = max(Q, .65·max(I_R, I_K, I_C)),
before floors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from settings.models import EventSettings, IndexSettings, Thresholds
from signals.calendar import Days, day_numbers

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Rules:
    """What the warning stage goes by: the active thresholds, the indices and the events."""

    thresholds: Thresholds
    indices: Sequence[IndexSettings]
    events: Sequence[EventSettings] = ()


@dataclass(frozen=True)
class Composite:
    """Arrays (days, platforms), and (days, platforms, indices) for `used` and `carried`.

    `q`, `single` 0..100 (NaN without scope, or where nothing is known); `seen`: T of what came today; `scope`,
    `coverage` 0..1; `used`: the I_k that went in (0 where unobserved beyond carrying); `carried`: it is an
    older value, decayed.
    """

    q: Floats
    single: Floats
    seen: Floats
    scope: Floats
    coverage: Floats
    used: Floats
    carried: Bools
    weights: Floats

    @property
    def t(self) -> Floats:
        """T before floors."""
        return np.maximum(self.q, self.single)


@dataclass(frozen=True)
class Dense:
    """Index rows as (days, platforms, indices): absent = not in scope; `value` NaN = not observed."""

    present: Bools
    value: Floats
    arrived: Floats
    """100·L where mentions came on a day not observed, else 0: evidence is evidence, whoever is silent."""


@dataclass(frozen=True)
class Gathered:
    """What T is made of, whatever the weights: (days, platforms, indices). `known`: observed, or carried."""

    present: Bools
    observed: Bools
    known: Bools
    now: Floats
    carry: Floats


def composite(values: pd.DataFrame, platform_ids: Sequence[str], days: Days, rules: Rules) -> Composite:
    """T and its parts for every platform on every judged day.

    Args:    values: index_values rows of the judged days and of the `carry_days` before each; days:
             ascending day numbers, gaps allowed.
    An index in scope but not observed keeps its last value, halving with its own half-life, for
    `carry_days`; after that it counts as 0 while its weight stays in W, so that an outage lowers T and
    never raises it. Where nothing at all is observed, carried or arrived, T is NaN: a zero would read as calm.
    """
    first = int(days[0]) - rules.thresholds.carry_days
    dense = _dense(values, platform_ids, np.arange(first, int(days[-1]) + 1), rules)
    return weighed(gathered(dense, days - first, rules), rules)


def gathered(dense: Dense, row: Days, rules: Rules) -> Gathered:
    """What each judged day goes by: its own values, and older ones where it has none.

    Args:    dense: every calendar day, `carry_days` of them before the first judged one; row: the judged days' places.
    """
    observed = ~np.isnan(dense.value[row])
    now = np.where(observed, dense.value[row], dense.arrived[row])
    older = np.where(observed | ~dense.present[row], np.nan, _carry(dense.value, row, rules))
    return Gathered(
        dense.present[row], observed, observed | ~np.isnan(older), np.nan_to_num(now), np.nan_to_num(older)
    )


def weighed(given: Gathered, rules: Rules) -> Composite:
    """T and its parts of what was gathered; carry_days is the only one of the thresholds that went in there."""
    t = rules.thresholds
    weights = np.array([t.weights.get(index.id, 0.0) for index in rules.indices])
    single = np.array([index.id in t.single_index_ids for index in rules.indices])
    used = np.maximum(given.now, given.carry)
    in_scope = given.present @ weights
    q, alone = _combine(used, weights, in_scope, single, t.single_index_share)
    blind = ~(given.known[:, :, weights > 0].any(axis=2) | used.any(axis=2))
    q, alone = np.where(blind, np.nan, q), np.where(blind, np.nan, alone)
    q_seen, alone_seen = _combine(given.now, weights, in_scope, single, t.single_index_share)
    with np.errstate(invalid="ignore", divide="ignore"):
        coverage = np.where(in_scope > 0, (given.observed @ weights) / in_scope, 0.0)
    scope = in_scope / weights.sum()
    return Composite(
        q,
        alone,
        np.fmax(q_seen, alone_seen),
        scope,
        coverage,
        used,
        given.carry > given.now,
        weights,
    )


def _combine(
    used: Floats, weights: Floats, in_scope: Floats, single: Bools, share: float
) -> tuple[Floats, Floats]:
    """(Q, single-index score); NaN without scope."""
    with np.errstate(invalid="ignore", divide="ignore"):
        q = np.where(in_scope > 0, np.sqrt((used**2 @ weights) / in_scope), np.nan)
    alone = share * used[:, :, single].max(axis=2, initial=0.0)
    return q, np.where(in_scope > 0, alone, np.nan)


def _carry(value: Floats, row: Days, rules: Rules) -> Floats:
    """The youngest observed value of the days before, decayed by age; NaN where there is none within
    carry_days."""
    half_lives = np.array([index.half_life_days for index in rules.indices])
    carried = np.full((row.size, *value.shape[1:]), np.nan)
    for age in range(rules.thresholds.carry_days, 0, -1):
        older = value[row - age]
        carried = np.where(np.isnan(older), carried, older * np.exp2(-age / half_lives))
    return carried


def _dense(values: pd.DataFrame, platform_ids: Sequence[str], days: Days, rules: Rules) -> Dense:
    shape = (days.size, len(platform_ids), len(rules.indices))
    present, value, arrived = np.zeros(shape, dtype=np.bool_), np.full(shape, np.nan), np.zeros(shape)
    if values.empty:
        return Dense(present, value, arrived)
    day = day_numbers(values["day"]) - int(days[0])
    column = pd.Index(platform_ids).get_indexer(pd.Index(values["platform_id"]))
    index = pd.Index([i.id for i in rules.indices]).get_indexer(pd.Index(values["index_id"]))
    keep = (day >= 0) & (day < days.size) & (column >= 0) & (index >= 0)
    at = (day[keep], column[keep], index[keep])
    observed = values["observed"].to_numpy("bool")[keep]
    present[at] = True
    value[at] = np.where(observed, values["value"].to_numpy("float64", na_value=np.nan)[keep], np.nan)
    level = values["level_part"].to_numpy("float64", na_value=np.nan)[keep]
    came = ~observed & (values["count"].to_numpy("int64")[keep] > 0)
    arrived[at] = np.where(came, 100 * np.nan_to_num(level), 0.0)
    return Dense(present, value, arrived)
