"""S 传播扩散: how many independent publishers, over how many channels, carry negative stories in 72 hours."""

from __future__ import annotations

import numpy as np
import pandas as pd

from signals.calendar import day_numbers
from signals.indices.rollup import NEGATIVE, STANDING, by_day, repeated_edit
from signals.model import Kind
from signals.weight import voices

WINDOW_DAYS = 3
PER_CHANNEL = 0.5
"""Each further channel adds half."""


def _negative(mentions: pd.DataFrame) -> pd.Series:
    """Negative news or posts; copies (weight 0) included, since the copying is what spreads."""
    return (
        mentions["kind"].isin([Kind.NEWS, Kind.SOCIAL])
        & (mentions["negative"] >= NEGATIVE)
        & mentions["polarity"].isin(STANDING)
        & ~repeated_edit(mentions)
    )


def _leading(mentions: pd.DataFrame) -> pd.Series:
    """True for the strongest of a voice's mentions on its first day in each three-day block.

    Blocks, not a sliding window: a voice that reports daily goes on counting once per 72 hours, and a day's
    figure rests on two days before it at most.
    """
    told = pd.DataFrame(
        {
            "platform": mentions["platform_id"],
            "voice": voices(mentions),
            "number": day_numbers(mentions["day"]),
            "weight": -mentions["weight"],
            "document": mentions["document_id"],
        }
    ).loc[_negative(mentions).to_numpy("bool")]
    told["block"] = told["number"] // WINDOW_DAYS
    told = told.sort_values(["platform", "voice", "number", "weight", "document"], kind="stable")
    first = told.index[~told.duplicated(["platform", "voice", "block"])]
    return pd.Series(mentions.index.isin(first), index=mentions.index)


def _channel_factor(mentions: pd.DataFrame) -> pd.Series:
    """1 + .5·(channels − 1) over the channels of negative mentions on a day and the two days before."""
    named = _negative(mentions) & mentions["channel"].notna()
    number = pd.Series(day_numbers(mentions["day"]), index=mentions.index)
    seen = pd.DataFrame(
        {"platform": mentions["platform_id"], "channel": mentions["channel"], "number": number}
    ).loc[named]
    seen = seen.drop_duplicates()
    reach = pd.concat(
        [seen.assign(number=seen["number"] + later) for later in range(WINDOW_DAYS)]
    ).drop_duplicates()
    channels = reach.groupby(["platform", "number"]).size()
    key = pd.MultiIndex.from_arrays([mentions["platform_id"], number], names=["platform", "number"])
    count = channels.reindex(key).fillna(1).to_numpy("float64")
    return pd.Series(1 + PER_CHANNEL * (np.maximum(count, 1) - 1), index=mentions.index)


def impulses(mentions: pd.DataFrame) -> pd.Series:
    """v × channel factor of each voice's leading mention in 72 hours, 0 for others. Needs a unique index."""
    return (mentions["weight"] * _channel_factor(mentions)).where(_leading(mentions), 0.0)


def daily(mentions: pd.DataFrame) -> pd.DataFrame:
    """Spread per platform and day; counts the independent publishers of the day."""
    unique = mentions.reset_index(drop=True)
    told = _negative(unique)
    order = pd.DataFrame({"p": unique["platform_id"], "v": voices(unique), "d": day_numbers(unique["day"])})
    publishers = told & ~order.where(told).duplicated()
    return by_day(unique, told, impulses(unique), publishers)
