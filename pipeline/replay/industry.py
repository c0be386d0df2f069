"""The row 全行业 of a replay: what all platforms together would have shown, day by day.

It does not go back: a mention that was denied later stays in the industry's past, where a platform's own is corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd

from pipeline.replay.levels import Floats, Plan, pivot
from pipeline.replay.reading import KINDS
from settings.models import INDUSTRY, Platform
from signals.calendar import dates, day_number
from signals.composite import Rules
from signals.industry import industry_values, policy_index, sum_roll_ups
from signals.warn import Evidence, warn


def industry(
    plan: Plan,
    platforms: Sequence[Platform],
    rolled: Sequence[pd.DataFrame],
    counts: pd.DataFrame,
    standing: pd.DataFrame | None,
) -> tuple[dict[str, Floats], pd.DataFrame]:
    """Each index's value by day, the policy row's among them, and platform_days of the industry.

    Args:    rolled: roll-ups of all blocks; counts: see Table; standing: what indicators say of all platforms.
    """
    settings = plan.settings
    indices = [*settings.indices, policy_index(settings.industry)]
    begin = plan.start - timedelta(days=settings.thresholds.carry_days)
    observation = plan.configured.observe(platforms, indices, plan.start, plan.end)
    values = industry_values(
        sum_roll_ups(pd.concat(rolled, ignore_index=True), INDUSTRY),
        observation,
        settings.indices,
        settings.industry,
        (begin, plan.end),
        policy=_policy(counts, settings.industry.policy.kinds),
        readings_days=standing,
    )
    rules = Rules(settings.thresholds, settings.indices, settings.events)
    numbers = np.arange(day_number(plan.start), day_number(plan.end) + 1)
    days = dates(numbers).tolist()
    warned = warn(Evidence(values), [INDUSTRY], days, rules, auto_sign_off=True).platform_days
    return pivot(values, [INDUSTRY], numbers, [index.id for index in indices]), warned


def _policy(counts: pd.DataFrame, kinds: Sequence[str]) -> pd.DataFrame:
    """day, count: documents of regulators, whomever they name."""
    told = counts[counts["kind"].isin([KINDS.index(kind) for kind in KINDS if kind.value in kinds])]
    summed = told.groupby("day", sort=True)["items"].sum()
    return pd.DataFrame({"day": dates(summed.index.to_numpy("int64")), "count": summed.to_numpy("int64")})
