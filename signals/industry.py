"""全行业: the same indices over all platforms together, judged against their own baseline, and the intensity of policy.

Impulses and counts are summed over the platforms and then treated like one platform's: its allowance c_kp and its
detector know how large the industry is. Level and memory come from the same state machine (signals.warn).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from settings.models import INDUSTRY, IndexSettings, IndustrySettings
from signals.accumulate import DIGITS, Floats, surprise_part
from signals.calendar import Days, dates, day_number, day_numbers
from signals.coverage import HALF, Observation
from signals.detectors import create
from signals.index import COLUMNS, DETECTOR, HORIZON_DAYS, index_values

ROLLED = ("platform_id", "day", "index_id", "impulse", "count", "raw")


def industry_values(
    roll_ups: pd.DataFrame,
    observation: Observation,
    indices: Sequence[IndexSettings],
    industry: IndustrySettings,
    days: tuple[date, date],
    *,
    policy: pd.DataFrame | None = None,
    readings_days: pd.DataFrame | None = None,
    industry_id: str = INDUSTRY,
) -> pd.DataFrame:
    """Rows of `index_values` of the industry for days[0]..days[1]: columns and rules as signals.index.index_values.

    Args:    roll_ups: of all platforms (or already summed), from days[0] - HORIZON_DAYS on; observation: of the
             same platforms and days, for the policy row with `policy_index` among its indices; policy: day, count:
             documents of regulators by day (no row = none), None = no policy row; readings_days: of all platforms, as
             index_values takes them; industry_id: whose rows they are.
    An index is in scope if it is for any platform, and observed if it is for at least half of those.
    """
    together = of_industry(observation, industry_id)
    summed = sum_roll_ups(roll_ups, industry_id)
    read = None if readings_days is None else sum_readings(readings_days, indices, industry_id)
    frames = [index_values(summed, together, indices, *days, readings_days=read)]
    if policy is not None and industry.policy.id in together.index_ids:
        frames.append(policy_values(policy, together, industry, days))
    frames = [frame for frame in frames if not frame.empty]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({one: [] for one in COLUMNS})


def of_industry(observation: Observation, industry_id: str) -> Observation:
    """Scope and observation of all platforms together, as those of one."""
    size = np.bincount(observation.group, minlength=observation.in_scope.shape[0]).astype("float64")
    in_scope = np.tensordot(size, observation.in_scope.astype("float64"), axes=1)
    observed = np.tensordot(size, observation.observed.astype("float64"), axes=1)
    any_scope = in_scope > 0
    return Observation(
        observation.days,
        (industry_id,),
        observation.index_ids,
        np.zeros(1, dtype=np.int64),
        any_scope[None],
        (any_scope & (observed >= HALF * in_scope))[None],
    )


def sum_roll_ups(roll_ups: pd.DataFrame, industry_id: str) -> pd.DataFrame:
    """Columns ROLLED: one row per day and index; sums in a fixed order, whatever the order of the rows."""
    ordered = roll_ups.assign(number=day_numbers(roll_ups["day"])).sort_values(
        ["number", "index_id", "platform_id"], kind="stable"
    )
    summed = (
        ordered.groupby(["number", "index_id"], sort=True)[["impulse", "count", "raw"]].sum().reset_index()
    )
    summed.insert(0, "day", dates(summed.pop("number").to_numpy("int64")))
    summed.insert(0, "platform_id", industry_id)
    summed["impulse"] = summed["impulse"].astype("float64").round(DIGITS)
    return summed[list(ROLLED)].astype({"count": "int64", "raw": "int64"})


def sum_readings(
    readings_days: pd.DataFrame, indices: Sequence[IndexSettings], industry_id: str
) -> pd.DataFrame:
    """What indicators say of all platforms together; where fewer than half of those in scope are observed, NaN."""
    fed = [index.id for index in indices if index.fed_by == "indicators"]
    rows = readings_days.assign(
        number=day_numbers(readings_days["day"]), observed=readings_days["impulse"].notna().astype("float64")
    ).sort_values(["number", "index_id", "platform_id"], kind="stable")
    grouped = rows.groupby(["number", "index_id"], sort=True)
    summed = grouped.agg(impulse=("impulse", "sum"), count=("count", "sum"), observed=("observed", "mean"))
    summed = summed.reset_index()
    blind = summed["index_id"].isin(fed) & (summed.pop("observed") < HALF)
    summed["impulse"] = summed["impulse"].astype("float64").round(DIGITS).mask(blind)
    summed["count"] = summed["count"].mask(blind, 0).astype("int64")
    return summed.assign(platform_id=industry_id, day=dates(summed.pop("number").to_numpy("int64")))


def policy_index(industry: IndustrySettings) -> IndexSettings:
    """The policy row as an index: what signals.coverage.observe needs to tell whether regulators' sources answered."""
    policy = industry.policy
    return IndexSettings(
        id=policy.id,
        name=policy.name,
        function="signals.industry:policy_values",
        kinds=policy.kinds,
        c=1.0,
        plateau_days=0,
        half_life_days=1.0,
        surprise=True,
    )


def policy_values(
    counts: pd.DataFrame, together: Observation, industry: IndustrySettings, days: tuple[date, date]
) -> pd.DataFrame:
    """政策强度: documents of regulators in the `window_days` up to each day, against such weeks of the past.

    Args:    counts: day, count (no row = none); together: observation of the industry.
    Returns: rows of index_values: value = 100·A, 0..80, with A the surprise part of the detector on the week's count;
             `count` and `accumulated` the week's documents, `expected` those of a usual week. Unobserved (NaN): the
             day itself was not, or fewer than `min_days` of the week were.
    """
    policy, (start, end) = industry.policy, days
    known = [day_number(start), *([int(together.days[0])] if together.days.size else [])]
    first, last = max(min(known), day_number(start) - HORIZON_DAYS), day_number(end)
    numbers = np.arange(first - policy.window_days + 1, last + 1)
    in_scope, seen = (one[:, 0] for one in together.of_index(policy.id, int(numbers[0]), last))
    daily = np.zeros(numbers.size)
    at = day_numbers(counts["day"]) - int(numbers[0])
    keep = (at >= 0) & (at < numbers.size)
    np.add.at(daily, at[keep], counts["count"].to_numpy("float64")[keep])
    weekly, heard = (
        _windows(np.where(seen, daily, 0.0), policy.window_days),
        _windows(seen.astype("float64"), policy.window_days),
    )
    ends = numbers[policy.window_days - 1 :]
    usable = heard >= policy.min_days
    p, expected = _judged(np.where(usable, weekly, np.nan), ends, day_number(start), policy.window_days)
    judged = ends >= day_number(start)
    shown = judged & in_scope[policy.window_days - 1 :]
    observed = (usable & seen[policy.window_days - 1 :])[shown]
    surprise = surprise_part(p[shown])
    return pd.DataFrame(
        {
            "platform_id": together.platform_ids[0],
            "day": dates(ends[shown]),
            "index_id": policy.id,
            "value": np.where(observed, 100 * surprise, np.nan),
            "level_part": 0.0,
            "surprise_part": np.where(observed, surprise, np.nan),
            "accumulated": weekly[shown],
            "saturation": np.nan,
            "count": weekly[shown].astype("int64"),
            "expected": np.where(observed, np.round(expected[shown], 6), np.nan),
            "observed": observed,
        }
    )


def _windows(daily: Floats, width: int) -> Floats:
    """Sums of `width` days up to each day from the width-th on."""
    total = np.concatenate(([0.0], np.cumsum(daily)))
    return np.asarray(total[width:] - total[:-width], dtype="float64")


def _judged(weekly: Floats, ends: Days, start: int, width: int) -> tuple[Floats, Floats]:
    """(p, expected) of the windows that end from day number `start` on; NaN elsewhere.

    Overlapping windows are no series: each weekday is judged with the weeks that ended on it.
    """
    p, expected = np.full(ends.size, np.nan), np.full(ends.size, np.nan)
    detector = create(DETECTOR, width)
    for weekday in range(width):
        rows = np.flatnonzero(ends % width == weekday)
        begin = int(np.searchsorted(ends[rows], start))
        if begin == rows.size:
            continue
        verdict = detector.judge(weekly[rows][:, None], ends[rows] - width + 1, begin)
        p[rows[begin:]], expected[rows[begin:]] = verdict.p[:, 0], verdict.expected[:, 0]
    return p, expected


__all__ = [
    "ROLLED",
    "industry_values",
    "of_industry",
    "policy_index",
    "policy_values",
    "sum_readings",
    "sum_roll_ups",
]
