"""Takes a T apart: T* ← bars ← index shares ← level and surprise ← mentions and readings (METHOD section 5). Adds up
to 1e-9."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from settings.models import IndexSettings
from signals.accumulate import kernel
from signals.calendar import day_number, day_numbers
from signals.composite import Composite, Floats, Rules, composite
from signals.indicators import PARTS
from signals.indices import mark_crises, resolve_impulses
from signals.reasons import Facts, reason_sentence

__all__ = [
    "Bar",
    "Explanation",
    "Facts",
    "IndexShare",
    "IndicatorShare",
    "MentionShare",
    "explain",
    "reason_sentence",
]


@dataclass(frozen=True)
class MentionShare:
    """A mention's points of T: proportional to v·g(age)."""

    document_id: int
    share: float


@dataclass(frozen=True)
class IndicatorShare:
    """A reading's points of T. `indicator` is its id (or `late:` and a period: a figure that is overdue), `against`
    past | class | open; `value` in its unit, or the number of open items; `z` high = bad, NaN for open items."""

    indicator: str
    against: str
    period_end: date | None
    value: float
    z: float
    share: float


@dataclass(frozen=True)
class IndexShare:
    """An index's points of Q. `share` = `level` + `surprise`; `level` = the shares of mentions and indicators +
    `rest` (mentions older than those handed in, items closed since). `carried`: the index was not observed and an
    older value stands in."""

    index_id: str
    name: str
    value: float
    share: float
    level: float
    surprise: float
    carried: bool
    mentions: tuple[MentionShare, ...] = ()
    rest: float = 0.0
    indicators: tuple[IndicatorShare, ...] = ()


@dataclass(frozen=True)
class Bar:
    """One bar of the picture. `kind` is index | single | floor | memory; `id` of the index or floor."""

    kind: str
    id: str
    name: str
    share: float


@dataclass(frozen=True)
class Explanation:
    """`bars` sum to `t_star`; without the memory bar to `t`. Empty where T is unknown (no scope)."""

    t: float
    t_star: float
    bars: tuple[Bar, ...] = ()
    indices: tuple[IndexShare, ...] = field(default=())


_Told = tuple[Rules, pd.DataFrame | None, pd.DataFrame]
"""The rules, the mentions (None = not handed in) and what indicators say of the day."""


def explain(
    values: pd.DataFrame,
    platform_day: Mapping[str, Any] | pd.Series,
    rules: Rules,
    mentions: pd.DataFrame | None = None,
    readings: pd.DataFrame | None = None,
) -> Explanation:
    """The tree of one platform-day.

    Args:    values: the platform's index_values rows from `carry_days` before the day; platform_day: day,
             t, t_star, floor (as in platform_days); mentions: the platform's mention table incl. `weight`,
             any span; readings: signals.open_items.standing_parts of the day; rules: those in force on the day
             (`threshold_version` of platform_days).
    """
    t, t_star = float(platform_day["t"]), float(platform_day["t_star"])
    if np.isnan(t_star):
        return Explanation(t, t_star)
    number = int(day_numbers([platform_day["day"]])[0])
    values = values.assign(platform_id="").sort_values("day", kind="stable")
    whole = composite(values, [""], np.array([number]), rules)
    read = pd.DataFrame(columns=PARTS) if readings is None else readings
    found = [
        _index(k, index, whole, values, number, (rules, mentions, read))
        for k, index in enumerate(rules.indices)
    ]
    shares = tuple(sorted((share for share in found if share is not None), key=lambda share: -share.share))
    return Explanation(t, t_star, _bars(shares, whole, t, t_star, platform_day.get("floor")), shares)


def _bars(
    shares: tuple[IndexShare, ...], whole: Composite, t: float, t_star: float, floor: str | None
) -> tuple[Bar, ...]:
    q = float(np.nan_to_num(whole.q[0, 0]))
    before_floor = max(q, float(np.nan_to_num(whole.single[0, 0])))
    now = 0.0 if np.isnan(t) else t
    bars = [Bar("index", share.index_id, share.name, share.share) for share in shares]
    extra = (
        ("single", "single", "单一指数规则", before_floor - q),
        ("floor", floor or "floor", "底线", now - before_floor),
        ("memory", "memory", "近期峰值记忆", t_star - now),
    )
    return tuple(bars + [Bar(*one) for one in extra if abs(one[3]) > 1e-12])


def _index(
    k: int,
    index: IndexSettings,
    whole: Composite,
    values: pd.DataFrame,
    number: int,
    told: _Told,
) -> IndexShare | None:
    rows = values[(values["index_id"] == index.id).to_numpy("bool")]
    day = day_numbers(rows["day"])
    today = rows[day == number]
    if today.empty:
        return None
    used, q = float(whole.used[0, 0, k]), float(whole.q[0, 0])
    weight_in_scope = float(whole.scope[0, 0] * whole.weights.sum())
    share = float(whole.weights[k]) * used**2 / (weight_in_scope * q) if q > 0 else 0.0
    carried = bool(whole.carried[0, 0, k])
    source = today if not carried else rows[(day < number) & rows["observed"].to_numpy("bool")].tail(1)
    level = share * _level_share(source.iloc[0])
    mentions, indicators = _parts(index, source.iloc[0], level, told, stands=not carried)
    rest = level - sum(one.share for one in mentions) - sum(one.share for one in indicators)
    return IndexShare(
        index.id, index.name, used, share, level, share - level, carried, mentions, rest, indicators
    )


def _level_share(row: pd.Series) -> float:
    """Part of the index that is level: 100L / I, 1 where there is no surprise part."""
    level, surprise = float(row["level_part"]), float(np.nan_to_num(float(row["surprise_part"] or 0.0)))
    whole = 1 - (1 - level) * (1 - surprise)
    return level / whole if whole > 0 else 1.0


def _parts(
    index: IndexSettings, row: pd.Series, level: float, told: _Told, *, stands: bool
) -> tuple[tuple[MentionShare, ...], tuple[IndicatorShare, ...]]:
    """Each mention's and each reading's part of `level`, strongest first. A carried value rests on another day's
    readings: none of today's stand for it."""
    rules, mentions, readings = told
    if level == 0:
        return (), ()
    read = readings[(readings["index_id"] == index.id).to_numpy("bool")] if stands else readings.iloc[:0]
    spoken = np.zeros(0)
    if mentions is not None and not mentions.empty and index.fed_by == "mentions":
        spoken = _points(index, row, rules, mentions)
    standing = read["impulse"].to_numpy("float64")
    total = max(float(row["accumulated"]), float(spoken.sum() + standing.sum()))
    ids = [] if mentions is None else mentions["document_id"].tolist()
    shares = tuple(
        MentionShare(int(ids[n]), level * float(spoken[n]) / total)
        for n in np.argsort(-spoken, kind="stable")
        if spoken[n] > 0
    )
    fields = read.to_dict("records")
    return shares, tuple(
        IndicatorShare(
            str(fields[n]["indicator"]),
            str(fields[n]["against"]),
            fields[n]["period_end"],
            float(fields[n]["value"]),
            float(fields[n]["z"]),
            level * float(standing[n]) / total,
        )
        for n in np.argsort(-standing, kind="stable")
        if standing[n] > 0
    )


def _points(index: IndexSettings, row: pd.Series, rules: Rules, mentions: pd.DataFrame) -> Floats:
    """v·g(age) of every mention on the day of `row`, in the order of the table."""
    marked = mark_crises(mentions.reset_index(drop=True), rules.events)
    impulse = resolve_impulses(index.function)(marked).to_numpy("float64")
    at = row["day"]
    age = day_number(at if isinstance(at, date) else pd.Timestamp(at).date()) - day_numbers(marked["day"])
    g = kernel(int(max(age.max(), 0)) + 1, index.plateau_days, index.half_life_days)
    return np.where(age >= 0, impulse * g[np.clip(age, 0, None)], 0.0)
