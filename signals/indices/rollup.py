"""What all sub-indices share: which mentions count as negative, and the sum per platform and day."""

from __future__ import annotations

import pandas as pd

from signals.calendar import dates, day_numbers

NEGATIVE = 0.5
"""A mention is counted as negative from this P(negative) on."""

STANDING = ("asserted", "quoted", "asked")
"""Polarities the surprise part counts: questions (还能提现吗) come early, retold history is nothing new."""


def negative(mentions: pd.DataFrame) -> pd.Series:
    """True where a mention is a negative claim of its own: no denial, advertisement or copy (weight 0)."""
    return (
        (mentions["negative"] >= NEGATIVE) & mentions["polarity"].isin(STANDING) & (mentions["weight"] > 0)
    ).astype("bool")


def repeated_edit(mentions: pd.DataFrame) -> pd.Series:
    """True where a later version of a page (`root_id`, where there is one) adds nothing to what was counted.

    Such a mention weighs 0 like a copy, but is none: nobody else printed it, so it raises no count at all.
    """
    if "root_id" not in mentions:
        return pd.Series(False, index=mentions.index)
    return mentions["root_id"].notna() & (mentions["weight"] == 0)


def by_day(mentions: pd.DataFrame, fed: pd.Series, impulses: pd.Series, counted: pd.Series) -> pd.DataFrame:
    """Sums over the fed mentions.

    Args:    fed: whether a mention feeds the index; impulses: float >= 0; counted: bool; all on mentions'
             index.
    Returns: platform_id, day (date), impulse, count (int), raw (int), one row per platform and day with a fed
             mention, sorted. Summed in document order, so that the order of the rows changes nothing.
    """
    rows = pd.DataFrame(
        {
            "platform_id": mentions["platform_id"],
            "number": day_numbers(mentions["day"]),
            "document_id": mentions["document_id"],
            "impulse": impulses.astype("float64"),
            "count": counted.astype("int64"),
            "raw": 1,
        }
    ).loc[(fed & ~repeated_edit(mentions)).to_numpy("bool")]
    rows = rows.sort_values(["platform_id", "number", "document_id"], kind="stable")
    summed = (
        rows.groupby(["platform_id", "number"], sort=True)[["impulse", "count", "raw"]].sum().reset_index()
    )
    summed.insert(1, "day", dates(summed.pop("number").to_numpy("int64")))
    return summed.astype({"impulse": "float64", "count": "int64", "raw": "int64"})
